"""An archive that seals, with one hồ sơ on its way in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.bootstrap import Installation, opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import hand_in
from archive.catalogue.file_taking_in import file_of_submission
from archive.catalogue.model import Aip, Submission
from archive.lifecycle import State
from archive.retention.file import File
from archive.storage.key import sealed_aip_key
from ingest.steps import Steps
from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.originals import docx_of
from samples.parcel import bag_of

AGREEMENT = Path(__file__).parents[2] / "samples" / "agreement.toml"
YEARS = "05"
PERMANENT = "01"


@dataclass(frozen=True)
class World:
    home: Path
    installation: Installation
    steps: Steps
    submission: Submission

    def submit(self, code: str, **more: object) -> Submission:
        return accepted(self.installation, self.home.parent / code.replace("/", "-"), code, **more)

    def store(self, submission: Submission | None = None) -> Aip:
        """The whole way of an accepted submission."""
        submission = submission or self.submission
        assert self.steps.package(submission.id) is State.PACKAGED
        assert self.steps.store(submission.id) is State.STORED
        self.steps.finish(submission.id)
        return self.aip(submission)

    def aip(self, submission: Submission | None = None) -> Aip:
        with self.installation.catalogue.read() as view:
            aip = view.aip((submission or self.submission).aip_id)
        assert aip is not None
        return aip

    def file(self, submission: Submission | None = None) -> File:
        with self.installation.catalogue.read() as view:
            held = file_of_submission(view, submission or self.submission)
        assert held is not None
        return held

    def bytes_in(self, store: int, aip: Aip) -> bytes:
        return b"".join(self.installation.stores[store].read(aip.object_key))

    def path_in(self, store: int, aip: Aip) -> Path:
        return self.installation.settings.stores[store].path / str(aip.object_key)

    def path_in_key(self, store: int) -> Path:
        return self.installation.settings.stores[store].path / str(sealed_aip_key(self.submission.aip_id))

    @contextmanager
    def without_keys(self) -> Iterator[Installation]:
        """The same archive on a day when the medium with the key-encryption key is not there."""
        kek = self.home / "keys" / "kek"
        away = kek.with_name("away")
        kek.rename(away)
        try:
            with opened(load_settings(self.home)) as installation:
                yield installation
        finally:
            away.rename(kek)


def accepted(installation: Installation, folder: Path, code: str, maintenance: str = YEARS) -> Submission:
    entries = []
    for name in ("bao-cao", "cong-dien"):
        document = documents()[name]
        path = f"{document.name.removesuffix('.pdf')}.docx"
        entries.append(Entry.of(document, docx_of(document), path, numberOfPage=2))
    hoso = Hoso(code, f"Hồ sơ {code}", tuple(entries), {"maintenance": maintenance})
    bag = bag_of(hoso, "folder").write(folder)
    steps = installation.steps()
    (handed,) = hand_in(installation, [bag], client_key=None, received=lambda: None)
    assert handed.submission is not None, handed.error
    assert steps.check(handed.submission.id) is State.CHECKED
    if steps.decide(handed.submission.id) is State.IN_REVIEW:
        steps.accept(handed.submission.id, actor="thử", reason="thử")
    with installation.catalogue.read() as reading:
        submission = reading.submission(handed.submission.id)
    assert submission.state is State.ACCEPTED
    return submission


@contextmanager
def made_world(folder: Path) -> Iterator[World]:
    home = folder / "home"
    initialise(home, name="Lưu trữ lịch sử", code="H99.12", agreement=AGREEMENT, sealing=True)
    with opened(load_settings(home)) as installation:
        submission = accepted(installation, folder / "bag", "H99.12.2025.TN1")
        yield World(home, installation, installation.steps(), submission)
