"""Progress as server-sent events: every step once, nothing missed on reconnecting, an end at rest, bounded in number."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.bootstrap import Installation, opened
from api.http import progress
from api.http.progress import DocumentsChecked
from api.settings import load_settings
from tests.http.served import serving

SUBMISSIONS = "/api/v1/submissions"
STEPS = ["received", "checked", "accepted", "packaged", "stored"]
Carried = Callable[[Installation, str], None]


@dataclass(frozen=True)
class Told:
    """One event as it was sent."""

    event: str
    id: str | None
    data: dict[str, Any]


def events(text: str) -> list[Told]:
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append(Told(fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


def test_a_finished_submission_is_told_from_the_ledger_step_by_step(
    client: Any, tokens: dict[str, dict[str, str]], service_home: Any
) -> None:
    address = f"{SUBMISSIONS}/{service_home.submissions['quyet-dinh']}/progress"
    answer = client.get(address, headers=tokens["agency"])
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = events(answer.text)
    assert [item.data["state"] for item in told if item.event == "state" and item.data["state"]] == STEPS
    assert told[-1].event == "end" and told[-1].data == {"state": "stored"}
    seqs = [int(item.id) for item in told if item.id]
    assert seqs == sorted(set(seqs))
    # Coming back, only what came after; and when there is nothing more, no stream at all.
    rest = events(client.get(address, headers={**tokens["agency"], "Last-Event-ID": str(seqs[1])}).text)
    assert [int(item.id) for item in rest if item.id] == seqs[2:]
    done = client.get(address, headers={**tokens["agency"], "Last-Event-ID": str(seqs[-1])})
    assert (done.status_code, done.content) == (204, b"")
    assert client.get(address, headers={**tokens["agency"], "Last-Event-ID": "x"}).status_code == 422


def test_who_listens_while_it_is_carried_hears_every_step(
    fresh: Any, samples: dict[str, Path], carried: Carried
) -> None:
    view = fresh.client.post(
        SUBMISSIONS, content=samples["danh-muc-zip"].read_bytes(), headers=fresh.bearer("agency")
    ).json()
    heard: list[str] = []
    with serving(fresh.home.folder) as served:
        listening = threading.Event()

        def listen() -> None:
            with httpx.stream(
                "GET",
                f"{served.address}/submissions/{view['id']}/progress",
                headers=fresh.bearer("agency"),
                timeout=120,
            ) as answer:
                for line in answer.iter_lines():
                    listening.set()
                    heard.append(line)

        thread = threading.Thread(target=listen)
        thread.start()
        assert listening.wait(60)
        with opened(load_settings(fresh.home.folder)) as worker:
            carried(worker, view["id"])
        thread.join(60)
        assert not thread.is_alive()
    told = events("\n".join(heard))
    assert [item.data["state"] for item in told if item.event == "state" and item.data["state"]] == STEPS
    assert told[-1].event == "end"


def test_only_so_many_listen_at_once_and_who_leaves_makes_room(
    fresh: Any, samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    view = fresh.client.post(
        SUBMISSIONS, content=samples["danh-muc-zip"].read_bytes(), headers=fresh.bearer("agency")
    ).json()
    address = f"{SUBMISSIONS}/{view['id']}/progress"
    monkeypatch.setattr(progress, "MOST_OF_ONE", 0)
    refused = fresh.client.get(address, headers=fresh.bearer("agency"))
    assert (refused.status_code, refused.json()["code"]) == (503, "progress.too-many")
    assert refused.headers["retry-after"]
    monkeypatch.setattr(progress, "MOST_OF_ONE", 1)
    # A stream that has lasted long enough ends, so that who listens is asked again who he is.
    monkeypatch.setattr(progress, "LONGEST_SECONDS", 0.5)
    for _ in range(2):
        told = events(fresh.client.get(address, headers=fresh.bearer("agency")).text)
        assert [item.data["state"] for item in told if item.event == "state"] == ["received"]
    assert fresh.app.state.progress_streams.count == 0


def test_a_service_that_closes_ends_its_streams(fresh: Any, samples: dict[str, Path]) -> None:
    view = fresh.client.post(
        SUBMISSIONS, content=samples["danh-muc-zip"].read_bytes(), headers=fresh.bearer("agency")
    ).json()
    threading.Timer(0.5, fresh.app.state.service.closing.set).start()
    told = events(fresh.client.get(f"{SUBMISSIONS}/{view['id']}/progress", headers=fresh.bearer("agency")).text)
    assert told[-1].data["state"] == "received"


def test_documents_are_counted_as_the_checks_write_them(tmp_path: Path) -> None:
    counting = DocumentsChecked(tmp_path / "checks")
    assert counting.count() == 0
    part = tmp_path / "checks.part"
    part.mkdir()
    with (part / "documents.jsonl").open("w", buffering=1) as file:
        for number in range(1, 4):
            file.write("{}\n")
            assert counting.count() == number
    part.rename(tmp_path / "checks")
    assert counting.count() == 3
