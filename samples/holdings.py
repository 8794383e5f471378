"""Packages straight into stores and catalogue, as many as wanted: what audits, repairs and rebuilding are tried on.

Each goes the whole way of a stored package (ledger, catalogue, every store, read back), only its checks are left out:
its originals are noise with a few words in front. The same seed gives the same packages, byte for byte.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.aip.model import AipContent, Original, Party, RuleProfile
from archive.aip.reader import AipReader
from archive.aip.writer import write_aip
from archive.catalogue import AgreementRef, Catalogue, Copy, Description, NewSubmission
from archive.copies import read_back, write_everywhere
from archive.digest import digests_of
from archive.events import Event
from archive.paths import RelPath
from archive.recovery.package_rows import described_aip, held_documents, held_material
from archive.storage import Key, Store, aip_key

ACTOR = "luutru"
ARCHIVE = Party("H99.12", "Lưu trữ lịch sử tỉnh Bình Minh")
AGENCY = Party("H99.34", "Sở Nội vụ tỉnh Bình Minh")
BEGUN = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
PROFILE = "LLT2024-TT05"


@dataclass(frozen=True, slots=True)
class Held:
    """One package as it was stored."""

    aip_id: str
    submission_id: str
    key: Key
    size_bytes: int
    sha256: str


def store_packages(
    catalogue: Catalogue,
    stores: Sequence[Store],
    count: int,
    *,
    size_bytes: int = 40_000,
    documents: int = 2,
    seed: int = 1,
    first: int = 1,
    begun: datetime = BEGUN,
) -> Iterator[Held]:
    """``count`` packages of about ``size_bytes``, each in every one of ``stores`` and proven there, a minute apart."""
    with tempfile.TemporaryDirectory(prefix="luutru-holdings-") as folder:
        for number in range(first, first + count):
            at = begun + timedelta(minutes=number)
            yield _store(catalogue, stores, number, at, max(1, size_bytes // documents), documents, seed, Path(folder))


def _store(
    catalogue: Catalogue,
    stores: Sequence[Store],
    number: int,
    at: datetime,
    size_bytes: int,
    documents: int,
    seed: int,
    folder: Path,
) -> Held:
    chance = random.Random(f"{seed}-{number}")
    aip_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    code, title = f"{AGENCY.code}.2026.H{number:07}", f"Hồ sơ số {number} về tu bổ đê điều"
    new = NewSubmission(
        id=uuid.UUID(int=chance.getrandbits(128), version=4).hex,
        source_name=f"ho-so-{number}.zip",
        transfer_sha256=hashlib.sha256(f"{seed}-{number}".encode()).hexdigest(),
        transfer_size_bytes=size_bytes * documents,
        entered_at=at,
        received_legal_at=at,
        agreement=AgreementRef("mặc định", "1", hashlib.sha256(b"agreement").hexdigest()),
        trust_list_version="",
        aip_id=aip_id,
    )
    with catalogue.transaction() as tx:
        submission = tx.receive(new, actor=ACTOR, at=at).submission
        tx.describe(submission.id, Description(AGENCY.code, AGENCY.name, code, title))
        tx.move(submission.id, Event.SUBMISSION_CHECKS_COMPLETED, actor=ACTOR, at=at)
        tx.move(
            submission.id, Event.SUBMISSION_DECISION_ACCEPTED, actor=ACTOR, at=at, decision={"consequence": "accept"}
        )
        submission = tx.submission(submission.id)
    originals = [_original(folder, chance, number, ordinal, size_bytes) for ordinal in range(1, documents + 1)]
    content = AipContent(
        aip_id,
        at,
        RuleProfile(PROFILE, "1"),
        ARCHIVE,
        AGENCY,
        {"fileCode": code, "title": title},
        originals,
        submission_id=submission.id,
    )
    key = aip_key(aip_id)
    written = write_everywhere(stores, key, lambda out: write_aip(content, out, scratch=folder))
    seen = read_back(stores, key, written.sha256, written.size_bytes, layout_sha256=written.layout_sha256, cold=False)
    assert all(result.ok for result in seen), seen
    stated = {
        "aip_id": aip_id,
        "sha256": written.sha256,
        "size_bytes": written.size_bytes,
        "layout_sha256": written.layout_sha256,
    }
    with stores[0].open(key) as file:
        reader = AipReader(file)
        aip = described_aip(
            reader.package(),
            submission,
            size_bytes=written.size_bytes,
            sha256=written.sha256,
            layout_sha256=written.layout_sha256,
            at=at,
            key=key,
        )
        with catalogue.transaction() as tx:
            tx.record_aip(aip, held_documents(reader), held_material(reader))
            tx.move(submission.id, Event.AIP_PACKAGE_WRITTEN, actor=ACTOR, at=at, data=stated)
    with catalogue.transaction() as tx:
        tx.record_copies(Copy(aip_id, result.store, result.state, at) for result in seen)
        tx.move(
            submission.id,
            Event.AIP_COPIES_VERIFIED,
            actor=ACTOR,
            at=at,
            data={"aip_id": aip_id, "copies": [result.store for result in seen]},
        )
    return Held(aip_id, submission.id, key, written.size_bytes, written.sha256)


def _original(folder: Path, chance: random.Random, number: int, ordinal: int, size_bytes: int) -> Original:
    blob = folder / str(ordinal)
    head = f"%PDF-1.7\n% Hồ sơ {number}, tài liệu {ordinal}\n".encode()
    data = head + chance.randbytes(max(0, size_bytes - len(head)))
    blob.write_bytes(data)
    fields = {"codeNumber": str(ordinal), "codeNotation": "QĐ-SNV", "subject": f"Tài liệu {ordinal} của hồ sơ {number}"}
    return Original(RelPath(f"tài liệu {ordinal}.pdf"), blob, digests_of([data]), ordinal, fields)
