"""The list against the content: each fault of a list, one at a time."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from archive.digest import digests_of
from archive.finding import Answer
from archive.paths import RelPath
from ingest.checks.listing import check
from ingest.subject import DocumentEntry, Form, Member, Record, Subject
from schemas.findings import finding_kinds

NFC, NFD = (unicodedata.normalize(form, "Đơn đề nghị.pdf") for form in ("NFC", "NFD"))


def subject(
    files: list[str], listed: list[tuple[str, Mapping[str, Any]]] | None, file: Mapping[str, Any] | None = None
) -> Subject:
    members = {RelPath(path): Member(RelPath(path), Path("blob"), digests_of([b"x"])) for path in files}
    record = None
    if listed is not None:
        record = Record("p", {}, file or {}, tuple(DocumentEntry(path, "vbdi", fields) for path, fields in listed))
    return Subject(Form.FOLDER, members, members, record)


def entries(*paths: str, first: int | None = None) -> list[tuple[str, Mapping[str, Any]]]:
    return [(path, {} if first is None else {"docOrdinal": first + index}) for index, path in enumerate(paths)]


CASES: dict[str, tuple[Subject, set[tuple[str, str | None]]]] = {
    "all is well": (subject(["a", "b"], entries("a", "b", first=1), {"totalDoc": "2"}), set()),
    "no list": (subject(["a"], None), {("list.absent", None)}),
    "an empty list": (subject([], []), {("list.empty", None)}),
    "a missing document": (subject(["a"], entries("a", "b")), {("list.document.missing", "b")}),
    "an extra document": (subject(["a", "b"], entries("a")), {("list.document.extra", "b")}),
    "a document listed twice": (subject(["a"], entries("a", "a")), {("list.document.linked-twice", "a")}),
    "an entry without file": (subject(["a"], entries("a", " ")), {("list.entry.no-path", None)}),
    "T37 another Unicode form": (subject([NFD], entries(NFC)), {("list.name.normalised", NFD)}),
    "one file in both forms": (
        subject([NFD], entries(NFC, NFD)),
        {("list.name.normalised", NFD), ("list.document.linked-twice", NFD)},
    ),
    "two files of one form, each listed": (subject([NFC, NFD], entries(NFC, NFD)), set()),
    "a form that means either": (
        subject(["\u1ed9", "\u1ecd\u0302"], entries("o\u0323\u0302")),
        {
            ("list.name.ambiguous", "o\u0323\u0302"),
            ("list.document.extra", "\u1ed9"),
            ("list.document.extra", "\u1ecd\u0302"),
        },
    ),
    "a total that differs": (subject(["a"], entries("a"), {"TotalDoc": 2}), {("list.total.differs", None)}),
    "a total that is no number": (
        subject(["a"], entries("a"), {"totalDoc": "hai"}),
        {("list.total.not-a-number", None)},
    ),
    "a total from a spreadsheet": (subject(["a"], entries("a"), {"totalDoc": 1.0}), set()),
    "ordinals twice": (
        subject(["a", "b"], [("a", {"DocOrdinal": 1}), ("b", {"DocOrdinal": "1"})]),
        {("list.ordinal.repeated", "b")},
    ),
    "ordinals with a gap": (
        subject(["a", "b"], [("a", {"docOrdinal": 1}), ("b", {"docOrdinal": 3})]),
        {("list.ordinal.gap", None)},
    ),
    "an ordinal left out": (
        subject(["a", "b"], [("a", {"docOrdinal": 1}), ("b", {})]),
        {("list.ordinal.absent", "b")},
    ),
    "an ordinal that is no number": (
        subject(["a"], [("a", {"docOrdinal": "một"})]),
        {("list.ordinal.not-a-number", "a")},
    ),
    "names are compared exactly otherwise": (
        subject(["A.pdf"], entries("a.pdf")),
        {("list.document.missing", "a.pdf"), ("list.document.extra", "A.pdf")},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_of_the_list_is_named(name: str) -> None:
    given, expected = CASES[name]
    report = check(given)
    assert {(item.code, item.document) for item in report.findings} == expected
    failed = any(finding_kinds()[code].severity == "error" for code, _ in expected)
    assert report.answer is (Answer.FAILED if failed else Answer.PASSED)


def test_two_possible_lists_are_said_to_be_ambiguous() -> None:
    given = Subject(Form.FOLDER, {}, {}, extra={"listing_candidates": ("a.xlsx", "b.xlsx")})
    assert [item.code for item in check(given).findings] == ["list.ambiguous"]


def test_every_code_of_the_list_check_is_shown_here() -> None:
    shown = {code for _, expected in CASES.values() for code, _ in expected} | {"list.ambiguous"}
    assert {code for code in finding_kinds() if code.startswith("list.")} == shown
