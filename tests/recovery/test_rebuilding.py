"""Everything lost but one storage copy: what comes back is what was there, and what is damaged is named."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from archive.checkpoints.statement import Kind
from archive.fixity import CopyState
from archive.recovery.diff import differences
from archive.recovery.problems import RebuildError, RebuildRefusedError
from archive.recovery.rebuilding import PLAN
from archive.signing import create_key, signature_holds
from archive.storage.s3 import S3Store
from tests.servers.s3 import Bucket, running_minio, running_versitygw

sys.path.insert(0, str(Path(__file__).resolve().parent))
from worlds import World, codes

LOST = [("submission.content.lost", "NL-2026-000006")]
"""What every world has: one submission that was not stored yet."""


@pytest.fixture
def world(tmp_path: Path, new_url: Callable[[], str]) -> Iterator[World]:
    made = World(tmp_path / "world", new_url)
    made.seal()
    yield made
    made.close()


@pytest.fixture
def small(tmp_path: Path, sqlite_url: Callable[[], str]) -> Iterator[World]:
    made = World(tmp_path / "world", sqlite_url, packages=3)
    made.seal()
    yield made
    made.close()


def writable(path: Path) -> Path:
    os.chmod(path, 0o644)
    return path


def test_from_one_store_and_the_public_key_comes_back_what_was_there(world: World) -> None:
    for kind in (Kind.NEWS, Kind.DAY, Kind.NEWS, Kind.FULL, Kind.NEWS):
        world.add(1)
        world.seal(kind)
    rebuilding = world.rebuilding(world.stores[1])
    rebuilt = rebuilding.run()
    rebuilding.finish()
    assert world.told(rebuilding) == []
    assert codes(rebuilt) == LOST and not rebuilt.red
    assert (rebuilt.packages, rebuilt.documents) == (10, 20)
    assert list(rebuilding.folder.iterdir()) == []


def test_a_catalogue_of_the_other_database_holds_the_same(
    world: World, tmp_path: Path, sqlite_url: Callable[[], str]
) -> None:
    rebuilding = world.rebuilding(url=sqlite_url())
    rebuilding.run()
    assert world.told(rebuilding) == []


def test_nothing_secret_comes_back(world: World) -> None:
    rebuilding = world.rebuilding()
    rebuilding.run()
    for store in ("kho-1", "kho-2"):
        for path in (world.folder / store / "rows").iterdir():
            assert b"argon2id" not in path.read_bytes()
    with rebuilding.catalogue.read() as view:
        head = view.account_named("head1")
        assert head is not None and not head.has_password
        assert view.tokens(head.id)[0].revoked_at is None


def test_receipts_still_verify(small: World) -> None:
    rebuilding = small.rebuilding()
    rebuilding.run()
    with rebuilding.catalogue.read() as view:
        receipts = list(view.receipts())
        assert len(receipts) == 3
        for receipt in receipts:
            assert signature_holds(receipt.document, small.public[0])
            row = view.ledger_row(receipt.ledger_seq)
            assert row is not None and row.hash == receipt.ledger_hash


def test_the_rebuilt_archive_seals_on_where_the_lost_one_stopped(world: World) -> None:
    rebuilding = world.rebuilding()
    rebuilding.run()
    world.catalogue = rebuilding.catalogue
    world.seal()
    again = world.rebuilding(name="before")
    assert again.run().number == 1
    world.add(1)
    world.seal()
    third = world.rebuilding(name="third")
    assert third.run().number == 2
    assert world.told(third) == []


def test_what_is_done_behind_the_last_checkpoint_differs_and_is_named(small: World) -> None:
    late = small.add(1)[0]
    rebuilding = small.rebuilding()
    rebuilt = rebuilding.run()
    assert ("package.object.unclaimed", late.aip_id) in codes(rebuilt)
    assert small.path(1, late).exists() and not rebuilt.red
    assert rebuilt.ledger_last < 40
    told = {table for table, _, _, _ in small.told(rebuilding)}
    assert {"ledger", "submissions", "aips", "copies"} <= told


def test_a_foreign_key_opens_nothing(small: World, tmp_path: Path) -> None:
    stranger = create_key(tmp_path / "other" / "archive-ed25519.pem")
    rebuilding = small.rebuilding()
    rebuilding.public_keys = (stranger.private.public_key(),)
    with pytest.raises(RebuildError):
        rebuilding.run()
    with rebuilding.catalogue.read() as view:
        assert view.ledger_end() is None
    assert not (rebuilding.folder / PLAN).exists()


def test_a_catalogue_that_holds_something_is_not_touched(small: World) -> None:
    rebuilding = small.rebuilding()
    rebuilding.catalogue = small.catalogue
    with pytest.raises(RebuildRefusedError):
        rebuilding.run()


def test_damaged_and_missing_packages_are_named_and_the_rest_comes_back(small: World) -> None:
    missing, damaged, cut = small.held
    writable(small.path(1, missing)).unlink()
    data = bytearray(small.path(1, damaged).read_bytes())
    at = data.index(b"%PDF-1.7") + 100
    data[at] ^= 1
    writable(small.path(1, damaged)).write_bytes(data)
    whole = writable(small.path(1, cut)).read_bytes()
    small.path(1, cut).write_bytes(whole[:6000])
    rebuilding = small.rebuilding()
    rebuilt = rebuilding.run()
    assert rebuilt.red
    assert set(codes(rebuilt)) >= {
        ("package.object.missing", missing.aip_id),
        ("package.description.lost", missing.aip_id),
        ("package.object.damaged", damaged.aip_id),
        ("package.object.damaged", cut.aip_id),
        ("package.description.lost", cut.aip_id),
    }
    assert ("package.description.lost", damaged.aip_id) not in codes(rebuilt)
    with rebuilding.catalogue.read() as view:
        states = {copy.store: copy.state for copy in view.copies(damaged.aip_id)}
        assert states == {"kho-1": CopyState.MISMATCH, "kho-2": CopyState.OK}
        assert {copy.store: copy.state for copy in view.copies(missing.aip_id)}["kho-1"] is CopyState.MISSING
        assert [item.path for item in view.documents(damaged.aip_id)]
        # The rights on a package that is gone are not gone with it.
        assert view.grant("b" * 32).grant.aip_id == missing.aip_id
    assert {table for table, _, _, _ in small.told(rebuilding)} == {"aips", "copies", "documents"}


def test_a_second_store_gives_what_the_first_has_lost(small: World) -> None:
    writable(small.path(1, small.held[0])).unlink()
    os.truncate(writable(small.path(2, small.held[1])), 5000)
    for path in sorted((small.folder / "kho-1" / "ledger").iterdir()):
        writable(path).write_bytes(b"{}\n")
    rebuilding = small.rebuilding(*small.stores)
    rebuilt = rebuilding.run()
    told = small.told(rebuilding)
    assert {(table, key[0], columns) for table, key, _, columns in told} == {
        ("copies", small.held[0].aip_id, ("state", "verified_at"))
    }
    assert ("package.object.missing", small.held[0].aip_id) in codes(rebuilt)
    assert any(code == "checkpoint.object.damaged" for code, _ in codes(rebuilt))


def test_a_damaged_newest_checkpoint_leads_to_the_one_before(small: World) -> None:
    late = small.add(1)[0]
    small.seal()
    newest = max((small.folder / "kho-1" / "checkpoint").iterdir())
    data = writable(newest).read_bytes()
    newest.write_bytes(data.replace(b'"number":2', b'"number":3'))
    rebuilding = small.rebuilding()
    rebuilt = rebuilding.run()
    assert rebuilt.number == 1 and rebuilt.red
    assert ("package.object.unclaimed", late.aip_id) in codes(rebuilt)


def test_descriptions_alone_are_not_called_read_whole(small: World) -> None:
    damaged = small.held[1]
    data = bytearray(writable(small.path(1, damaged)).read_bytes())
    data[data.index(b"%PDF-1.7") + 100] ^= 1
    small.path(1, damaged).write_bytes(data)
    rebuilding = small.rebuilding(read_whole=False)
    rebuilt = rebuilding.run()
    assert not rebuilt.read_whole and rebuilt.as_json()["read_whole"] is False
    assert list(differences(small.catalogue, rebuilding.catalogue)) == []


@pytest.mark.parametrize("server", [running_minio, running_versitygw])
def test_from_a_store_in_s3_comes_back_what_was_there(
    tmp_path: Path, sqlite_url: Callable[[], str], server: Callable[..., AbstractContextManager[Bucket]]
) -> None:
    with server(versioning=True) as bucket:
        far = S3Store.initialise("kho-s3", bucket.settings())
        world = World(tmp_path / "world", sqlite_url, packages=3, far=far)
        world.seal()
        gone = world.held[2]
        far.remove(gone.key)
        rebuilding = world.rebuilding(far)
        rebuilt = rebuilding.run()
        assert codes(rebuilt)[:2] == [
            ("package.object.missing", gone.aip_id),
            ("package.description.lost", gone.aip_id),
        ]
        told = world.told(rebuilding)
        assert {(table, key[0]) for table, key, _, _ in told if table != "validation_material"} == {
            (table, gone.aip_id) for table in ("aips", "copies", "documents")
        }
        world.close()


def test_stores_that_lost_different_checkpoints_lose_no_record_together(small: World) -> None:
    small.add(1)
    small.seal()
    for number, store in ((1, "kho-1"), (2, "kho-2")):
        writable(small.folder / store / "checkpoint" / f"{number:010d}.json").write_bytes(b"{}")
    rebuilding = small.rebuilding(*small.stores)
    rebuilt = rebuilding.run()
    assert rebuilt.number == 2
    assert small.told(rebuilding) == []
    damaged = {item.subject for item in rebuilt.problems if item.code == "checkpoint.object.damaged"}
    assert damaged == {"checkpoint/0000000001.json", "checkpoint/0000000002.json"}
