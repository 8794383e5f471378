"""Bytes among the papers that no row names, whatever left them there: fsck names them, and after some days they are gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.bootstrap import Installation, now, opened
from api.initialising import initialise
from api.paper_leftovers import PATIENCE, sweep_papers
from api.settings import load_settings
from archive.catalogue.paper_orders import note_object, order_judgement
from archive.disposal.model import NewPaper
from archive.disposal.paper_keeping import keep_paper
from archive.disposal.round_state import RoundState
from archive.disposal.words import Signature
from archive.fsck.everything import Holdings, fsck
from archive.storage.key import Key
from tests.disposal.world import AT, World

PDF = b"%PDF-1.7 nobody's"
DAY = timedelta(days=1)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Installation]:
    home, stores = tmp_path / "kho", [tmp_path / "kho-1", tmp_path / "kho-2"]
    initialise(home, name="Lưu trữ", code="H99.12", stores=stores, database="")
    with opened(load_settings(home)) as installation:
        yield installation


@pytest.fixture
def world(archive: Installation) -> World:
    return World(archive.catalogue)


def frozen(world: World) -> str:
    return world.round(world.files(1), RoundState.DECIDED)


def lying(archive: Installation) -> list[list[str]]:
    return [sorted(store.keys("disposal")) for store in archive.stores]


def named(archive: Installation) -> set[str]:
    found = fsck(archive.catalogue, archive.stores, Holdings(), light=True)
    return {item.subject for item in found if item.code == "store.object.extra"}


def brought(archive: Installation, round_id: str, data: bytes) -> NewPaper:
    """As bytes lie that no row names."""
    return keep_paper(archive.stores, round_id, "list", data, list_sha256="", signature=Signature.INDETERMINATE)


def ordered(world: World, round_id: str, kept: NewPaper) -> None:
    with world.transaction() as tx:
        by = world.by("proposer")
        order = order_judgement(tx, world.next_id(), round_id, "list", {}, sha256=kept.sha256, by=by, at=AT)
        note_object(tx, order.id, kept.object_key)


def test_a_paper_without_an_order_is_named_and_swept_after_some_days(archive: Installation, world: World) -> None:
    round_id = frozen(world)
    asked = brought(archive, round_id, PDF + b" asked about")
    ordered(world, round_id, asked)
    kept = brought(archive, round_id, PDF)
    assert named(archive) == {kept.object_key}, "the other has its order"
    first = now()
    assert sweep_papers(archive, first) == 0
    assert sweep_papers(archive, first + PATIENCE - DAY) == 0
    assert named(archive) == {kept.object_key}, "still there, still named"
    assert sweep_papers(archive, first + PATIENCE) == 2
    assert lying(archive) == [[asked.object_key]] * 2 and named(archive) == set()
    assert sweep_papers(archive, first + 9 * PATIENCE) == 0


def test_a_paper_that_is_asked_about_in_time_stays_and_its_days_are_forgotten(
    archive: Installation, world: World
) -> None:
    round_id = frozen(world)
    kept = brought(archive, round_id, PDF)
    first = now()
    sweep_papers(archive, first)
    ordered(world, round_id, kept)
    assert sweep_papers(archive, first + 2 * PATIENCE) == 0
    assert lying(archive) == [[kept.object_key]] * 2
    assert (archive.settings.home / "papers-unclaimed.json").read_text() == "{}"


def test_an_order_written_while_it_is_being_removed_has_its_paper(
    archive: Installation, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_id = frozen(world)
    kept = brought(archive, round_id, PDF)
    first = now()
    sweep_papers(archive, first)
    store = archive.stores[0]
    remove, waits = type(store).remove, [round_id]

    def brought_again(self: object, key: Key) -> None:
        remove(self, key)  # type: ignore[arg-type]
        while waits:
            ordered(world, waits.pop(), kept)

    monkeypatch.setattr(type(store), "remove", brought_again)
    assert sweep_papers(archive, first + PATIENCE) == 0
    assert lying(archive) == [[kept.object_key]] * 2


def test_days_nobody_can_read_are_counted_anew(archive: Installation, world: World) -> None:
    kept = brought(archive, frozen(world), PDF)
    first = now()
    sweep_papers(archive, first)
    (archive.settings.home / "papers-unclaimed.json").write_bytes(b'{"torn')
    assert sweep_papers(archive, first + PATIENCE) == 0
    assert lying(archive) == [[kept.object_key]] * 2
    assert sweep_papers(archive, first + 2 * PATIENCE) == 2
