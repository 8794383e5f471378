"""A machine that ever worked for the archive has folders of its own: nobody need name it for nothing to be proven of it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from api.bootstrap import Installation
from api.destruction_places import machine_name, other_machines
from api.settings_destruction import DestructionSettings
from archive.catalogue import Catalogue
from archive.catalogue.worker_model import Heartbeat
from archive.catalogue.worker_writing import beat, forget_worker

AT = datetime(2026, 3, 1, tzinfo=UTC)


def installed(catalogue: Catalogue, *, shared: bool = True, **settings: Any) -> Installation:
    """What is asked of an installation here: its settings and its catalogue."""
    told = SimpleNamespace(database=SimpleNamespace(shared=shared), destruction=DestructionSettings(**settings))
    return cast(Installation, SimpleNamespace(settings=told, catalogue=catalogue))


def worked(catalogue: Catalogue, host: str) -> None:
    """A worker lived there and ended properly: nothing stands of it among the living."""
    with catalogue.transaction() as tx:
        beat(tx, Heartbeat(f"{host}-1", host, 1, AT, AT, 0, 0, None, ""))
        forget_worker(tx, f"{host}-1")


def test_a_machine_that_worked_once_is_known_after_its_worker_ended(catalogue: Catalogue) -> None:
    for host in (machine_name(), "máy-2", "máy-2", "máy-3"):
        worked(catalogue, host)
    assert other_machines(installed(catalogue)) == {"máy-2", "máy-3"}
    assert other_machines(installed(catalogue, machines=("máy-4",))) == {"máy-2", "máy-3", "máy-4"}
    assert other_machines(installed(catalogue, machines_gone=("máy-2",))) == {"máy-3"}
    assert other_machines(installed(catalogue, shared=False)) == frozenset(), "its database is a file on this machine"
