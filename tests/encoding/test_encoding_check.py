"""The encoding check on whole subjects: metadata, names and heads."""

import unicodedata
from pathlib import Path
from typing import Any

from archive.digest import Digests
from archive.finding import Answer
from archive.paths import RelPath
from ingest.checks.encoding import check
from ingest.report import CheckReport
from ingest.subject import DocumentEntry, Form, Member, Record, Subject
from schemas.findings import finding_kinds

TITLE = "Hồ sơ về việc gửi, nhận văn bản điện tử"
TITLE_TCVN3 = "Hå s¬ vÒ viÖc göi, nhËn v¨n b¶n ®iÖn tö"
SUBJECT_VNI = "Quyeát ñònh veà vieäc ban haønh quy cheá"


def report(file: dict[str, Any], *, names: tuple[str, ...] = ("a.pdf",), head: str = "", **fields: Any) -> CheckReport:
    paths = [RelPath(name) for name in names]
    members = {path: Member(path, Path("/nonexistent"), Digests(0, "", "")) for path in paths}
    entries = tuple(DocumentEntry(path, "other", fields) for path in paths)
    record = Record("LLT2024-TT05", {"code": "H24", "name": "UBND thành phố"}, file, entries)
    return check(Subject(Form.FOLDER, members, members, record), dict.fromkeys(paths, head))


def test_real_vietnamese_passes_without_a_word() -> None:
    found = report(
        {"title": TITLE, "mode": "01"}, names=("Đơn đề nghị.pdf",), head="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    )
    assert (found.answer, found.findings) == (Answer.PASSED, ())


def test_tcvn3_metadata_fails_and_is_read_for_the_sender() -> None:
    found = report({"title": TITLE_TCVN3, "keyword": "C«ng v¨n", "fileCode": "H24.01"})
    assert found.answer is Answer.FAILED
    assert [(item.code, item.details["field"]) for item in found.findings] == [
        ("encoding.metadata.legacy", "title"),
        ("encoding.metadata.legacy", "keyword"),
    ]
    assert f"TCVN3; trường title đọc là: “{TITLE}”" in found.findings[0].message


def test_a_short_value_is_judged_with_the_others() -> None:
    found = report({"title": TITLE_TCVN3, "creator": "Hïng"})
    assert [item.details["guess"] for item in found.findings] == [TITLE, "Hùng"]


def test_vni_in_one_document_of_a_unicode_file_is_named() -> None:
    (item,) = report({"title": TITLE}, subject=SUBJECT_VNI).findings
    assert (item.code, item.document) == ("encoding.metadata.legacy", "a.pdf")
    assert item.details["scheme"] == "VNI"
    assert item.details["guess"] == "Quyết định về việc ban hành quy chế"


def test_names_and_documents_in_older_encodings_are_told_and_not_refused() -> None:
    found = report({"title": TITLE}, names=("QuyÕt_®Þnh_sè_5.pdf",), head=TITLE_TCVN3)
    assert found.answer is Answer.PASSED
    assert [item.code for item in found.findings] == ["encoding.name.legacy", "encoding.document.legacy"]
    assert found.findings[0].details["guess"] == "Quyết_định_số_5.pdf"


def test_decomposed_text_is_fine_and_told_once_T37() -> None:
    found = report({"title": unicodedata.normalize("NFD", TITLE)}, names=(unicodedata.normalize("NFD", "Đề án.pdf"),))
    assert [item.code for item in found.findings] == ["encoding.text.decomposed"]
    assert found.answer is Answer.PASSED


def test_lost_characters_are_told() -> None:
    assert [item.code for item in report({"title": "Quy\ufffdt định"}).findings] == [
        "encoding.metadata.lost-characters"
    ]


def test_a_mark_in_metadata_or_on_the_first_page_fails() -> None:
    for found in (
        report({"title": TITLE, "mode": "03"}),
        report({"title": TITLE, "mode": 3}),
        report({"title": TITLE, "mode": "Mật"}),
        report({"title": TITLE}, mode="03"),
        report({"title": TITLE}, description="Tối mật"),
        report({"title": TITLE}, head="ỦY BAN NHÂN DÂN\nT Ố I  M Ậ T\nSố: 1"),
    ):
        assert found.answer is Answer.FAILED
        assert [item.code for item in found.findings] == ["encoding.secrecy-mark"]


def test_the_finding_of_a_mark_tells_nothing_of_the_content_it_stood_in() -> None:
    found = report({"title": TITLE_TCVN3, "mode": "03"}, head="Nội dung không được lộ\nTUYỆT MẬT\nkế hoạch riêng")
    told = repr(found.as_json())
    assert {item.code for item in found.findings} == {"encoding.secrecy-mark"}
    for word in ("lộ", "kế hoạch", "Hå", "Hồ sơ"):
        assert word not in told


def test_the_code_03_of_another_field_is_no_mark() -> None:
    assert report({"title": TITLE, "confidenceLevel": "03", "format": "03"}, typeName="03").findings == ()


def test_a_fault_everywhere_is_named_for_some_and_counted_for_the_rest() -> None:
    found = report({"title": TITLE}, names=tuple(f"{n}.pdf" for n in range(100)), subject=SUBJECT_VNI).findings
    assert len(found) == 21
    assert (found[-1].code, found[-1].details["count"]) == ("encoding.findings.more", 80)


def test_a_single_file_without_metadata_is_judged_by_its_head() -> None:
    path = RelPath("a.pdf")
    members = {path: Member(path, Path("/nonexistent"), Digests(0, "", ""))}
    found = check(Subject(Form.FILE, members, members), {path: "MẬT"})
    assert [item.code for item in found.findings] == ["encoding.secrecy-mark"]


def test_a_head_that_was_not_read_is_not_free_of_marks() -> None:
    path = RelPath("a.docx")
    members = {path: Member(path, Path("/nonexistent"), Digests(0, "", ""))}
    for problem, reason in (("timeout", "quá thời hạn đọc"), ("worker-died", "dừng đột ngột"), ("new", "gặp lỗi")):
        found = check(Subject(Form.FILE, members, members), {path: ""}, {path: problem})
        assert found.answer is Answer.INDETERMINATE
        assert [(item.code, item.document) for item in found.findings] == [("encoding.head.unread", path)]
        assert reason in found.findings[0].message


def test_a_doctype_fails_the_document() -> None:
    path = RelPath("a.fodt")
    members = {path: Member(path, Path("/nonexistent"), Digests(0, "", ""))}
    found = check(Subject(Form.FILE, members, members), {path: ""}, {path: "doctype"})
    assert found.answer is Answer.FAILED
    assert [item.code for item in found.findings] == ["encoding.document.doctype"]


def test_every_code_of_the_table_is_produced_here() -> None:
    written = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in finding_kinds() if code.startswith("encoding.") and code not in written] == []
