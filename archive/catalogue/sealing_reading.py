"""Questions about sealed packages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, select

from archive.catalogue import sealing_tables as s
from archive.catalogue import tables as t
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.retention_tables import file_aips, files
from archive.catalogue.sealing_model import ReplacedObject, Sealing
from archive.events import Event
from archive.ledger import Record
from archive.retention.file_state import FileState
from archive.retention.period import PeriodKind
from archive.storage.key import SEALED_SUFFIX, Key

PAGE = 500


def sealing_of(view: LedgerReading, aip_id: str) -> Sealing | None:
    """None for a package that lies open."""
    row = view.rows(select(s.sealed_aips).where(s.sealed_aips.c.aip_id == aip_id)).first()
    return None if row is None else Sealing(row.key_id, row.plain_sha256, row.plain_size_bytes)


def sealed_under(view: LedgerReading, key_id: str) -> list[str]:
    """The packages this key opens."""
    c = s.sealed_aips.c
    return [row.aip_id for row in view.rows(select(c.aip_id).where(c.key_id == key_id).order_by(c.aip_id))]


def any_sealed(view: LedgerReading) -> bool:
    return view.rows(select(s.sealed_aips.c.aip_id).limit(1)).first() is not None


def package_record(view: LedgerReading, submission_id: str, aip_id: str) -> Record | None:
    """The last word of the ledger on a package's object: that it was written, or later stored in its other form."""
    rewritten = view.record_of(aip_id, Event.AIP_PACKAGE_REWRITTEN)
    return rewritten or view.record_of(submission_id, Event.AIP_PACKAGE_WRITTEN)


def replaced_objects(view: LedgerReading, after: tuple[str, str] = ("", "")) -> list[ReplacedObject]:
    """Objects that still have to go, by key and store."""
    c = s.replaced_objects.c
    behind = (c.object_key > after[0]) | and_(c.object_key == after[0], c.store > after[1])
    query = select(s.replaced_objects).where(behind).order_by(c.object_key, c.store).limit(PAGE)
    return [ReplacedObject(Key(row.object_key), row.store, row.aip_id, row.since) for row in view.rows(query)]


def is_replaced(view: LedgerReading, object_key: str) -> bool:
    c = s.replaced_objects.c
    return view.rows(select(c.store).where(c.object_key == object_key).limit(1)).first() is not None


def in_the_other_form(view: LedgerReading) -> Iterator[tuple[str, str]]:
    """Packages that lie open and have a period, or are sealed and permanent: their ids and those of their hồ sơ.

    None of a hồ sơ that is being destroyed or was: what is left of it is not touched any more.
    """
    a, f = t.aips.c, files.c
    sealed = a.object_key.like(f"%{SEALED_SUFFIX}")
    permanent = f.period_kind == PeriodKind.PERMANENT.value
    over = (FileState.DESTROYING.value, FileState.DESTROYED.value)
    query: Any = (
        select(a.id, file_aips.c.file_id)
        .join(file_aips, file_aips.c.aip_id == a.id)
        .join(files, f.id == file_aips.c.file_id)
        .where(f.state.not_in(over), (sealed & permanent) | (~sealed & ~permanent))
        .order_by(a.id)
        .limit(PAGE)
    )
    after = ""
    while page := list(view.rows(query.where(a.id > after))):
        yield from ((row.id, row.file_id) for row in page)
        after = page[-1].id
