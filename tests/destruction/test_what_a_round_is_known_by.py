"""By what a round's hồ sơ are looked for: all of it and only theirs; what is somebody else's too harms nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.proving_absence import finish_proof, prove_absence
from archive.absence.certificate import AbsenceUnprovenError
from archive.alerts import Severity, raise_alert
from archive.catalogue.destruction_model import AbsenceRun, AbsenceVerdict
from archive.catalogue.destruction_reading import work_items
from archive.catalogue.destruction_writing import begin_absence_run
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER
from tests.destruction.whole_archive import WholeArchive, whole_archive

ACTOR = "account:verifier"


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path) -> Iterator[WholeArchive]:
    with whole_archive(tmp_path) as made:
        yield made


def test_without_its_needles_nothing_is_proven_and_nothing_swept(archive: WholeArchive) -> None:
    archive.work.mark()
    report, log = _spoken_of(archive, archive.title)
    archive.begin()
    markers = archive.work.markers.path
    away = markers.with_suffix(".away")
    markers.rename(away)
    progress = archive.go_on()
    assert progress.waiting["mentions"] == 1, "what needs them waits, and so does what follows it"
    assert report.exists()
    run = archive.look(1)
    assert run.verdict is not AbsenceVerdict.ABSENT
    assert run.report is not None and run.report["needles_missing"]["count"] == 2
    away.rename(markers)
    assert archive.go_on().settled
    assert not report.exists() and "***" in log.read_text(encoding="utf-8")
    proof = _proven(archive)
    assert proof["unread_originals"] == 0 and sum(proof["sought"].values()) > 0


def test_a_line_a_kill_cut_off_takes_none_that_follows_with_it(archive: WholeArchive) -> None:
    markers, (first, second) = archive.work.markers, archive.work.destroyed
    markers.add([archive.work.marked(first)])
    whole = markers.path.read_bytes()
    markers.path.write_bytes(whole[: len(whole) // 2])
    markers.add([archive.work.marked(first), archive.work.marked(second)])
    assert set(markers.read()) == {archive.work.file_id(first), archive.work.file_id(second)}


def test_markers_stay_while_another_run_is_under_way(archive: WholeArchive) -> None:
    archive.begin()
    archive.go_on()
    assert archive.look(1).verdict is AbsenceVerdict.ABSENT
    with archive.installation.catalogue.transaction() as tx:
        begin_absence_run(tx, AbsenceRun("b" * 32, ROUND_ID, VERIFIER, EXECUTOR, archive.work.now()))
    with pytest.raises(AbsenceUnprovenError):
        finish_proof(archive.installation, ROUND_ID, actor=ACTOR)
    assert archive.work.markers.path.exists()


def test_a_line_begun_later_has_its_last_steps_too(archive: WholeArchive) -> None:
    assert archive.installation.keys is not None
    archive.work.mark()
    first, second = archive.work.lines()
    archive.line_outcome(second.file_id, None)
    archive.begin_lines([first])
    assert archive.go_on().settled
    before = archive.installation.keys.state().generation
    archive.line_outcome(second.file_id, "destroy")
    progress = archive.go_on()
    assert progress.waiting == {"to-begin": 1} and archive.installation.keys.state().generation == before
    archive.begin_lines([second])
    with archive.installation.catalogue.read() as view:
        assert {item.state.value for item in work_items(view, ROUND_ID, whole_round=True)} == {"due"}
    assert archive.go_on().settled
    assert archive.installation.keys.state().generation > before


def test_what_speaks_of_a_held_hoso_of_the_round_is_left_alone_T3(archive: WholeArchive) -> None:
    archive.work.mark()
    first, held = archive.work.lines()
    archive.line_outcome(held.file_id, None)
    named = next(n.data.decode() for n in archive.work.markers.read()[held.file_id].needles if n.kind == "text")
    report, log = _spoken_of(archive, named)
    archive.begin_lines([first])
    assert archive.go_on().settled
    _unharmed(archive, named, report, log)


def test_words_of_a_living_hoso_are_not_swept_and_no_upload_under_way_goes(archive: WholeArchive) -> None:
    archive.work.mark()
    common = archive.title
    _titled(archive, common)
    report, log = _spoken_of(archive, common)
    own = next(
        n.data.decode()
        for n in archive.work.markers.read()[archive.work.lines()[1].file_id].needles
        if n.kind == "text"
    )
    values = {"name": own, "at": "2026-01-01T00:00:00.000000Z", "sub": "5" * 32, "acc": EXECUTOR}
    with archive.installation.catalogue.transaction() as tx:
        for upload, became in (("1" * 32, None), ("2" * 32, "6" * 32)):
            tx.rows(
                text(
                    "INSERT INTO uploads (id, account_id, owner, actor, name, sent_metadata, submission_id, offset_bytes,"
                    " moved_at, became) VALUES (:id, :acc, 'o', 'a', :name, '', :sub, 0, :at, :became)"
                ).bindparams(id=upload, became=became, **values)
            )
    archive.begin()
    assert archive.go_on().settled
    _unharmed(archive, common, report, log)
    with archive.installation.catalogue.read() as view:
        assert view.rows(text("SELECT id FROM uploads")).scalars().all() == ["1" * 32]


def test_where_titles_may_stay_absence_can_be_proven(archive: WholeArchive) -> None:
    archive.work.titles_stay = True
    archive.begin()
    assert archive.go_on().settled
    assert _proven(archive)["files"] == 2


def test_words_in_what_is_written_from_rows_of_a_living_hoso_are_lawful(archive: WholeArchive) -> None:
    archive.work.mark()
    _titled(archive, f"Nhắc lại {archive.title}")
    archive.begin()
    assert archive.go_on().settled
    run = archive.look(1)
    assert run.verdict is AbsenceVerdict.ABSENT, run.report
    assert run.report is not None
    assert any(item["where"].startswith("rows/") for item in run.report["lawful_elsewhere"]["traces"])


def test_content_under_a_submission_that_became_no_package_is_found(archive: WholeArchive) -> None:
    archive.begin()
    assert archive.go_on().settled
    kept, other = archive.work.kept[0], "ffffffff-ffff-4fff-8fff-ffffffffffff"
    with archive.installation.catalogue.transaction() as tx:
        row = dict(
            tx.rows(text("SELECT * FROM submissions WHERE id = :id").bindparams(id=kept.submission_id)).one()._mapping
        )
        row |= {"id": other, "aip_id": other.replace("f", "e"), "registration_number": "R-9", "client_key": None}
        del row["owned_by"]  # made by the database
        names = ", ".join(row)
        tx.rows(text(f"INSERT INTO submissions ({names}) VALUES ({', '.join(':' + n for n in row)})").bindparams(**row))
    slot = archive.home / "quarantine" / other
    slot.mkdir(parents=True)
    (slot / "transfer").write_bytes(b"x" * 100 + archive.marker)
    assert archive.look(1).verdict is AbsenceVerdict.FOUND


def _proven(archive: WholeArchive) -> dict[str, Any]:
    proof = prove_absence(archive.installation, ROUND_ID, verifier_id=VERIFIER, executor_id=EXECUTOR, actor=ACTOR)
    assert proof.run.report is not None
    assert proof.certificate is not None, proof.run.report
    statement: dict[str, Any] = dict(proof.certificate["statement"])  # type: ignore[call-overload]
    return statement


def _titled(archive: WholeArchive, title: str) -> None:
    with archive.installation.catalogue.transaction() as tx:
        change = text("UPDATE submissions SET title = :title WHERE id = :id")
        tx.rows(change.bindparams(title=title, id=archive.work.kept[0].submission_id))


def _spoken_of(archive: WholeArchive, words: str) -> tuple[Path, Path]:
    (archive.home / "audit").mkdir(exist_ok=True)
    report, log = archive.home / "audit" / "run9.json", archive.home / "luutru.log"
    report.write_text(json.dumps({"damaged": words}, ensure_ascii=False), encoding="utf-8")
    log.write_text(f"ERROR damaged «{words}»\n", encoding="utf-8")
    with archive.installation.catalogue.transaction() as tx:
        raise_alert(
            tx,
            severity=Severity.RED,
            code="incident.opened",
            subject="x",
            text=f"Hỏng «{words}»",
            at=archive.work.now(),
        )
    return report, log


def _unharmed(archive: WholeArchive, words: str, report: Path, log: Path) -> None:
    assert report.exists() and words in log.read_text(encoding="utf-8")
    with archive.installation.catalogue.read() as view:
        assert view.rows(text("SELECT text FROM alerts WHERE subject = 'x'")).scalar() == f"Hỏng «{words}»"
