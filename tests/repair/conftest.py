"""Worlds to damage: each kind of store, SQLite; the statements of the catalogue run on both databases elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from damaged import World, shelves_of


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes one more world; ``kind`` of stores, ``names`` of them, and what ``World`` takes."""
    made: list[World] = []

    def make(kind: str = "directory", names: tuple[str, ...] = ("a", "b"), **options: Any) -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(World(f"sqlite:///{folder / 'c.sqlite'}", list(shelves_of(kind, folder, names)), **options))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(worlds: Callable[..., World]) -> World:
    return worlds()
