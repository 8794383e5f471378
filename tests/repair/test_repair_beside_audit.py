"""An audit and repairs of the same store at the same time: neither says of a copy what the other has made untrue."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from damaged import DAMAGE, World

from archive.aip.verification import Verification
from archive.audit import AuditRun, Depth, Means, RunState, Scope, audit_store, examining
from archive.catalogue.audit_reading import findings
from archive.events import Event
from archive.finding import Finding, Severity
from archive.fixity import CopyState
from archive.repair import Outcome, repair_due
from archive.storage_policy import AuditPolicy


def audit(world: World, folder: Path, progress: Callable[[int], None] | None = None, **options: object) -> AuditRun:
    means = Means(folder, lambda: world.clock, pauses_seconds=(), chance=random.Random(1), readers=2)
    return audit_store(world.catalogue, world.stores[1], AuditPolicy(), means, progress=progress, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["directory", "memory"])
def test_copies_healed_while_an_audit_reads_end_right_and_are_called_right(
    worlds: Callable[..., World], tmp_path: Path, kind: str
) -> None:
    for seed in range(6):
        world = worlds(kind, packages=10, size_bytes=20_000)
        chance = random.Random(seed)
        damages = [chance.choice([*DAMAGE, None, None]) for _ in range(10)]
        for number, damage in enumerate(damages):
            if damage is not None:
                world.damage("b", damage, number, known=chance.random() < 0.6)
        ended = threading.Event()
        troubles: list[BaseException] = []

        def heals(
            world: World = world, ended: threading.Event = ended, troubles: list[BaseException] = troubles
        ) -> None:
            try:
                while not ended.is_set():
                    repair_due(world.catalogue, world.stores, world.terms, side_by_side=2)
            except BaseException as error:
                troubles.append(error)

        healer = threading.Thread(target=heals)
        healer.start()
        try:
            run = audit(world, tmp_path / f"{kind}{seed}", lambda _count, world=world: world.later(seconds=1))
        finally:
            ended.set()
            healer.join()
        assert troubles == [] and run.state is RunState.COMPLETED
        world.later(hours=1)
        repair_due(world.catalogue, world.stores, world.terms)
        assert all(world.is_right("b", number) for number in range(10)), damages
        assert [world.state("b", number) for number in range(10)] == [CopyState.OK] * 10, damages
        told = [record.subject for record in world.events(Event.AIP_COPY_REPAIRED)]
        assert sorted(told) == sorted(world.held[number].aip_id for number in range(10) if damages[number] is not None)
        with world.catalogue.read() as view:
            named = {item.aip_id for item in findings(view, run.id)}
        assert named <= set(told), "what was whole all the time was never called bad"
        assert world.open_incidents() == []
        world.assert_ledger_whole()
        assert audit(world, tmp_path / f"{kind}{seed}").green


@pytest.mark.parametrize("healed_in", ["first reading", "second reading"])
def test_a_copy_healed_in_the_midst_of_its_reading_is_not_called_damaged_afterwards(
    world: World, tmp_path: Path, healed_in: str
) -> None:
    world.damage("b", "one bit")
    readings = iter(range(100))

    def meanwhile(_count: int) -> None:
        if next(readings) == (0 if healed_in == "first reading" else 2):
            world.later(seconds=1)
            assert world.repair("b").outcome is Outcome.REPAIRED

    audit(world, tmp_path / "audit", meanwhile, scope=Scope.ALL)
    assert world.is_right("b") and world.state("b") is CopyState.OK


def test_what_contradicts_itself_though_its_bytes_are_right_is_told_and_not_just_called_right(
    worlds: Callable[..., World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can heal it; without an incident it would be forgotten a minute after the audit had found it."""
    world = worlds("memory", packages=2)
    real = examining.verify_stream

    def verified(chunks: Iterator[bytes]) -> Verification:
        found = real(chunks)
        wrong = Finding("aip.manifest", Severity.ERROR, "Tệp không khớp danh mục của gói.")
        return replace(found, findings=(wrong,)) if found.sha256 == world.aip(0).sha256 else found

    monkeypatch.setattr(examining, "verify_stream", verified)
    assert dict(audit(world, tmp_path / "audit", depth=Depth.DEEP).counts) == {"ok": 1, "mismatch": 1}
    assert [item.outcome for item in repair_due(world.catalogue, world.stores, world.terms).repaired] == [
        Outcome.INCIDENT
    ]
    (incident,) = world.open_incidents()
    assert (incident.subject, incident.report["contradicts_itself"]) == (world.aip_id, True)
    assert repair_due(world.catalogue, world.stores, world.terms).repaired == []
    world.damage("a", "one bit")
    assert world.repair("a").outcome is Outcome.REPAIRED and len(world.open_incidents()) == 1
