"""T12: whatever is changed, dropped, reordered or cut off, in the database or in a store, is found and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, text

from archive.catalogue.checkpoint_reading import last_checkpoint
from archive.catalogue.checkpoint_writing import record_verification
from archive.checkpoints.differences import checkpoint_differences, store_differences
from archive.checkpoints.statement import Kind, needed, signed_checkpoint
from archive.ledger import GENESIS
from archive.signing import ArchiveKey
from tests.catalogue.builders import AT
from tests.checkpoints.sealed_archive import SealedArchive, rewritten, unguarded

KINDS = (Kind.NEWS, Kind.NEWS, Kind.DAY, Kind.NEWS, Kind.FULL, Kind.NEWS, Kind.DAY, Kind.NEWS)


@pytest.fixture
def archive(sealed: SealedArchive) -> SealedArchive:
    """Eight checkpoints over forty records; the way back is 1, 5, 7, 8."""
    for kind in KINDS:
        sealed.take_in()
        assert sealed.seal(kind) is not None
    assert found(sealed) == []
    return sealed


def found(archive: SealedArchive, *, full: bool = True) -> list[tuple[str, str, str]]:
    with archive.catalogue.read() as view:
        items = list(checkpoint_differences(view, archive.stores, archive.public, full=full))
    return [(item.code, item.subject, item.behind) for item in items]


def sql(*statements: str) -> Callable[[Connection], object]:
    return lambda connection: [connection.execute(text(statement)) for statement in statements]


SWAP = (
    "UPDATE ledger SET seq = -seq WHERE seq IN (12, 13)",
    "UPDATE ledger SET seq = 12 WHERE seq = -13",
    "UPDATE ledger SET seq = 13 WHERE seq = -12",
)


@pytest.mark.parametrize(
    ("change", "first_bad"),
    [
        (sql("UPDATE ledger SET body = replace(body, 'luutru', 'LUUTRU') WHERE seq = 7"), 7),
        (sql("UPDATE ledger SET hash = 'x' WHERE seq = 9"), 9),
        (sql("UPDATE ledger SET subject = 'x' WHERE seq = 11"), 11),
        (sql("UPDATE ledger SET event = 'x' WHERE seq = 40"), 40),
        (sql("DELETE FROM ledger WHERE seq = 1"), 1),
        (sql("DELETE FROM ledger WHERE seq = 23"), 23),
        (sql("DELETE FROM ledger WHERE seq > 33"), 34),
        (sql("DELETE FROM ledger"), 1),
        (sql(*SWAP), 12),
        (rewritten(1), 1),
        (rewritten(17), 17),
        (rewritten(40), 40),
    ],
)
def test_T12_a_record_changed_dropped_reordered_or_rewritten_is_named(
    archive: SealedArchive, url: str, change: Callable[[Connection], object], first_bad: int
) -> None:
    unguarded(url, change)
    named = [int(subject) for code, subject, behind in found(archive) if code == "ledger.seal.contradicted"]
    assert min(named) == first_bad


@pytest.mark.parametrize("first", [1, 17, 40])
def test_T12_a_rewritten_ledger_is_found_without_reading_everything(
    archive: SealedArchive, url: str, first: int
) -> None:
    verified(archive)
    unguarded(url, rewritten(first))
    named = [int(subject) for code, subject, _ in found(archive, full=False) if code == "ledger.seal.contradicted"]
    assert min(named) == first


def test_T12_a_ledger_cut_off_together_with_its_noted_end_is_named(archive: SealedArchive, url: str) -> None:
    unguarded(
        url,
        sql(
            "DELETE FROM ledger WHERE seq > 20",
            "UPDATE ledger_end SET seq = 20, hash = (SELECT hash FROM ledger WHERE seq = 20)",
        ),
    )
    assert ("ledger.seal.beyond", "20", "ledger") in found(archive)
    assert ("ledger.seal.contradicted", "21", "ledger") in found(archive, full=False)


def verified(archive: SealedArchive) -> None:
    with archive.catalogue.transaction() as tx:
        for store in archive.stores:
            record_verification(tx, store.name, 8, AT)


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("UPDATE checkpoints SET document = replace(document, 'tỉnh', 'huyện') WHERE number = 3", "3"),
        ("UPDATE checkpoints SET sha256 = 'x' WHERE number = 4", "4"),
        ("UPDATE checkpoints SET ledger_last = 9 WHERE number = 4", "4"),
        ("UPDATE checkpoints SET kind = 'news' WHERE number = 5", "5"),
        ("DELETE FROM checkpoints WHERE number = 2", "2"),
        ("DELETE FROM checkpoints WHERE number = 8", "8"),
    ],
)
def test_a_checkpoint_changed_in_the_database_is_named(
    archive: SealedArchive, url: str, statement: str, number: str
) -> None:
    unguarded(url, sql(statement))
    codes = {(code, subject) for code, subject, behind in found(archive) if behind == "catalogue"}
    assert {("checkpoint.row.changed", number), ("checkpoint.catalogue.behind", number)} & codes


def test_the_ledger_and_all_checkpoints_of_the_database_made_anew_by_somebody_with_the_key_contradict_the_stores(
    archive: SealedArchive, url: str
) -> None:
    with archive.catalogue.read() as view:
        last = last_checkpoint(view)
    assert last is not None
    forged = signed_checkpoint(last.content.__class__(**{**_fields(last.content), "archive_name": "khác"}), archive.key)

    def change(connection: Connection) -> None:
        connection.execute(
            text("UPDATE checkpoints SET document = :document, sha256 = :sha256 WHERE number = 8"),
            {"document": forged.document.decode(), "sha256": forged.sha256},
        )

    unguarded(url, change)
    assert ("checkpoint.chain.forked", "8", "ledger") in found(archive)


def _fields(content: object) -> dict[str, object]:
    return {name: getattr(content, name) for name in content.__dataclass_fields__}  # type: ignore[attr-defined]


def _objects(archive: SealedArchive) -> list[Path]:
    return sorted(path for path in (archive.folder / "kho-1").rglob("*.json*") if not path.name.startswith("."))


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[: len(data) // 2])


def a_line_less(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.chmod(0o644)
    path.write_bytes(b"".join(lines[:1] + lines[2:]))


def two_lines_swapped(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.chmod(0o644)
    path.write_bytes(b"".join([*reversed(lines[:2]), *lines[2:]]))


def emptied(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"")


@pytest.mark.parametrize("new_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("damage", [flipped, cut, a_line_less, two_lines_swapped, emptied, Path.unlink])
def test_every_damage_to_every_needed_object_of_a_store_is_named_with_the_store(
    archive: SealedArchive, damage: Callable[[Path], object]
) -> None:
    chain, _, _ = archive.read_from(archive.stores[1])
    names = {key for item, parts in needed(chain) for key in (item.key, *(part.key for part in parts))}
    for path in _objects(archive):
        name = path.relative_to(archive.folder / "kho-1").as_posix()
        kept = path.read_bytes()
        damage(path)
        if path.exists() and path.read_bytes() == kept:
            continue
        assert {behind for _, _, behind in found(archive)} == ({"store:kho-1"} if name in names else set()), name
        # Alone it cannot know of a newest checkpoint that was taken away.
        alone = list(store_differences(archive.stores[0], archive.public))
        assert bool(alone) == (name in names) or (damage is Path.unlink and name.endswith("8.json")), name
        path.unlink(missing_ok=True)
        path.write_bytes(kept)
    assert found(archive) == []


def test_a_store_whose_newest_checkpoints_were_taken_away_is_named(archive: SealedArchive) -> None:
    for path in _objects(archive):
        if path.parent.name == "checkpoint" and path.name > "0000000005":
            path.unlink()
    assert {behind for _, _, behind in found(archive)} == {"store:kho-1"}


def test_a_whole_store_of_another_archive_is_no_proof(archive: SealedArchive, tmp_path: Path) -> None:
    stranger = ArchiveKey(Ed25519PrivateKey.generate())
    assert list(store_differences(archive.stores[0], [stranger.private.public_key()]))
    assert not list(store_differences(archive.stores[0], [stranger.private.public_key(), *archive.public]))


def test_rows_nobody_speaks_of_are_named(archive: SealedArchive) -> None:
    place = archive.folder / "kho-1" / "rows" / "0000000099-0123456789abcdef.jsonl"
    place.write_bytes(b"{}\n")
    assert found(archive) == []  # an attempt under way, as far as anybody knows
    place.rename(place.with_name("0000000003-0123456789abcdef.jsonl"))
    assert found(archive) == [("checkpoint.part.extra", "rows/0000000003-0123456789abcdef.jsonl", "store:kho-1")]


def test_genesis_is_where_the_first_segment_begins(archive: SealedArchive) -> None:
    chain, bodies, _ = archive.read_from(archive.stores[0])
    assert chain[0].content.since.ledger_hash == GENESIS and len(bodies) == 40
