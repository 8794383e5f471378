"""The catalogue: one writer at a time, any number of readers, the same values from SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from archive.catalogue.database import open_engine, reading, translated, writing
from archive.catalogue.reading import Reading
from archive.catalogue.versions import bring_to_newest
from archive.catalogue.writing import Transaction


class Catalogue:
    """Shared by all threads of a process; every process opens its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = Lock()
        self._writing_thread: int | None = None

    @classmethod
    def open(cls, url: str) -> Catalogue:
        """The catalogue at ``url`` (``sqlite:///…`` or ``postgresql://…``) with the tables of this version.

        Raises CatalogueError when it cannot be reached, CatalogueVersionError when it is newer than this program.
        """
        engine = open_engine(url)
        try:
            with translated():
                bring_to_newest(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """The one writing transaction: durable when the block ends well, as if it had never been otherwise.

        Waits for other writers; CatalogueBusyError when that takes too long. Not to be opened inside another one.
        """
        if self._writing_thread == get_ident():
            raise RuntimeError("a writing transaction inside another one would wait for itself")
        # The lock spares the threads of this process the database's own, unfair waiting.
        with self._writer:
            self._writing_thread = get_ident()
            try:
                with translated(), writing(self._engine) as connection:
                    yield Transaction(connection)
            finally:
                self._writing_thread = None

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """One unchanging view of what was committed when it was first asked; never waits for a writer."""
        with translated(), reading(self._engine) as connection:
            yield Reading(connection)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
