"""What there is to submit: the five decisions of the seeds and small documents cut from them, each with the truth about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from samples.layout import NUMBER_PLACE, Page
from samples.numbering import numbered
from samples.rendering import Rendered, rendered

AGENCY_CODE = "H99.12"
AGENCY_NAME = "Sở Nội vụ tỉnh Bình Minh"


@dataclass(frozen=True, slots=True)
class Document:
    """One document before it is signed. ``page.number`` may be the place of a number: then ``number`` is put there.

    ``assigned`` names what the source does not state and the samples had to choose.
    """

    key: str
    page: Page
    type_code: str
    number: str
    issued: date
    kind: str = "outgoing"
    assigned: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """A file name as offices give it: kind, number, notation, in Vietnamese."""
        kind = self.page.kind.capitalize() if self.page.kind else "Công văn"
        return f"{kind} {self.number}-{self.page.notation.replace('/', '-')}.pdf"

    def printed(self) -> Rendered:
        base = rendered(self.page)
        if self.page.number != NUMBER_PLACE:
            return base
        return replace(base, pdf=numbered(base.pdf, self.number))

    def with_number(self, number: int) -> Document:
        """The same document under another number; only documents with a place for it have one."""
        assert self.page.number == NUMBER_PLACE, f"the number of {self.key} is printed in"
        return replace(self, number=str(number))

    def fields(self) -> dict[str, Any]:
        """The truth about it under the canonical names of fields (TT 05/2025, NĐ 30/2020)."""
        page, signature = self.page, self.page.signature
        position = " ".join((*signature.authority, signature.position)).strip()
        found: dict[str, Any] = {
            "docId": f"{AGENCY_CODE}.{self.issued.year}.{int(self.number):07}",
            "typeName": self.type_code,
            "codeNumber": self.number,
            "codeNotation": page.notation,
            "issuedDate": self.issued.strftime("%d/%m/%Y"),
            "organName": page.agency,
            "subject": page.subject,
            "language": "01",
            "numberOfPage": rendered(page).pages,
            "mode": "01",
            "confidenceLevel": "01",
            "process": "0",
        }
        if signature.name:
            found["signerInfo"] = {"position": position or "Người ký", "fullName": signature.name}
        if self.kind == "outgoing":
            found["priority"] = "0"
        return found


@cache
def documents() -> Mapping[str, Document]:
    """Every document by key: ``seed-0`` … ``seed-4`` and the small ones by their kind (``cong-van``, ``to-trinh`` …)."""
    from samples.catalogue import small_documents
    from samples.decisions import decisions

    return {item.key: item for item in (*decisions(), *small_documents())}
