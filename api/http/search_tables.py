"""A whole search as a table: read page by page, judged row by row, written to a file without a name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

from api.http.gate import Asked
from api.http.hits import ordinal_of
from api.http.problems import ProblemError
from api.http.search_asked import SearchAsked
from api.http.targets import Judge, to_know
from api.http.visibility import view_of, visible_of
from api.scratch import scratch_of
from api.tables import CSV_MEDIA_TYPE, XLSX_MEDIA_TYPE, csv_chunks, write_xlsx
from archive.access import Mode
from archive.catalogue import Document
from archive.catalogue.standing import Listed, aips_named, documents_of
from archive.digest import CHUNK_BYTES
from search.facet_counts import FACETS
from search.hits import SearchHit
from search.query import LARGEST_PAGE, search

MOST_ROWS = 50_000


class TableForm(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        return XLSX_MEDIA_TYPE if self is TableForm.XLSX else CSV_MEDIA_TYPE


@dataclass
class Table:
    """A table ready to be sent. Its file has no name: it is gone when closed, or with the process."""

    file: IO[bytes]
    size_bytes: int
    count: int
    restricted: int

    def chunks(self) -> Iterator[bytes]:
        """All of it, once; the file is closed after the last piece, or when nobody wants more."""
        try:
            self.file.seek(0)
            while data := self.file.read(CHUNK_BYTES):
                yield data
        finally:
            self.close()

    def close(self) -> None:
        self.file.close()


def made_table(asked: Asked, what: SearchAsked, form: TableForm) -> Table:
    """The table of everything ``what`` finds for who asks. Raises ProblemError 413 for more than ``MOST_ROWS``."""
    rows = _Rows(asked, what)
    folder = scratch_of(asked.service.installation.settings.home)
    file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 — the answer closes it
    try:
        if form is TableForm.CSV:
            for chunk in csv_chunks(iter(rows)):
                file.write(chunk)
        else:
            write_xlsx(iter(rows), file, made_at=asked.at)  # type: ignore[arg-type]  # IO[bytes] is a BinaryIO here
        file.flush()
        return Table(file, file.seek(0, 2), rows.count, rows.restricted)
    except BaseException:
        file.close()
        raise


class _Rows:
    """Rows as ``api.tables`` wants them, counted as they pass."""

    def __init__(self, asked: Asked, what: SearchAsked) -> None:
        self.count = 0
        self.restricted = 0
        self._asked = asked
        self._what = what

    def __iter__(self) -> Iterator[dict[str, Any]]:
        after: str | None = None
        while True:
            page, after = self._page(after)
            yield from page
            if after is None:
                return

    def _page(self, after: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """Rights and what was restricted meanwhile are asked for anew with each page."""
        asked, what = self._asked, self._what
        catalogue, index = asked.service.installation.catalogue, asked.service.index()
        with catalogue.read() as reading:
            visible = visible_of(asked, reading, view_of(index).cursor(reading), continued=after is not None)
        found = search(
            index, what.text, visible, what.filters, size=LARGEST_PAGE, after=after, sort=what.sort, highlight=False
        )
        if found.total > MOST_ROWS:
            raise ProblemError(
                413,
                "export.too-many",
                f"Kết quả có {found.total} bản ghi, nhiều hơn {MOST_ROWS} dòng của một bảng.",
                remedy="Thu hẹp câu tìm kiếm, ví dụ theo năm, rồi xuất từng phần.",
            )
        places = [(hit, ordinal_of(hit)) for hit in found.hits]
        wanted: dict[str, set[int]] = {}
        for hit, ordinal in places:
            some = wanted.setdefault(hit.aip_id, set())
            if ordinal is not None:
                some.add(ordinal)
        with catalogue.read() as reading:
            judge = Judge.of(
                reading, to_know(asked), (item for hit, n in places for item in ((hit.aip_id, n), (hit.aip_id, None)))
            )
            documents, aips = documents_of(reading, wanted), aips_named(reading, wanted)
        rows = [row for hit, n in places if (row := self._row(hit, n, judge, documents, aips)) is not None]
        self.count += len(rows)
        return rows, found.after

    def _row(
        self,
        hit: SearchHit,
        ordinal: int | None,
        judge: Judge,
        documents: Any,
        aips: Any,
    ) -> dict[str, Any] | None:
        listed: Listed | None = aips.get(hit.aip_id)
        document: Document | None = documents.get((hit.aip_id, ordinal)) if ordinal is not None else None
        target = judge.target(hit.aip_id, ordinal)
        if listed is None or target is None or not judge.known(hit.aip_id, ordinal):
            return None
        self.restricted += target.mode is Mode.RESTRICTED
        hoso = judge.known(hit.aip_id, None)
        row: dict[str, Any] = {
            "kind": FACETS["kind"].words.get(hit.kind, hit.kind),
            "agency_name": listed.agency_name,
            "mode": FACETS["mode"].words.get(target.mode.value, target.mode.value),
            "aip_id": hit.aip_id,
        }
        if hoso:
            row |= {"file_code": listed.aip.file_code, "hoso_title": listed.aip.title, "hoso": listed.aip.fields}
        if document is not None:
            row |= {
                "ordinal": ordinal,
                "fields": document.fields,
                "path": document.path,
                "size_bytes": document.size_bytes,
                "sha256": document.sha256,
                "verdict": FACETS["signature"].words.get(document.verdict, document.verdict),
            }
        return row
