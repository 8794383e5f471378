"""Rebuilt from one copy, what was destroyed is still gone, its tombstone is there, and what a lock keeps is no record."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from archive.catalogue.destruction_reading import tombstone, tombstones_of
from archive.catalogue.file_reading import file
from archive.fsck.everything import Holdings, fsck
from archive.retention.file_state import FileState
from tests.destruction.round_at_work import ROUND_ID, RoundAtWork, rebuilt, sealed


@pytest.mark.parametrize("number", [0, 1])
def test_after_a_round_every_copy_alone_says_the_same(work: RoundAtWork, tmp_path: Path, number: int) -> None:
    work.take_in(2)
    work.begin()
    assert work.run().settled
    sealed(work)
    with Catalogue.open(f"sqlite:///{tmp_path / 'new.sqlite'}") as fresh:
        made = rebuilt(work, fresh, work.stores[number], tmp_path / "scratch")
        assert (made.packages, made.problems) == (1, ())
        with fresh.read() as back, work.catalogue.read() as view:
            assert list(tombstones_of(back, ROUND_ID)) == list(tombstones_of(view, ROUND_ID))
            for held in work.destroyed:
                assert back.aip(held.aip_id) is None
                assert tombstone(back, work.file_id(held)) is not None
            assert back.aip(work.kept[0].aip_id) is not None
        assert [item.code for item in fsck(fresh, [work.stores[number]], Holdings())] == []


def test_in_the_middle_of_a_round_nothing_comes_back_as_kept_nor_as_destroyed(
    work: RoundAtWork, tmp_path: Path
) -> None:
    work.take_in(1)
    work.begin()
    sealed(work)
    (held,) = work.destroyed
    assert held.key in set(work.stores[0].keys("aip")), "its bytes lie there whole"
    with Catalogue.open(f"sqlite:///{tmp_path / 'new.sqlite'}") as fresh:
        made = rebuilt(work, fresh, work.stores[0], tmp_path / "scratch")
        assert made.problems == ()
        with fresh.read() as back:
            assert back.aip(held.aip_id) is None
            laid, account = tombstone(back, work.file_id(held)), file(back, work.file_id(held))
        assert laid is not None and not laid.destroyed
        assert account is not None and account.state is FileState.DESTROYING
        # The new machine goes on where the old one was stopped.
        work.catalogue, work.url = fresh, f"sqlite:///{tmp_path / 'new.sqlite'}"
        work.usual_places()
        assert work.run().settled
        assert all(held.key not in set(store.keys("aip")) for store in work.stores)
