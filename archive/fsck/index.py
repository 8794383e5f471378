"""The search index against the catalogue, entry by entry, in flat memory whatever the size of either."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Protocol

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.destruction_reading import ended_packages
from archive.catalogue.model import Document
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import Reading
from archive.errors import LuutruError
from archive.fsck.differences import Difference, difference
from archive.lifecycle import State

_AT_ONCE = 1000


class IndexView(Protocol):
    """What fsck needs of an index: every id it has, in any order, and the ids it gives to what is catalogued."""

    def ids(self) -> Iterator[str]: ...

    def id_of_aip(self, aip_id: str) -> str: ...

    def id_of_document(self, document: Document) -> str: ...


def index_differences(catalogue: Catalogue, index: IndexView) -> Iterator[Difference]:
    """Entries the index lacks (it has yet to follow the ledger) and entries it should not have."""
    # An anonymous database on disk, gone when closed: it sorts and joins what may not fit in memory.
    ids = sqlite3.connect("")
    try:
        ids.execute("CREATE TABLE found (id TEXT PRIMARY KEY) WITHOUT ROWID")
        ids.execute("CREATE TABLE expected (id TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            for some in pieces(index.ids(), _AT_ONCE):
                ids.executemany("INSERT OR IGNORE INTO found VALUES (?)", ((item,) for item in some))
        except LuutruError as error:
            yield difference("index.place.unreachable", "index", "index", reason=error.message)
            return
        # Asked after the index: what was stored meanwhile is missing at worst, never extra.
        with catalogue.read() as view:
            for some in pieces(_expected(view, index), _AT_ONCE):
                ids.executemany("INSERT OR IGNORE INTO expected VALUES (?)", ((item,) for item in some))
        for (item,) in ids.execute("SELECT id FROM expected EXCEPT SELECT id FROM found ORDER BY id"):
            yield difference("index.entry.missing", item, "index")
        for (item,) in ids.execute("SELECT id FROM found EXCEPT SELECT id FROM expected ORDER BY id"):
            yield difference("index.entry.extra", item, "index")
    finally:
        ids.close()


def _expected(view: Reading, index: IndexView) -> Iterator[str]:
    for some in pieces(view.submissions_in(State.STORED), _AT_ONCE):
        ended = ended_packages(view, [submission.aip_id for submission in some])
        for submission in some:
            if submission.aip_id in ended:
                continue
            yield index.id_of_aip(submission.aip_id)
            for document in view.documents(submission.aip_id):
                yield index.id_of_document(document)
