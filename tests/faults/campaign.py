"""Round after round: break the archive, let it audit and repair itself, and compare what it says with the truth.

The judge knows every byte and trusts nothing the archive says. Three things must never happen: a copy called OK that is
not (false ok), a package with a good copy that has none afterwards (lost record), bytes put in a place that are not
those of the record (wrong repair).
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from archive.audit import Depth, Means, Scope, audit_store
from archive.errors import LuutruError
from archive.fixity import CopyState
from archive.repair.due import repair_due
from archive.repair.mass import MassLimit
from archive.repair.terms import Terms
from archive.storage import Key
from archive.storage_policy import AuditPolicy
from tests.faults.damage import Damage
from tests.faults.failing import Failing
from tests.faults.world import STORES, World, made_world, rows
from tests.servers.s3 import Bucket
from tests.servers.s3_faults import Fault, nothing, seeded

UNLIMITED = AuditPolicy(interval_days=1)
NO_LIMIT = MassLimit(count=1 << 30, one_in=1, probes=0)
KILLED_AUDIT, KILLED_REPAIR, CLOCK = "kill -9 in an audit", "kill -9 in a repair", "clock jump"
_CALM_PASSES = 5

WRONG_BYTES = frozenset({Fault.FLIP})
"""Of reading, these give other bytes with every sign of success: to an audit that is damage, and told as damage."""
KINDS = (
    *(kind.value for kind in Damage),
    *(kind.value for kind in Failing),
    *(f"S3: {kind.value}" for kind in Fault),
    CLOCK,
    KILLED_AUDIT,
    KILLED_REPAIR,
)
"""Every kind of fault a whole campaign injects, as its table calls them."""


@dataclass
class Seen:
    """What happened. ``done``: faults by kind; ``found``: those an audit called red, of those at rest."""

    done: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    healed: Counter[str] = field(default_factory=Counter)
    beyond: int = 0
    """Packages of which no proof was left in any copy: told as incidents, and nothing changed."""
    false_ok: list[str] = field(default_factory=list)
    false_alarm: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong_repair: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    rounds: int = 0
    seconds: float = 0.0

    @property
    def faults(self) -> int:
        return sum(self.done.values())

    @property
    def clean(self) -> bool:
        return not (self.false_ok or self.lost or self.wrong_repair or self.stuck or self.false_alarm)


class Campaign:
    """One world, broken again and again; the same seed breaks it the same way, but for where a kill hits."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.seen = Seen()
        self._chance = random.Random(seed)
        self._done: Mapping[tuple[str, Key], Damage] = {}
        self._terms = Terms(
            now=world.clock, pauses_seconds=(0.0,), unreadable_times=2, unreadable_apart=timedelta(hours=1)
        )

    def go(self, faults: int, *, told: Callable[[Seen], None] = lambda _seen: None) -> Seen:
        """Rounds until so many faults were injected."""
        begun = time.monotonic()
        # Another process, to be killed, knows folders only; what S3 does on the way is met by few requests of each round.
        weights = (45, 45, 10, 0) if self.world.proxy else (57, 25, 10, 8)
        while self.seen.faults < faults:
            kinds = (self._at_rest, self._in_motion, self._clock_jumps, self._killed)
            self._chance.choices(kinds, weights)[0]()
            self._settle()
            self.seen.rounds += 1
            self.seen.seconds = time.monotonic() - begun
            told(self.seen)
        return self.seen

    # kinds of rounds

    def _at_rest(self) -> None:
        """Bytes are damaged; the next audit must find every one of them, and repair whatever can be proven."""
        damaged = self._damage(self._chance.randint(3, 24))
        self._audited(depth=self._chance.choice((Depth.FULL, Depth.FULL, Depth.DEEP)))
        self._judge_audit(damaged)
        self._repair()

    def _in_motion(self) -> None:
        """Reading, writing and syncing fail while audit and repair are at work."""
        damaged = self._damage(self._chance.randint(1, 8))
        before = rows(self.world)
        with self._flaky(Failing.EIO, Failing.SHORT_READ, Failing.OPEN_EIO, Failing.STAT_EIO):
            self._audited()
        self._judge_audit(damaged, before)
        with self._flaky(*Failing, on_s3=frozenset(Fault)):
            self._repair(passes=2, all_seen=False)
        self._audited()
        self._judge_audit({})
        self._repair()

    def _clock_jumps(self) -> None:
        """The machine's clock goes wrong, forwards and backwards, between one sitting and the next."""
        damaged = self._damage(self._chance.randint(1, 6))
        for _ in range(2):
            self.world.clock.jump(timedelta(hours=self._chance.choice((-9000, -30, -1, 1, 30, 9000))))
            self.seen.done[CLOCK] += 1
            self._audited(anew=True)
            self._judge_audit(damaged)
            damaged = {}
            self._repair()
        self.world.clock.jump(timedelta(days=800))

    def _killed(self) -> None:
        """Another process audits and repairs, and is killed at some instruction, again and again."""
        self._damage(self._chance.randint(4, 16))
        good = self._good()
        for _ in range(4):
            for what, name in (("audit", KILLED_AUDIT), ("repair", KILLED_REPAIR)):
                self._kill(what)
                self.seen.done[name] += 1
        self._judge_bytes(good, all_seen=False)
        self._audited()
        self._judge_audit({})
        self._repair()

    # what rounds are made of

    def _damage(self, count: int) -> dict[tuple[str, Key], Damage]:
        """Done to copies that are whole; which is which."""
        done: dict[tuple[str, Key], Damage] = {}
        favourite = self._chance.sample(self.world.keys, 3)
        for _ in range(count):
            store = self._chance.choice(STORES)
            key = self._chance.choice(favourite if self._chance.random() < 0.3 else self.world.keys)
            if (store, key) in done:
                continue
            others = [other for other in self.world.keys if other != key and (store, other) not in done]
            kind = self._chance.choice(self.world.raw[store].kinds)
            for hit in self.world.raw[store].damage(kind, key, others, self._chance):
                done[store, hit] = kind
            self.seen.done[kind.value] += 1
        self._done = done
        return done

    def _flaky(self, *kinds: Failing, on_s3: frozenset[Fault] = frozenset(Fault) - WRONG_BYTES) -> ExitStack:
        """While it lasts, some calls fail; the kinds are drawn for each store."""
        stack = ExitStack()
        for name, disk in self.world.disks.items():
            before = disk.done.copy()
            disk.kinds = tuple(self._chance.sample(kinds, min(len(kinds), self._chance.randint(1, 3))))
            disk.one_in = self._chance.choice((3, 30, 300))

            def calm(name: str = name, before: Counter[Failing] = before) -> None:
                disk = self.world.disks[name]
                disk.kinds = ()
                done = {kind.value: count - before[kind] for kind, count in disk.done.items()}
                self.seen.done.update({kind: count for kind, count in done.items() if count})

            stack.callback(calm)
        if (proxy := self.world.proxy) is not None:
            before_s3 = proxy.injected.copy()
            proxy.plan = seeded(self._chance.getrandbits(30), self._chance.choice((0.3, 0.05, 0.01)), on_s3)

            def calm_s3() -> None:
                proxy.plan = nothing
                done = {f"S3: {kind.value}": proxy.injected[kind] - before_s3[kind] for kind in Fault}
                self.seen.done.update({kind: count for kind, count in done.items() if count})

            stack.callback(calm_s3)
        return stack

    def _audited(self, *, depth: Depth = Depth.FULL, anew: bool = True) -> None:
        for store in self.world.stores:
            means = Means(
                self.world.folder / "audit",
                self.world.clock,
                pauses_seconds=(0.0,),
                chance=random.Random(self._chance.random()),
            )
            means.folder.mkdir(exist_ok=True)
            try:
                audit_store(self.world.catalogue, store, UNLIMITED, means, scope=Scope.ALL, depth=depth, anew=anew)
            except LuutruError as error:
                if not self._is_flaky():
                    self.seen.stuck.append(f"audit of {store.name}: {error.code} {error.detail}")

    def _is_flaky(self) -> bool:
        return any(disk.kinds for disk in self.world.disks.values()) or (
            self.world.proxy is not None and self.world.proxy.plan is not nothing
        )

    def _repair(self, passes: int = _CALM_PASSES, *, all_seen: bool = True) -> None:
        """Until nothing is left to do, or what is left cannot be proven; then bytes and rows are compared.

        ``all_seen``: an audit has read every copy since the last damage.
        """
        good = self._good()
        for _ in range(passes):
            made = repair_due(self.world.catalogue, self.world.stores, self._terms, at_once=10_000, limit=NO_LIMIT)
            for item in made.repaired:
                self.seen.healed[item.outcome.value] += 1
            if not made.repaired:
                break
            self.world.clock.jump(timedelta(days=3))
        self._judge_bytes(good, all_seen)

    def _kill(self, what: str) -> None:
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.faults.worker",
                str(self.world.folder),
                str(self._chance.getrandbits(30)),
                what,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert child.stdout is not None
        child.stdout.read(1)  # it has begun
        time.sleep(self._chance.uniform(0, 0.4))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()

    # the judge

    def _good(self) -> dict[Key, set[str]]:
        """Where each package is whole, by its bytes."""
        return {key: {store for store in STORES if self.world.whole(store, key)} for key in self.world.keys}

    def _judge_audit(self, damaged: Mapping[tuple[str, Key], Damage], before: Mapping[Any, Any] | None = None) -> None:
        """``before``: the rows before an audit that was disturbed; what it did not come to it says nothing of."""
        stated = rows(self.world)
        for item in self.world.held:
            for store in STORES:
                copy = stated[item.aip_id, store]
                if before is not None and copy == before[item.aip_id, store]:
                    continue
                state, whole = copy.state, self.world.whole(store, item.key)
                where = f"{store} {item.key} {damaged.get((store, item.key), '')}: {state.value}"
                if state is CopyState.OK and not whole:
                    self.seen.false_ok.append(where)
                if whole and (state.red if before is None else state in (CopyState.MISMATCH, CopyState.MISSING)):
                    self.seen.false_alarm.append(where)
                if (store, item.key) in damaged and state.red:
                    self.seen.found[damaged[store, item.key].value] += 1

    def _judge_bytes(self, good: Mapping[Key, set[str]], all_seen: bool) -> None:
        """No good copy became bad, none is lost, and (once an audit has seen everything) what is called OK is."""
        stated = rows(self.world)
        for item in self.world.held:
            now = {store for store in STORES if self.world.whole(store, item.key)}
            for store in good[item.key] - now:
                self.seen.wrong_repair.append(f"{store} {item.key}")
            if good[item.key] and not now:
                self.seen.lost.append(str(item.key))
            for store in set(STORES) - now:
                if all_seen and stated[item.aip_id, store].state is CopyState.OK:
                    self.seen.false_ok.append(f"after repair: {store} {item.key}")

    def _kinds(self, key: Key) -> str:
        """What was done to this package, for who reads the result."""
        return ", ".join(f"{store}: {kind}" for (store, hit), kind in self._done.items() if hit == key)

    def _settle(self) -> None:
        """What could be healed is healed; what is beyond proof is mended by hand, and everything is green again."""
        for item in self.world.held:
            now = {store for store in STORES if self.world.whole(store, item.key)}
            if now == set(STORES):
                continue
            if now:
                missing = ", ".join(sorted(set(STORES) - now))
                self.seen.stuck.append(f"not healed although {sorted(now)} is whole: {missing} {self._kinds(item.key)}")
            else:
                self.seen.beyond += 1
            for store in STORES:
                self.world.raw[store].mend(item.key)
        self.world.clock.jump(timedelta(days=3))
        self._audited()
        self._repair(passes=2)
        for (aip_id, store), copy in rows(self.world).items():
            if copy.state is not CopyState.OK:
                self.seen.stuck.append(f"{store} {aip_id} stays {copy.state.value}")


def run(
    folder: Path,
    seed: int,
    faults: int,
    *,
    bucket: Bucket | None = None,
    told: Callable[[Seen], None] = lambda _seen: None,
) -> Seen:
    """A campaign in a world of its own; with ``bucket`` its third store is on S3."""
    with made_world(folder, seed, bucket=bucket) as world:
        return Campaign(world, seed).go(faults, told=told)


def table(campaigns: Sequence[Seen], kinds: Sequence[str] = ()) -> list[dict[str, Any]]:
    """One row for each kind of fault, over all campaigns; of ``kinds`` also those nothing came of."""
    done: Counter[str] = sum((seen.done for seen in campaigns), Counter())
    found: Counter[str] = sum((seen.found for seen in campaigns), Counter())
    names = sorted({*done, *kinds})
    return [{"fault": kind, "injected": done[kind], "found": found.get(kind)} for kind in names]
