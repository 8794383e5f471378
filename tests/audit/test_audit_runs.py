"""What an audit says of copies, in every kind of store: ok means read, whole, now, and nothing else does."""

from __future__ import annotations

import errno
import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archive.audit import AuditRunningError, Depth, RunState, Scope, Verdict, coverage, hand_over, overdue
from archive.audit.beginning import cycle_due
from archive.audit.canary import CONTRADICTION, DAMAGES, PROFILE, WORDS
from archive.audit.examining import Examiner
from archive.audit.holding import holder_here, is_held
from archive.audit.report import keep_file, waiting
from archive.catalogue import Catalogue, Copy
from archive.catalogue.audit_model import AuditRun
from archive.catalogue.audit_reading import claimed, due_copies, running
from archive.catalogue.audit_writing import hold_run
from archive.errors import CatalogueBusyError, StoreError
from archive.events import Event
from archive.fixity import CopyState
from archive.ledger import verify_chain
from archive.storage import DirectoryStore, Key, MemoryStore
from archive.storage.store import ObjectWriter

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "storage"))
from audited import AT, World, memory
from failing_disk import FailingDisk

Change = Callable[[bytearray], bytes | None]
DAMAGE: dict[str, Change] = {
    "one bit": lambda data: (data.__setitem__(-600, data[-600] ^ 1), bytes(data))[1],
    "a page of zeros": lambda data: bytes(data[:8192]) + bytes(4096) + bytes(data[12288:]),
    "cut off": lambda data: bytes(data[:-512]),
    "emptied": lambda data: b"",
    "too long": lambda data: bytes(data) + bytes(512),
    "two blocks swapped": lambda data: bytes(data[:512] + data[1024:1536] + data[512:1024] + data[1536:]),
    "no tar at all": lambda data: b"\xff" * len(data),
}


def test_copies_that_are_whole_are_ok_and_the_clock_says_when_they_were_read(kept: World) -> None:
    kept.fill(3)
    run = kept.audit()
    assert (run.state, run.verdict, run.counts) == (RunState.COMPLETED, Verdict.GREEN, {"ok": 3})
    assert run.bytes_read >= sum(held.size_bytes for held in kept.held)
    with kept.catalogue.read() as view:
        seen = coverage(view, "a", AT)
        assert overdue(view, "a", AT, timedelta(days=30)).whole.copies == 0
    assert {share.copies for share in seen.read.values()} == {3} and seen.states == {CopyState.OK: 3}
    assert all(kept.copy(number).verified_at >= AT for number in range(3))
    (event,) = kept.events(Event.AUDIT_RUN_COMPLETED)
    assert (event.data["canary"], event.data["counts"]) == ("found", {"ok": 3})
    assert list(kept.store.keys("canary")) == []


@pytest.mark.parametrize("depth", [Depth.FULL, Depth.DEEP, Depth.ATTRIBUTES])
def test_T7_T19_every_damage_is_found_in_the_copy_it_was_done_to(kept: World, depth: Depth) -> None:
    kept.fill(len(DAMAGE) + 1)
    for number, change in enumerate(DAMAGE.values()):
        kept.damage(number, change)
    run = kept.audit(depth=depth)
    damaged = kept.held[: len(DAMAGE)]
    assert kept.states()[: len(DAMAGE)] == [CopyState.MISMATCH] * len(DAMAGE), kept.found(run)
    assert (run.verdict, run.counts["mismatch"]) == (Verdict.RED, len(DAMAGE))
    assert {item.key for item in kept.found(run)} == {held.key for held in damaged}
    refuted = kept.events(Event.AIP_FIXITY_REFUTED)
    assert sorted(event.subject for event in refuted) == sorted(held.aip_id for held in damaged)
    assert {event.data["run_id"] for event in refuted} == {run.id}


def test_T20_a_copy_that_is_gone_is_missing_whatever_was_known_of_it(kept: World) -> None:
    kept.fill(2)
    kept.damage(0, lambda data: None)
    run = kept.audit()
    assert kept.states() == [CopyState.MISSING, CopyState.OK]
    assert (run.verdict, run.counts) == (Verdict.RED, {"missing": 1, "ok": 1})


def test_objects_nobody_claims_are_extra_and_those_of_the_archive_itself_are_not(kept: World) -> None:
    kept.fill(1)
    kept.shelf.put("aip/ff/ffff.tar", b"x")
    kept.shelf.put("other/thing.bin", b"x")
    for own in ("ledger/1.jsonl", "checkpoint/1.json", "rows/1.jsonl", "backup/x.tar", "audit/x.json"):
        kept.shelf.put(own, b"x")
    run = kept.audit()
    assert [(item.key, item.state, item.aip_id) for item in kept.found(run)] == [
        ("aip/ff/ffff.tar", CopyState.EXTRA, None),
        ("other/thing.bin", CopyState.EXTRA, None),
    ]
    assert (run.verdict, run.counts["extra"]) == (Verdict.RED, 2)


def test_the_attribute_check_is_never_ok_and_gives_no_coverage(kept: World) -> None:
    """T7: what was not read does not count as read."""
    kept.fill(2)
    run = kept.audit(depth=Depth.ATTRIBUTES)
    if run.counts.get("attribute-ok"):
        assert run.counts == {"attribute-ok": 2}
        assert all(kept.copy(number).verified_at < AT for number in range(2))
        with kept.catalogue.read() as view:
            assert coverage(view, "a", AT).read[30].copies == 0
    else:  # this store has no such attribute: every byte was read
        assert run.counts == {"ok": 2}


def test_deep_audits_find_what_contradicts_itself_though_its_bytes_are_those_recorded(world: World) -> None:
    world.fill(1)
    run = world.audit(depth=Depth.DEEP)
    assert run.verdict is Verdict.GREEN
    damages = {bird.damage: bird.found_state for bird in world.canaries(run)}
    assert damages[CONTRADICTION] is CopyState.MISMATCH and len(damages) == 2


def test_the_canaries_of_following_runs_suffer_every_damage_and_are_found(kept: World) -> None:
    kept.fill(1)
    for damage in DAMAGES:
        run = kept.audit()
        (bird,) = kept.canaries(run)
        assert (bird.damage, bird.found, run.verdict) == (damage, True, Verdict.GREEN)
        assert bird.removed_at is not None and list(kept.store.keys("canary")) == []
        kept.later(days=1)


class Blind(Examiner):
    """An audit that finds everything right without looking."""

    __slots__ = ()

    def examine(self, due, *, threads=1):  # type: ignore[no-untyped-def]
        from archive.fixity import CopyResult

        return CopyResult(self.store.name, due.key, CopyState.OK)


def test_an_audit_that_does_not_find_its_canary_is_red_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.audit.running.Examiner", Blind)
    run = world.fill(1).audit()
    assert (run.state, run.verdict) == (RunState.COMPLETED, Verdict.CANARY_MISSED)
    (missed,) = world.events(Event.AUDIT_CANARY_MISSED)
    assert missed.data["run_id"] == run.id
    told = json.loads((world.folder / f"{run.id}.json").read_bytes())
    assert told["verdict"] == "canary-missed" and told["remedies"][0]["state"] == "canary-missed"


def test_a_canary_that_cannot_be_planted_makes_the_audit_red(world: World) -> None:
    world.fill(1)
    disk = FailingDisk(1, errno.EROFS, only=["write"], times=10**6)
    run = world.audit(DirectoryStore("a", world.folder.parent / "a", disk=disk))
    assert (run.verdict, run.counts) == (Verdict.CANARY_MISSED, {"ok": 1})


def test_a_canary_can_never_be_taken_for_a_record(world: World) -> None:
    world.fill(1)
    stopped = world.audit(stopping=lambda: True)
    (bird,) = world.canaries(stopped)
    data = b"".join(world.store.read(bird.key))
    assert bird.key.segments[0] == "canary" and PROFILE.name == "CANARY"
    assert WORDS.encode() in data or len(data) < 300_000  # some damage may hit the words themselves
    with world.catalogue.read() as view:
        assert view.aip(bird.id) is None and view.submission_of_aip(bird.id) is None
        assert claimed(view, [bird.key]) == set()
    assert bird.key not in list(world.store.keys("aip"))
    assert world.audit().counts == {"ok": 1}


def test_T4_T21_an_unreadable_copy_is_said_and_the_others_are_still_read(world: World) -> None:
    world.fill(4)
    path = world.folder.parent / "a" / world.held[1].key
    path.unlink()
    path.symlink_to("elsewhere")
    run = world.audit()
    assert world.states() == [CopyState.OK, CopyState.UNREADABLE, CopyState.OK, CopyState.OK]
    assert (run.state, run.verdict) == (RunState.COMPLETED, Verdict.RED)


def test_T23_a_hiccup_is_no_damage(world: World) -> None:
    world.fill(2)
    for fail_at in range(1, 60, 7):
        disk = FailingDisk(fail_at, errno.EIO, only=["pread_into"])
        run = world.audit(
            DirectoryStore("a", world.folder.parent / "a", disk=disk), means=world.means(pauses_seconds=(0.0,))
        )
        assert run.counts == {"ok": 2}, disk.failed
        world.later(hours=1)


@pytest.mark.parametrize("depth", [Depth.FULL, Depth.DEEP])
def test_T23_what_is_wrong_on_the_way_once_is_no_damage(sqlite: Catalogue, tmp_path: Path, depth: Depth) -> None:
    world = World(sqlite, memory(), tmp_path / "audit").fill(2)
    world.damage(1, DAMAGE["one bit"])
    opened: Counter[Key] = Counter()

    class Flipping(MemoryStore):
        """The first reading of each object has one bit wrong."""

        def open(self, key: Key, *, cold: bool = False) -> io.BufferedReader:
            with super().open(key) as file:
                data = bytearray(file.read())
            opened[key] += 1
            if opened[key] == 1:
                data[1500] ^= 1
            return io.BufferedReader(io.BytesIO(bytes(data)))  # type: ignore[arg-type]  # seekable, as files are

    store = Flipping("a")
    store._objects = world.store._objects  # type: ignore[attr-defined]
    run = world.audit(store, depth=depth, means=world.means(readers=1))
    assert run.counts == {"ok": 1, "mismatch": 1}
    assert len(world.events(Event.AIP_FIXITY_REFUTED)) == 1


def test_T4_a_disk_that_fails_every_read_gives_no_ok(world: World) -> None:
    world.fill(3)
    disk = FailingDisk(1, errno.EIO, only=["pread_into"], times=10**6)
    run = world.audit(DirectoryStore("a", world.folder.parent / "a", disk=disk))
    assert run.counts.get("ok", 0) == 0 and not run.green


def test_a_store_that_is_away_says_nothing_of_its_copies_and_the_run_goes_on_when_it_is_back(world: World) -> None:
    world.fill(3)
    root = world.folder.parent / "a"
    world.audit(stopping=lambda: True)
    root.rename(root.with_name("unmounted"))
    run = world.audit()
    assert run.trouble and run.state is RunState.RUNNING and run.counts == {}
    assert world.states() == [CopyState.OK] * 3  # as they were last seen, when they were stored
    with world.catalogue.read() as view:
        assert len(due_copies(view, "a", run.due_before)) == 3
    root.with_name("unmounted").rename(root)
    again = world.audit()
    assert (again.id, again.verdict, again.counts) == (run.id, Verdict.GREEN, {"ok": 3})


def test_what_one_object_does_to_this_software_is_said_of_that_object(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fill(3)
    real = Examiner._whole

    def broken(self: Examiner, due, *more):  # type: ignore[no-untyped-def]
        if due.aip_id == world.held[1].aip_id:
            raise ZeroDivisionError("a defect")
        return real(self, due, *more)

    monkeypatch.setattr(Examiner, "_whole", broken)
    run = world.audit()
    assert run.counts == {"ok": 2, "unreadable": 1}
    assert "ZeroDivisionError" in world.found(run)[0].detail


def test_a_result_older_than_what_somebody_else_has_seen_is_not_noted(worlds: Callable[[], World]) -> None:
    world = worlds().fill(2)
    world.damage(0, lambda data: b"")
    world.damage(1, lambda data: b"")
    healed = world.held[0].aip_id

    def heals(count: int) -> None:
        with world.catalogue.transaction() as tx:
            tx.record_copies([Copy(healed, "a", CopyState.OK, world.clock)])

    run = world.audit(progress=heals)
    assert world.states() == [CopyState.OK, CopyState.MISMATCH]
    assert run.counts == {"mismatch": 1} and len(world.events(Event.AIP_FIXITY_REFUTED)) == 1


def test_oldest_first_and_no_further_than_the_limit_and_on_from_there(worlds: Callable[[], World]) -> None:
    world = worlds().fill(5)
    first = world.audit(limit=2)
    assert first.state is RunState.RUNNING and first.counts == {"ok": 2}
    assert [world.copy(number).verified_at >= AT for number in range(5)] == [True, True, False, False, False]
    second = world.audit(limit=3)
    assert (second.id, second.verdict, second.counts) == (first.id, Verdict.GREEN, {"ok": 5})


def test_asked_anew_nothing_read_before_counts(world: World) -> None:
    world.fill(3)
    first = world.audit(limit=2)
    second = world.audit(anew=True)
    assert second.id != first.id and second.counts == {"ok": 3}
    assert list(world.store.keys("canary")) == []  # also that of the run that was given up


def test_a_second_audit_of_the_same_store_at_the_same_time_is_refused(worlds: Callable[[], World]) -> None:
    world = worlds().fill(2)
    refused: list[str] = []

    def meanwhile(count: int) -> None:
        try:
            world.audit()
        except AuditRunningError as error:
            refused.append(error.code)

    assert world.audit(progress=meanwhile).green
    assert refused and set(refused) == {"audit.running"}


def test_the_run_of_a_holder_on_another_machine_is_taken_over_when_it_is_silent(world: World) -> None:
    world.fill(2)
    run = world.audit(limit=1)
    with world.catalogue.transaction() as tx:
        hold_run(tx, run.id, holder="elsewhere|pid:[1]|1|1|x", until=world.clock + timedelta(seconds=60))
    with pytest.raises(AuditRunningError):
        world.audit()
    world.later(seconds=61)
    assert world.audit().id == run.id


def test_whoever_lives_here_holds_and_whoever_is_no_more_does_not(world: World) -> None:
    def run(holder: str) -> AuditRun:
        return AuditRun("r", "a", Scope.ALL, Depth.FULL, "x", AT, AT, holder=holder, held_until=AT + timedelta(1))

    here = holder_here()
    assert is_held(run(here), AT)
    machine, space, pid, began, token = here.split("|")
    assert not is_held(run("|".join((machine, space, pid, str(int(began) + 1), token))), AT)
    assert is_held(run("|".join(("other", space, pid, "1", token))), AT)


def test_a_cycle_begins_a_fifth_of_the_interval_early_and_takes_what_is_older_than_half(world: World) -> None:
    world.fill(2)
    interval = timedelta(days=world.terms.interval_days)
    with world.catalogue.transaction() as tx:
        tx.record_copies([Copy(held.aip_id, "a", CopyState.OK, AT) for held in world.held])
        tx.record_copies([Copy(world.held[1].aip_id, "a", CopyState.OK, AT + interval * 0.5)])
    with world.catalogue.read() as view:
        assert not cycle_due(view, "a", interval, AT + interval * 0.79)
        assert cycle_due(view, "a", interval, AT + interval * 0.81)
    world.clock = AT + interval * 0.81
    assert world.audit(scope=Scope.DUE).counts == {"ok": 1}
    with world.catalogue.read() as view:
        assert not cycle_due(view, "a", interval, world.clock)


def test_asked_for_everything_an_unfinished_cycle_becomes_a_run_of_everything(world: World) -> None:
    world.fill(3)
    with world.catalogue.transaction() as tx:
        tx.record_copies([Copy(world.held[2].aip_id, "a", CopyState.OK, AT)])
    world.later(minutes=1)
    cycle = world.audit(scope=Scope.DUE, limit=1)
    everything = world.audit()
    assert (everything.id, everything.scope, everything.counts) == (cycle.id, Scope.ALL, {"ok": 3})


def test_red_copies_are_read_again_by_themselves(worlds: Callable[[], World]) -> None:
    world = worlds().fill(3)
    world.damage(1, lambda data: None)
    right = world.bytes_of(0)
    world.damage(0, lambda data: b"")
    world.audit()
    world.shelf.put(world.held[0].key, right)
    world.later(days=1)
    run = world.audit(scope=Scope.RED)
    assert run.counts == {"ok": 1, "missing": 1}
    assert world.states() == [CopyState.OK, CopyState.MISSING, CopyState.OK]


def test_what_is_not_read_within_the_interval_is_overdue_though_nothing_runs(worlds: Callable[[], World]) -> None:
    world = worlds().fill(3)
    world.audit()
    world.damage(2, lambda data: None)
    world.later(days=20)
    world.audit()
    world.later(days=20)
    month = timedelta(days=30)
    with world.catalogue.read() as view:
        late = overdue(view, "a", world.clock, month)
        assert late.whole.copies == 1 and late.oldest_ok_at is not None  # red since, last right forty days ago
        assert overdue(view, "a", world.clock + month, month).whole.copies == 3


def test_times_to_come_are_no_time_anything_was_read(worlds: Callable[[], World]) -> None:
    """A clock that jumped must not keep a copy from being read for years."""
    world = worlds().fill(2)
    with world.catalogue.transaction() as tx:
        tx.record_copies([Copy(world.held[0].aip_id, "a", CopyState.OK, AT + timedelta(days=4000))])
    with world.catalogue.read() as view:
        assert coverage(view, "a", AT).read[365].copies == 1
        assert overdue(view, "a", AT, timedelta(days=400)).whole.copies == 1
    run = world.audit()
    assert run.counts == {"ok": 2}
    with world.catalogue.read() as view:
        assert coverage(view, "a", AT).read[30].copies == 2


@pytest.mark.parametrize("hours", [-0.5, -5])
def test_whatever_the_clock_does_everything_is_read_and_the_run_ends(world: World, hours: float) -> None:
    world.fill(3)
    first = world.audit(limit=2)
    world.later(hours=hours)
    second = world.audit()
    assert second.id == first.id and second.green
    world.damage(0, lambda data: b"")
    world.later(minutes=-5)
    third = world.audit()
    assert third.id != first.id and third.counts["mismatch"] == 1 and third.counts["ok"] == 2


def test_a_catalogue_that_is_busy_for_a_while_loses_no_result(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fill(3)
    from archive.audit import recording

    real, failures = recording.note_progress, iter(range(2))

    def busy(*arguments, **named):  # type: ignore[no-untyped-def]
        if next(failures, None) is not None:
            raise CatalogueBusyError("bận")
        return real(*arguments, **named)

    monkeypatch.setattr(recording, "note_progress", busy)
    monkeypatch.setattr(recording, "FLUSH_SECONDS", 0.01)
    assert world.audit().counts == {"ok": 3}


def test_a_run_that_passed_by_a_copy_that_is_bad_is_not_green(worlds: Callable[[], World]) -> None:
    """A cycle takes what was not looked at for long; what was found bad yesterday is bad all the same."""
    world = worlds().fill(3)
    world.damage(0, lambda data: None)
    world.audit()
    world.later(days=2)
    run = world.audit(scope=Scope.DUE)
    assert run.counts == {} and run.verdict is Verdict.RED
    world.shelf.put(world.held[0].key, b"other")
    assert world.audit(scope=Scope.RED).verdict is Verdict.RED


def test_the_report_says_what_the_form_asks_and_the_ledger_its_digest(kept: World) -> None:
    import hashlib

    from archive.audit import Place, hand_over
    from archive.audit.report import waiting

    kept.fill(2)
    kept.damage(0, lambda data: b"")
    run = kept.audit(place=Place("Hà Nội", "Ổ đĩa 1", "máy 1"))
    data = (kept.folder / f"{run.id}.json").read_bytes()
    told = json.loads(data)
    assert told["store"] == {"name": "a", "location": "Hà Nội", "medium": "Ổ đĩa 1", "device": "máy 1"}
    assert told["checker"] == "user:thu" and told["time"]["begun_at"] <= told["time"]["ended_at"]
    assert told["counts"] == {"ok": 1, "mismatch": 1} and told["findings"][0]["key"] == kept.held[0].key
    assert [row["state"] for row in told["remedies"]] == ["mismatch", "overdue"]
    assert hashlib.sha256(data).hexdigest() == run.report_sha256
    assert kept.events(Event.AUDIT_RUN_COMPLETED)[0].data["report_sha256"] == run.report_sha256
    assert [path.stem for path in waiting(kept.folder, kept.catalogue)] == [run.id]
    assert hand_over(kept.folder, run.id, [kept.store]) == [] and not list(kept.folder.iterdir())
    assert b"".join(kept.store.read(Key(f"audit/{run.id}.json"))) == data
    assert hand_over(kept.folder, run.id, [kept.store]) == []


def test_a_store_that_is_away_gets_its_report_later(world: World) -> None:
    run = world.fill(1).audit()
    root = world.folder.parent / "a"
    root.rename(root.with_name("unmounted"))
    assert hand_over(world.folder, run.id, [world.store]) == ["a"]
    root.with_name("unmounted").rename(root)
    assert hand_over(world.folder, run.id, [world.store]) == []


def test_two_who_file_the_same_report_at_once_leave_it_whole(world: World) -> None:
    """The command and the clock's job: a page half written by one is never handed over by the other."""
    run = world.fill(1).audit()
    told = world.folder / f"{run.id}.json"
    page = told.with_suffix(".pdf")

    class Racing(DirectoryStore):
        def create(self, key: Key) -> ObjectWriter:
            for path in (page, told):  # the other was faster
                path.unlink(missing_ok=True)
            return super().create(key)

    texts = [bytes([number]) * 300_000 for number in range(8)]
    writers = [threading.Thread(target=keep_file, args=(page, text)) for text in texts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert page.read_bytes() in texts
    assert [path.name for path in world.folder.iterdir() if path.suffix == ".part"] == []
    assert hand_over(world.folder, run.id, [Racing("a", world.folder.parent / "a")]) == []
    assert not told.exists() and waiting(world.folder, world.catalogue) == []


def test_the_whole_of_it_on_either_database(worlds: Callable[[], World]) -> None:
    world = worlds().fill(4)
    world.damage(1, DAMAGE["one bit"])
    world.damage(2, lambda data: None)
    world.shelf.put("aip/00/0000.tar", b"x")
    world.audit(limit=1)
    run = world.audit()
    assert run.counts == {"ok": 2, "mismatch": 1, "missing": 1, "extra": 1}
    assert len(world.events(Event.AIP_FIXITY_REFUTED)) == 2
    with world.catalogue.read() as view:
        assert running(view, "a") is None
        assert verify_chain(view.records(limit=10_000)) is None
        assert {bird.found for bird in world.canaries(run)} == {True}


def test_an_audit_of_nothing_still_needs_its_canary(world: World) -> None:
    run = world.audit()
    assert (run.verdict, run.counts) == (Verdict.GREEN, {}) and world.canaries(run)[0].found


def test_a_listing_that_fails_leaves_the_run_to_be_gone_on_with(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fill(1)

    def keys(self: DirectoryStore, folder: str = "") -> None:
        raise StoreError("hỏng")

    monkeypatch.setattr(DirectoryStore, "keys", keys)
    run = world.audit()
    assert run.trouble == "hỏng" and run.state is RunState.RUNNING
    monkeypatch.undo()
    assert world.audit().verdict is Verdict.GREEN
