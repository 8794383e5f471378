"""An archive with very many documents, for measurements of searching: catalogue, ledger and index whole, no bytes in stores.

The texts are Vietnamese, about 2 KB each, shuffled from the project's own source texts, so that terms have the
frequencies of administrative prose. Made by a seed: the same call gives the same archive, ids included.
"""

from __future__ import annotations

import hashlib
import random
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from api.bootstrap import Installation, now
from api.index_source import ArchiveSource
from archive.catalogue import AgreementRef, Aip, Copy, Description, Document, NewSubmission, Transaction
from archive.events import Event
from archive.fixity import CopyState
from archive.storage.key import aip_key
from search.record import IndexableAip, IndexableDocument

SEEDS = Path(__file__).resolve().parent.parent / "samples" / "seeds"
PER_FILE = 100
TEXT_BYTES = 2000
AGENCIES = tuple((f"H99.{number:02}", f"Sở số {number} tỉnh Bình Minh") for number in range(1, 51))
_PLACES = [
    "Bình Minh",
    "Phú Hòa",
    "Tân Lập",
    "Đông Sơn",
    "Hải Thượng",
    "Vĩnh Thủy",
    "Long Khánh",
    "An Định",
    "Thanh Bình",
    "Mỹ Hưng",
]


def sentences() -> list[str]:
    """The sentences of the source texts, 40 characters and longer."""
    text = " ".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt")))
    return [part for part in (" ".join(item.split()) for item in re.split(r"[.;\n]", text)) if len(part) >= 40]


class BigArchive:
    """Document ``n`` of the archive as catalogue row, metadata and text, from its number alone."""

    def __init__(self, documents: int, seed: int = 7) -> None:
        self.documents = documents
        self.files = -(-documents // PER_FILE)
        self._seed = seed
        self._sentences = sentences()
        self._topics = [" ".join(item.split()[:12]) for item in self._sentences]

    def aip_id(self, file: int) -> str:
        return str(uuid.UUID(int=random.Random(f"{self._seed} aip {file}").getrandbits(128), version=4))

    def agency(self, file: int) -> tuple[str, str]:
        return AGENCIES[file % len(AGENCIES)]

    def hoso(self, file: int) -> dict[str, Any]:
        chance = random.Random(f"{self._seed} hoso {file}")
        code, _ = self.agency(file)
        return {
            "fileCode": f"{code}.2017.{file:06}",
            "fileNotation": f"{file:06}/HS-2017",
            "title": f"Hồ sơ về {chance.choice(self._topics)} tại {chance.choice(_PLACES)}",
            "organId": code,
            "mode": "01",
            "maintenance": "Vĩnh viễn",
            "startDate": "2017-01-01",
            "endDate": "2017-12-31",
        }

    def document(self, file: int, ordinal: int) -> dict[str, Any]:
        chance = random.Random(f"{self._seed} doc {file} {ordinal}")
        issued = date(2010, 1, 1) + timedelta(days=chance.randrange(5000))
        kind = chance.choice(("QĐ", "KH", "BC", "TB", "CV", "TTr"))
        return {
            "codeNumber": str(chance.randrange(1, 4000)),
            "codeNotation": f"{kind}-UBND",
            "issuedDate": issued.isoformat(),
            "organName": self.agency(file)[1],
            "subject": f"Về việc {chance.choice(self._topics)} {chance.choice(_PLACES)}",
            "language": "Tiếng Việt",
            "mode": "01",
        }

    def text(self, file: int, ordinal: int) -> str:
        chance = random.Random(f"{self._seed} text {file} {ordinal}")
        parts: list[str] = []
        size = 0
        while size < TEXT_BYTES:
            parts.append(chance.choice(self._sentences))
            size += len(parts[-1].encode())
        return ". ".join(parts)

    def sha256(self, file: int, ordinal: int) -> str:
        return hashlib.sha256(f"{self._seed} {file} {ordinal}".encode()).hexdigest()

    def ordinals(self, file: int) -> range:
        return range(1, min(PER_FILE, self.documents - file * PER_FILE) + 1)

    # -- into an installation -----------------------------------------------------------------------------------

    def record(self, installation: Installation) -> None:
        """Every hồ sơ of it as a stored submission in the catalogue and the ledger; twenty in a transaction."""
        stores = [store.name for store in installation.stores]
        for first in range(0, self.files, 20):
            with installation.catalogue.transaction() as tx:
                for file in range(first, min(first + 20, self.files)):
                    self._record_one(tx, file, stores)

    def _record_one(self, tx: Transaction, file: int, stores: Sequence[str]) -> None:
        code, name = self.agency(file)
        aip_id, submission, at = self.aip_id(file), uuid.UUID(int=file + 1).hex, now()
        digest = hashlib.sha256(aip_id.encode()).hexdigest()
        fields = self.hoso(file)
        tx.receive(
            NewSubmission(
                submission, "tệp", digest, 1, at, at, AgreementRef("bench", "1", digest), "", aip_id, None, code
            ),
            actor="bench",
            at=at,
        )
        tx.describe(submission, Description(code, name, fields["fileCode"], fields["title"]))
        for event in (Event.SUBMISSION_CHECKS_COMPLETED, Event.SUBMISSION_DECISION_ACCEPTED):
            tx.move(submission, event, actor="bench", at=at)
        count = len(self.ordinals(file))
        aip = Aip(
            aip_id,
            submission,
            fields["fileCode"],
            fields["title"],
            "LLT2024-TT05",
            "1",
            aip_key(aip_id),
            count,
            digest,
            at,
            fields,
            layout_sha256=digest,
        )
        tx.record_aip(aip, (self._row(file, aip_id, ordinal) for ordinal in self.ordinals(file)))
        stated = {"aip_id": aip_id, "sha256": digest, "size_bytes": count, "layout_sha256": digest, "documents": count}
        tx.move(submission, Event.AIP_PACKAGE_WRITTEN, actor="bench", at=at, data=stated)
        tx.record_copies(Copy(aip_id, store, CopyState.OK, at) for store in stores)
        tx.move(submission, Event.AIP_COPIES_VERIFIED, actor="bench", at=at, data=stated)
        tx.record_removal(submission, actor="bench", at=at)

    def _row(self, file: int, aip_id: str, ordinal: int) -> Document:
        fields, digest = self.document(file, ordinal), self.sha256(file, ordinal)
        return Document(
            aip_id,
            ordinal,
            f"van-ban-{ordinal:03}.pdf",
            TEXT_BYTES,
            digest,
            digest * 2,
            ordinal * 512,
            pronom="fmt/477",
            media_type="application/pdf",
            verdict="passed",
            number=fields["codeNumber"],
            notation=fields["codeNotation"],
            fields=fields,
        )


class BigSource(ArchiveSource):
    """The archive's own source, its texts and signers from the generator instead of stores that hold none."""

    def __init__(self, big: BigArchive, installation: Installation) -> None:
        super().__init__(installation.catalogue, (), installation.settings.home / "index-refusals.jsonl")
        self._big = big
        self._file = {big.aip_id(file): file for file in range(big.files)}

    def aip(self, aip_id: str) -> IndexableAip | None:
        found = super().aip(aip_id)
        return None if found is None else replace(found, documents=self._with_text(aip_id, found))

    def _with_text(self, aip_id: str, aip: IndexableAip) -> Iterator[IndexableDocument]:
        file = self._file[aip_id]
        for document in aip.documents:
            ordinal = int(document.document_id)
            yield replace(document, text=lambda ordinal=ordinal: self._big.text(file, ordinal))  # type: ignore[misc]
