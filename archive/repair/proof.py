"""What a package's bytes must be, as ledger and catalogue both say; repair believes neither alone, nor both together
before ``archive.repair.sealed`` has shown that the record is the one that was sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archive.catalogue.model import Aip
from archive.catalogue.reading import Reading
from archive.errors import LedgerBrokenError
from archive.events import Event
from archive.ledger import Record, is_whole
from archive.repair.errors import DigestUnprovenError, PackageUnknownError
from archive.storage.key import Key, aip_key, sealed_aip_key

Stated = tuple[Any, ...]
_STATING = (Event.AIP_PACKAGE_WRITTEN, Event.AIP_PACKAGE_REWRITTEN)
_STATED = ("aip_id", "sha256", "size_bytes", "layout_sha256")


@dataclass(frozen=True, slots=True)
class Proof:
    """The one right object of a package. ``seq``: the ledger record that says so."""

    aip: Aip
    key: Key
    sha256: str
    size_bytes: int
    layout_sha256: str | None
    seq: int

    @property
    def stated(self) -> Stated:
        return (self.aip.id, self.sha256, self.size_bytes, self.layout_sha256)


def stated_by(record: Record) -> Stated:
    """What a record of a written package says of its bytes; of any other kind of record, nothing."""
    if record.event not in _STATING:
        return ()
    return tuple(record.data.get(name) for name in _STATED)


def proof_of(view: Reading, aip_id: str) -> Proof:
    """Digest and size that the ledger stated when the package was written, and the catalogue states today.

    The record must be whole, the only one of its kind about this package, and held by the record behind it (or the noted
    end of the ledger); the row must agree in every point. Raises DigestUnprovenError naming the first that fails,
    PackageUnknownError when there is no row at all.
    """
    aip = view.aip(aip_id)
    if aip is None:
        raise PackageUnknownError("Không có gói tin mang mã này.", detail=aip_id)
    try:
        written = view.records(subject=aip.submission_id, event=Event.AIP_PACKAGE_WRITTEN, limit=2)
        if len(written) != 1:
            raise _unproven(aip_id, f"{len(written)} records of aip.package.written")
        # Stored in its other form since, open or sealed: that record has the last word.
        record = view.record_of(aip_id, Event.AIP_PACKAGE_REWRITTEN) or written[0]
        _require_held(view, aip_id, record)
    except LedgerBrokenError as error:
        raise _unproven(aip_id, error.message) from error
    proof = Proof(aip, aip.object_key, aip.sha256, aip.size_bytes, aip.layout_sha256, record.seq)
    pairs = zip(_STATED, stated_by(record), proof.stated, strict=True)
    differing = sorted(name for name, stated, found in pairs if stated != found)
    if differing:
        raise _unproven(aip_id, f"catalogue and ledger differ in {', '.join(differing)}")
    sealed = record.data.get("sealed") is not None
    if aip.object_key != (sealed_aip_key(aip_id) if sealed else aip_key(aip_id)):
        raise _unproven(aip_id, f"object key {aip.object_key}")
    return proof


def _require_held(view: Reading, aip_id: str, record: Record) -> None:
    """A record changed together with its own hash is still contradicted by its neighbours."""
    if not is_whole(record) or record.event not in _STATING:
        raise _unproven(aip_id, f"record {record.seq} is not whole")
    before = view.ledger_row(record.seq - 1)
    if before is not None and before.hash != record.prev:
        raise _unproven(aip_id, f"record {record.seq} does not follow the one before")
    after = view.records(after=record.seq, limit=1)
    if after and after[0].seq == record.seq + 1:
        held = after[0].prev == record.hash and is_whole(after[0])
    else:
        held = view.ledger_end() == (record.seq, record.hash)
    if not held:
        raise _unproven(aip_id, f"record {record.seq} is not held by the one behind it")


def _unproven(aip_id: str, detail: str) -> DigestUnprovenError:
    return DigestUnprovenError(
        "Sổ nhật ký và danh mục không khớp về gói tin này; không phục hồi gì theo bên nào.",
        remedy="Chạy «luutru fsck» để biết bên nào sai; sửa danh mục từ sổ nhật ký hoặc bản sao lưu.",
        detail=f"{aip_id}: {detail}",
    )
