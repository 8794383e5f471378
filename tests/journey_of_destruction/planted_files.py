"""Hồ sơ of long ago with planted stretches of 32 bytes: in the text of a document, raw in its file, in titles and fields."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import pikepdf

from samples.documents import AGENCY_CODE, Document, documents
from samples.hoso import Entry, Hoso
from samples.parcel import bag_of
from samples.pki import Pki
from samples.rendering import Rendered
from samples.seeds import Paragraph
from samples.workshop import PERSON_AND_AGENCY, Workshop, signing_time

YEAR = 2010
_PLACES = ("title", "subject", "text", "raw", "keyword")


@dataclass(frozen=True)
class Planted:
    """One hồ sơ. ``period`` as its line of the danh mục says it; ``code`` of the hồ sơ, ``notation`` of the line."""

    number: int
    period: str

    @property
    def notation(self) -> str:
        return f"{self.number:02}.DD"

    @property
    def code(self) -> str:
        return f"{AGENCY_CODE}.{YEAR}.{self.notation}"

    @property
    def planned_title(self) -> str:
        return f"Hồ sơ tu bổ tuyến đê số {self.number}"

    @property
    def markers(self) -> dict[str, bytes]:
        """Place → 32 bytes; letters and digits alone, so that every spelling of text shows them as they are."""
        return {place: _marker(self.number, place) for place in _PLACES}

    def word(self, place: str) -> str:
        return self.markers[place].decode("ascii")

    @property
    def title(self) -> str:
        return f"{self.planned_title} {self.word('title')}"


def planted(count: int, periods: Iterable[tuple[str, int]]) -> tuple[Planted, ...]:
    """``periods``: how many of each, in this order; numbers run from 1."""
    wanted = [period for period, times in periods for _ in range(times)]
    assert len(wanted) == count
    return tuple(Planted(number, period) for number, period in enumerate(wanted, 1))


def parcel(file: Planted, pki: Pki) -> bytes:
    """A zipped bag with one signed document, dated in the year the work ended."""
    document = _document(file)
    printed = _with_raw(document.printed(), file.markers["raw"])
    pdf = Workshop(pki).signed_as(printed, PERSON_AND_AGENCY, at=signing_time(document))
    about = {"maintenance": _maintenance(file.period), "keyword": file.word("keyword")}
    hoso = Hoso(file.code, file.title, (Entry.of(document, pdf, f"Thông báo {file.number}.pdf"),), about)
    return bag_of(hoso, "zip").packed()


def _document(file: Planted) -> Document:
    usual = documents()["thong-bao"]
    issued = date(YEAR, 3 + file.number % 9, 1 + file.number % 28)
    body = (
        Paragraph("clause", f"Tình trạng mặt đê, kè và cống của tuyến số {file.number} được ghi nhận như sau."),
        Paragraph("clause", f"Ký hiệu kiểm tra hiện trường: {file.word('text')}."),
    )
    subject = f"Về việc tu bổ tuyến đê số {file.number} {file.word('subject')}"
    page = replace(usual.page, issued=issued, subject=subject, body=body, table=(), annex=None)
    return replace(usual, page=page, issued=issued).with_number(500 + file.number)


def _with_raw(printed: Rendered, marker: bytes) -> Rendered:
    """The same document with ``marker`` as it is among the bytes of its file: a key of its own in the catalogue."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed.pdf)) as pdf:
        pdf.Root["/LTDH_Dau"] = pikepdf.String(marker.decode("ascii"))
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    assert marker in out.getvalue()
    return replace(printed, pdf=out.getvalue())


def _marker(number: int, place: str) -> bytes:
    return f"dau{hashlib.sha256(f'{number} {place}'.encode()).hexdigest()[:29]}".encode("ascii")


def _maintenance(period: str) -> str:
    """The code of TT 05/2025."""
    return {"Vĩnh viễn": "01", "70 năm": "02", "10 năm": "06"}[period]
