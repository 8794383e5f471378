"""Archives to be interrupted, what is submitted to them, and what must be true of them afterwards."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from api.bootstrap import Installation, opened
from api.initialising import initialise
from api.settings import load_settings
from api.verifying import differences
from archive.catalogue.file_reading import aips_of, file_of_aip
from archive.catalogue.model import Submission
from archive.events import Event
from archive.lifecycle import EVENT_OF, State
from samples.documents import documents
from samples.hoso import Entry, Hoso
from samples.originals import docx_of
from samples.parcel import Form, bag_of
from samples.pki import create_pki
from samples.trust_list import write_trust_list
from samples.workshop import Workshop

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 120.0
"""A child that takes longer than this, whatever the machine does besides, hangs."""


class Nursery:
    """The fork server as a process of ours."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=ROOT,
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        )  # fmt: skip
        assert self._read()["ready"]

    def order(self, do: str, deadline: float = DEADLINE_SECONDS, **more: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        order = {"do": do, "deadline": deadline, **more}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        assert not answer.get("hung"), f"hangs: {order}"
        return answer

    def orphans(self) -> list[str]:
        left: list[str] = self.order("orphans", 30.0)["orphans"]
        return left

    def close(self) -> None:
        self._process.communicate(timeout=30)
        self._log.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery died; see its log"
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass
class Home:
    """One archive, and the acknowledgements its submitters heard."""

    folder: Path
    nursery: Nursery
    acks: Path = field(init=False)

    def __post_init__(self) -> None:
        self.acks = self.folder.parent / f"{self.folder.name}.acks"

    @classmethod
    def made(cls, folder: Path, nursery: Nursery, trust_list: Path, stores: Sequence[Path] | None = None) -> Home:
        initialise(
            folder, name="Lưu trữ lịch sử", code="H99.12", stores=stores, trust_list=trust_list,
            agreement=ROOT / "samples" / "agreement.toml", sealing=True,
        )  # fmt: skip
        settings = folder / "luutru.toml"
        text = settings.read_text(encoding="utf-8")
        # No index: nothing listens there, and taking in goes on without it.
        text = text.replace("hosts = []", 'hosts = ["http://127.0.0.1:9"]').replace("workers = 0", "workers = 2")
        settings.write_text(text.replace("reserve = 1073741824", "reserve = 0"), encoding="utf-8")
        return cls(folder, nursery)

    def run(self, do: str, paths: Sequence[tuple[Path, str | None]] = (), **more: Any) -> dict[str, Any]:
        named = [[str(path), client_key] for path, client_key in paths]
        return self.nursery.order(do, home=str(self.folder), paths=named, acks=str(self.acks), **more)

    def acknowledged(self) -> dict[str, str]:
        """Path → id, as far as its submitter was told."""
        return {row["path"]: row["id"] for row in self.heard() if "id" in row}

    def heard(self) -> list[dict[str, Any]]:
        """What submitters were told; a last line that was cut off by a kill was not."""
        if not self.acks.exists():
            return []
        return [json.loads(line) for line in self.acks.read_bytes().split(b"\n")[:-1]]

    @contextmanager
    def opened(self) -> Iterator[Installation]:
        with opened(load_settings(self.folder)) as installation:
            yield installation

    def submissions(self) -> list[Submission]:
        with self.opened() as installation, installation.catalogue.read() as reading:
            return list(reading.submissions_in())

    def differences(self, *, settled: bool = True) -> list[dict[str, Any]]:
        """What fsck says; right after a kill (not ``settled``) quarantine may hold what the next run removes."""
        with self.opened() as installation:
            found = list(differences(installation, with_index=False, deep=False))
        return [row for row in found if settled or row["code"] != "quarantine.content.left"]


PACKAGED = (State.PACKAGED, State.STORED)
_ENDS = {
    State.STORED: Counter({Event.SUBMISSION_RECEIPT_ISSUED: 1, Event.SUBMISSION_CONTENT_REMOVED: 1}),
    State.REFUSED: Counter({Event.SUBMISSION_CONTENT_REMOVED: 1}),
    State.RETURNED: Counter[Event](),
    State.IN_REVIEW: Counter[Event](),
}


def assert_whole(home: Home) -> None:
    """Every submission exactly once in a last state (or before a person), nothing doubled, nothing left, fsck clean."""
    assert home.differences() == []
    with home.opened() as installation, installation.catalogue.read() as reading:
        known = {item.id: item for item in reading.submissions_in()}
        for item in known.values():
            assert item.state in _ENDS, item
            events = [record.event for record in reading.records(subject=item.id)]
            doubled = [event for event, count in Counter(events).items() if count > 1]
            assert not doubled, (item, events)
            assert EVENT_OF[item.state] in events
            for event, count in _ENDS[item.state].items():
                assert events.count(event) == count, (item, events)
            assert (reading.receipt(item.id) is not None) == (item.state is State.STORED)
            aip = reading.aip(item.aip_id)
            assert (aip is not None) == (item.state is State.STORED)
            if aip is not None:
                of_file = file_of_aip(reading, aip.id)
                assert of_file is not None and aip.id in aips_of(reading, of_file.id)
                assert {copy.store: copy.state.value for copy in reading.copies(aip.id)} == {
                    store.name: "ok" for store in installation.stores
                }
                copies = {b"".join(store.read(aip.object_key)) for store in installation.stores}
                assert len(copies) == 1
        stored = sum(item.state is State.STORED for item in known.values())
        for store in installation.stores:
            assert len(list(store.keys("aip"))) == stored
        waiting = {item.id for item in known.values() if item.state in (State.IN_REVIEW, State.RETURNED)}
        assert set(installation.quarantine.names()) == waiting
        assert {path: id for path, id in home.acknowledged().items() if id not in known} == {}
    for store in installation.settings.stores:
        assert list((store.path / ".writing").iterdir()) == []


@dataclass(frozen=True)
class Offer:
    """Something to submit, and the state it must end in."""

    path: Path
    ends: State
    client_key: str | None = None

    @property
    def submit(self) -> tuple[Path, str | None]:
        return self.path, self.client_key


@dataclass
class Offers:
    """Makes small hồ sơ without end, each with documents and numbers of its own."""

    folder: Path
    pki: Path
    _number: int = 1000
    _workshop: Workshop | None = None

    @property
    def trust_list(self) -> Path:
        path = self.folder / "trust-list.json"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_trust_list(self.workshop.pki, path)
        return path

    @property
    def workshop(self) -> Workshop:
        self._workshop = self._workshop or Workshop(create_pki(self.pki))
        return self._workshop

    def good(self, form: Form = "folder", *, noise_bytes: int = 0) -> Offer:
        """Two office files, and a picture of about ``noise_bytes``: accepted."""
        return self._written(self._office(noise_bytes), form, State.STORED)

    def long(self) -> Offer:
        """More documents than are looked into at once: accepted."""
        return self._written(self._office(count=30), "folder", State.STORED)

    def signed(self) -> Offer:
        """A PDF with two signatures: accepted."""
        document = documents()["thong-bao"].with_number(self._next())
        return self._written((Entry.of(document, self.workshop.signed(document)),), "folder", State.STORED)

    def known_elsewhere(self, stored: int) -> Offer:
        """Number and notation of a document in the holdings, other bytes: a person decides."""
        (first, second) = self._office()
        return self._written((first, second.with_fields(**_identity(stored))), "folder", State.IN_REVIEW)

    def secret(self, form: Form = "folder") -> Offer:
        """A mark of secrecy in the metadata: refused, and nothing of it kept."""
        first, second = self._office()
        return self._written((first, second.with_fields(inforSign="MẬT")), form, State.REFUSED)

    def damaged(self) -> Offer:
        """A payload file that is not what its manifest says: returned."""
        offer = self._written(self._office(), "folder", State.RETURNED)
        victim = next(offer.path.glob("data/*.docx"))
        victim.write_bytes(victim.read_bytes() + b" ")
        return offer

    def _office(self, noise_bytes: int = 0, count: int = 2) -> tuple[Entry, ...]:
        entries = []
        for _ in range(count):
            document = documents()["bao-cao"].with_number(self._next())
            path = f"{document.name.removesuffix('.pdf')}.docx"
            entries.append(Entry.of(document, docx_of(document), path, numberOfPage=2))
        if noise_bytes:
            document = documents()["cong-dien"].with_number(self._next())
            path = f"{document.name.removesuffix('.pdf')}.png"
            entries.append(Entry.of(document, _picture(noise_bytes, self._number), path, confidenceLevel="02"))
        return tuple(entries)

    def _written(self, entries: tuple[Entry, ...], form: Form, ends: State) -> Offer:
        number = self._next()
        hoso = Hoso(f"H99.12.2025.G{number}", f"Hồ sơ gián đoạn số {number}", entries)
        path = bag_of(hoso, form).write(self.folder / f"{number}")
        # Returned and refused content may be handed in anew; by its key the sender says that it is the same attempt.
        key = f"khoa-{number}" if ends in (State.RETURNED, State.REFUSED) else None
        return Offer(path, ends, key)

    def _next(self) -> int:
        self._number += 1
        return self._number


def _identity(number: int) -> dict[str, Any]:
    return {"codeNumber": str(number)}


def _picture(noise_bytes: int, seed: int) -> bytes:
    side = int((noise_bytes / 3) ** 0.5) + 1
    out = BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(side * side * 3)).save(out, "PNG")
    return out.getvalue()
