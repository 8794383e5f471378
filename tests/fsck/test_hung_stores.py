"""A store that never answers holds up nobody: it is named, and what lies behind it is done all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from api.bootstrap import opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import tidy
from archive.catalogue import Catalogue
from archive.fsck import fsck
from archive.lagging import LaggingStore
from archive.storage import Key, MemoryStore


class Hung(MemoryStore):
    """Asked for anything, it answers when the test is over."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.over = Event()
        self.asked = 0

    def sweep(self) -> int:
        self.asked += 1
        self.over.wait()
        return 0

    def keys(self, folder: str = "") -> Iterator[Key]:
        self.over.wait()
        return super().keys(folder)


class Swept(MemoryStore):
    swept = 0

    def sweep(self) -> int:
        self.swept += 1
        return super().sweep()


@pytest.fixture
def hung() -> Iterator[Hung]:
    store = Hung("a")
    yield store
    store.over.set()


@pytest.mark.parametrize("light", [True, False])
def test_fsck_names_a_store_that_never_answers_and_compares_the_others(tmp_path: Path, hung: Hung, light: bool) -> None:
    other = MemoryStore("b")
    with other.create(Key("aip/xx/left.tar")) as writer:
        writer.write(b"nobody's")
        writer.commit()
    with Catalogue.open(f"sqlite:///{tmp_path / 'c.sqlite'}") as catalogue:
        found = list(fsck(catalogue, [hung, other], light=light, patience_seconds=0.05))
    assert [(item.code, item.behind) for item in found] == [
        ("store.place.unreachable", "store:a"),
        ("store.object.extra", "store:b"),
    ]


def test_tidying_waits_for_no_store(tmp_path: Path, hung: Hung, monkeypatch: pytest.MonkeyPatch) -> None:
    initialise(tmp_path / "home", name="Kho thử", code="H99.12")
    other = Swept("b")
    monkeypatch.setattr("api.submitting.SWEEP_SECONDS", 0.05)
    with opened(load_settings(tmp_path / "home")) as installation:
        installation.__dict__["stores"] = (hung, other)
        installation.__dict__["patient_stores"] = (LaggingStore(hung), LaggingStore(other))
        tidy(installation)
        tidy(installation)
    assert (hung.asked, other.swept) == (1, 2), "one that has not come back is not asked again"
