"""Whoever still writes a package while its hồ sơ is destroyed takes what he wrote away himself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from sqlalchemy import update

from api.jobs.package_forms import reforming
from archive.catalogue import tables as t
from archive.catalogue.destruction_model import ItemState
from archive.catalogue.destruction_reading import items_of_files
from archive.catalogue.policy_writing import adopt
from archive.catchup import CatchUp
from archive.fixity import CopyState
from archive.lagging import LaggingStore
from archive.policy_adoption import may_follow
from archive.repair.healing import repair_copy
from archive.repair.terms import Terms
from archive.storage.store import Store
from archive.storage_policy_reading import read_policy
from tests.destruction.interrupted import Interrupted
from tests.destruction.round_at_work import ROUND_ID, RoundAtWork
from tests.destruction.whole_archive import whole_archive


def test_a_copy_that_was_being_caught_up_goes_again(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(1)
    late = _awaited(work, tmp_path)
    _catch_up(work, Interrupted(late, [lambda: _destroyed(work)]))
    _nothing_left(work)


def test_what_a_lock_keeps_of_it_is_due_there_again(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(1)
    late = _awaited(work, tmp_path)
    _catch_up(work, Interrupted(late, [lambda: _destroyed(work)], locked=True))
    file_id = work.file_id(work.destroyed[0])
    with work.catalogue.read() as view:
        states = {item.place: item.state for item in items_of_files(view, ROUND_ID, [file_id])}
    assert states["store:kho-2"] is ItemState.DUE and states["store:kho-1"] is ItemState.ABSENT
    assert work.run().settled
    _nothing_left(work)


def test_a_copy_that_was_being_healed_goes_again(work: RoundAtWork, tmp_path: Path) -> None:
    work.take_in(1)
    (held,) = work.destroyed
    (tmp_path / "stores" / "kho-2" / str(held.key)).write_bytes(b"damaged")
    stores = [work.stores[0], cast(Store, Interrupted(work.stores[1], [lambda: _destroyed(work)]))]
    repair_copy(work.catalogue, stores, held.aip_id, "kho-2", Terms(now=work.now, pauses_seconds=()))
    assert work.run().settled
    _nothing_left(work)


def test_another_form_that_was_being_written_goes_again(system_tmp: Path, tmp_path: Path) -> None:
    with whole_archive(tmp_path, 1) as archive:
        work = archive.work
        made = reforming(archive.installation)
        assert made is not None
        happens: list[Callable[[], object]] = [lambda: (archive.begin(), archive.go_on().settled)]
        stores = [cast(Store, Interrupted(store, happens)) for store in made.stores]
        again = replace(made, stores=stores, required=stores)
        (held,) = work.destroyed
        assert again.reform(held.aip_id, work.file_id(held)) is None
        assert archive.go_on().settled
        _nothing_left(work)


def _destroyed(work: RoundAtWork) -> None:
    assert work.begin() == []
    assert work.run().settled


def _nothing_left(work: RoundAtWork) -> None:
    for store in work.stores:
        assert set(store.keys("aip")) == {held.key for held in work.kept}
        assert [item.key for item in store.aside()] == []


def _awaited(work: RoundAtWork, folder: Path) -> Store:
    """The second store, which may lag and has not got the package yet."""
    policy = _policy(folder)
    with work.catalogue.transaction() as tx:
        assert may_follow(tx, policy, folder)
        adopt(tx, policy, actor="thử", at=work.now(), data={})
        c = t.copies.c
        row = update(t.copies).where(c.aip_id == work.destroyed[0].aip_id, c.store == "kho-2")
        tx.rows(row.values(state=CopyState.AWAITED.value))
    work.stores[1].remove(work.destroyed[0].key)
    return work.stores[1]


def _policy(folder: Path) -> Any:
    rows = "".join(
        f'[[stores]]\nname = "{name}"\npath = "stores/{name}"\nrequired = {required}\n'
        for name, required in (("kho-1", "true"), ("kho-2", "false"))
    )
    return read_policy(f"version = 1\ncopies = 1\n{rows}", folder)


def _catch_up(work: RoundAtWork, late: Interrupted) -> None:
    stores = [LaggingStore(work.stores[0]), LaggingStore(cast(Store, late))]
    policy = _policy(work.folder)
    assert CatchUp(work.catalogue, policy, stores, work.now).run(lambda: False) == 0
    assert late.happens == [], "it did happen while the copy was written"
