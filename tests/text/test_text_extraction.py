"""The text of every kind of document we take, from real files made with the real writers."""

import codecs
import hashlib
import io
import unicodedata
import warnings
import zipfile
from pathlib import Path

import docx
import openpyxl
import pikepdf
import pytest
from docx.oxml import parse_xml
from odf.opendocument import OpenDocumentText
from odf.text import LineBreak, P, Span, Tab

from ingest.checks.secrecy import secrecy_mark
from ingest.checks.text import facts

SENTENCE = "Quyết định về việc gửi, nhận văn bản điện tử"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def pdf(path: Path, *pages: str) -> Path:
    with warnings.catch_warnings():
        # Its word about a subsetter missing on this machine is no concern of these tests.
        warnings.simplefilter("ignore")
        import weasyprint

        divided = "<div style='page-break-after:always'></div>".join(f"<pre>{page}</pre>" for page in pages)
        weasyprint.HTML(string=f"<html lang=vi><body>{divided}</body></html>").write_pdf(path)
    return path


def written(path: Path, folder: Path, **options: object) -> tuple[dict[str, object], str]:
    out = folder / "out.txt"
    found = dict(facts(path, {"text_out": str(out), **options}))
    text = out.read_text(encoding="utf-8")
    assert found["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert found["characters"] == len(text)
    return found, text


def test_a_pdf_gives_its_pages_divided_by_form_feeds(folder: Path) -> None:
    found, text = written(pdf(folder / "a.bin", SENTENCE, "Trang thứ hai"), folder)
    first, second = text.split("\f")
    assert SENTENCE in first
    assert "Trang thứ hai" in second
    assert found["kind"] == "pdf"
    assert found["pages"] == 2
    assert found["has_text_layer"] is True
    assert SENTENCE in str(found["head"])
    assert set(found["tool"]) == {"pypdfium2"}
    assert unicodedata.is_normalized("NFC", text)


def test_the_head_of_a_pdf_is_the_top_of_the_first_page_and_no_more(folder: Path) -> None:
    body = "\n".join(["TỐI MẬT", "", *[f"dòng {number}" for number in range(45)], "cuối trang"])
    found, _ = written(pdf(folder / "a.pdf", body), folder)
    assert secrecy_mark(str(found["head"])) == "TỐI MẬT"
    assert "cuối trang" not in str(found["head"])


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_head_is_found_on_a_turned_page(folder: Path, rotation: int) -> None:
    straight = pdf(folder / "a.pdf", "ĐẦU TRANG" + "\n" * 45 + "CUỐI TRANG")
    with pikepdf.open(straight) as document:
        page = document.pages[0]
        width, height = (float(page.mediabox[2]), float(page.mediabox[3]))
        turned = {
            0: (1, 0, 0, 1, 0, 0),
            90: (0, 1, -1, 0, height, 0),
            180: (-1, 0, 0, -1, width, height),
            270: (0, -1, 1, 0, 0, width),
        }[rotation]
        page.contents_add(f"q {' '.join(str(value) for value in turned)} cm".encode(), prepend=True)
        page.contents_add(b"Q")
        page.mediabox = [0, 0, height, width] if rotation in (90, 270) else [0, 0, width, height]
        page.Rotate = rotation
        document.save(folder / "turned.pdf")
    found, _ = written(folder / "turned.pdf", folder)
    assert "ĐẦU TRANG" in str(found["head"])
    assert "CUỐI TRANG" not in str(found["head"])


def test_a_mark_laid_over_a_page_as_an_annotation_is_in_the_head(folder: Path) -> None:
    with pikepdf.open(pdf(folder / "a.pdf", SENTENCE)) as document:
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.FreeText,
            Rect=[10, 10, 90, 40],
            Contents=pikepdf.String("TUYỆT MẬT"),
        )
        document.pages[0].Annots = pikepdf.Array([document.make_indirect(note)])
        document.save(folder / "stamped.pdf")
    found, _ = written(folder / "stamped.pdf", folder)
    assert secrecy_mark(str(found["head"])) == "TUYỆT MẬT"


def test_text_beyond_the_limit_is_left_out_and_said_so(folder: Path) -> None:
    found, text = written(pdf(folder / "a.pdf", SENTENCE, "hai"), folder, max_chars=10)
    assert text == SENTENCE[:10]
    assert found["cut"] is True


def test_an_encrypted_and_a_broken_pdf_are_named_not_raised_T41(folder: Path) -> None:
    with pikepdf.open(pdf(folder / "a.pdf", SENTENCE)) as document:
        document.save(folder / "locked.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n" + b"\0" * 500)
    assert facts(folder / "locked.pdf", {})["error"] == "encrypted"
    assert facts(folder / "broken.pdf", {})["error"] == "malformed"


def test_a_docx_gives_header_paragraphs_tables_and_text_boxes_but_not_what_was_deleted(folder: Path) -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "MẬT"
    document.add_paragraph(SENTENCE)
    cell = document.add_table(1, 2).cell(0, 1)
    cell.text = "ô trong bảng"
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document.add_paragraph()._p.append(parse_xml(f"<w:del {w}><w:r><w:delText>đã xóa</w:delText></w:r></w:del>"))
    document.save(folder / "a")
    found, text = written(folder / "a", folder)
    assert found["kind"] == "docx"
    assert SENTENCE in text
    assert "ô trong bảng" in text
    assert "đã xóa" not in text
    assert secrecy_mark(str(found["head"])) == "MẬT"


def test_odt_and_fodt_give_the_same_text(folder: Path) -> None:
    made = OpenDocumentText()
    paragraph = P(text="Quyết định ")
    paragraph.addElement(Span(text="về việc"))
    paragraph.addElement(Tab())
    paragraph.addElement(LineBreak())
    paragraph.addText("gửi, nhận")
    made.text.addElement(paragraph)
    made.text.addElement(P(text="Điều 1."))
    made.write(folder / "a.odt")
    (folder / "a.fodt").write_bytes(made.xml())
    found, text = written(folder / "a.odt", folder)
    assert found["kind"] == "odt"
    assert text.strip() == "Quyết định về việc\t\ngửi, nhận\nĐiều 1."
    found, flat = written(folder / "a.fodt", folder)
    assert found["kind"] == "fodt"
    assert flat.strip() == text.strip()


def fodt(body: str, head: str = "") -> bytes:
    names = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text"))
    inside = f"<office:body><office:text>{body}</office:text></office:body>"
    return f'<?xml version="1.0"?>{head}<office:document {names}>{inside}</office:document>'.encode()


def test_pictures_inside_a_flat_file_are_no_text(folder: Path) -> None:
    body = "<text:p>trước<office:binary-data>QUJD</office:binary-data>sau<!-- lời --> nữa</text:p>"
    (folder / "a").write_bytes(fodt(body))
    _, text = written(folder / "a", folder)
    assert text == "trướcsau nữa\n"


def test_a_document_type_declaration_is_refused_by_name(folder: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    (folder / "a").write_bytes(fodt("<text:p>&b;</text:p>", bomb))
    assert facts(folder / "a", {})["error"] == "doctype"
    late = "<!--" + " " * 5000 + "-->" + bomb
    (folder / "b").write_bytes(fodt("<text:p>&b;</text:p>", late).replace(b"<?xml", b"<?xml", 1))
    assert facts(folder / "b", {})["error"] == "doctype"
    with zipfile.ZipFile(folder / "c", "w") as packed:
        packed.writestr("word/document.xml", f"<?xml version='1.0'?>{late}<a>&b;</a>")
    assert facts(folder / "c", {})["error"] == "doctype"


def test_a_bomb_in_an_office_file_is_refused_by_name(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.docx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"<a>" + b" " * (8 << 20) + b"</a>")
    assert facts(folder / "a.docx", {})["error"] == "bomb"


def test_an_xlsx_gives_its_sheets_as_pages(folder: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Trang một"
    book.active.append(["Số", SENTENCE, 12])
    book.create_sheet("Trang hai").append(["cuối"])
    book.save(folder / "a")
    found, text = written(folder / "a", folder)
    assert found["kind"] == "xlsx"
    assert text == f"Trang một\nSố\t{SENTENCE}\t12\fTrang hai\ncuối"
    assert found["pages"] == 2


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0x"])
def test_pictures_and_empty_files_have_no_text(folder: Path, content: bytes) -> None:
    (folder / "a").write_bytes(content)
    found, text = written(folder / "a", folder)
    assert found["kind"] in ("picture", "empty") and found["error"] is None
    assert (found["characters"], found["has_text_layer"], text) == (0, False, "")


def test_decomposed_text_is_written_composed(folder: Path) -> None:
    document = docx.Document()
    document.add_paragraph(unicodedata.normalize("NFD", SENTENCE))
    stream = io.BytesIO()
    document.save(stream)
    (folder / "a").write_bytes(stream.getvalue())
    _, text = written(folder / "a", folder)
    assert SENTENCE in text


@pytest.mark.parametrize(
    ("data", "head"),
    [
        ("TỐI MẬT\n\nnội dung".encode(), "TỐI MẬT\n\nnội dung"),
        (codecs.BOM_UTF8 + "TỐI MẬT\r\nx".encode(), "TỐI MẬT\nx"),
        ("TỐI MẬT\nx".encode("utf-16"), "TỐI MẬT\nx"),
        ("a;b\nMẬT;1".encode(), "a;b\nMẬT;1"),
    ],
)
def test_plain_text_is_read_in_every_unicode_encoding(data: bytes, head: str, folder: Path) -> None:
    (folder / "a").write_bytes(data)
    found, text = written(folder / "a", folder)
    assert (found["kind"], found["head"], text) == ("plain", head, head)


def test_tags_are_no_words_so_a_mark_in_html_stands_alone(folder: Path) -> None:
    (folder / "a").write_bytes("<!DOCTYPE html><html><body><p><b>TUYỆT MẬT</b></p><p>x</p>".encode())
    assert secrecy_mark(facts(folder / "a", {})["head"]) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"{\\rtf1 T\\u7888?I}",
        b"PK\x03\x04rubbish",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"\x7fELF" + b"\xff" * 90,
    ],
)
def test_a_kind_nobody_can_read_is_not_said_to_hold_no_text(data: bytes, folder: Path) -> None:
    (folder / "a").write_bytes(data)
    assert facts(folder / "a", {})["error"] == "unsupported"
