"""Printed papers: real PDF/A by veraPDF, every formal part where it belongs, their data inside, their list on every sheet."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import ModuleType

import pikepdf
import pypdfium2
import pytest

from archive.canonical import canonical_json
from archive.papers.paper import (
    DATA_NAME,
    ListReference,
    PaperKind,
    as_json,
    paper_bytes,
    paper_data,
    paper_kind,
    paper_sha256,
)
from archive.papers.records import report_due
from ingest.papers.composing import composed, paper_pdf
from ingest.papers.frame import long_date
from ingest.papers.printing import ROWS_AT_ONCE, Printed
from ingest.papers.wording import amount, size
from ingest.verapdf.client import VeraPool, Verdict
from schemas.disposal_rules import PROFILES, disposal_rules
from schemas.papers import paper_terms

KINDS = sorted(kind.value for kind in PaperKind)


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]
    finally:
        document.close()


def judged(verapdf: VeraPool, tmp_path: Path, pdf: bytes, sheets: int) -> None:
    path = tmp_path / "giay-to.pdf"
    path.write_bytes(pdf)
    judgement = verapdf.judge(path, "3u", timeout_seconds=120, pages=sheets)
    assert judgement.verdict is Verdict.JUDGED, judgement.reason
    assert judgement.compliant, [rule.as_json() for rule in judgement.rules]


def test_there_is_a_specimen_of_every_kind(printed_papers: dict[str, Printed]) -> None:
    assert sorted(printed_papers) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_is_valid_pdfa_by_the_real_verapdf(
    printed_papers: dict[str, Printed], verapdf: VeraPool, tmp_path: Path, kind: str
) -> None:
    judged(verapdf, tmp_path, printed_papers[kind].pdf, printed_papers[kind].sheets)


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_carries_its_canonical_data_inside_and_named_by_digest(
    printed_papers: dict[str, Printed], specimens: ModuleType, kind: str
) -> None:
    paper = specimens.papers()[kind]
    with pikepdf.open(io.BytesIO(printed_papers[kind].pdf)) as pdf:
        inside = pdf.attachments[DATA_NAME].get_file().read_bytes()
        keywords = str(pdf.open_metadata().get("pdf:Keywords"))
    assert inside == printed_papers[kind].data == paper_bytes(paper) == canonical_json(json.loads(inside))
    assert f"luutru-paper-sha256:{paper_sha256(paper)}" in keywords and f"luutru-paper:{kind}" in keywords
    assert ("luutru-list-sha256:" in keywords) is (paper.bound_to is not None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sheet_of_a_bound_paper_bears_the_hash_of_its_list_in_one_line(
    printed_papers: dict[str, Printed], specimens: ModuleType, kind: str
) -> None:
    bound = specimens.papers()[kind].bound_to
    for text in texts(printed_papers[kind].pdf):
        found = re.findall(r"Đợt hủy: (\S+) · SHA-256 của danh mục: ([0-9a-f]{64})", text)
        assert found == ([] if bound is None else [(bound.round_code, bound.sha256)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_has_the_formal_parts_of_an_official_document(
    printed_papers: dict[str, Printed], specimens: ModuleType, kind: str
) -> None:
    paper = specimens.papers()[kind]
    whole = "\n".join(texts(printed_papers[kind].pdf))
    number = f"Số: {paper.head.number}/{paper.head.notation}"
    for part in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "SỞ NỘI VỤ TỈNH BÌNH MINH",
        number,
    ):
        assert part in whole
    assert f"Bình Minh, {long_date(paper.head.issued)}" in whole
    assert "Nơi nhận:" in whole and all(block.name in whole for block in paper.head.signatures)
    name = composed(paper).name
    assert (name in whole.replace("\n", " ")) if name else ("V/v " in whole and "Kính gửi: " in whole)


@pytest.mark.parametrize("profile", ["LLT2024-TT05", "ND01-TT02"])
def test_no_paper_cites_an_article_of_the_decree_whose_numbers_are_not_certain(
    specimens: ModuleType, profile: str
) -> None:
    words = " ".join(
        str(block)
        for paper in specimens.papers(profile).values()
        for block in (composed(paper).blocks, composed(paper).name, composed(paper).subject)
    )
    assert not re.search(r"Điều \d+[^.]{0,40}(Nghị định|NĐ)[^.]{0,20}01/2013", words)
    assert not re.search(r"khoản \d+ Điều 28|Điều 15[^.]{0,30}06/2025", words)
    assert ("33/2024/QH15" in words) is (profile == "LLT2024-TT05")
    assert ("01/2011/QH13" in words) is (profile == "ND01-TT02")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_paper_the_rules_of_rounds_ask_for_can_be_printed(specimens: ModuleType, profile: str) -> None:
    made = specimens.papers(profile)
    assert [rule.kind for rule in disposal_rules(profile).papers if paper_kind(rule.kind).value not in made] == []
    with pytest.raises(ValueError, match="love-letter"):
        paper_kind("love-letter")


def test_words_are_those_of_the_rule_profile(specimens: ModuleType) -> None:
    new, old = (specimens.papers(profile)["council_minutes"] for profile in ("LLT2024-TT05", "ND01-TT02"))
    assert composed(new).name == "BIÊN BẢN HỌP HỘI ĐỒNG XÉT HỦY TÀI LIỆU"
    assert composed(old).name == "BIÊN BẢN HỌP HỘI ĐỒNG XÁC ĐỊNH GIÁ TRỊ TÀI LIỆU"
    decisions = [str(composed(specimens.papers(p)["destruction_decision"])) for p in ("LLT2024-TT05", "ND01-TT02")]
    assert "trong thời hạn 15 ngày" in decisions[0] and "trong thời hạn" not in decisions[1]
    assert paper_terms()["LLT2024-TT05"].period == "Thời hạn lưu trữ"


def test_minutes_show_each_lines_votes_and_every_dissent(printed_papers: dict[str, Printed]) -> None:
    whole = " ".join(" ".join(texts(printed_papers["council_minutes"].pdf)).split())
    assert "Ý kiến khác với đa số" in whole and "nếu hủy sẽ không còn căn cứ đối chiếu" in whole
    assert "đề nghị hủy 2 hồ sơ; giữ lại và kéo dài thời hạn 1 hồ sơ; giữ lại vĩnh viễn 1 hồ sơ" in whole


def test_a_certificate_says_what_was_not_done_and_what_it_does_not_certify(printed_papers: dict[str, Printed]) -> None:
    whole = " ".join(" ".join(texts(printed_papers["certificate"].pdf)).split())
    assert "Không ghi đè khối cũ" in whole and "phương tiện có thể còn khối cũ" in whole
    assert "Khóa đến 31/03/2027" in whole and "Không chứng nhận về bản sao" in whole
    assert "(không giữ tiêu đề)" in whole


def test_a_list_of_many_lines_loses_and_repeats_none_and_its_sheets_are_numbered_and_headed(
    specimens: ModuleType, verapdf: VeraPool, tmp_path: Path
) -> None:
    count = 2 * ROWS_AT_ONCE + 150
    made = paper_pdf(specimens.expired_list(count))
    sheets = texts(made.pdf)
    assert len(sheets) == made.sheets
    codes = [code for text in sheets for code in re.findall(r"H99\.12\.20\d\d\.(\d{5})", text)]
    assert codes == [f"{at:05}" for at in range(1, count + 1)]
    for number, text in enumerate(sheets[1:-1], 2):
        assert text.startswith(f"{number}\n") or f"\n{number}\n" in text
        assert "Tiêu đề hồ sơ" in text and "(3)" in text
    rows = [len(re.findall(r"H99\.12\.20\d\d\.\d{5}", text)) for text in sheets[1:-2]]
    assert min(rows) >= max(rows) - 4, "no sheet in the midst shows where a part ended"
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert pdf.attachments[DATA_NAME].get_file().read_bytes() == made.data
    judged(verapdf, tmp_path, made.pdf, made.sheets)


def test_text_from_outside_stays_text(specimens: ModuleType) -> None:
    paper = specimens.expired_list(1)
    evil = '</td></table><img src="http://x.invalid/a.png"><script>1</script>" } @page { size: A6 } "'
    line = replace(paper.lines[0], title=evil, note=evil)
    bound = ListReference('X"; } @page { size: A6 } /*', paper.bound_to.sha256, 1)
    made = paper_pdf(replace(paper, lines=(line,), bound_to=bound, head=replace(paper.head, agency=evil)))
    whole = "".join("".join(texts(made.pdf)).split())
    assert "".join(evil.split()) in whole and 'X";}@page{size:A6}/*·SHA-256' in whole
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert [float(x) for x in pdf.pages[0].mediabox][2:] == pytest.approx([841.89, 595.28], abs=0.1)


def test_a_paper_from_before_the_freezing_is_bound_to_its_round_and_claims_no_hash(specimens: ModuleType) -> None:
    paper = specimens.papers()["establishment_decision"]
    made = paper_pdf(replace(paper, bound_to=ListReference("HTL-2026-03", "", 4)))
    whole = "\n".join(texts(made.pdf))
    assert whole.count("Đợt hủy: HTL-2026-03") == made.sheets and "SHA-256" not in whole
    assert "gồm 4 hồ sơ, chưa chốt" in " ".join(whole.split())
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert "luutru-list-sha256" not in str(pdf.open_metadata().get("pdf:Keywords"))


def test_a_paper_not_yet_numbered_and_dated_shows_dots(specimens: ModuleType) -> None:
    paper = specimens.papers()["submission_statement"]
    made = paper_pdf(replace(paper, head=replace(paper.head, number="", issued=None)))
    first = texts(made.pdf)[0]
    assert "Số: ……/TTr-VP" in first and "ngày … tháng … năm …" in first


def test_data_of_a_paper_is_one_byte_string_and_changes_with_every_field(specimens: ModuleType) -> None:
    paper = specimens.papers()["destruction_decision"]
    assert paper_bytes(paper) == paper_bytes(specimens.papers()["destruction_decision"])
    assert paper_data(paper)["list"] == {"round_code": "HTL-2026-03", "sha256": specimens.LIST_SHA256, "lines": 4}
    others = [replace(paper, files=3), replace(paper, witnesses=()), replace(paper, profile="ND01-TT02")]
    assert len({paper_sha256(item) for item in (paper, *others)}) == 4
    with pytest.raises(TypeError):
        as_json(1.5)
    with pytest.raises(ValueError, match="64 hexadecimal"):
        ListReference("x", "A" * 64, 1)


def test_days_amounts_and_sizes_are_written_as_official_vietnamese_has_them() -> None:
    assert long_date(date(2026, 2, 3)) == "ngày 03 tháng 02 năm 2026"
    assert long_date(date(2026, 3, 12)) == "ngày 12 tháng 3 năm 2026"
    assert amount(1_234_567) == "1.234.567" and size(999) == "999 byte" and size(1536) == "1.536 byte (1,5 KiB)"
    assert as_json(datetime.fromisoformat("2026-10-12T02:05:00+00:00")) == "2026-10-12T09:05:00+07:00"


@pytest.mark.parametrize(
    ("period", "day"), [("first-half", "2026-06-04"), ("second-half", "2026-12-04"), ("year", "2026-12-04")]
)
def test_reports_are_due_before_the_fifth_of_june_and_of_december(period: str, day: str) -> None:
    assert report_due(period, 2026) == date.fromisoformat(day)  # type: ignore[arg-type]
