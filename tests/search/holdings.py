"""An archive in memory that the follower reads, and builders of what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from search.indexer import INDEXED_EVENT, MODE_EVENT, Refusal
from search.record import IndexableAip, IndexableDocument

SEEDS = Path(__file__).resolve().parents[2] / "samples" / "seeds"


@dataclass
class Holdings:
    """An archive in memory: a ledger of events and the AIPs they speak of."""

    events: list[tuple[int, str, str, Mapping[str, Any]]] = field(default_factory=list)
    made: dict[str, Callable[[], IndexableAip]] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    refusals: dict[int, list[Refusal]] = field(default_factory=dict)
    saved: list[int] = field(default_factory=list)

    def take(self, aip: IndexableAip | Callable[[], IndexableAip], aip_id: str = "") -> None:
        """Another AIP enters, after an event that does not concern the index."""
        make = aip if callable(aip) else (lambda: aip)
        identity = aip_id or make().aip_id
        self.made[identity] = make
        for event in ("submission.received", INDEXED_EVENT):
            self.events.append((len(self.events) + 1, event, identity, {}))

    def decide(self, aip_id: str, aip: IndexableAip) -> None:
        """Another mode of use is decided: from now on the AIP is as given."""
        self.made[aip_id] = lambda: aip
        self.events.append((len(self.events) + 1, MODE_EVENT, aip_id, {}))

    def end(self, aip_id: str) -> None:
        """The AIP is no longer held."""
        del self.made[aip_id]

    def events_after(self, cursor: int, limit: int) -> Sequence[tuple[int, str, str, Mapping[str, Any]]]:
        return self.events[cursor : cursor + limit]

    def aip(self, aip_id: str) -> IndexableAip | None:
        if aip_id not in self.made:
            return None
        return replace(self.made[aip_id](), as_of=len(self.events))

    def aips(self) -> Iterator[IndexableAip]:
        return (self.made[aip_id]() for aip_id in sorted(self.made))

    def held(self, aip_ids: frozenset[str]) -> frozenset[str]:
        return aip_ids & self.made.keys()

    def total(self) -> int:
        return sum(1 + sum(1 for _ in make().documents) for make in self.made.values())

    def load_cursor(self, generation: str) -> int:
        return self.cursors.get(generation, 0)

    def save_cursor(self, generation: str, seq: int) -> None:
        self.cursors[generation] = seq
        self.saved.append(seq)

    def record_refusals(self, seq: int, refusals: Sequence[Refusal]) -> None:
        self.refusals[seq] = list(refusals)


def document(
    document_id: str = "d1",
    text: str | Callable[[], str] = "",
    path: str = "",
    *,
    own_mode: str = "open",
    signers: tuple[str, ...] = ("Nguyễn Văn Đạt",),
    media_type: str = "application/pdf",
    signature_verdict: str = "passed",
    pdfa_verdict: str = "passed",
    **fields: Any,
) -> IndexableDocument:
    return IndexableDocument(
        document_id,
        path or f"van-ban/{document_id}.pdf",
        {"subject": f"Văn bản {document_id}", **fields},
        "0" * 64,
        1234,
        text if callable(text) else lambda: text,
        "fmt/480",
        "passed",
        signers,
        media_type,
        signature_verdict,
        pdfa_verdict,
        mode=own_mode,
    )


def hoso(
    aip_id: str, *documents: IndexableDocument, owner: str = "H49.64.33", own_mode: str = "open", **fields: Any
) -> IndexableAip:
    given = {"fileCode": f"H49.64.33.{aip_id}", "title": f"Hồ sơ {aip_id}", **fields}
    return IndexableAip(
        aip_id,
        given,
        "H49.64.33",
        documents,
        "Ủy ban nhân dân thành phố Hải Phòng",
        "passed",
        owner=owner,
        mode=own_mode,
    )


def seed_hoso() -> IndexableAip:
    """The five seed decisions as one hồ sơ."""
    metadata = (
        ("000", "15", "2014/QĐ-UBND", "Về việc gửi, nhận văn bản qua Hệ thống thư điện tử thành phố", "Hải Phòng"),
        ("001", "22", "2017/QĐ-UBND", "Ban hành Quy định trao đổi, lưu trữ, xử lý văn bản điện tử", "Khánh Hòa"),
        ("002", "31", "2011/QĐ-UBND", "Ban hành quy định về gửi, nhận văn bản điện tử", "Biên Hòa"),
        ("003", "57", "2013/QĐ-UBND", "Ban hành Quy định trao đổi, lưu trữ, xử lý văn bản điện tử", "Hà Nội"),
        ("004", "09", "CT-UBND", "Tăng cường sử dụng hệ thống thư điện tử", "Hải Phòng"),
    )
    documents = []
    for stem, number, sign, subject, place in metadata:
        (path,) = SEEDS.glob(f"{stem}_*.txt")
        documents.append(
            document(
                stem,
                path.read_text(encoding="utf-8"),
                subject=subject,
                codeNumber=number,
                codeNotation=sign,
                organName=f"Ủy ban nhân dân {place}",
                issuedDate="27/11/2017" if stem == "001" else "2014-05-08",
            )
        )
    return hoso("aip-seeds", *documents, title="Tập quyết định về văn bản điện tử")
