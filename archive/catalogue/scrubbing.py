"""What the catalogue says of destroyed hồ sơ beyond their tombstones: removed, emptied, or kept for a stated reason.

Each table of the catalogue stands in exactly one of these lists; a test demands it of new ones. Rows go in the transaction
of the intent, so that from one instant to the next nobody is shown a hồ sơ that is being destroyed; what lies on in free
pages and logs of the database is for ``archive.catalogue.compacting``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Table, delete, exists, select, update

from archive.catalogue.carried import CARRIED  # noqa: F401 (brings every table into the metadata)
from archive.catalogue.destruction_model import TombstonePackage
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.pieces import pieces
from archive.catalogue.tables import aip_validation, metadata, validation_material
from archive.catalogue.writing import Transaction

BY_PACKAGE = (
    "aip_validation",
    "revisions",
    "documents",
    "copies",
    "usage_modes",
    "grants",
    "repairs",
    "sealed_aips",
    "replaced_objects",
    "aips",
)
"""Rows of a package, in the order in which they can go."""

BY_SUBMISSION = ("reports", "receipts")
"""Rows of a submission, of which a package was made or not. The agency keeps its receipt; its digest stays in the ledger."""

EMPTIED: Mapping[str, Mapping[str, Any]] = {
    "submissions": {"source_name": "", "title": "", "decision": None, "client_key": None},
    "audit_findings": {"detail": "", "findings": []},
    "incidents": {"report": {}, "reason": None},
}
"""Rows that say what happened stay; what in them can quote content goes."""

SWEPT = frozenset(
    {"absence_runs", "alerts", "alert_notices", "drills", "fsck_runs", "saved_searches", "schedule_runs", "uploads"}
)
"""Gone through once for a whole round: their rows belong to no package, and yet their texts can name one."""

SHARED: Mapping[str, str] = {
    "upload_parts": "with its upload",
    "validation_material": "when no other package uses it",
}
"""Goes together with others."""

KEPT: Mapping[str, str] = {
    "absence_parts": "places, counts and digests; what is looked for lies there sealed until the part has ended",
    "accounts": "people, not records",
    "activity_reports": "counts",
    "agencies": "agencies, not records",
    "alembic_version": "one number",
    "alert_deliveries": "numbers of notices, and errors of channels",
    "asides": "ids, names of ours and digests of what was put aside; marked as dropped",
    "audit_runs": "counts",
    "backups": "names and counts of sets",
    "canaries": "packages that are no records",
    "checkpoint_timestamps": "answers over digests",
    "checkpoints": "names and digests of objects",
    "claims": "ids; of workers under way",
    "cursors": "numbers",
    "destruction_certificates": "the proof itself",
    "destruction_orders": "who asked for what, ids and codes",
    "destruction_work": "ids and places",
    "failed_attempts": "digests of names of accounts",
    "file_aips": "ids: which packages there were",
    "file_plan_lines": "the list an agency itself approved, a record of its own",
    "file_plans": "the list an agency itself approved, a record of its own",
    "files": "the account of the hồ sơ itself; its title goes where the decision does not let it stay",
    "fonds": "fonds, not records",
    "hold_files": "ids",
    "hold_pieces": "ids",
    "holds": "why something was held: a decision, not content",
    "ledger": "never changed; its records quote no content (docs/destruction.md)",
    "ledger_end": "number and digest",
    "machines": "names of machines",
    "medium_moves": "places and counts",
    "paper_orders": "who asked for which paper of a round, with its formal parts",
    "paper_particulars": "the law's own record of the round",
    "rate_windows": "digests",
    "registration_numbers": "numbers",
    "retention_reviews": "decisions on periods",
    "retention_schedules": "schedules",
    "rights_changes": "ids, modes and dates",
    "round_decisions": "the law's own record of the round",
    "round_lines": "the law's own record of the round: codes, digests and explanations",
    "round_opinions": "the law's own record of the round",
    "round_papers": "the law's own record of the round",
    "round_persons": "the law's own record of the round",
    "round_sessions": "the law's own record of the round",
    "round_votes": "the law's own record of the round",
    "rounds": "the law's own record of the round",
    "row_changes": "names of tables and keys",
    "sealing_lease": "who seals at this moment",
    "shipments": "numbers",
    "storage_places": "names of stores",
    "storage_policies": "the policy",
    "tokens": "labels people gave their own tokens",
    "tombstone_documents": "what remains",
    "tombstone_packages": "what remains",
    "tombstone_submissions": "what remains",
    "tombstones": "what remains",
    "used_logins": "digests",
    "workers": "who lives at this moment",
}

_AT_ONCE = 200


def forget_packages(
    tx: Transaction, packages: Iterable[TombstonePackage], untitled_files: Collection[str] = ()
) -> None:
    """No row describes these packages any more when ``tx`` is committed; harmless to repeat.

    ``untitled_files``: hồ sơ whose titles may not stay.
    """
    for some in pieces(packages, _AT_ONCE):
        aips = [item.aip_id for item in some]
        _forget_material(tx, aips)
        for name in BY_PACKAGE:
            table = metadata.tables[name]
            column = table.c.id if name == "aips" else table.c.aip_id
            tx.rows(delete(table).where(column.in_(aips)))
        forget_submissions(tx, [item.submission_id for item in some])
        for name in _BY_AIP:
            table, column = _emptied(name)
            tx.rows(update(table).where(column.in_(aips)).values(dict(EMPTIED[name])))
    for some_files in pieces(untitled_files, _AT_ONCE):
        files = metadata.tables["files"]
        tx.rows(update(files).where(files.c.id.in_(some_files)).values(title=""))


def forget_submissions(tx: Transaction, submission_ids: Iterable[str]) -> None:
    """What their senders called these submissions, and what was said of them, is gone; that they were stays."""
    for some in pieces(submission_ids, _AT_ONCE):
        for name in BY_SUBMISSION:
            table = metadata.tables[name]
            tx.rows(delete(table).where(table.c.submission_id.in_(some)))
        table, column = _emptied("submissions")
        tx.rows(update(table).where(column.in_(some)).values(dict(EMPTIED["submissions"])))


def described(view: LedgerReading, packages: Sequence[TombstonePackage]) -> set[str]:
    """Those of these packages that some row still describes: asked again after they were forgotten."""
    found: set[str] = set()
    for some in pieces(packages, _AT_ONCE):
        aips = [item.aip_id for item in some]
        submissions = {item.submission_id: item.aip_id for item in some}
        for name in BY_PACKAGE:
            table = metadata.tables[name]
            column = table.c.id if name == "aips" else table.c.aip_id
            found |= set(view.rows(select(column).where(column.in_(aips))).scalars())
        for name in _BY_AIP:
            found |= _unemptied(view, name, aips)
        found |= {submissions[item] for item in described_submissions(view, submissions)}
    return found


def described_submissions(view: LedgerReading, submission_ids: Iterable[str]) -> set[str]:
    """Those of these submissions that some row still describes."""
    found: set[str] = set()
    for some in pieces(submission_ids, _AT_ONCE):
        for name in BY_SUBMISSION:
            column = metadata.tables[name].c.submission_id
            found |= set(view.rows(select(column).where(column.in_(some))).scalars())
        found |= _unemptied(view, "submissions", some)
    return found


_BY_AIP = ("audit_findings", "incidents")
_OF = {"submissions": "id", "audit_findings": "aip_id", "incidents": "subject"}
"""The column of each table of ``EMPTIED`` that says whose a row is."""


def _emptied(name: str) -> tuple[Table, Column[Any]]:
    table = metadata.tables[name]
    return table, table.c[_OF[name]]


def _unemptied(view: LedgerReading, name: str, ids: Collection[str]) -> set[str]:
    """Those of ``ids`` of which a row of this table still quotes something."""
    table, column = _emptied(name)
    empty = EMPTIED[name]
    query = select(column, *(table.c[quoting] for quoting in empty)).where(column.in_(ids))
    return {row[0] for row in view.rows(query) if list(row[1:]) != list(empty.values())}


def _forget_material(tx: Transaction, aips: list[str]) -> None:
    """Certificates and answers of authorities that only these packages used."""
    used = select(aip_validation.c.sha256).where(aip_validation.c.aip_id.in_(aips))
    found = list(tx.rows(used.distinct()).scalars())
    tx.rows(delete(aip_validation).where(aip_validation.c.aip_id.in_(aips)))
    for some in pieces(found, _AT_ONCE):
        still = exists().where(aip_validation.c.sha256 == validation_material.c.sha256)
        tx.rows(delete(validation_material).where(validation_material.c.sha256.in_(some), ~still))


def sweep_mentions(tx: Transaction, mentioned: Callable[[str], bool]) -> int:
    """No row of ``SWEPT`` has a text that ``mentioned`` is true of any more; how many had.

    A row that only mentions something stays without its texts; a search somebody saved goes, and an upload that became a
    submission. One that is under way is its sender's, whatever it is called.
    """
    return sum(_swept(tx, metadata.tables[name], mentioned) for name in sorted(SWEPT))


def mentions(view: LedgerReading, mentioned: Callable[[str], bool]) -> int:
    """How many rows of ``SWEPT`` have such a text now."""
    return sum(len(_mentioning(view, metadata.tables[name], mentioned)) for name in SWEPT)


_EMPTY: Mapping[str, Mapping[str, Any]] = {
    "absence_runs": {"report": {}},
    "alerts": {"text": "(đã hủy)", "data": {}, "note": None},
    "alert_notices": {"text": "(đã hủy)"},
    "drills": {"report": {}},
    "fsck_runs": {"found": [], "problem": ""},
    "schedule_runs": {"detail": ""},
}
"""The texts of each; of a table that does not stand here every column is looked at, and its rows go."""


def _swept(tx: Transaction, table: Table, mentioned: Callable[[str], bool]) -> int:
    keys = _mentioning(tx, table, mentioned)
    columns = tuple(table.primary_key)
    for key in keys:
        row = [column == value for column, value in zip(columns, key, strict=True)]
        if table.name == "uploads":
            parts = metadata.tables["upload_parts"]
            tx.rows(delete(parts).where(parts.c.upload_id == key[0]))
        if table.name in _EMPTY:
            tx.rows(update(table).where(*row).values(dict(_EMPTY[table.name])))
        else:
            tx.rows(delete(table).where(*row))
    return len(keys)


def _mentioning(view: LedgerReading, table: Table, mentioned: Callable[[str], bool]) -> list[tuple[Any, ...]]:
    """Keys of such rows. Keys themselves do not count: that an alert was about a package is no content of it."""
    keys = tuple(table.primary_key)
    known = _EMPTY.get(table.name)
    told = [column for column in table.columns if known is None or column.name in known]
    found = []
    query = select(*keys, *told)
    for row in view.rows(query.where(table.c.became.is_not(None)) if table.name == "uploads" else query):
        text = json.dumps(list(row[len(keys) :]), ensure_ascii=False, default=str)
        if mentioned(text):
            found.append(tuple(row[: len(keys)]))
    return found
