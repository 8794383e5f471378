"""Whether two catalogues say the same: every table that goes with the archive, row by row, each difference named.

Left out are secrets and what only the machine of the moment needs (``archive.catalogue.carried``): they are not carried
to the stores, so a rebuilt catalogue cannot have them. Checkpoints are about the record, not part of it: stores let go of
those a later one replaces, and the ledger they sealed is compared record by record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from archive.catalogue import Catalogue, Reading
from archive.catalogue.carried import FROM_CHECKPOINTS, NOT_CARRIED, SECRET_COLUMNS
from archive.catalogue.comparing import Compared, Progress, RowDifference, differing_rows

CARRIED = Compared(frozenset(NOT_CARRIED) | FROM_CHECKPOINTS, SECRET_COLUMNS)
"""What one archive has, wherever it runs."""


def _nothing(_table: str, _rows: int) -> None:
    return None


def differences(left: Catalogue, right: Catalogue, progress: Progress = _nothing) -> Iterator[RowDifference]:
    """Every row in which the two differ; none means they hold the same. One unchanging view of each is compared."""
    with ExitStack() as stack:
        yield from view_differences(stack.enter_context(left.read()), stack.enter_context(right.read()), progress)


def view_differences(left: Reading, right: Reading, progress: Progress = _nothing) -> Iterator[RowDifference]:
    """The same of two views that are open already."""
    return differing_rows(left, right, CARRIED, progress)
