"""Packages of a few bytes taken all the way as the steps do it, without any tool."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from builders import ACTOR, AT, accept, documents, package, receive, written
from moody_stores import Mood, MoodyStore

from archive.catalogue import Aip, Catalogue, Copy
from archive.catalogue.policy_writing import adopt
from archive.catchup import CatchUp
from archive.copies import Out, read_back, write_everywhere
from archive.digest import digests_of
from archive.events import Event
from archive.fixity import CopyState
from archive.lagging import LaggingStore
from archive.policy_adoption import may_follow
from archive.storage import DirectoryStore, aip_key
from archive.storage_policy import StoragePolicy
from archive.storage_policy_reading import read_policy

NEVER: Callable[[], bool] = lambda: False  # noqa: E731


def policy_of(
    version: int, *stores: str, lag: Sequence[str] = (), copies: int = 2, home: Path = Path("/")
) -> StoragePolicy:
    rows = "".join(
        f'[[stores]]\nname = "{name}"\npath = "{name}"\nrequired = {"false" if name in lag else "true"}\n'
        for name in stores
    )
    return read_policy(f"version = {version}\ncopies = {copies}\n{rows}", home)


class SmallArchive:
    """Stores a and b are required, c may lag. Time goes on by a minute with each package."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self.catalogue = catalogue
        self.folder = folder
        self.seconds = 0.0
        self.at = AT
        self.stores = [MoodyStore(DirectoryStore.initialise(name, folder / name)) for name in "abc"]
        self.policy = policy_of(1, "a", "b", "c", lag="c", home=folder)
        self.adopt(self.policy)
        self.patient = [LaggingStore(store, self.clock) for store in self.stores]

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.at

    def adopt(self, policy: StoragePolicy, moved: Sequence[str] = ()) -> bool:
        with self.catalogue.transaction() as tx:
            if not may_follow(tx, policy, self.folder, moved=moved):
                return False
            adopt(tx, policy, actor=ACTOR, at=self.at, data={})
        self.policy = policy
        return True

    def store_one(self, number: int, data: bytes | None = None) -> Aip:
        self.at += timedelta(minutes=1)
        data = data or hashlib.sha256(str(number).encode()).digest() * 40
        required = [store for store in self.stores if store.name in self.policy.required]
        lagging = [store for store in self.patient if store.name in self.policy.lagging]
        with self.catalogue.transaction() as tx:
            submission = receive(tx, number)
            accept(tx, submission)

        def build(out: Out) -> object:
            for begin in range(0, len(data), 1 << 20):
                out.write(data[begin : begin + (1 << 20)])
            return digests_of([data])

        write_everywhere(required, aip_key(submission.aip_id), build, lagging=lagging)  # type: ignore[type-var]
        aip = package(submission, data)
        with self.catalogue.transaction() as tx:
            written(tx, submission, aip, documents(aip.id, 1))
        seen = read_back(required, aip.object_key, aip.sha256, aip.size_bytes, lagging=lagging)
        with self.catalogue.transaction() as tx:
            tx.record_copies(Copy(aip.id, copy.store, copy.state, self.at) for copy in seen)
            tx.move(
                submission.id, Event.AIP_COPIES_VERIFIED, actor=ACTOR, at=self.at,
                data={"aip_id": aip.id, "required": [store.name for store in required],
                      "copies": [copy.store for copy in seen if copy.ok]},
            )  # fmt: skip
        return replace(aip)

    def catch_up(self, stopping: Callable[[], bool] = NEVER, policy: StoragePolicy | None = None) -> int:
        """Time enough has passed for every store to be asked again."""
        self.seconds += 10_000
        work = CatchUp(self.catalogue, policy or self.policy, self.patient, self.now)
        return work.run(stopping)

    def states(self, aip: Aip) -> dict[str, CopyState]:
        with self.catalogue.read() as view:
            return {copy.store: copy.state for copy in view.copies(aip.id)}

    def held(self, aip: Aip, store: int) -> bytes:
        return (self.folder / "abcd"[store] / str(aip.object_key)).read_bytes()

    def events(self, event: Event) -> list[str]:
        with self.catalogue.read() as view:
            return [record.subject for record in view.records(limit=10_000, event=event)]

    def mood(self, store: int, mood: Mood) -> None:
        self.stores[store].mood = mood
