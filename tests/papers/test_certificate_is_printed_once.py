"""Sheets of a certificate are unique: whatever an attempt before left, and whoever else prints them at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import now
from api.destroying import destroy_round
from api.printed_certificate import KIND, print_certificate
from api.proving_absence import prove_absence
from archive.catalogue.printed_certificates import (
    NotedSheets,
    PrintedCertificate,
    note_sheets,
    noted_sheets,
    printed_certificate,
    record_printed,
)
from archive.catalogue.round_deciding import paper_key
from archive.disposal.paper_keeping import keep_paper
from archive.disposal.words import Signature
from archive.errors import StaleClaimError, StoreError
from archive.fsck.everything import Holdings, fsck
from archive.storage.key import Key
from archive.storage.store import Store
from tests.http.executing_round import ExecutingRound, executing_round


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutingRound]:
    """Certified, and not on sheets yet."""
    with executing_round(tmp_path, monkeypatch, count=1, sealing=False) as made:
        by, installation = made.world.by("executor"), made.installation
        assert destroy_round(installation, made.round_id, by=by).progress.settled
        proof = prove_absence(
            installation,
            made.round_id,
            verifier_id=made.world.id("auditor"),
            executor_id=made.world.id("executor"),
            actor=made.world.by("auditor").actor,
        )
        assert proof.certificate is not None
        yield made


def noted(archive: ExecutingRound) -> NotedSheets:
    """As who was killed noted them."""
    sheets = NotedSheets(paper_key(archive.round_id, KIND, "1" * 64), "1" * 64)
    with archive.installation.catalogue.transaction() as tx:
        assert note_sheets(tx, archive.round_id, sheets, instead_of=None)
    return sheets


def unique(archive: ExecutingRound) -> str:
    """The one object in every store, and nothing for fsck to name."""
    found = {tuple(store.keys("disposal")) for store in archive.installation.stores}
    with archive.installation.catalogue.read() as view:
        printed = printed_certificate(view, archive.round_id)
    assert printed is not None and found == {(printed.object_key,)}
    told = fsck(archive.installation.catalogue, archive.installation.stores, Holdings(), light=True)
    assert [item for item in told if item.code == "store.object.extra"] == []
    return printed.object_key


def test_what_lies_damaged_of_an_attempt_before_is_taken_away_first(archive: ExecutingRound) -> None:
    sheets = noted(archive)
    with archive.installation.stores[1].create(Key(sheets.object_key)) as writer:
        writer.write(b"%PDF-1.7 torn")
        writer.commit()
    assert print_certificate(archive.installation, archive.round_id) is not None
    assert unique(archive) != sheets.object_key


class KeepsAll:
    """A store that lets go of nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def remove(self, key: Key) -> None:
        raise StoreError("kho không cho xóa", detail=str(key))


def test_what_cannot_be_taken_away_keeps_a_second_one_from_being_printed(archive: ExecutingRound) -> None:
    sheets = noted(archive)
    installation = archive.installation
    stores = installation.stores
    installation.__dict__["stores"] = (KeepsAll(stores[0]), *stores[1:])
    with pytest.raises(StoreError):
        print_certificate(installation, archive.round_id)
    assert [list(store.keys("disposal")) for store in stores] == [[], []]
    installation.__dict__["stores"] = stores
    print_certificate(installation, archive.round_id)
    assert unique(archive) != sheets.object_key


class OvertakenAt:
    """A store before which somebody else prints and records: right before who writes here comes to it."""

    def __init__(self, archive: ExecutingRound) -> None:
        self._archive, self._stores = archive, archive.installation.stores
        self._overtaken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores[0], name)

    def create(self, key: Key) -> Any:
        if not self._overtaken:
            self._overtaken = True
            self._others()
        return self._stores[0].create(key)

    def _others(self) -> None:
        round_id, catalogue = self._archive.round_id, self._archive.installation.catalogue
        kept = keep_paper(self._stores, round_id, KIND, b"%PDF-1.7", list_sha256="", signature=Signature.UNSIGNED)
        with catalogue.transaction() as tx:
            before, sheets = noted_sheets(tx, round_id), NotedSheets(kept.object_key, kept.sha256)
            assert before is not None and note_sheets(tx, round_id, sheets, instead_of=before)
            printed = PrintedCertificate(round_id, kept.object_key, kept.sha256, kept.size_bytes)
            record_printed(tx, printed, actor="luutru", at=now())


def test_who_was_overtaken_takes_his_own_away(archive: ExecutingRound) -> None:
    installation = archive.installation
    stores = installation.stores
    installation.__dict__["stores"] = (OvertakenAt(archive), *stores[1:])
    with pytest.raises(StaleClaimError):
        print_certificate(installation, archive.round_id)
    installation.__dict__["stores"] = stores
    standing = unique(archive)
    again = print_certificate(installation, archive.round_id)
    assert again is not None and again.object_key == standing
