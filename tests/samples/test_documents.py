"""The documents are what they claim: words of the seeds, laid out by the rule, the same bytes every time."""

import hashlib
import io
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from samples.documents import documents
from samples.layout import long_date
from samples.numbering import numbered
from samples.originals import ORIGINALS
from samples.seeds import seed

PROJECT = Path(__file__).parent.parent.parent


def _text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    return " ".join(" ".join(pages).split())


@pytest.mark.parametrize("number", range(5))
def test_what_a_decision_says_of_itself_stands_in_its_seed_unless_it_is_marked_as_assigned(number: int) -> None:
    document = documents()[f"seed-{number}"]
    text = " ".join(seed(number).text.split())
    page, assigned = document.page, document.assigned
    assert page.agency.removesuffix(f" {page.place}").casefold() in text.casefold()
    assert page.place in text
    assert page.subject.removeprefix("Về việc ").casefold() in text.replace("**", "").casefold()
    if "codeNumber" not in assigned:
        assert f"{page.number}/{page.notation}" in text.replace(" /", "/")
    if "issuedDate" not in assigned:
        day = document.issued
        spellings = (long_date(day), f"{day.day:02}/{day.month}/{day.year}", f"{day.day}/{day.month}/{day.year}")
        assert any(spelling in text for spelling in spellings)
    if page.signature.name:
        assert page.signature.name in text


@pytest.mark.parametrize("number", range(5))
def test_every_paragraph_of_a_seed_is_printed(number: int) -> None:
    document = documents()[f"seed-{number}"]
    printed = _text(document.printed().pdf).replace(" ", "")
    for paragraph in (*seed(number).opening, *seed(number).annex):
        words = "".join(paragraph.text.split())
        # A page number or the foot of a page may stand between the two halves of a long one.
        assert words[:40] in printed, paragraph.text


@pytest.mark.parametrize("key", sorted(documents()))
def test_a_document_is_pdfa_2u_on_a4_with_noto_serif_inside(key: str) -> None:
    printed = documents()[key].printed()
    with pikepdf.open(io.BytesIO(printed.pdf)) as pdf:
        assert 'pdfaid:part="2"' in (xmp := pdf.Root.Metadata.read_bytes().decode()) or "<pdfaid:part>2<" in xmp
        assert len(pdf.pages) == printed.pages
        fonts = {str(font.BaseFont) for page in pdf.pages for font in page.Resources.Font.values()}
        assert all("Noto-Serif" in name for name in fonts), fonts
        for page in pdf.pages:
            assert [round(float(side)) for side in page.MediaBox] == [0, 0, 595, 842]


@pytest.mark.parametrize("key", ["cong-van", "bien-ban", "seed-2"])
def test_a_document_shows_motto_number_date_and_signer(key: str) -> None:
    document = documents()[key]
    text = _text(document.printed().pdf)
    for part in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        f"Số: {document.number}/{document.page.notation}",
        long_date(document.issued),
        document.page.signature.name,
        "không có giá trị pháp lý",
    ):
        assert part in text


def test_a_number_is_printed_and_read_and_changes_nothing_else() -> None:
    document = documents()["to-trinh"]
    one, other = document.with_number(7).printed().pdf, document.with_number(20250).printed().pdf
    assert one == document.with_number(7).printed().pdf
    assert "Số: 7/TTr-SNV" in _text(one) and "Số: 20250/TTr-SNV" in _text(other)
    assert _text(one).replace("Số: 7/", "") == _text(other).replace("Số: 20250/", "")
    with pikepdf.open(io.BytesIO(one)) as first, pikepdf.open(io.BytesIO(other)) as second:
        assert bytes(first.trailer.ID[0]) == bytes(second.trailer.ID[0])
        assert bytes(first.trailer.ID[1]) != bytes(second.trailer.ID[1])


@pytest.mark.parametrize("number", ["", "x", "12345678901"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError):
        numbered(documents()["to-trinh"].printed().pdf, number)


def test_a_document_without_a_place_for_a_number_is_refused() -> None:
    with pytest.raises(ValueError):
        numbered(documents()["seed-0"].printed().pdf, "1")


def test_days_below_ten_and_months_below_three_take_a_nought() -> None:
    assert long_date(date(2009, 5, 8)) == "ngày 08 tháng 5 năm 2009"
    assert long_date(date(2025, 1, 11)) == "ngày 11 tháng 01 năm 2025"


_DIGESTS = """
import hashlib, sys
import samples.rendering
samples.rendering._cache_folder = lambda: None
from samples.documents import documents
from samples.originals import ORIGINALS
document = documents()["bao-cao"].with_number(5)
print(hashlib.sha256(document.printed().pdf).hexdigest())
for suffix in ("docx", "odt", "fodt", "xlsx", "png"):
    print(hashlib.sha256(ORIGINALS[suffix](document)).hexdigest())
"""


def test_another_process_makes_the_same_bytes() -> None:
    made = {
        subprocess.run(
            [sys.executable, "-c", _DIGESTS],
            cwd=PROJECT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(made) == 1
    document = documents()["bao-cao"].with_number(5)
    assert made.pop().split()[0] == hashlib.sha256(document.printed().pdf).hexdigest()


def test_every_original_begins_as_its_format_does() -> None:
    heads = {
        "docx": b"PK",
        "odt": b"PK",
        "xlsx": b"PK",
        "fodt": b"<?xml",
        "tiff": b"II*\0",
        "jpg": b"\xff\xd8\xff",
        "png": b"\x89PNG",
    }
    assert set(heads) == set(ORIGINALS)
    document = documents()["cong-dien"].with_number(3)
    for suffix, head in heads.items():
        assert ORIGINALS[suffix](document).startswith(head)
