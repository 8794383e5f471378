"""A stored hồ sơ whose fields are pages, scripts, formulas and header lines: everywhere they come out as what they are, text."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pikepdf
import pypdfium2
import pytest

from tests.security.conftest import Arena, Made
from tests.security.hostile import FORMULA, HOSTILE, MARKUP, NAME, SHORT

BARE = re.compile(r"<(?!/?mark>)")


@pytest.fixture(scope="module")
def aip_id(arena: Arena, made: Made) -> str:
    with arena.installation.catalogue.read() as reading:
        return reading.submission(made.hostile).aip_id


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_everything_told_of_it_is_json_and_says_the_text_as_it_was_given(arena: Arena, made: Made, aip_id: str) -> None:
    seen: set[str] = set()
    for path in (
        "/records?size=100",
        f"/records/{aip_id}",
        f"/records/{aip_id}/documents",
        f"/records/{aip_id}/documents/1",
        f"/records/{aip_id}/documents/1/verdicts",
        f"/records/{aip_id}/documents/1/signature-report",
        f"/records/{aip_id}/history",
        f"/submissions/{made.hostile}",
        f"/submissions/{made.hostile}/history",
        f"/submissions/{made.hostile}/reports",
        f"/submissions/{made.hostile}/receipt",
        "/submissions?size=100",
        "/search?q=zqxss",
        "/search?q=zqxss&group=true&facet=agency&facet=signer&facet=issuer&facet=fonds",
        "/search/suggest?q=cmd",
        "/ledger?limit=500",
    ):
        answer = arena.ask("head", "GET", path)
        assert answer.status_code in (200, 400), (path, answer.text)
        assert answer.headers["content-type"] in ("application/json", "application/problem+json"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
        seen |= set(texts(answer.json()))
    assert HOSTILE in seen and SHORT in seen and any(NAME in text for text in seen)


class Marks(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag + "".join(name for name, _ in attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_highlights_hold_no_tag_but_mark_and_read_as_the_text_itself(arena: Arena, aip_id: str) -> None:
    found = 0
    for q in ("zqxss", "script", "alert", "cmd", "onerror", '"img src"', "b", "mark", "amp", "lt"):
        for group in (False, True):
            answer = arena.ask("archivist", "GET", "/search", params={"q": q, "group": group, "size": 100})
            for item in answer.json()["items"]:
                for hit in (item, *item["siblings"]):
                    for part in (part for parts in hit["highlights"].values() for part in parts):
                        marks = Marks()
                        marks.feed(part)
                        assert marks.tags <= {"mark"} and not BARE.search(part), part
                        found += hit["aip_id"] == aip_id
    assert found


def test_suggestions_and_errors_repeat_it_as_data(arena: Arena) -> None:
    for answer in (
        arena.ask("archivist", "GET", "/search/suggest", params={"q": "=cmd"}),
        arena.ask("archivist", "GET", "/search", params={"q": f"nam:{MARKUP[:50]}"}),
        arena.ask("archivist", "GET", "/search", params={"filter": f"{MARKUP}:1"}),
        arena.ask("archivist", "GET", "/search", params={"facet": MARKUP}),
        arena.ask("archivist", "GET", f"/records/{MARKUP}"),
        arena.ask("archivist", "GET", f"/{MARKUP}"),
        arena.ask("archivist", "POST", "/me/searches", json={"name": MARKUP, MARKUP: 1, "query": {}}),
        arena.ask("archivist", "POST", "/me/searches", json={"name": MARKUP, "query": {"q": MARKUP}}),
        arena.ask("archivist", "GET", "/me/searches"),
    ):
        assert answer.headers["content-type"] in ("application/json", "application/problem+json"), answer.text
        json.loads(answer.text)


def test_a_table_runs_nothing_in_a_spreadsheet(arena: Arena) -> None:
    answer = arena.ask("archivist", "POST", "/search/export", params={"q": "zqxss", "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    cells = [cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row]
    assert any(MARKUP in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    sheet = arena.ask("archivist", "POST", "/search/export", params={"q": "zqxss", "format": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(sheet.content))
    values = [cell for page in book.worksheets for row in page.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).startswith(FORMULA) for cell in values)
    assert {cell.data_type for cell in values} <= {"s", "n", "d"} and not any(cell.hyperlink for cell in values)
    with zipfile.ZipFile(io.BytesIO(sheet.content)) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert not any(b"<f>" in data or b"<f " in data for name, data in inside.items() if "worksheets/" in name)
    assert not [name for name in inside if "externalLink" in name or "vba" in name.lower()]


def test_its_bytes_go_out_under_a_safe_type_and_a_name_that_ends_no_quotes(arena: Arena, aip_id: str) -> None:
    for path, kind in (
        (f"/records/{aip_id}/documents/1/content", "application/pdf"),
        (f"/records/{aip_id}/documents/1/text", "text/plain; charset=utf-8"),
        (f"/records/{aip_id}/documents/1/thumbnail", "image/webp"),
        (f"/records/{aip_id}/package", "application/x-tar"),
        (f"/records/{aip_id}/zip", "application/zip"),
    ):
        answer = arena.ask("archivist", "GET", path)
        assert answer.status_code == 200 and answer.headers["content-type"] == kind, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
    shown = arena.ask("archivist", "GET", f"/records/{aip_id}/documents/1/content").headers["content-disposition"]
    quoted = re.fullmatch(r"""attachment; filename="([^"\\]*)"; filename\*=UTF-8''([A-Za-z0-9%!#$&+.^_`|~-]+)""", shown)
    assert quoted is not None, shown
    assert ";" not in quoted.group(1)


def test_a_package_given_out_lists_it_as_text(arena: Arena, aip_id: str) -> None:
    body = {
        "request_id": FORMULA,
        "purpose": "02",
        "purpose_content": HOSTILE,
        "research_topic": HOSTILE,
        "description": HOSTILE,
    }
    dip = arena.ask("archivist", "POST", f"/records/{aip_id}/dip", json=body)
    plain = arena.ask("archivist", "GET", f"/records/{aip_id}/zip")
    for answer in (dip, plain):
        assert answer.status_code == 200, answer.text
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            for name in archive.namelist():
                assert not name.startswith("/") and ".." not in name.split("/")
                data = archive.read(name)
                if name.endswith(".csv"):
                    rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
                    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
                if name.endswith((".xml", ".html")):
                    assert b"<script" not in data and b"<img" not in data and b"<!DOCTYPE" not in data, name


def test_letters_and_receipts_are_pdfs_that_run_nothing_and_hold_the_text_literally(arena: Arena, made: Made) -> None:
    for part in ("receipt.pdf", "letter.pdf"):
        answer = arena.ask("archivist", "GET", f"/submissions/{made.hostile}/{part}")
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
        assert re.fullmatch(
            r'attachment; filename="[a-z-]+-NL-\d{4}-\d{6}\.pdf"', answer.headers["content-disposition"]
        )
        with pikepdf.open(io.BytesIO(answer.content)) as pdf:
            kinds = {str(value.get("/S")) for value in pdf.objects if isinstance(value, pikepdf.Dictionary)}
            assert not kinds & {"/JavaScript", "/Launch", "/URI", "/SubmitForm", "/GoToR"}
        document = pypdfium2.PdfDocument(answer.content)
        shown = "".join(page.get_textpage().get_text_range() for page in document)
        document.close()
        assert "<script>alert('zqxss')</script>" in "".join(shown.split()), shown[:3000]
