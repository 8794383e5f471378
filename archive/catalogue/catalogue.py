"""The catalogue: one writer at a time, any number of readers, the same values from SQLite and PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Lock, get_ident
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from archive.catalogue.database import open_engine, reading, signing, translated, writing
from archive.catalogue.fence import require_fence
from archive.catalogue.reading import Reading
from archive.catalogue.versions import bring_to_newest, require_newest
from archive.catalogue.writing import Transaction
from archive.errors import CatalogueUnreachableError

RETRY_SECONDS = (0.1, 0.4, 1.0, 2.0)
"""Pauses before a transaction is begun again on another connection, when the server was restarted or taken over."""


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

    @classmethod
    def open_as_it_is(cls, url: str) -> Catalogue:
        """The same, for looking only: nothing is brought to this version. Raises CatalogueVersionError instead."""
        engine = open_engine(url)
        try:
            with translated():
                require_newest(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """The one writing transaction: durable when the block ends well, as if it had never been otherwise.

        Waits for other writers; CatalogueBusyError when that takes too long, CatalogueUnreachableError when the server
        is away (nothing was committed, unless it went in the very commit: repeat what is harmless to repeat), and
        StaleClaimError behind a fence that no longer holds. Not to be opened inside another one.
        """
        if self._writing_thread == get_ident():
            raise RuntimeError("a writing transaction inside another one would wait for itself")
        # The lock spares the threads of this process the database's own, unfair waiting.
        with self._writer:
            self._writing_thread = get_ident()
            try:
                with translated(), ExitStack() as stack:
                    transaction = Transaction(_begun(stack, lambda: writing(self._engine)))
                    require_fence(transaction)
                    yield transaction
            finally:
                self._writing_thread = None

    @contextmanager
    def signing(self) -> Iterator[Transaction]:
        """A short writing transaction for signs of life alone, which must come through while a long one is written.

        On PostgreSQL it does not wait for the writer: what it changes must be right whoever writes beside it. On SQLite
        it is a writing transaction like any other.
        """
        with translated(), ExitStack() as stack:
            yield Transaction(_begun(stack, lambda: signing(self._engine)))

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """One unchanging view of what was committed when it was first asked; never waits for a writer."""
        with translated(), ExitStack() as stack:
            yield Reading(_begun(stack, lambda: reading(self._engine)))

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _begun(stack: ExitStack, begin: Callable[[], AbstractContextManager[Connection]]) -> Connection:
    """Begun within ``stack``; before anything was asked, a connection that broke is harmless to replace."""
    for pause_seconds in RETRY_SECONDS:
        try:
            with translated():
                return stack.enter_context(begin())
        except CatalogueUnreachableError:
            time.sleep(pause_seconds)
    return stack.enter_context(begin())
