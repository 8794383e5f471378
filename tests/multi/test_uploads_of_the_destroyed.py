"""Parts of uploads in the place machines share go with the hồ sơ that was made of them, and are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from archive.catalogue.destruction_model import ItemState, Tombstone, TombstonePackage
from archive.catalogue.shared_uploads import (
    SharedUpload,
    UploadPart,
    begin_upload,
    count_part,
    drop_upload,
    record_became,
    take_finishing,
)
from archive.destruction.place import Subject
from archive.errors import StoreError
from archive.storage.key import Key
from archive.storage.memory import MemoryStore
from archive.storage.store import Store
from ingest.destruction_places import QuarantinePlace
from ingest.shared_parts import SharedParts
from ingest.shared_transfers import SharedQuarantine
from tests.catalogue.builders import receive
from tests.catalogue.conftest import catalogue, new_url, url  # noqa: F401 (fixtures)

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
OWN, OTHER = f"{1:032x}", f"{2:032x}"


def subject(submission_id: str, file_id: str) -> Subject:
    package = TombstonePackage(
        aip_id=f"aip-{file_id}",
        file_id=file_id,
        submission_id=submission_id,
        registration_number="NL-2026-000001",
        object_key=Key("aip/aa/x.tar"),
        size_bytes=1,
        sha256="0" * 64,
        transfer_sha256="1" * 64,
    )
    tombstone = Tombstone(
        file_id=file_id,
        round_id="r",
        line=1,
        agency_code="H01",
        file_code="HS-1",
        title=None,
        decision_number="1/QĐ",
        decided_on=date(2026, 1, 1),
        list_sha256="2" * 64,
        ended_year=2010,
        period_text="5 năm",
        packages=1,
        documents=1,
        size_bytes=1,
        intended_at=AT,
        intended_seq=1,
    )
    return Subject(tombstone, (package,), lambda: [])


class Shared:
    """Two uploads: one became the submission of a hồ sơ, the other is still coming."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:  # noqa: F811
        self.catalogue, self.store = catalogue, MemoryStore("hop")
        self.quarantine = SharedQuarantine(folder, self.store)
        self.place = QuarantinePlace(self.quarantine, "may-1", catalogue)
        for name in ("a" * 32, "b" * 32):
            self.upload(name)

    def upload(self, name: str) -> None:
        new = SharedUpload(name, "account", "", "account:x", 4, "hồ sơ.zip", None, "", "0" * 32, 0, AT)
        with SharedParts(self.store).writer(name, 0, "0a1b2c3d") as writer:
            writer.write(b"byte")
            writer.commit()
        with self.catalogue.transaction() as tx:
            begin_upload(tx, new)
            assert count_part(tx, name, UploadPart(0, 4, "3" * 64, "0a1b2c3d"), AT)

    def recorded(self, name: str, *, said: bool) -> None:
        with self.catalogue.transaction() as tx:
            assert take_finishing(tx, name, OWN) is not None
            receive(tx, 1)
            if said:
                record_became(tx, name, OWN)

    @property
    def lying(self) -> set[str]:
        return set(SharedParts(self.store).ids())


@pytest.fixture
def shared(catalogue: Catalogue, tmp_path: Path) -> Iterator[Shared]:  # noqa: F811
    yield Shared(catalogue, tmp_path / "quarantine")


@pytest.mark.parametrize("said", [True, False])
def test_parts_of_the_upload_it_was_made_of_go_and_no_others(shared: Shared, said: bool) -> None:
    shared.recorded("a" * 32, said=said)
    own, other = subject(OWN, "f1"), subject(OTHER, "f2")
    assert shared.place.left([own, other]) == {"f1"}
    assert {item.state for item in shared.place.remove([own, other]).values()} == {ItemState.REMOVED}
    assert shared.place.left([own, other]) == frozenset() and shared.lying == {"b" * 32}


def test_parts_of_an_upload_nobody_knows_may_be_anybodys_and_go_too(shared: Shared) -> None:
    with shared.catalogue.transaction() as tx:
        assert drop_upload(tx, "a" * 32)
    other = subject(OTHER, "f2")
    assert shared.place.left([other]) == {"f2"}
    shared.place.remove([other])
    assert shared.place.left([other]) == frozenset() and shared.lying == {"b" * 32}


class Locked(MemoryStore):
    def remove(self, key: Key) -> None:
        raise StoreError("kho không trả lời")


def test_parts_that_cannot_be_removed_keep_the_work_due(shared: Shared, tmp_path: Path) -> None:
    shared.recorded("a" * 32, said=True)
    away: Store = Locked("hop")
    for key in shared.store.keys(""):
        with away.create(key) as writer:
            writer.write(b"byte")
            writer.commit()
    place = QuarantinePlace(SharedQuarantine(tmp_path / "q", away), "may-1", shared.catalogue)
    own = subject(OWN, "f1")
    assert place.remove([own])["f1"].state is ItemState.UNREACHABLE
    assert place.left([own]) == {"f1"}
