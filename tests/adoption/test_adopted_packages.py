"""What an earlier attempt committed to one store is the package, whatever version of the software tries again."""

from __future__ import annotations

import errno
import importlib.metadata
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from api.bootstrap import Installation, opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import hand_in
from api.verifying import differences, look_inside
from archive.aip.model import AipContent
from archive.aip.writer import write_aip
from archive.catalogue.model import Submission
from archive.errors import ObjectExistsError, StoreError
from archive.events import Event
from archive.fixity import verify_copy
from archive.lifecycle import State
from archive.storage import DirectoryStore, aip_key
from ingest.packaging import Lazy, aip_content
from ingest.steps import Steps
from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.originals import docx_of
from samples.parcel import bag_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "storage"))
from failing_disk import FailingDisk

AGREEMENT = Path(__file__).parents[2] / "samples" / "agreement.toml"


@dataclass(frozen=True)
class World:
    installation: Installation
    steps: Steps
    submission: Submission

    def attempt_that_reaches_one_store(self) -> bytes:
        """The bytes in the first store, after the second one failed at its commit."""
        _, second = self.installation.settings.stores
        broken = DirectoryStore(second.name, second.path, disk=FailingDisk(1, errno.EIO, only=("fsync",), times=100))
        with pytest.raises(StoreError):
            replace(self.steps, stores=(self.steps.stores[0], broken)).package(self.submission.id)
        assert [len(list(store.keys())) for store in self.steps.stores] == [1, 0]
        return self.held(0)

    def held(self, store: int) -> bytes:
        return b"".join(self.steps.stores[store].read(aip_key(self.submission.aip_id)))

    def lay(self, data: bytes, store: int = 0) -> None:
        """``data`` as the package in one store."""
        with self.steps.stores[store].create(aip_key(self.submission.aip_id)) as writer:
            writer.write(data)
            writer.commit()

    def content(self) -> AipContent:
        checking = self.steps._checking(self.submission)
        at = self.installation.steps().now()
        return aip_content(
            self.submission, checking, archive=self.steps.archive, profile="LLT2024-TT05", checked_at=at, decided_at=at
        )

    def state(self) -> State:
        with self.installation.catalogue.read() as reading:
            return reading.submission(self.submission.id).state


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    entries = []
    for name in ("bao-cao", "cong-dien"):
        document = documents()[name]
        path = f"{document.name.removesuffix('.pdf')}.docx"
        entries.append(Entry.of(document, docx_of(document), path, numberOfPage=2))
    bag = bag_of(Hoso("H99.12.2025.TN1", "Hồ sơ được đóng gói hai lần", tuple(entries)), "folder").write(
        tmp_path / "bag"
    )
    initialise(tmp_path / "home", name="Lưu trữ lịch sử", code="H99.12", agreement=AGREEMENT)
    with opened(load_settings(tmp_path / "home")) as installation:
        (handed,) = hand_in(installation, [bag], client_key=None, received=lambda: None)
        assert handed.submission is not None, handed.error
        steps = installation.steps()
        assert steps.check(handed.submission.id) is State.CHECKED
        if steps.decide(handed.submission.id) is State.IN_REVIEW:
            steps.accept(handed.submission.id, actor="thử", reason="thử")
        with installation.catalogue.read() as reading:
            submission = reading.submission(handed.submission.id)
        assert submission.state is State.ACCEPTED
        yield World(installation, steps, submission)


@pytest.fixture
def other_version(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    real = importlib.metadata.version

    def update() -> None:
        monkeypatch.setattr(importlib.metadata, "version", lambda name: "99.9" if name == "luutru" else real(name))

    return update


def test_T25_the_package_of_the_version_before_is_completed_not_replaced(
    world: World, other_version: Callable[[], None]
) -> None:
    first = world.attempt_that_reaches_one_store()
    other_version()
    assert world.content().software_version == "99.9"
    assert world.steps.package(world.submission.id) is State.PACKAGED
    assert world.steps.store(world.submission.id) is State.STORED
    world.steps.finish(world.submission.id)
    assert world.held(0) == world.held(1) == first
    with world.installation.catalogue.read() as reading:
        aip = reading.aip(world.submission.aip_id)
        record = reading.record_of(world.submission.id, Event.AIP_PACKAGE_WRITTEN)
        assert aip is not None and record is not None
        assert record.data["layout_sha256"] == aip.layout_sha256
        for document in reading.documents(aip.id):
            assert len(first[document.tar_offset :]) > document.size_bytes
    for store in world.steps.stores:
        result = verify_copy(
            store, aip.object_key, aip.sha256, aip.size_bytes, layout_sha256=aip.layout_sha256, deep=look_inside
        )
        assert result.ok
        assert verify_copy(store, aip.object_key, aip.sha256, aip.size_bytes).ok
    assert list(differences(world.installation, with_index=False)) == []


def test_the_same_version_again_gives_the_same_package(world: World) -> None:
    first = world.attempt_that_reaches_one_store()
    assert world.steps.package(world.submission.id) is State.PACKAGED
    assert world.held(0) == world.held(1) == first


def test_a_package_in_the_second_store_is_taken_over_too(world: World, other_version: Callable[[], None]) -> None:
    out = io.BytesIO()
    write_aip(world.content(), out)
    world.lay(out.getvalue(), store=1)
    other_version()
    assert world.steps.package(world.submission.id) is State.PACKAGED
    assert world.held(0) == world.held(1) == out.getvalue()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: replace(content, submission_id="0" * 32),
        lambda content: replace(content, originals=list(content.originals)[:1], derivatives=()),
        lambda content: replace(
            content,
            originals=Lazy(
                2, lambda: (replace(item, path=type(item.path)(f"x{item.path}")) for item in content.originals)
            ),
            derivatives=(),
        ),
    ],
)
def test_a_package_of_something_else_is_not_taken_over(world: World, spoil: Callable[[AipContent], AipContent]) -> None:
    out = io.BytesIO()
    write_aip(spoil(world.content()), out)
    world.lay(out.getvalue())
    with pytest.raises(ObjectExistsError):
        world.steps.package(world.submission.id)
    assert world.state() is State.ACCEPTED


@pytest.mark.parametrize("cut", [0, 1, 3000, 20_000])
def test_a_damaged_package_is_not_taken_over(world: World, cut: int) -> None:
    out = io.BytesIO()
    told = write_aip(world.content(), out)
    data = bytearray(out.getvalue())
    data[told.originals[0].offset + 5] ^= 1
    world.lay(bytes(data[:-cut] if cut else data))
    with pytest.raises(ObjectExistsError):
        world.steps.package(world.submission.id)
    assert world.state() is State.ACCEPTED


@pytest.mark.parametrize("vanished", [(1,), (0,), (0, 1)])
def test_copies_that_vanish_before_they_are_read_back_are_written_again(
    world: World, vanished: tuple[int, ...]
) -> None:
    assert world.steps.package(world.submission.id) is State.PACKAGED
    first = world.held(0)
    for number in vanished:
        (world.installation.settings.stores[number].path / str(aip_key(world.submission.aip_id))).unlink()
    assert world.steps.store(world.submission.id) is State.STORED
    assert world.held(0) == world.held(1) == first
