"""Bytes come from whichever store proves right; what cannot be proven is never sent as if it were whole."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from holding import FailingStore, ForgetfulStore, Holding, dip_request, filled

from archive.dip import proving
from archive.dip.dip import dip, write_dip
from archive.dip.export import Export
from archive.dip.model import Damage, DocumentDamagedError, GivenFrom, PackageFormat
from archive.dip.plain_zip import plain_zip
from archive.storage.memory import MemoryStore

Make = Callable[[Holding, GivenFrom], Export]
MAKES: dict[str, Make] = {
    "dip": lambda held, source: dip(source, dip_request(), held.documents),
    "tar": lambda held, source: dip(source, dip_request(), held.documents, format=PackageFormat.TAR),
    "plain": lambda held, source: plain_zip(source, held.documents, made_at=datetime(2026, 1, 1, tzinfo=UTC)),
}


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> Make:
    return MAKES[request.param]


@pytest.fixture(params=["held", "twice"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of sending: small documents are kept after proving, large ones are read again."""
    if request.param == "twice":
        monkeypatch.setattr(proving, "HELD_BYTES", -1)
    return str(request.param)


def whole(held: Holding, make: Make) -> bytes:
    return b"".join(make(held, held.source))


def test_a_damaged_copy_is_passed_over_and_told(held: Holding, make: Make, read: str) -> None:
    source = held.kept_in(held.damaged_at(3), filled("b", held.package))
    export = make(held, source)
    assert b"".join(export) == whole(held, make)
    assert export.written.damaged == (Damage("hỏng", 3, unreadable=False),)
    assert set(export.written.stores) == {"hỏng", "b"}


def test_a_copy_that_fails_or_is_gone_is_passed_over_and_told(held: Holding, make: Make, read: str) -> None:
    source = held.kept_in(MemoryStore("trống"), FailingStore("lỗi"), filled("b", held.package))
    export = make(held, source)
    assert b"".join(export) == whole(held, make)
    assert {damage.store for damage in export.written.damaged} == {"trống", "lỗi"}
    assert all(damage.unreadable for damage in export.written.damaged)
    assert export.written.stores == ("b",)


def test_each_document_may_come_from_another_store(held: Holding, make: Make, read: str) -> None:
    source = held.kept_in(held.damaged_at(2, "x"), held.damaged_at(5, "y"))
    export = make(held, source)
    assert b"".join(export) == whole(held, make)
    assert set(export.written.damaged) == {Damage("x", 2, unreadable=False)}


def test_when_no_copy_is_right_the_stream_breaks_off_before_the_document_and_is_no_package(
    held: Holding, make: Make, read: str
) -> None:
    export = make(held, held.kept_in(held.damaged_at(5, "x"), held.damaged_at(5, "y")))
    sent = io.BytesIO()
    with pytest.raises(DocumentDamagedError) as error:
        export.write(sent)
    assert error.value.code == "copy.damaged" and error.value.ordinal == 5
    assert not zipfile.is_zipfile(io.BytesIO(sent.getvalue()))
    assert b"tagmanifest" not in sent.getvalue() and b"SHA256SUMS" not in sent.getvalue()
    with pytest.raises(ValueError, match="not sent"):
        assert export.written


def test_proving_first_tells_damage_before_a_byte_is_sent(held: Holding, make: Make) -> None:
    with pytest.raises(DocumentDamagedError):
        make(held, held.kept_in(held.damaged_at(8))).prove()
    export = make(held, held.kept_in(held.damaged_at(8), filled("b", held.package)))
    export.prove()
    assert b"".join(export) == whole(held, make)


def test_a_store_that_fails_while_sending_is_followed_by_the_next_at_the_same_place(
    held: Holding, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "HELD_BYTES", -1)
    source = held.kept_in(filled("", held.package, ForgetfulStore("một lần", "fails")), filled("b", held.package))
    export = make(held, source)
    assert b"".join(export) == whole(held, make)
    assert export.written.stores == ("một lần", "b")


def test_bytes_that_changed_between_proving_and_sending_break_the_stream_off_before_its_last(
    held: Holding, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "HELD_BYTES", -1)
    sent = io.BytesIO()
    with pytest.raises(DocumentDamagedError):
        make(held, held.kept_in(filled("", held.package, ForgetfulStore("dối", "lies")))).write(sent)
    assert not zipfile.is_zipfile(io.BytesIO(sent.getvalue()))


def test_a_tar_that_broke_off_cannot_be_read_as_whole(held: Holding) -> None:
    sent = io.BytesIO()
    source = held.kept_in(held.damaged_at(5))
    with pytest.raises(DocumentDamagedError):
        write_dip(source, dip_request(), held.documents, sent, format=PackageFormat.TAR)
    with pytest.raises(tarfile.ReadError), tarfile.open(fileobj=io.BytesIO(sent.getvalue())) as tar:
        tar.getmember("never reached")
