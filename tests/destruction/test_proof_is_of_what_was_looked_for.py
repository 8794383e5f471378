"""A run proves nothing of what was begun after it looked, nor of a round of which something is still to be begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.proving_absence import finish_proof, prove_absence
from archive.absence.certificate import AbsenceUnprovenError
from archive.catalogue.destruction_model import AbsenceVerdict
from archive.catalogue.destruction_reading import certificate, last_absence_run, rounds_at_work, tombstone
from archive.catalogue.file_reading import file
from archive.retention.file_state import FileState
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER
from tests.destruction.whole_archive import WholeArchive, whole_archive

ACTOR = "account:verifier"


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path) -> Iterator[WholeArchive]:
    with whole_archive(tmp_path) as made:
        yield made


def test_a_line_begun_after_the_run_is_neither_destroyed_nor_certified(archive: WholeArchive) -> None:
    archive.work.mark()
    first, second = archive.work.lines()
    archive.line_outcome(second.file_id, None)
    assert archive.begin_lines([first]) == []
    assert archive.go_on().settled
    run = archive.look(1)
    assert run.verdict is AbsenceVerdict.ABSENT, run.report
    archive.line_outcome(second.file_id, "destroy")
    assert archive.begin_lines([second]) == []
    with pytest.raises(AbsenceUnprovenError):
        finish_proof(archive.installation, ROUND_ID, actor=ACTOR)
    assert archive.go_on().settled
    with pytest.raises(AbsenceUnprovenError) as refused:
        finish_proof(archive.installation, ROUND_ID, actor=ACTOR)
    assert second.file_id in refused.value.detail, "settled since, and yet not looked for"
    with archive.installation.catalogue.read() as view:
        for line in (first, second):
            laid, account = tombstone(view, line.file_id), file(view, line.file_id)
            assert laid is not None and not laid.destroyed
            assert account is not None and account.state is FileState.DESTROYING
        assert certificate(view, ROUND_ID) is None and rounds_at_work(view) == [ROUND_ID]
    proof = prove_absence(archive.installation, ROUND_ID, verifier_id=VERIFIER, executor_id=EXECUTOR, actor=ACTOR)
    assert proof.run.verdict is AbsenceVerdict.ABSENT, proof.run.report
    assert proof.completed == 2 and proof.certificate is not None


def test_while_a_line_is_still_to_be_begun_nothing_is_proven(archive: WholeArchive) -> None:
    archive.work.mark()
    first, second = archive.work.lines()
    archive.begin_lines([first])
    archive.go_on()
    proof = prove_absence(archive.installation, ROUND_ID, verifier_id=VERIFIER, executor_id=EXECUTOR, actor=ACTOR)
    assert proof.run.verdict is AbsenceVerdict.NOT_PROVEN and proof.certificate is None
    assert proof.run.report is not None and proof.run.report["to_begin"] == {"count": 1, "files": [second.file_id]}
    with archive.installation.catalogue.read() as view:
        last = last_absence_run(view, ROUND_ID)
    assert last is not None and last.id == proof.run.id
