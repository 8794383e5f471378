"""Sheets of a key that was replaced are worth nothing: it is said until new ones are printed, and were tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.bootstrap import now
from api.diagnosing_keys import key_store_probes
from api.doctor import Health
from api.key_keeping import print_shares, rehearse_shares, rotate_keys
from api.watching.round import all_watches, look_round
from archive.catalogue.alert_reading import open_alerts as standing_alerts
from archive.keystore.errors import KeysError
from archive.keystore.shares import printed_shares
from tests.sealing.archived import World


def open_alerts(world: World) -> list[tuple[str, str, object]]:
    watches = [watch for watch in all_watches() if "keys.shares-void" in watch.codes]
    assert len(watches) == 1
    look_round(world.installation, watches=watches)
    with world.installation.catalogue.read() as view:
        found = standing_alerts(view, {"keys.shares-void"})
    return [(item.code, item.severity.value, item.data["shares"]) for item in found]


def doctor(world: World) -> tuple[Health, str]:
    found = key_store_probes(world.installation)["kho khóa"]()
    return found.health, found.seen


def printed(world: World, folder: Path) -> list[str]:
    """New sheets; and words that give the same key, as those on the sheets do."""
    folder.mkdir()
    print_shares(world.installation, folder, needed=2, printed=3, actor="kiem-thu")
    assert world.installation.keys is not None
    return list(printed_shares(world.installation.keys.kek, needed=2, printed=3))


def test_rotation_makes_shares_void_until_new_ones_are_printed_and_drilled(world: World, tmp_path: Path) -> None:
    world.store()
    assert open_alerts(world) == []
    old = printed(world, tmp_path / "first")
    assert open_alerts(world) == [] and doctor(world)[0] is Health.OK
    for _ in range(2):  # the second finds no shares of its own to void; those of the first are as void as before
        rotate_keys(world.installation, actor="luutru")
        assert open_alerts(world) == [("keys.shares-void", "yellow", "void")]
    health, seen = doctor(world)
    assert health is Health.WARNING and "không còn dùng được" in seen
    with pytest.raises(KeysError):
        rehearse_shares(world.installation, old[:2], actor="kiem-thu")
    assert open_alerts(world) == [("keys.shares-void", "yellow", "void")]
    new = printed(world, tmp_path / "second")
    with pytest.raises(KeysError):
        rehearse_shares(world.installation, old[:2], actor="kiem-thu")
    assert open_alerts(world) == [("keys.shares-void", "yellow", "untried")]
    health, seen = doctor(world)
    assert health is Health.WARNING and "diễn tập" in seen
    rehearse_shares(world.installation, new[1:], actor="kiem-thu")
    assert open_alerts(world) == [] and doctor(world)[0] is Health.OK


def test_where_none_were_ever_printed_none_are_void(world: World) -> None:
    world.store()
    rotate_keys(world.installation, actor="luutru")
    assert open_alerts(world) == []
    assert "chưa in" in doctor(world)[1]


def test_a_key_store_that_cannot_be_read_neither_opens_nor_closes_the_alert(world: World, tmp_path: Path) -> None:
    world.store()
    printed(world, tmp_path / "first")
    rotate_keys(world.installation, actor="luutru")
    (watch,) = [watch for watch in all_watches() if "keys.shares-void" in watch.codes]
    assert len(watch.look(world.installation, now())) == 1
    world.installation.keys.close()  # type: ignore[union-attr]
    for place in ("noi-1", "noi-2"):
        (world.home / "keys" / place).rename(world.home / f"away-{place}")
    with pytest.raises(KeysError):
        watch.look(world.installation, now())
