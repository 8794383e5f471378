"""Every fault of the metadata has its own finding; a record without fault has none."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from archive.digest import file_digests
from archive.finding import Answer
from archive.paths import RelPath
from ingest.checks.metadata import check
from ingest.metadata import parse_metadata
from ingest.report import CheckReport
from ingest.subject import DocumentEntry, Form, Member, Record, Subject
from schemas.findings import finding_kinds
from schemas.submission import SCHEMA_ID, submission_schema

GOOD: dict[str, Any] = {
    "schema": SCHEMA_ID,
    "profile": "LLT2024-TT05",
    "agency": {"code": "H24.14", "name": "Ủy ban nhân dân thành phố Hải Phòng"},
    "file": {
        "fileCode": "H24.14.2013.05",
        "title": "Hồ sơ về việc gửi, nhận văn bản qua thư điện tử",
        "maintenance": "01",
        "mode": "01",
        "language": "01",
        "startDate": "01/07/2013",
        "endDate": "31/12/2013",
        "totalDoc": 2,
        "numberOfPage": 12,
        "riskRecovery": "0",
        "confidenceLevel": "01",
    },
    "documents": [
        {
            "path": "quyet-dinh.pdf",
            "kind": "outgoing",
            "docOrdinal": 1,
            "docCode": "H24.14.2013.05.0000001",
            "typeName": "02",
            "codeNumber": "1386",
            "codeNotation": "QĐ-UBND",
            "issuedDate": "25/07/2013",
            "organName": "Ủy ban nhân dân thành phố Hải Phòng",
            "subject": "Về việc gửi, nhận văn bản qua hệ thống thư điện tử thành phố",
            "language": "01",
            "mode": "01",
            "confidenceLevel": "01",
            "process": "1",
            "signerInfo": {"position": "Chủ tịch", "fullName": "Dương Anh Điền"},
            "to": [{"organId": "000.00.01.H24", "organName": "Văn phòng"}],
        },
        {
            "path": "cong-van.pdf",
            "kind": "incoming",
            "docOrdinal": 2,
            "typeName": "Công văn",
            "codeNumber": "12",
            "codeNotation": "STTTT",
            "issuedDate": "08/2013",
            "organName": "Sở Thông tin và Truyền thông",
            "subject": "Về việc triển khai",
            "language": "01",
            "mode": "01",
            "confidenceLevel": "02",
            "arrivalDate": "20/08/2013",
            "arrivalNumber": 7,
            "priority": 1,
        },
    ],
}


def changed(where: str, **values: Any) -> dict[str, Any]:
    """The good submission with values set (or, for ``...``, taken away) in ``file``, ``agency``, ``first`` or ``second``."""
    value = copy.deepcopy(GOOD)
    target = {"first": value["documents"][0], "second": value["documents"][1]}.get(where) or value.get(where, value)
    for name, new in values.items():
        if new is ...:
            del target[name]
        else:
            target[name] = new
    return value


def report(value: dict[str, Any], agreed: str | None = None) -> CheckReport:
    record, found = parse_metadata(json.dumps(value).encode())
    assert found == ()
    return check(Subject(Form.FOLDER, {}, {}, record), agreed)


def test_a_record_without_fault_passes_and_satisfies_the_published_schema() -> None:
    found = report(GOOD)
    assert (found.answer, found.findings) == (Answer.PASSED, ())
    Draft202012Validator.check_schema(submission_schema())
    Draft202012Validator(submission_schema()).validate(GOOD)


CASES: list[tuple[dict[str, Any], str, str | None]] = [
    (changed("file", title=...), "metadata.field.missing", "title"),
    (changed("file", title="  "), "metadata.field.missing", "title"),
    (changed("first", subject=...), "metadata.field.missing", "subject"),
    (changed("agency", name=" "), "metadata.field.missing", "agency.name"),
    (changed("file", confidenceLevel="02", numberOfPaper=3), "metadata.field.missing", "paperFileCode"),
    (changed("file", confidenceLevel="Số hóa", numberOfPaper=3), "metadata.field.missing", "paperFileCode"),
    (changed("file", riskRecovery="1"), "metadata.field.missing", "riskRecoveryStatus"),
    (changed("file", riskRecovery=True), "metadata.field.missing", "riskRecoveryStatus"),
    (changed("first", process=...), "metadata.field.expected", "process"),
    (changed("first", codeNumber=...), "metadata.field.expected", "codeNumber"),
    (changed("second", arrivalDate=...), "metadata.field.expected", "arrivalDate"),
    (changed("file", confidenceLevel="02", paperFileCode="K1.2.3"), "metadata.field.expected", "numberOfPaper"),
    (changed("file", titel="x"), "metadata.field.unknown", "titel"),
    (changed("first", signerInfo={"rank": "x"}), "metadata.field.unknown", "signerInfo.rank"),
    (changed("first", arrivalNumber=3), "metadata.field.not-applicable", "arrivalNumber"),
    (changed("file", title=5), "metadata.value.wrong-type", "title"),
    (changed("file", title=["x"]), "metadata.value.wrong-type", "title"),
    (changed("file", totalDoc="hai"), "metadata.value.wrong-type", "totalDoc"),
    (changed("file", totalDoc=-1), "metadata.value.wrong-type", "totalDoc"),
    (changed("file", totalDoc=1.5), "metadata.value.wrong-type", "totalDoc"),
    (changed("file", totalDoc=True), "metadata.value.wrong-type", "totalDoc"),
    (changed("file", riskRecovery="có"), "metadata.value.wrong-type", "riskRecovery"),
    (changed("file", startDate=2013), "metadata.value.wrong-type", "startDate"),
    (changed("file", mode={"a": 1}), "metadata.value.wrong-type", "mode"),
    (changed("first", to={"organName": "x"}), "metadata.value.wrong-type", "to"),
    (changed("first", signerInfo="Ông A"), "metadata.value.wrong-type", "signerInfo"),
    (changed("first", subject="x" * 501), "metadata.value.too-long", "subject"),
    (changed("first", numberOfPage=10_000), "metadata.value.too-long", "numberOfPage"),
    (changed("first", signerInfo={"fullName": "x" * 51}), "metadata.value.too-long", "signerInfo.fullName"),
    (changed("file", maintenance="08"), "metadata.value.unknown-code", "maintenance"),
    (changed("first", typeName="Sớ"), "metadata.value.unknown-code", "typeName"),
    (changed("first", language="01, 55"), "metadata.value.unknown-code", "language"),
    (changed("second", priority=9), "metadata.value.unlisted-code", "priority"),
    (changed("file", description="a\x07b"), "metadata.value.control-characters", "description"),
    (changed("first", issuedDate="31/02/2013"), "metadata.date.invalid", "issuedDate"),
    (changed("file", startDate="01/01/2014"), "metadata.date.out-of-order", "endDate"),
    (changed("second", arrivalDate="31/07/2013"), "metadata.date.out-of-order", "arrivalDate"),
    (changed("first", issuedDate="25/07/2012"), "metadata.date.outside-file", "issuedDate"),
    (changed("agency", code="12"), "metadata.agency.code-invalid", None),
    (changed("file", organId="P_KHCN"), "metadata.agency.code-unusual", "organId"),
    (changed("first", fileCode="khác"), "metadata.document.other-file", "fileCode"),
    (changed("second", docOrdinal="1"), "metadata.document.ordinal-repeated", "docOrdinal"),
    (changed("second", docOrdinal=5), "metadata.document.ordinal-gap", "docOrdinal"),
    (changed("first", docCode="H24.14.1994.05.0000001"), "metadata.document.code-mismatch", "docCode"),
]


@pytest.mark.parametrize(("value", "code", "field"), CASES, ids=lambda part: part if isinstance(part, str) else "")
def test_each_fault_has_its_one_finding(value: dict[str, Any], code: str, field: str | None) -> None:
    found = report(value).findings
    assert [item.code for item in found if item.code != "metadata.document.ordinal-gap" or item.code == code] == [code]
    (item,) = [item for item in found if item.code == code]
    assert item.details.get("field") == field
    assert "?" not in item.message
    assert field is None or "label" not in item.details or str(item.details["label"]) in item.message


_SHAPE_OF_VALUES = {
    "metadata.field.missing",
    "metadata.value.wrong-type",
    "metadata.value.too-long",
}


@pytest.mark.parametrize(("value", "code", "_field"), CASES, ids=lambda part: part if isinstance(part, str) else "")
def test_the_published_schema_never_refuses_what_the_check_accepts(
    value: dict[str, Any], code: str, _field: str | None
) -> None:
    errors = list(Draft202012Validator(submission_schema()).iter_errors(value))
    if report(value).answer is Answer.PASSED:
        assert errors == []
    elif (
        code in _SHAPE_OF_VALUES
        and "  " not in json.dumps(value)
        and "Số hóa" not in json.dumps(value, ensure_ascii=False)
    ):
        assert errors or value["agency"]["name"] == " "


def legacy(**values: Any) -> dict[str, Any]:
    value = copy.deepcopy(GOOD) | {"profile": "ND01-TT02"}
    value["file"] = {
        name: item for name, item in value["file"].items() if name not in ("riskRecovery", "confidenceLevel")
    }
    value["file"] |= values
    value["documents"] = [
        {name: item for name, item in row.items() if name not in ("process", "docCode")} for row in value["documents"]
    ]
    return value


def test_lengths_and_codes_of_the_earlier_rules_are_told_and_not_refused() -> None:
    assert report(legacy()).findings == ()
    found = report(legacy(title="x" * 1001, maintenance="15 năm", numberOfPage=10**11))
    assert found.answer is Answer.PASSED
    assert sorted(item.code for item in found.findings) == [
        "metadata.value.over-length",
        "metadata.value.over-length",
        "metadata.value.unlisted-code",
    ]
    assert list(Draft202012Validator(submission_schema()).iter_errors(legacy(title="x" * 1001))) == []


def test_another_profile_than_agreed_is_told_and_its_own_rules_apply() -> None:
    found = report(legacy(), "LLT2024-TT05")
    assert [item.code for item in found.findings] == ["metadata.profile.other"]
    assert found.answer is Answer.PASSED


def test_an_unknown_profile_of_a_record_made_elsewhere_is_a_finding() -> None:
    record = Record("TT99", {"code": "H24.14", "name": "x"}, {}, (DocumentEntry("a", "other", {}),))
    found = check(Subject(Form.FOLDER, {}, {}, record))
    assert [item.code for item in found.findings] == ["metadata.profile.unknown"]


def test_a_fault_of_a_thousand_documents_is_named_for_some_and_counted_for_the_rest() -> None:
    value = copy.deepcopy(GOOD)
    row = value["documents"][0]
    value["documents"] = [
        row | {"path": f"{n}.pdf", "docOrdinal": n, "docCode": "", "subject": ""} for n in range(1, 1001)
    ]
    found = report(value).findings
    assert len(found) == 21
    assert (found[-1].code, found[-1].details["count"]) == ("metadata.findings.more", 980)


def test_without_metadata_and_with_an_unreadable_one_the_check_fails_by_name(tmp_path: Path) -> None:
    assert [item.code for item in check(Subject(Form.FOLDER, {}, {})).findings] == ["metadata.file.missing"]
    (tmp_path / "1").write_bytes(b"{")
    for name, code in (("metadata.json", "metadata.file.not-json"), ("list.xlsx", "metadata.list.unreadable")):
        listing = Member(RelPath(name), tmp_path / "1", file_digests(tmp_path / "1"))
        found = check(Subject(Form.FOLDER, {}, {}, None, listing))
        assert found.answer is Answer.FAILED
        assert [item.code for item in found.findings] == [code]


def test_a_record_of_another_agency_than_the_account_of_which_it_came_is_a_persons_to_decide() -> None:
    record, _ = parse_metadata(json.dumps(GOOD).encode())
    subject = Subject(Form.FOLDER, {}, {}, record)
    found = check(subject, owner="H99.12")
    assert found.answer is Answer.INDETERMINATE
    assert [item.code for item in found.findings] == ["metadata.agency.foreign"]
    assert [check(subject, owner=owner).findings for owner in ("H24.14", "")] == [(), ()]


def test_every_code_of_the_table_is_produced_by_some_test_here() -> None:
    here = Path(__file__).parent
    written = "".join(file.read_text(encoding="utf-8") for file in sorted(here.glob("test_*.py")))
    mine = [code for code in finding_kinds() if code.startswith("metadata.")]
    assert [code for code in mine if code not in written] == []


@pytest.mark.parametrize(
    "damage", [lambda value: value * 2, lambda value: {"x": value}, lambda value: [[value]], lambda _: 7]
)
def test_no_damage_to_any_value_raises(damage: Callable[[Any], Any]) -> None:
    for part in ("file", "first", "second"):
        rows = {"file": GOOD["file"], "first": GOOD["documents"][0], "second": GOOD["documents"][1]}[part]
        for name in rows:
            if name in ("path", "kind"):
                continue
            try:
                value = changed(part, **{name: damage(rows[name])})
            except TypeError:
                continue
            report(value)
