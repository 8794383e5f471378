"""Form, list and documents of a submission."""

from __future__ import annotations

from pathlib import Path

import pytest
from archives import on_disk

from ingest.subject import Form
from ingest.unpack import subject_of, survey

BAGIT = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"}


@pytest.mark.parametrize(
    ("files", "form", "listing", "documents"),
    [
        (BAGIT | {"data/a.pdf": b"", "data/metadata.json": b"{}"}, Form.BAG, "data/metadata.json", ["a.pdf"]),
        (BAGIT | {"data/a.pdf": b"", "metadata.json": b"{}"}, Form.BAG, "metadata.json", ["a.pdf"]),
        (BAGIT | {"data/s/a.pdf": b""}, Form.BAG, None, ["s/a.pdf"]),
        ({"a.pdf": b"", "metadata.json": b"{}"}, Form.FOLDER, "metadata.json", ["a.pdf"]),
        ({"a.pdf": b"", "bất kỳ.xlsx": b""}, Form.FOLDER, "bất kỳ.xlsx", ["a.pdf"]),
        (
            {"a.pdf": b"", "Danh mục.CSV": b"", "số liệu.xlsx": b""},
            Form.FOLDER,
            "Danh mục.CSV",
            ["a.pdf", "số liệu.xlsx"],
        ),
        ({"a.xlsx": b"", "b.xlsx": b""}, Form.FOLDER, None, ["a.xlsx", "b.xlsx"]),
        ({"a.pdf": b"", "sub/Danh mục.xlsx": b""}, Form.FOLDER, None, ["a.pdf", "sub/Danh mục.xlsx"]),
        (
            {"a.pdf": b"", "bảng.xlsx": b"", "metadata.json": b"{}"},
            Form.FOLDER,
            "metadata.json",
            ["a.pdf", "bảng.xlsx"],
        ),
    ],
)
def test_the_list_is_found_and_is_no_document(
    tmp_path: Path, files: dict[str, bytes], form: Form, listing: str | None, documents: list[str]
) -> None:
    subject = subject_of(survey(on_disk(tmp_path, files)))
    assert subject.form is form
    assert (subject.listing.path if subject.listing else None) == listing
    assert sorted(subject.documents) == sorted(documents)


def test_two_possible_lists_are_named(tmp_path: Path) -> None:
    subject = subject_of(survey(on_disk(tmp_path, {"a.xlsx": b"", "b.xlsx": b""})))
    assert sorted(subject.extra["listing_candidates"]) == ["a.xlsx", "b.xlsx"]
