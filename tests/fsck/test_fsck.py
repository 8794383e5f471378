"""fsck names what was changed and the side that is behind, and is silent when all agrees."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import insert

from archive.aip.model import AipUnreadableError
from archive.catalogue import Catalogue, Document, Receipt, Submission
from archive.catalogue.destruction_tables import tombstones
from archive.catalogue.disposal_tables import round_papers
from archive.copies import write_everywhere
from archive.digest import digests_of
from archive.disposal.paper_keeping import keep_bytes
from archive.errors import CatalogueError
from archive.events import Event
from archive.finding import Finding, Severity
from archive.fsck import Difference, Holdings, fsck
from archive.fsck.differences import MESSAGES
from archive.fsck.papers import paper_differences
from archive.ledger import GENESIS, next_record, read_instant
from archive.sealing.errors import key_missing
from archive.storage import DirectoryStore, Key, Store, aip_key

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "catalogue"))
from builders import ACTOR, AT, accept, documents, package, receive, stored, written

PRODUCED: set[str] = set()


@dataclasses.dataclass(frozen=True)
class Held:
    path: str
    ordinal: int
    offset: int
    size_bytes: int
    sha256: str
    sha512: str


def tar_of(submission: Submission) -> bytes:
    """In place of a tar: the lines an AIP reader would find in it."""
    rows = [
        {
            "path": item.path,
            "ordinal": item.ordinal,
            "offset": item.tar_offset,
            "size_bytes": item.size_bytes,
            "sha256": item.sha256,
            "sha512": item.sha512,
        }
        for item in documents(submission.aip_id, 3)
    ]
    return json.dumps(rows).encode()


def originals(file: BinaryIO) -> Iterable[Held]:
    return [Held(**row) for row in json.loads(file.read())]


class Index:
    """An index of the simplest kind."""

    def __init__(self, *entries: str) -> None:
        self.entries = set(entries)
        self.error: CatalogueError | None = None

    def ids(self) -> Iterator[str]:
        if self.error is not None:
            raise self.error
        yield from self.entries

    def id_of_aip(self, aip_id: str) -> str:
        return aip_id

    def id_of_document(self, document: Document) -> str:
        return f"{document.aip_id}/{document.ordinal}"


class World:
    """A small archive of three stored packages and one submission that waits, with everything beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalogue = Catalogue.open(f"sqlite:///{folder / 'c.sqlite'}")
        self.stores: list[Store] = [DirectoryStore.initialise(name, folder / name) for name in ("a", "b")]
        self.index = Index()
        self.quarantine: set[str] = set()
        for number in (1, 2, 3):
            self.store_one(number)
        with self.catalogue.transaction() as tx:
            self.waiting = receive(tx, 9)
        self.quarantine.add(self.waiting.id)

    def store_one(self, number: int) -> None:
        with self.catalogue.transaction() as tx:
            submission = receive(tx, number)
            accept(tx, submission)
        data = tar_of(submission)
        write_everywhere(self.stores, aip_key(submission.aip_id), lambda out: (out.write(data), digests_of([data]))[1])
        with self.catalogue.transaction() as tx:
            written(tx, submission, package(submission, data), documents(submission.aip_id, 3))
        with self.catalogue.transaction() as tx:
            stored(tx, submission, "a", "b")
            seq, digest = tx.ledger_end() or (0, "")
            tx.issue_receipt(Receipt(submission.id, seq, digest, AT, {"n": number}), actor=ACTOR)
        self.index.entries |= {submission.aip_id, *(f"{submission.aip_id}/{ordinal}" for ordinal in (1, 2, 3))}

    def submission(self, number: int) -> Submission:
        with self.catalogue.read() as view:
            return view.submission(f"{number:032x}")

    def sql(self, *statements: str) -> None:
        """By hand, past all guards."""
        with closing(sqlite3.connect(self.folder / "c.sqlite")) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def path(self, store: str, number: int) -> Path:
        return self.folder / store / aip_key(self.submission(number).aip_id)

    def fsck(self, **options: object) -> list[Difference]:
        found = list(
            fsck(
                self.catalogue,
                self.stores,
                Holdings(self.index, lambda: self.quarantine, further=(paper_differences,)),
                originals=options.pop("originals", originals),  # type: ignore[arg-type]
                **options,  # type: ignore[arg-type]
            )
        )
        PRODUCED.update(item.code for item in found)
        return found

    def told(self, **options: object) -> list[tuple[str, str, str]]:
        return [(item.code, item.subject, item.behind) for item in self.fsck(**options)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.catalogue.close()


def test_where_all_agrees_nothing_is_said(world: World) -> None:
    read = 0

    def progress(count: int) -> None:
        nonlocal read
        read += count

    assert world.told(progress=progress) == []
    assert read == 2 * sum(world.path("a", number).stat().st_size for number in (1, 2, 3))


@pytest.mark.parametrize("seq", range(1, 20))
def test_changing_any_record_by_hand_names_that_record(world: World, seq: int) -> None:
    """Its body, its hash, or both together; the innocent neighbours are not named."""
    with closing(sqlite3.connect(world.folder / "c.sqlite")) as connection:
        last, body = connection.execute(
            "SELECT (SELECT max(seq) FROM ledger), body FROM ledger WHERE seq = ?", (seq,)
        ).fetchone()
    assert last == 19
    forged = body.replace('"actor":"luutru"', '"actor":"khac"')
    digest = hashlib.sha256(forged.encode()).hexdigest()
    for change in (
        f"UPDATE ledger SET body = '{forged}' WHERE seq = {seq}",
        f"UPDATE ledger SET body = '{forged}', hash = '{digest}' WHERE seq = {seq}",
        f"UPDATE ledger SET body = '{body}', hash = '{'0' * 64}' WHERE seq = {seq}",
        f"UPDATE ledger SET body = 'x' WHERE seq = {seq}",
    ):
        world.sql(change)
        named = [item for item in world.told() if item[0].startswith("ledger.record")]
        assert named == [("ledger.record.changed", str(seq), "ledger")], change


@pytest.mark.parametrize("seq", range(1, 20))
def test_removing_any_record_by_hand_names_it(world: World, seq: int) -> None:
    world.sql(f"DELETE FROM ledger WHERE seq = {seq}")
    told = world.told()
    assert [item for item in told if item[0] == "ledger.record.missing"] == [
        ("ledger.record.missing", str(seq), "ledger")
    ]
    assert not [item for item in told if item[0] == "ledger.record.changed"]


def test_a_changed_look_up_column_is_named(world: World) -> None:
    world.sql("UPDATE ledger SET event = 'record.search.performed' WHERE seq = 4")
    assert ("ledger.columns.changed", "4", "ledger") in world.told()


def test_a_ledger_cut_off_at_its_end_is_named(world: World) -> None:
    world.sql("DELETE FROM ledger WHERE seq > 10")
    told = world.told()
    assert ("ledger.end.changed", "19", "ledger") in told
    assert [item[1] for item in told if item[0] == "ledger.record.missing"] == [str(seq) for seq in range(11, 20)]


def test_a_ledger_cut_off_together_with_its_noted_end_contradicts_the_catalogue(world: World) -> None:
    world.sql(
        "DELETE FROM ledger WHERE seq > 10",
        "UPDATE ledger_end SET seq = 10, hash = (SELECT hash FROM ledger WHERE seq = 10)",
    )
    told = world.told()
    assert not [item for item in told if item[0].startswith("ledger.record")]
    assert ("submission.seq.changed", f"{2:032x}", "ledger") in told
    assert ("ledger.receipt.contradicted", f"{2:032x}", "ledger") in told
    assert ("submission.events.contradicted", world.waiting.id, "ledger") in told


def test_an_emptied_ledger_is_named(world: World) -> None:
    world.sql("DELETE FROM ledger")
    told = world.told()
    assert ("ledger.end.changed", "19", "ledger") in told
    assert ("ledger.record.missing", "1", "ledger") in told


def test_records_put_in_behind_the_end_are_named(world: World) -> None:
    world.sql("INSERT INTO ledger SELECT 20, event, subject, hash, body FROM ledger WHERE seq = 19")
    told = world.told()
    assert ("ledger.end.changed", "20", "ledger") in told
    assert ("ledger.record.changed", "20", "ledger") in told


def test_a_chain_rewritten_as_a_whole_contradicts_the_receipts(world: World) -> None:
    with world.catalogue.read() as view:
        records = view.records()
    last: tuple[int, str] | None = None
    statements = []
    for record in records:
        at = read_instant(json.loads(record.body)["at"])
        forged = next_record(last, Event(record.event), record.subject, "kẻ khác", at, record.data)
        last = (forged.seq, forged.hash)
        statements.append(
            f"UPDATE ledger SET body = '{forged.body.decode()}', hash = '{forged.hash}' WHERE seq = {forged.seq}"
        )
    assert last is not None and records[0].prev == GENESIS
    world.sql(*statements, f"UPDATE ledger_end SET seq = {last[0]}, hash = '{last[1]}'")
    assert world.told() == [("ledger.receipt.contradicted", f"{number:032x}", "ledger") for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "UPDATE submissions SET state = 'packaged' WHERE id = '{one}'",
            ("submission.state.changed", "{one}", "catalogue"),
        ),
        (
            "UPDATE submissions SET transfer_sha256 = 'x' WHERE id = '{one}'",
            ("submission.content.changed", "{one}", "catalogue"),
        ),
        ("UPDATE submissions SET last_seq = 2 WHERE id = '{one}'", ("submission.seq.changed", "{one}", "catalogue")),
        ("UPDATE aips SET sha256 = 'x' WHERE id = '{aip}'", ("aip.row.changed", "{aip}", "catalogue")),
        ("UPDATE aips SET layout_sha256 = 'x' WHERE id = '{aip}'", ("aip.row.changed", "{aip}", "catalogue")),
        ("UPDATE copies SET state = 'missing' WHERE aip_id = '{aip}'", ("copy.row.behind", "{aip}", "catalogue")),
        (
            "DELETE FROM copies WHERE aip_id = '{aip}' AND store = 'b'",
            ("copy.row.behind", "{aip}", "catalogue"),
        ),
        (
            "UPDATE documents SET sha256 = 'x' WHERE aip_id = '{aip}' AND ordinal = 2",
            ("document.row.changed", "{aip}", "catalogue"),
        ),
        (
            "UPDATE documents SET tar_offset = 1 WHERE aip_id = '{aip}' AND ordinal = 2",
            ("document.row.changed", "{aip}", "catalogue"),
        ),
        (
            "UPDATE documents SET path = 'khác.pdf' WHERE aip_id = '{aip}' AND ordinal = 2",
            ("document.row.missing", "{aip}", "catalogue"),
        ),
        (
            "UPDATE documents SET path = 'khác.pdf' WHERE aip_id = '{aip}' AND ordinal = 2",
            ("document.row.extra", "{aip}", "catalogue"),
        ),
        ("DELETE FROM aips WHERE id = '{aip}'", ("aip.row.missing", "{one}", "catalogue")),
        ("DELETE FROM submissions WHERE id = '{one}'", ("submission.row.missing", "{one}", "catalogue")),
    ],
)
def test_a_catalogue_changed_by_hand_is_named(world: World, change: str, expected: tuple[str, str, str]) -> None:
    one = world.submission(1)
    if change.startswith("DELETE FROM submissions"):
        world.sql(*(f"DELETE FROM {name} WHERE submission_id = '{one.id}'" for name in ("receipts", "aips")))
    world.sql(change.format(one=one.id, aip=one.aip_id))
    assert tuple(text.format(one=one.id, aip=one.aip_id) for text in expected) in world.told()


@pytest.mark.parametrize("store", ["a", "b"])
def test_T7_damage_in_any_copy_is_named_by_its_store(world: World, store: str) -> None:
    aip_id = world.submission(2).aip_id
    path = world.path(store, 2)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert world.told() == [("copy.object.damaged", aip_id, f"store:{store}")]
    path.unlink()
    assert world.told() == [("copy.object.missing", aip_id, f"store:{store}")]
    path.symlink_to("elsewhere")
    assert world.told() == [("copy.object.unreadable", aip_id, f"store:{store}")]


def test_T4_T21_a_store_that_is_not_there_is_said_and_the_rest_still_compared(world: World) -> None:
    (world.folder / "a").rename(world.folder / "unmounted")
    world.path("b", 1).unlink()
    told = world.told()
    assert told[0] == ("store.place.unreachable", "a", "store:a")
    assert {item for item in told if item[2] == "store:a"} == {
        ("store.place.unreachable", "a", "store:a"),
        *(("copy.object.unreadable", world.submission(number).aip_id, "store:a") for number in (1, 2, 3)),
    }
    assert ("copy.object.missing", world.submission(1).aip_id, "store:b") in told


def test_objects_nobody_claims_are_named_but_not_those_of_unfinished_submissions(world: World) -> None:
    for key in (aip_key(world.waiting.aip_id), Key("aip/ff/ffff.tar")):
        with world.stores[0].create(key) as writer:
            writer.write(b"x")
            writer.commit()
    (world.folder / "b" / "ghi chú.txt").write_text("x")
    (world.folder / "b" / ".writing" / "dead").write_text("x")
    assert world.told() == [
        ("store.object.extra", "aip/ff/ffff.tar", "store:a"),
        ("store.file.foreign", "ghi chú.txt", "store:b"),
    ]
    assert list((world.folder / "b" / ".writing").iterdir()) == []


def test_a_package_written_but_not_yet_verified_everywhere_is_work_under_way(world: World) -> None:
    with world.catalogue.transaction() as tx:
        submission = receive(tx, 5)
        accept(tx, submission)
        data = tar_of(submission)
        written(tx, submission, package(submission, data), documents(submission.aip_id, 3))
    assert world.told() == []


def test_a_package_that_cannot_be_read_as_one_is_named(world: World) -> None:
    def unreadable(file: BinaryIO) -> Iterable[Held]:
        raise AipUnreadableError("không đọc được")

    assert {item[0] for item in world.told(originals=unreadable)} == {"package.content.unreadable"}


def test_a_deep_look_into_each_copy_counts(world: World) -> None:
    bad = Finding("aip.test", Severity.ERROR, "sai")
    told = world.told(deep=lambda file: [bad])
    assert [item[0] for item in told] == ["copy.object.damaged"] * 6


def test_the_index_is_compared_both_ways(world: World) -> None:
    aip_id = world.submission(1).aip_id
    world.index.entries -= {aip_id, f"{aip_id}/2"}
    world.index.entries |= {"ghost", world.waiting.aip_id}
    assert world.told() == [
        ("index.entry.missing", aip_id, "index"),
        ("index.entry.missing", f"{aip_id}/2", "index"),
        ("index.entry.extra", world.waiting.aip_id, "index"),
        ("index.entry.extra", "ghost", "index"),
    ]
    world.index.error = CatalogueError("Chỉ mục không trả lời.")
    assert world.told() == [("index.place.unreachable", "index", "index")]


def test_quarantine_keeps_what_is_needed_and_nothing_else(world: World) -> None:
    with world.catalogue.transaction() as tx:
        gone = receive(tx, 6)
        tx.move(gone.id, Event.SUBMISSION_DECISION_RETURNED, actor=ACTOR, at=AT)
        kept = receive(tx, 7)
        tx.move(kept.id, Event.SUBMISSION_DECISION_RETURNED, actor=ACTOR, at=AT)
        tx.record_removal(gone.id, actor=ACTOR, at=AT)
        refused = receive(tx, 8)
        tx.move(refused.id, Event.SUBMISSION_CONTENT_REFUSED, actor=ACTOR, at=AT)
    stored_id = world.submission(1).id
    world.quarantine = {gone.id, kept.id, refused.id, stored_id, "leftover.part"}
    assert set(world.told()) == {
        ("quarantine.content.left", gone.id, "quarantine"),
        ("quarantine.content.left", refused.id, "quarantine"),
        ("quarantine.content.left", stored_id, "quarantine"),
        ("quarantine.content.left", "leftover.part", "quarantine"),
        ("quarantine.content.missing", world.waiting.id, "quarantine"),
    }


def test_what_cannot_be_looked_into_without_its_key_is_named_and_never_passed(world: World) -> None:
    def closed(_file: BinaryIO) -> Iterable[Held]:
        raise key_missing("no key")

    aips = [world.submission(number).aip_id for number in (1, 2, 3)]
    assert world.told(originals=closed) == [("package.content.sealed", aip_id, "store:a") for aip_id in aips]
    expected = {("copy.content.sealed", aip_id, f"store:{store}") for aip_id in aips for store in "ab"}
    assert set(world.told(deep=closed)) == expected


def test_an_end_in_the_ledger_has_its_tombstone_and_no_other_tombstone_stands(world: World) -> None:
    with world.catalogue.transaction() as tx:
        for file_id in ("1" * 32, "2" * 32):
            tx.append(Event.FILE_DESTRUCTION_BEGUN, file_id, actor=ACTOR, at=AT, data={"round_id": "d" * 32})
        for file_id in ("2" * 32, "3" * 32):
            row = {column.name: "0" for column in tombstones.columns if not column.nullable}
            row |= dict.fromkeys(("line", "packages", "documents", "size_bytes", "intended_seq", "needles"), 0)
            tx.rows(insert(tombstones).values({**row, "file_id": file_id, "intended_at": AT, "mode": "restricted"}))
    assert world.told() == [
        ("tombstone.row.missing", "1" * 32, "catalogue"),
        ("tombstone.row.changed", "2" * 32, "catalogue"),
        ("tombstone.record.missing", "3" * 32, "catalogue"),
    ]


def test_damage_in_any_copy_of_a_paper_of_a_round_is_named_by_its_store(world: World) -> None:
    data, key = b"%PDF-1.7 danh muc", f"disposal/{'d' * 32}/list-{'0' * 16}.pdf"
    row = {column.name: "0" for column in round_papers.columns if not column.nullable}
    row |= {
        "object_key": key,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "signature": "unsigned",
    }
    world.sql(
        f"INSERT INTO round_papers ({', '.join(row)}) VALUES ({', '.join(repr(value) for value in row.values())})"
    )
    keep_bytes(world.stores, key, data)
    assert world.told() == []
    path = world.folder / "b" / key
    path.chmod(0o644)
    path.write_bytes(data[:-1] + b"?")
    assert world.told() == [("paper.object.damaged", key, "store:b")]
    path.unlink()
    assert world.told() == [("paper.object.missing", key, "store:b")]
    path.symlink_to("elsewhere")
    assert world.told() == [("paper.object.unreadable", key, "store:b")]


def test_nothing_is_said_of_what_was_not_given(world: World) -> None:
    shutil.rmtree(world.folder / "b")
    assert list(fsck(world.catalogue, world.stores[:1], originals=originals)) == []


def test_a_difference_speaks_vietnamese_and_json(world: World) -> None:
    world.path("b", 1).unlink()
    (difference,) = world.fsck()
    assert difference.message == f"Kho «b» thiếu gói tin {world.submission(1).aip_id}."
    assert json.loads(json.dumps(difference.as_json()))["details"] == {"store": "b"}


def test_every_code_was_produced_by_some_test_above(request: pytest.FixtureRequest) -> None:
    run = {getattr(item, "originalname", "") for item in request.session.items if item.path == Path(__file__)}
    if not {name for name in globals() if name.startswith("test_")} <= run:
        pytest.skip("only some of the tests above were run")
    assert set(MESSAGES) == PRODUCED
