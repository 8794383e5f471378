"""The digest of all that remains of a hồ sơ: of its packages and of every original, as the intent and the certificate say it.

It is the same from the rows that go and from the tombstone that stays: whoever changes a digest there contradicts the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Select, select

from archive.canonical import canonical_json
from archive.catalogue import tables as t
from archive.catalogue.destruction_reading import tombstone_documents_of, tombstone_packages_of
from archive.catalogue.file_reading import aips_of
from archive.catalogue.ledger_reading import LedgerReading

_PAGE = 1000
_DOCUMENT = ("ordinal", "size_bytes", "sha256", "sha512")


def remains_sha256(view: LedgerReading, file_id: str) -> str:
    """Of a hồ sơ that still has its rows."""
    a, s = t.aips.c, t.submissions.c
    told = select(a.id.label("aip_id"), a.size_bytes, a.sha256, s.transfer_sha256).join(
        t.submissions, s.id == a.submission_id
    )
    packages = view.rows(told.where(a.id.in_(aips_of(view, file_id))).order_by(a.id)).all()
    return _digest((dict(row._mapping), _documents(view, row.aip_id)) for row in packages)


def tombstone_remains_sha256(view: LedgerReading, file_id: str) -> str:
    """Of a hồ sơ of which only the tombstone is left."""
    packages = tombstone_packages_of(view, [file_id]).get(file_id, ())
    return _digest(
        (
            {name: getattr(item, name) for name in ("aip_id", "size_bytes", "sha256", "transfer_sha256")},
            ({name: getattr(of, name) for name in _DOCUMENT} for of in tombstone_documents_of(view, [item.aip_id])),
        )
        for item in packages
    )


def _documents(view: LedgerReading, aip_id: str) -> Iterator[Mapping[str, Any]]:
    d = t.documents.c
    after = -1
    while True:
        query: Select[Any] = select(*(d[name] for name in _DOCUMENT)).where(d.aip_id == aip_id, d.ordinal > after)
        page = view.rows(query.order_by(d.ordinal).limit(_PAGE)).all()
        yield from (dict(row._mapping) for row in page)
        if len(page) < _PAGE:
            return
        after = page[-1].ordinal


def _digest(packages: Iterable[tuple[Mapping[str, Any], Iterable[Mapping[str, Any]]]]) -> str:
    digest = hashlib.sha256()
    for package, documents in packages:
        digest.update(canonical_json(dict(package)) + b"\n")
        for document in documents:
            digest.update(canonical_json(dict(document)) + b"\n")
    return digest.hexdigest()
