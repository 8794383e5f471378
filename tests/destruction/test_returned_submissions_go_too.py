"""What was handed in of a hồ sơ and returned goes with it: quarantine, uploads, words; what is another agency's stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import insert, update

from archive.absence.marking import marked_file
from archive.catalogue import Aip, Catalogue, Description, NewSubmission
from archive.catalogue import tables as t
from archive.catalogue.destruction_model import AbsenceVerdict
from archive.catalogue.destruction_reading import tombstone_named
from archive.events import Event
from archive.fsck.everything import Holdings, fsck
from ingest.destruction_places import QuarantinePlace
from ingest.quarantine import Quarantine
from samples.holdings import AGENCY
from tests.destruction.round_at_work import RoundAtWork, rebuilt, sealed
from tests.destruction.whole_archive import WholeArchive, whole_archive

RETURNED = "f" * 8 + "-ffff-4fff-8fff-" + "f" * 12
LETTER = {"reasons": [{"code": "metadata.missing"}]}


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path) -> Iterator[WholeArchive]:
    with whole_archive(tmp_path) as made:
        yield made


def test_what_was_returned_before_goes_with_its_hoso(work: RoundAtWork, tmp_path: Path) -> None:
    quarantine = _with_quarantine(work, tmp_path)
    work.take_in(1)
    returned(work.catalogue, work, owner="")
    _slot(quarantine, RETURNED)
    assert work.begin() == []
    assert work.run().settled
    assert list(quarantine.names()) == []
    with work.catalogue.read() as view:
        of = view.submission(RETURNED)
        assert (of.description.title, of.source_name, of.decision) == ("", "", None)
        assert of.remove_after is not None and of.remove_after <= work.at, "its removal is recorded at the next sweep"
        laid = tombstone_named(view, RETURNED)
        assert laid is not None and laid == tombstone_named(view, of.registration_number)
        assert view.rows(t.reports.select().where(t.reports.c.submission_id == RETURNED)).all() == []
    assert [item.code for item in fsck(work.catalogue, work.stores, Holdings())] == []


def test_what_is_returned_after_the_intent_goes_in_the_next_turn(work: RoundAtWork, tmp_path: Path) -> None:
    quarantine = _with_quarantine(work, tmp_path)
    work.take_in(1)
    work.begin()
    assert work.run().settled
    returned(work.catalogue, work, owner=AGENCY.code)
    _slot(quarantine, RETURNED)
    assert work.run().settled
    assert list(quarantine.names()) == []
    with work.catalogue.read() as view:
        assert tombstone_named(view, RETURNED) is not None and view.submission(RETURNED).source_name == ""


def test_the_same_bytes_returned_under_another_code_go_too(work: RoundAtWork, tmp_path: Path) -> None:
    quarantine = _with_quarantine(work, tmp_path)
    work.take_in(1)
    with work.catalogue.read() as view:
        digest = view.submission(work.destroyed[0].submission_id).transfer_sha256
    returned(work.catalogue, work, owner="", file_code="H99.34.2026.NHẦM", transfer_sha256=digest)
    _slot(quarantine, RETURNED)
    work.begin()
    assert work.run().settled
    assert list(quarantine.names()) == []


@pytest.mark.parametrize("case", ["another agency", "another code", "under way"])
def test_what_is_not_a_returned_one_of_the_hoso_is_left_alone(work: RoundAtWork, tmp_path: Path, case: str) -> None:
    quarantine = _with_quarantine(work, tmp_path)
    work.take_in(1)
    if case == "another agency":
        returned(work.catalogue, work, owner="H99.77")
    elif case == "another code":
        returned(work.catalogue, work, owner="", file_code="H99.34.2026.KHÁC")
    else:
        returned(work.catalogue, work, owner="", final=False)
    _slot(quarantine, RETURNED)
    work.begin()
    assert work.run().settled
    assert list(quarantine.names()) == [RETURNED]
    with work.catalogue.read() as view:
        assert view.submission(RETURNED).source_name == "bản trước.zip"
        assert tombstone_named(view, RETURNED) is None


def test_what_it_was_called_then_is_looked_for_too(work: RoundAtWork) -> None:
    work.take_in(1)
    returned(work.catalogue, work, owner="")
    with work.catalogue.read() as view:
        opened = partial(_opened, work)
        marked = marked_file(view, work.file_id(work.destroyed[0]), opened=opened)
    assert "bản trước.zip".encode() in {needle.data for needle in marked.needles}


def test_rebuilt_from_a_store_it_is_still_known_with_what_it_went_with(work: RoundAtWork, tmp_path: Path) -> None:
    _with_quarantine(work, tmp_path)
    work.take_in(1)
    returned(work.catalogue, work, owner="")
    work.begin()
    assert work.run().settled
    sealed(work)
    with Catalogue.open(f"sqlite:///{tmp_path / 'new.sqlite'}") as fresh:
        assert rebuilt(work, fresh, work.stores[0], tmp_path / "scratch").problems == ()
        with fresh.read() as back, work.catalogue.read() as view:
            assert tombstone_named(back, RETURNED) == tombstone_named(view, RETURNED) is not None


def test_its_content_in_quarantine_and_its_own_words_are_gone_and_proven_so(archive: WholeArchive) -> None:
    archive.work.mark()
    returned(archive.installation.catalogue, archive.work, owner="", title=archive.title)
    slot = archive.home / "quarantine" / RETURNED
    slot.mkdir(parents=True)
    (slot / "transfer").write_bytes(b"x" * 100 + archive.marker)
    upload = archive.home / "uploads" / "u7"
    upload.mkdir(parents=True)
    (upload / "done.json").write_text(json.dumps({"submission_id": RETURNED}))
    archive.begin()
    assert archive.go_on().settled
    assert not slot.exists() and not upload.exists()
    run = archive.look(1)
    assert run.verdict is AbsenceVerdict.ABSENT, run.report
    slot.mkdir()
    assert archive.look(2).verdict is AbsenceVerdict.FOUND, "its very name is looked for"


def returned(
    catalogue: Catalogue,
    work: RoundAtWork,
    *,
    owner: str,
    file_code: str = "",
    transfer_sha256: str = "9" * 64,
    title: str = "Bản nộp lần đầu, thiếu dữ liệu đặc tả",
    final: bool = True,
) -> None:
    """An earlier submission of the first hồ sơ of the round, returned unless it is not ``final``."""
    held, at = work.destroyed[0], work.now()
    with catalogue.transaction() as tx:
        of = tx.submission(held.submission_id)
        new = NewSubmission(
            id=RETURNED,
            source_name="bản trước.zip",
            transfer_sha256=transfer_sha256,
            transfer_size_bytes=1000,
            entered_at=at,
            received_legal_at=at,
            agreement=of.agreement,
            trust_list_version="",
            aip_id=RETURNED.replace("f", "e"),
            owner=owner,
        )
        tx.receive(new, actor="luutru", at=at)
        tx.describe(RETURNED, Description(AGENCY.code, AGENCY.name, file_code or of.description.file_code, title))
        tx.rows(insert(t.reports).values(submission_id=RETURNED, check_name="metadata", report={"found": title}))
        tx.move(RETURNED, Event.SUBMISSION_CHECKS_COMPLETED, actor="luutru", at=at)
        if final:
            tx.move(
                RETURNED,
                Event.SUBMISSION_DECISION_RETURNED,
                actor="luutru",
                at=at,
                decision=LETTER,
                remove_after=at + timedelta(days=30),
            )
        else:
            tx.rows(update(t.submissions).where(t.submissions.c.id == RETURNED).values(decision=LETTER))


def _opened(work: RoundAtWork, aip: Aip) -> BinaryIO:
    return work.stores[0].open(aip.object_key)


def _with_quarantine(work: RoundAtWork, folder: Path) -> Quarantine:
    quarantine = Quarantine(folder / "quarantine")
    quarantine.folder.mkdir()
    work.places.append(QuarantinePlace(quarantine, "may-1"))
    return quarantine


def _slot(quarantine: Quarantine, submission_id: str) -> None:
    slot = quarantine.begin(submission_id)
    slot.transfer.write_bytes(b"content")
    quarantine.complete(submission_id)
