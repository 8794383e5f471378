"""Handing a hồ sơ over to the historical archive: the state, and what the biên bản giao nhận says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from archive.access import Author
from archive.catalogue import tables as t
from archive.catalogue.file_reading import require_file
from archive.catalogue.file_writing import move_file
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.retention_authority import require_keeper
from archive.catalogue.retention_tables import file_aips
from archive.catalogue.writing import Transaction
from archive.local_time import VIETNAM
from archive.retention.errors import FileMoveError, TransferRefusedError
from archive.retention.file import File
from archive.retention.file_state import FileState


@dataclass(frozen=True, slots=True)
class Handover:
    """What the minutes of handing over say: who receives, their number and day."""

    receiver_code: str
    receiver_name: str
    minutes_number: str
    minutes_on: date


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a hồ sơ holds: packages, tệp tin, bytes of its packages."""

    packages: int
    documents: int
    size_bytes: int


def holdings(view: LedgerReading, file_id: str) -> Holdings:
    """Counted from the catalogue; what the Mục lục and the minutes put down as numbers."""
    joined = select(
        func.count(),
        func.coalesce(func.sum(t.aips.c.document_count), 0),
        func.coalesce(func.sum(t.aips.c.size_bytes), 0),
    ).join_from(file_aips, t.aips, t.aips.c.id == file_aips.c.aip_id)
    packages, documents, size = view.rows(joined.where(file_aips.c.file_id == file_id)).one()
    return Holdings(int(packages), int(documents), int(size))


def hand_over(tx: Transaction, file_id: str, handover: Handover, *, by: Author, at: datetime) -> File:
    """The hồ sơ is in the custody of the historical archive; done before, nothing is written.

    Only an ended hồ sơ with something in it goes. Raises AuthorityMissingError, TransferRefusedError, FileMoveError.
    """
    require_keeper(tx, by)
    held = require_file(tx, file_id)
    if held.state is FileState.TRANSFERRED:
        return held
    if held.state is FileState.OPEN:
        raise FileMoveError(
            "Hồ sơ chưa kết thúc thì chưa giao nộp được.", remedy="Kết thúc hồ sơ trước.", detail=file_id
        )
    words = (handover.receiver_code.strip(), handover.receiver_name.strip(), handover.minutes_number.strip())
    found = holdings(tx, file_id)
    if not all(words) or not found.packages or handover.minutes_on > at.astimezone(VIETNAM).date():
        raise TransferRefusedError(
            "Chưa ghi nhận giao nộp được: thiếu bên nhận, số hoặc ngày biên bản, hoặc hồ sơ chưa có tài liệu.",
            remedy="Ghi đủ bên nhận, số và ngày của biên bản giao nhận.",
            detail=file_id,
        )
    data = {
        "receiver_code": words[0],
        "receiver_name": words[1],
        "minutes_number": words[2],
        "minutes_on": handover.minutes_on.isoformat(),
        "packages": found.packages,
        "documents": found.documents,
        "size_bytes": found.size_bytes,
        "due_on": held.transfer_due_on.isoformat() if held.transfer_due_on else None,
    }
    return move_file(tx, file_id, FileState.TRANSFERRED, actor=by.actor, at=at, data=data)
