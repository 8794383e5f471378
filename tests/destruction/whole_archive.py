"""A whole installation with a round at work in it, and traces of its hồ sơ in every place there is."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import update

from api.bootstrap import Installation, opened
from api.destroying import go_on
from api.destruction_places import marker_file, place_names, places_of
from api.initialising import initialise
from api.proving_absence import Opening, looks_of, media_of
from api.settings import load_settings
from archive.absence.verifying import Verifier
from archive.access import Author
from archive.alerts import Severity, raise_alert
from archive.catalogue.destruction_model import AbsenceRun
from archive.catalogue.disposal_tables import round_lines
from archive.destruction.beginning import Line, Refused, begin
from archive.destruction.executing import Progress
from samples.holdings import Held
from tests.destruction.round_at_work import ACTOR, EXECUTOR, ROUND_ID, VERIFIER, RoundAtWork


@dataclass
class WholeArchive:
    installation: Installation
    work: RoundAtWork

    @property
    def home(self) -> Path:
        return self.installation.settings.home

    @property
    def held(self) -> Held:
        return self.work.destroyed[0]

    @property
    def title(self) -> str:
        return next(n.data.decode() for n in self.needles if n.kind == "text")

    @property
    def marker(self) -> bytes:
        return next(n.data for n in self.needles if n.kind == "content")

    @property
    def needles(self) -> tuple[object, ...]:
        return marker_file(self.installation, ROUND_ID).read()[self.work.file_id(self.held)].needles  # type: ignore[return-value]

    def begin(self) -> None:
        self.work.mark()
        assert self.begin_lines(self.work.lines()) == []

    def begin_lines(self, lines: Sequence[Line]) -> list[Refused]:
        """Only these lines, their markers taken before."""
        return begin(
            self.installation.catalogue,
            self.work.approval,
            lines,
            begin_destroying=self.work._begin_destroying,
            places=place_names(self.installation),
            by=Author(ACTOR, EXECUTOR),
            at=self.work.now(),
            needles=self.work.needles(),
        )

    def go_on(self) -> Progress:
        return go_on(self.installation, ROUND_ID)

    def line_outcome(self, file_id: str, outcome: str | None) -> None:
        """As if the council had concluded so of this line."""
        with self.installation.catalogue.transaction() as tx:
            tx.rows(update(round_lines).where(round_lines.c.file_id == file_id).values(outcome=outcome))

    def look(self, number: int) -> AbsenceRun:
        """Looks everywhere, and changes nothing of what is due."""
        verifier = Verifier(
            self.installation.catalogue,
            ROUND_ID,
            looks_of(self.installation),
            Opening(self.installation),
            self.work.now,
            in_database=frozenset({"home", "database"}),
            media=media_of(self.installation),
        )
        markers = marker_file(self.installation, ROUND_ID).read()
        run = verifier.run(
            f"{number:032x}", markers, verifier_id=VERIFIER, executor_id=EXECUTOR, actor="account:verifier"
        )
        return run


@contextmanager
def whole_archive(folder: Path, count: int = 2) -> Iterator[WholeArchive]:
    home = folder / "kho"
    initialise(
        home,
        name="Lưu trữ lịch sử tỉnh Bình Minh",
        code="H99.12",
        stores=[folder / "kho-1", folder / "kho-2"],
        database="",
        sealing=True,
    )
    (folder / "nhật ký dịch vụ").mkdir()
    settings = home / "luutru.toml"
    also = f'\n[destruction]\nalso = ["{folder / "nhật ký dịch vụ"}"]\n'
    settings.write_text(settings.read_text(encoding="utf-8") + also, encoding="utf-8")
    with opened(load_settings(home)) as installation:
        work = RoundAtWork(installation.catalogue, installation.settings.catalogue_url, list(installation.stores), home)
        work.take_in(count)
        work.places = list(places_of(installation))
        yield WholeArchive(installation, work)


def leave_traces(archive: WholeArchive) -> None:
    """What years of use leave lying about, in each place."""
    home, held = archive.home, archive.held
    slot = home / "quarantine" / held.submission_id
    slot.mkdir(parents=True)
    (slot / "transfer").write_bytes(archive.marker)
    (home / "quarantine" / f"{held.submission_id}.part").mkdir()
    with archive.installation.catalogue.read() as view:
        document = next(view.documents(held.aip_id))
    picture = home / "pictures" / document.sha256[:2] / document.sha256
    picture.mkdir(parents=True)
    (picture / "1-240-x_1x1_1.webp").write_bytes(b"webp")
    upload = home / "uploads" / "u1"
    upload.mkdir(parents=True)
    (upload / "done.json").write_text(json.dumps({"submission_id": held.submission_id}))
    (upload / "upload.json").write_text(json.dumps({"name": archive.title}, ensure_ascii=False))
    (home / "tmp" / "dead").mkdir(parents=True)
    (home / "tmp" / "dead" / "page-1").write_bytes(archive.marker)
    (home / "luutru.log").write_text(f"WARNING cannot read «{archive.title}» now\n", encoding="utf-8")
    (home / "audit").mkdir(exist_ok=True)
    (home / "audit" / "run.json").write_text(json.dumps({"findings": [archive.title]}, ensure_ascii=False))
    with archive.installation.catalogue.transaction() as tx:
        raise_alert(
            tx,
            severity=Severity.YELLOW,
            code="index.drift",
            subject="index",
            text=f"Chỉ mục lệch ở «{archive.title}».",
            at=archive.work.now(),
        )
    logging.getLogger(__name__).debug("traces left")
