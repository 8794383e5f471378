"""An archive in memory of any size for the benches of the index: Vietnamese administrative text, made as it is asked for."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from search.indexer import INDEXED_EVENT, Refusal
from search.record import IndexableAip, IndexableDocument

SEEDS = Path("samples/seeds")
TEXT_BYTES = 2000
EACH = 50
OWNERS = tuple(f"H49.64.{number}" for number in range(20, 40))
MODES = ("open",) * 6 + ("conditional",) * 3 + ("restricted",)


class MadeHoldings:
    """``documents`` documents in hồ sơ of fifty; the same ones every time. Implements ``search.indexer.Source``."""

    def __init__(self, documents: int, *, restricted: bool = True) -> None:
        self.documents = documents
        self._modes = MODES if restricted else MODES[:-1]
        self._sentences = _sentences()
        self._events: list[tuple[int, str, str, Mapping[str, Any]]] = [
            (number, INDEXED_EVENT, f"aip-{number:06d}", {}) for number in range(1, -(-documents // EACH) + 1)
        ]
        self._cursors: dict[str, int] = {}

    def aips(self) -> Iterator[IndexableAip]:
        return (self._made(seq, aip_id) for seq, _, aip_id, _ in self._events)

    def add_hoso(self) -> None:
        number = len(self._events) + 1
        self._events.append((number, INDEXED_EVENT, f"aip-{number:06d}", {}))
        self.documents += EACH

    def events_after(self, cursor: int, limit: int) -> Sequence[tuple[int, str, str, Mapping[str, Any]]]:
        return self._events[cursor : cursor + limit]

    def aip(self, aip_id: str) -> IndexableAip | None:
        return self._made(int(aip_id.rpartition("-")[2]), aip_id)

    def held(self, aip_ids: frozenset[str]) -> frozenset[str]:
        return aip_ids

    def total(self) -> int:
        return self.documents + len(self._events)

    def load_cursor(self, generation: str) -> int:
        return self._cursors.get(generation, 0)

    def save_cursor(self, generation: str, seq: int) -> None:
        self._cursors[generation] = seq

    def record_refusals(self, seq: int, refusals: Sequence[Refusal]) -> None:
        raise SystemExit(f"refused: {refusals[0]}")

    def _made(self, number: int, aip_id: str) -> IndexableAip:
        chance = random.Random(number)
        owner = chance.choice(OWNERS)
        year = chance.randrange(2005, 2026)
        count = min(EACH, self.documents - (number - 1) * EACH)
        fields = {
            "fileCode": f"{owner}.{year}.{number}",
            "organId": owner,
            "title": f"Hồ sơ {self._words(chance, 60)}",
            "maintenance": chance.choice(("01", "02", "05", "06")),
            "language": "01",
            "startDate": f"{year}-01-05",
            "endDate": f"{year}-12-20",
        }
        documents = (self._document(chance, owner, year, ordinal) for ordinal in range(count))
        return IndexableAip(
            aip_id, fields, owner, documents, f"Ủy ban nhân dân {owner}", owner=owner, mode="open", as_of=number
        )

    def _document(self, chance: random.Random, owner: str, year: int, ordinal: int) -> IndexableDocument:
        fields = {
            "codeNumber": str(chance.randrange(1, 4000)),
            "codeNotation": f"{year}/QĐ-UBND",
            "typeName": chance.choice(("Quyết định", "Công văn", "Báo cáo", "Tờ trình", "Thông báo")),
            "issuedDate": f"{year}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            "organName": f"Ủy ban nhân dân {owner}",
            "subject": f"Về việc {self._words(chance, 80)}",
            "language": "01",
            "maintenance": "05",
            "mode": "01",
        }
        text = self._words(chance, TEXT_BYTES)
        return IndexableDocument(
            str(ordinal),
            f"van-ban/{ordinal:05}.pdf",
            fields,
            f"{chance.getrandbits(256):064x}",
            123_456,
            lambda: text,
            "fmt/480",
            "passed",
            (chance.choice(("Nguyễn Văn Đạt", "Trần Thị Hoà", "Lê Quang Thuỷ", "Phạm Minh Đức")),),
            "application/pdf",
            "passed",
            "passed",
            mode=chance.choice(self._modes),
        )

    def _words(self, chance: random.Random, size_bytes: int) -> str:
        parts: list[str] = []
        while size_bytes > 0:
            parts.append(chance.choice(self._sentences))
            size_bytes -= len(parts[-1].encode()) + 1
        return " ".join(parts)


def _sentences() -> list[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt")))
    words = text.split()
    return [" ".join(words[start : start + 9]) for start in range(0, len(words), 9)]
