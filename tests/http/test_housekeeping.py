"""Nothing outlives what it was made for: files of answers broken off, and uploads nobody goes on with."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from api.bootstrap import now
from api.scratch import scratch_of, sweep_scratch
from tests.cli.shell import ROOT
from tests.http.served import left_in_scratch

_MAKER = (
    "import sys, time; from pathlib import Path; from api.scratch import scratch_of;"
    "(scratch_of(Path(sys.argv[1])) / 'page-1').write_bytes(b'x'); print('made', flush=True); time.sleep(600)"
)
UPLOADS = "/api/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}


def until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to hold")


def another_process(home: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", _MAKER, str(home)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"made\n"
    return process


def ended(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_what_a_killed_process_left_is_cleared_away_and_what_a_living_one_uses_is_not(tmp_path: Path) -> None:
    (scratch_of(tmp_path) / "page-2").write_bytes(b"y")
    other = another_process(tmp_path)
    try:
        assert sweep_scratch(tmp_path) == 0
        assert {"page-1", "page-2"} <= set(left_in_scratch(tmp_path))
    finally:
        ended(other)
    assert sweep_scratch(tmp_path) == 1
    assert "page-1" not in left_in_scratch(tmp_path) and "page-2" in left_in_scratch(tmp_path)
    assert scratch_of(tmp_path).stat().st_mode & 0o777 == 0o700


def test_a_file_left_under_no_process_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "page-old").write_bytes(b"z")
    assert sweep_scratch(tmp_path) == 1 and left_in_scratch(tmp_path) == []


def test_a_service_that_starts_clears_away_what_a_killed_one_left_and_gives_up_uploads_nobody_goes_on_with(
    fresh: Any,
) -> None:
    home, service = fresh.home.folder, fresh.app.state.service
    ended(another_process(home))
    for length in ("10", "20"):
        headers = fresh.bearer("agency", **TUS, **{"Upload-Length": length})
        assert fresh.client.post(UPLOADS, headers=headers).status_code == 201
    assert len(list((home / "uploads").iterdir())) == 2
    service.now = lambda: now() + timedelta(hours=25)
    service.pause_seconds = 0.01
    keeping = threading.Thread(target=service.keep_house)
    keeping.start()
    try:
        until(lambda: not list((home / "uploads").iterdir()) and "page-1" not in left_in_scratch(home))
    finally:
        service.closing.set()
        keeping.join()


def test_housekeeping_finishes_an_upload_whose_service_was_killed_before_it_became_a_submission(fresh: Any) -> None:
    store = fresh.app.state.service.uploads()
    headers = fresh.bearer("agency", **TUS, **{"Upload-Length": "4"})
    address = fresh.client.post(UPLOADS, headers=headers).headers["location"]
    with fresh.installation.catalogue.read() as reading:
        account = reading.account_named("agency")
    upload = store.found(address.rsplit("/", 1)[1], account.id)
    with store.writing(upload, 0) as writing:
        writing.take(b"PK\x03\x04")
        writing.settle()
    assert store.standing(upload).submission_id is None
    assert store.sweep() == 0
    assert store.standing(upload).submission_id == upload.submission_id


def test_a_defect_in_one_task_of_housekeeping_leaves_the_others_done(fresh: Any) -> None:
    def defect() -> None:
        raise AssertionError("a defect")

    done: list[str] = []
    fresh.app.state.service._tried("thử", defect)
    fresh.app.state.service._tried("thử", lambda: done.append("next"))
    assert done == ["next"]
