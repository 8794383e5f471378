"""With several machines each looks through what only it can read; nothing is proven until all of them have."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import api.destruction_orders as orders
from api.absence_parts import MachineAwaitedError, do_own_parts
from api.bootstrap import Installation
from api.destruction_orders import carry_out_orders
from api.destruction_places import marker_file
from api.proving_absence import Opening, Proof, local_looks, prove_absence
from archive.catalogue.absence_parts import forget_needles, parts_of
from archive.catalogue.destruction_model import AbsenceVerdict
from archive.catalogue.destruction_orders import Order, OrderKind, _ordered, orders_of
from archive.catalogue.destruction_reading import last_absence_run
from archive.catalogue.destruction_writing import end_absence_run
from tests.destruction.round_at_work import ACTOR, EXECUTOR, ROUND_ID, VERIFIER
from tests.destruction.whole_archive import WholeArchive, whole_archive

ONE, OTHER = "may-1", "may-2"


class Two:
    """An archive on two machines: one catalogue, the same stores, each a home of its own."""

    def __init__(self, archive: WholeArchive, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.archive = archive
        self._monkeypatch = monkeypatch
        self.here(ONE)
        settings = archive.installation.settings
        settings = replace(settings, destruction=replace(settings.destruction, machines=(ONE, OTHER)))
        archive.installation.settings = settings
        home.mkdir()
        self.other = Installation(replace(settings, home=home))
        self.other.__dict__["catalogue"] = archive.installation.catalogue
        self.other.__dict__["keys"] = archive.installation.keys

    def here(self, machine: str) -> None:
        self._monkeypatch.setattr(socket, "gethostname", lambda: machine)

    @contextmanager
    def on_the_other(self) -> Iterator[None]:
        self.here(OTHER)
        try:
            yield
        finally:
            self.here(ONE)

    def proved(self) -> Proof:
        return prove_absence(
            self.archive.installation, ROUND_ID, verifier_id=VERIFIER, executor_id=EXECUTOR, actor=ACTOR
        )

    def awaited(self) -> None:
        with pytest.raises(MachineAwaitedError, match=OTHER):
            self.proved()

    def other_does(self) -> int:
        with self.on_the_other():
            return do_own_parts(self.other, lambda: local_looks(self.other), Opening(self.other))

    def last(self) -> Any:
        with self.archive.installation.catalogue.read() as view:
            run = last_absence_run(view, ROUND_ID)
            assert run is not None
            return run, {part.machine: part for part in parts_of(view, run.id)}


@pytest.fixture
def two(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    monkeypatch.setattr(socket, "gethostname", lambda: ONE)
    with whole_archive(tmp_path) as archive:
        archive.begin()
        assert archive.go_on().settled
        yield Two(archive, tmp_path / "kho-may-2", monkeypatch)


def test_proven_once_every_machine_has_looked_and_its_needles_are_nowhere_left(two: Two) -> None:
    home = two.other.settings.home
    two.awaited()
    run, parts = two.last()
    assert run.verdict is None and parts[ONE].ended_at is not None and parts[OTHER].ended_at is None
    assert two.other_does() == 0, "it says for whom"
    (key,) = (home / "destruction").iterdir()
    assert key.stat().st_mode & 0o077 == 0
    two.awaited()
    _, parts = two.last()
    assert parts[OTHER].needles and two.archive.title.encode() not in parts[OTHER].needles.encode()
    assert two.other_does() == 1
    assert list((home / "destruction").iterdir()) == []
    proof = two.proved()
    assert proof.run.id == run.id and proof.run.verdict is AbsenceVerdict.ABSENT, proof.run.report
    assert proof.certificate is not None and proof.run.report is not None
    looked: Any = proof.certificate["statement"]
    assert {f"home@{OTHER}", "home", f"temporary@{OTHER}"} <= {item["place"] for item in looked["looked_at"]}
    assert [item["machine"] for item in proof.run.report["machines"]] == [OTHER]
    _, parts = two.last()
    assert {part.needles for part in parts.values()} == {""}
    assert all(part.begun_at >= run.begun_at for part in parts.values()), "younger than the run"


def test_what_lies_on_the_other_machine_alone_is_found(two: Two) -> None:
    (two.other.settings.home / "luutru.log").write_bytes(b"cannot read " + two.archive.marker)
    two.awaited()
    two.other_does()
    two.awaited()
    assert two.other_does() == 1
    proof = two.proved()
    assert proof.run.verdict is AbsenceVerdict.FOUND and proof.certificate is None
    assert proof.run.report is not None
    (trace,) = proof.run.report["found"]["traces"]
    assert trace["place"] == f"home@{OTHER}"
    two.awaited()
    run, parts = two.last()
    assert run.id != proof.run.id and parts[OTHER].ended_at is None, "what it saw before this run began proves nothing"


def test_found_here_the_run_ends_at_once_and_nothing_sealed_is_left_anywhere(two: Two) -> None:
    two.awaited()
    two.other_does()
    two.awaited()
    first, parts = two.last()
    assert parts[OTHER].needles
    (two.archive.home / "luutru.log").write_bytes(b"cannot read " + two.archive.marker)
    with two.archive.installation.catalogue.transaction() as tx:  # as if nobody of this machine had looked in that run
        end_absence_run(tx, first.id, AbsenceVerdict.NOT_PROVEN, {}, actor=ACTOR, at=two.archive.work.now())
        forget_needles(tx, first.id)
    proof = two.proved()
    assert proof.run.id != first.id and proof.run.verdict is AbsenceVerdict.FOUND
    assert two.other_does() == 0 and list((two.other.settings.home / "destruction").iterdir()) == []
    with two.archive.installation.catalogue.read() as view:
        assert {part.needles for run in (first, proof.run) for part in parts_of(view, run.id)} == {""}


def test_a_machine_that_lost_its_key_is_given_the_needles_anew(two: Two) -> None:
    two.awaited()
    two.other_does()
    two.awaited()
    (key,) = (two.other.settings.home / "destruction").iterdir()
    key.unlink()
    assert two.other_does() == 0
    _, parts = two.last()
    assert parts[OTHER].recipient and not parts[OTHER].needles
    two.awaited()
    assert two.other_does() == 1
    assert two.proved().run.verdict is AbsenceVerdict.ABSENT


def test_orders_wait_for_the_machine_and_say_for_which(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue, at = two.archive.installation.catalogue, two.archive.work.now()
    order = Order("0" * 32, ROUND_ID, OrderKind.LOOK, VERIFIER, "account:verifier", at, None, None, "", None)
    with catalogue.transaction() as tx:
        _ordered(tx, order)

    def problem() -> str:
        with catalogue.read() as view:
            return orders_of(view, ROUND_ID, OrderKind.LOOK)[0].problem

    monkeypatch.setattr(orders, "now", lambda: at + timedelta(minutes=1))
    with two.on_the_other():
        carry_out_orders(two.other)
        assert problem() == "", "its machine has a while to take it"
        monkeypatch.setattr(orders, "now", lambda: at + timedelta(minutes=11))
        carry_out_orders(two.other)
    assert problem().startswith("destruction.machine-awaited") and ONE in problem()
    carried: list[Callable[..., object]] = []
    monkeypatch.setattr(orders, "_carried_out", lambda *_: carried.append(two.awaited) or two.proved())
    done, trouble = carry_out_orders(two.archive.installation)
    assert (done, trouble) == (set(), None) and carried, "waiting for a machine is no failure"
    assert OTHER in problem() and marker_file(two.archive.installation, ROUND_ID).path.exists()
