"""A stream cut into tuples of limited length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def pieces(items: Iterable[T], length: int) -> Iterator[tuple[T, ...]]:
    """``items`` in order, at most ``length`` at a time."""
    rest = iter(items)
    while piece := tuple(islice(rest, length)):
        yield piece
