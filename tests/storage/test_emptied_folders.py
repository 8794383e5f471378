"""A folder of a directory store goes with the last object in it, and never one that anybody needs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from archive.errors import StoreError
from archive.storage.directory import DirectoryStore
from archive.storage.disk import Disk
from archive.storage.key import Key

ONE, OTHER = Key("upload/a1/1.bin"), Key("upload/a1/2.bin")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "kho"
    DirectoryStore.initialise("a", root)
    return root


def put(store: DirectoryStore, key: Key) -> None:
    with store.create(key) as writer:
        writer.write(b"x")
        writer.commit()


def test_a_folder_goes_with_the_last_object_in_it_and_the_one_at_the_top_stays(root: Path) -> None:
    store = DirectoryStore("a", root)
    put(store, ONE)
    put(store, OTHER)
    store.remove(ONE)
    assert store.size(OTHER) == 1
    store.remove(OTHER)
    assert not (root / "upload" / "a1").exists() and (root / "upload").is_dir()
    store.remove(OTHER)
    put(store, ONE)
    assert list(store.keys("upload")) == [ONE]


class TakingAway(Disk):
    """Whoever removes the last object of the folder comes between its making and its use, so many times."""

    def __init__(self, folder: Path, times: int) -> None:
        self.folder, self.times = folder, times

    def link(self, source: Path, target: Path) -> None:
        if self.times:
            self.times -= 1
            os.rmdir(self.folder)
        super().link(source, target)


@pytest.mark.parametrize("times", [1, 3])
def test_a_folder_taken_away_before_its_first_object_is_made_again(root: Path, times: int) -> None:
    store = DirectoryStore("a", root, disk=TakingAway(root / "upload" / "a1", times))
    put(store, ONE)
    assert store.size(ONE) == 1


def test_a_writer_whose_folder_is_always_taken_away_says_so(root: Path) -> None:
    store = DirectoryStore("a", root, disk=TakingAway(root / "upload" / "a1", 1000))
    with pytest.raises(StoreError):
        put(store, ONE)
    assert list(store.keys("")) == []


class NoFolderGoes(Disk):
    def remove_empty_folder(self, path: Path) -> None:
        raise OSError(errno.EACCES, "no")


def test_an_object_is_gone_though_its_folder_cannot_be_removed(root: Path) -> None:
    put(DirectoryStore("a", root), ONE)
    DirectoryStore("a", root, disk=NoFolderGoes()).remove(ONE)
    assert list(DirectoryStore("a", root).keys("")) == [] and (root / "upload" / "a1").is_dir()
