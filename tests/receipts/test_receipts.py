"""The receipt and the return: what they state, and that nothing in a signed one can be changed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from archive.finding import Finding, finding
from archive.signing import ArchiveKey, create_key, signature_holds
from ingest.letters import letter_pdf, receipt_html, return_html
from ingest.moment import moment
from ingest.policy import Decision, decide, load_agreement
from ingest.receipt import RECEIPT_SCHEMA, RETURN_SCHEMA, receipt_statement, return_reason

AT = datetime(2026, 11, 21, 14, 1, 44, tzinfo=UTC)
SUBMISSION: dict[str, Any] = {
    "submission": "a" * 32,
    "registration": "NL-2026-000001",
    "agency": {"code": "H99.12", "name": "Sở Nội vụ tỉnh Bình Minh"},
    "file_code": "H99.12.2025.001",
    "title": "Tập <văn bản> & hồ sơ",
    "transfer_sha256": "b" * 64,
    "entered_at": "2026-11-21T21:01:32+07:00",
    "received_legal_at": "2026-11-23T07:30:00+07:00",
    "agreement": {"name": "mac-dinh", "version": "1", "sha256": "c" * 64},
}
ARCHIVE = {"code": "H99", "name": "Lưu trữ lịch sử tỉnh Bình Minh"}
FOUND = [
    finding("bag.payload.changed", "Quyết định 1.pdf", algorithm="sha256"),
    finding("pdfa.no-claim", "Quyết định 1.pdf"),
]  # fmt: skip


def documents(count: int) -> list[dict[str, Any]]:
    return [
        {"path": f"Công văn {n}.pdf", "size_bytes": n, "sha256": f"{n:064x}", "sha512": f"{n:0128x}"}
        for n in range(1, count + 1)
    ]


def statement(count: int = 2) -> dict[str, Any]:
    return receipt_statement(
        submission=SUBMISSION,
        archive=ARCHIVE,
        aip={"id": "d" * 36, "sha256": "e" * 64, "size_bytes": 10240, "copies": ["kho-1", "kho-2"]},
        documents=documents(count),
        findings=FOUND,
        ledger={"seq": 12, "hash": "f" * 64},
        issued_at=AT,
    )


def returned(note: str = "") -> dict[str, Any]:
    decision: Decision = decide(FOUND, load_agreement())
    return return_reason(
        submission=SUBMISSION, archive=ARCHIVE, decision=decision, findings=FOUND, returned_at=AT,
        remove_after=datetime(2026, 12, 21, 14, 1, 44, tzinfo=UTC), note=note,
    )  # fmt: skip


@pytest.fixture
def key(tmp_path: Path) -> ArchiveKey:
    return create_key(tmp_path / "key.pem")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, (*path, number))
    else:
        yield path


def changed(document: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    other = deepcopy(document)
    place = other
    for name in path[:-1]:
        place = place[name]
    old = place[path[-1]]
    place[path[-1]] = old + 1 if isinstance(old, int) else f"{old}x"
    return other


def test_the_statement_says_who_what_when_and_where() -> None:
    made = statement()
    assert made["schema"] == RECEIPT_SCHEMA
    assert {**made, **SUBMISSION} == made
    assert made["archive"] == ARCHIVE and made["issued_at"] == "2026-11-21T21:01:44+07:00"
    assert made["documents"] == documents(2) and made["size_bytes"] == 3
    assert made["aip"]["copies"] == ["kho-1", "kho-2"] and made["ledger"] == {"seq": 12, "hash": "f" * 64}
    assert [item["code"] for item in made["findings"]] == ["bag.payload.changed", "pdfa.no-claim"]
    assert all(item["remedy"] for item in made["findings"])


def test_nothing_of_a_signed_receipt_can_be_changed(key: ArchiveKey) -> None:
    signed = key.signed(statement())
    assert signature_holds(signed) and signature_holds(signed, key.private.public_key())
    assert signature_holds(json.loads(json.dumps(signed, indent=3, sort_keys=True)))
    for path in leaves(signed["statement"]):
        assert not signature_holds(changed(signed, ("statement", *path))), path
    for more in ({"statement": {**signed["statement"], "extra": 1}}, {"statement": {}}, {"signature": {}}):
        assert not signature_holds({**signed, **more})


def test_another_key_does_not_sign_for_the_archive(key: ArchiveKey, tmp_path: Path) -> None:
    forged = create_key(tmp_path / "other.pem").signed(statement())
    assert signature_holds(forged)
    assert not signature_holds(forged, key.private.public_key())


def test_a_return_parts_the_reasons_from_what_else_was_noted() -> None:
    made = returned()
    assert made["schema"] == RETURN_SCHEMA and made["consequence"] == "return" and made["note"] == ""
    assert [item["code"] for item in made["reasons"]] == ["bag.payload.changed"]
    assert [item["code"] for item in made["others"]] == ["pdfa.no-claim"]
    assert made["remove_after"] == "2026-12-21T21:01:44+07:00"


def test_what_a_person_returns_is_a_return_whatever_the_policy_had_decided() -> None:
    reviewed: list[Finding] = [finding("encoding.head.unread", "a.docx", reason="quá thời hạn đọc")]
    made = return_reason(
        submission=SUBMISSION, archive=ARCHIVE, decision=decide(reviewed, load_agreement()), findings=reviewed,
        returned_at=AT, remove_after=AT, note="Gửi lại tệp đọc được.",
    )  # fmt: skip
    assert made["consequence"] == "return" and made["note"] == "Gửi lại tệp đọc được."


def test_the_pages_show_text_from_outside_as_text() -> None:
    for page in (
        receipt_html({"statement": statement(), "signature": {"key_id": "k"}}),
        return_html(returned("<b>x</b>")),
    ):
        assert "Tập &lt;văn bản&gt; &amp; hồ sơ" in page and "<văn bản>" not in page and "<b>x</b>" not in page
        assert "src=" not in page and "href=" not in page


def test_what_does_not_fit_on_the_page_is_counted() -> None:
    page = receipt_html({"statement": statement(503), "signature": {"key_id": "k"}})
    assert "Và 3 văn bản khác" in page and "Công văn 500.pdf" in page and "Công văn 501.pdf" not in page


# WeasyPrint forgets to close its colour profile.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning")
def test_the_letter_is_a_pdf_a_that_keeps_every_digest_on_one_line(key: ArchiveKey) -> None:
    pdf = letter_pdf(receipt_html(key.signed(statement())))
    with pikepdf.open(io.BytesIO(pdf)) as opened, opened.open_metadata() as metadata:
        assert metadata.pdfa_status == "2U"
    document = pypdfium2.PdfDocument(pdf)
    layer = document[0].get_textpage()
    lines = layer.get_text_range().splitlines()
    layer.close()
    document.close()
    for row in documents(2):
        assert any(row["sha256"] in line for line in lines)
    assert any("21/11/2026 21:01:32" in line for line in lines)


def test_moments_are_written_as_people_write_them() -> None:
    assert moment("2026-11-21T14:01:44+00:00") == "21/11/2026 21:01:44"
    assert moment("2026-11-21") == "2026-11-21" and moment("hôm qua") == "hôm qua"
