"""Needles, tombstone and title of a hồ sơ follow the decision it is begun under, also one made a moment before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import api.destroying as destroying
from api.bootstrap import now
from api.destruction_places import marker_file
from archive.catalogue.destruction_reading import seals_of, tombstones_of
from archive.catalogue.round_deciding import decide_round
from archive.catalogue.worker_model import RunState
from archive.events import Event
from tests.disposal import world
from tests.http.executing_round import ExecutingRound, executing_round


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutingRound]:
    with executing_round(tmp_path, monkeypatch) as made:
        yield made


def test_a_decision_made_after_the_marking_is_the_one_that_counts(
    archive: ExecutingRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked, mark = list[bool](), destroying._mark

    def marks(installation: Any, round_id: str, file_ids: Any, titles_stay: bool) -> Mapping[str, Any]:
        taken = mark(installation, round_id, file_ids, titles_stay)
        marked.append(titles_stay)
        if len(marked) == 1:
            of = archive.world.get(round_id)
            with archive.world.transaction() as tx:
                decide_round(
                    tx,
                    of.id,
                    of.list_sha256 or "",
                    number="120/QĐ",
                    decided_on=world.TODAY,
                    by=archive.world.by("head"),
                    at=now(),
                    titles_stay=False,
                )
            for rule in archive.world.required(round_id, "execution"):
                if rule.of_decision:
                    archive.world.paper(round_id, rule.kind)
        return taken

    monkeypatch.setattr(destroying, "_mark", marks)
    assert archive.ask("executor", "POST", archive.about("destruction")).status_code == 202
    assert archive.work() is RunState.DONE
    assert marked == [True, False]
    with archive.installation.catalogue.read() as view:
        laid, seals = list(tombstones_of(view, archive.round_id)), seals_of(view, archive.round_id)
        for item in laid:
            record = view.record_of(item.file_id, Event.FILE_DESTRUCTION_BEGUN)
            assert record is not None and record.data["decision"] == item.decision_number == "120/QĐ"
            assert item.title is None
    assert len(laid) == len(archive.destroyed)
    known = marker_file(archive.installation, archive.round_id).read(seals)
    for item in laid:
        assert known[item.file_id].seal == seals[item.file_id]
        assert any(needle.kind == "text" for needle in known[item.file_id].needles), "its title is looked for"
