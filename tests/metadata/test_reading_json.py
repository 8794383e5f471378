"""A metadata file is read strictly; what cannot be meant is refused by name, the rest is kept as it came."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.agency_code import AgencyCode, agency_code_syntax
from ingest.metadata import as_submission, iso_date, normalised, parse_metadata
from ingest.metadata.strict_json import strict_json

SUBMISSION: dict[str, Any] = {
    "schema": "luutru-submission/1",
    "profile": "LLT2024-TT05",
    "agency": {"code": "000.00.01.H54", "name": "UBND thành phố"},
    "file": {"fileCode": "H54.2013.01", "title": "Hồ sơ", "startDate": "01/02/2013", "totalDoc": "2"},
    "documents": [
        {"path": "a.pdf", "kind": "outgoing", "typeName": "Quyết định", "issuedDate": "2013-07-25", "process": True},
        {"path": "b.pdf", "kind": "incoming", "typeName": "22", "language": "01, 02"},
    ],
}


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def codes(data: bytes) -> list[str]:
    return [item.code for item in parse_metadata(data)[1]]


def test_a_record_keeps_every_value_as_submitted_and_gives_the_same_file_back() -> None:
    record, found = parse_metadata(encoded(SUBMISSION))
    assert found == ()
    assert record is not None
    assert record.file["startDate"] == "01/02/2013"
    assert as_submission(record) == SUBMISSION


def test_normalised_values_are_iso_dates_codes_and_numbers() -> None:
    record, _ = parse_metadata(encoded(SUBMISSION))
    assert record is not None
    plain = normalised(record)
    assert plain.file["startDate"] == "2013-02-01"
    assert plain.file["totalDoc"] == 2
    assert plain.documents[0].fields == {"typeName": "02", "issuedDate": "2013-07-25", "process": "1"}
    assert plain.documents[1].fields["language"] == "01, 02"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "metadata.file.not-json"),
        (b"null", "metadata.file.not-json"),
        (b'{"a": 1,}', "metadata.file.not-json"),
        (b'{"a": 1, "a": 2}', "metadata.file.duplicate-key"),
        (b'{"a": NaN}', "metadata.file.number-refused"),
        (b'{"a": -Infinity}', "metadata.file.number-refused"),
        (b'{"a": 1e999}', "metadata.file.number-refused"),
        (b'{"a": 9007199254740993}', "metadata.file.number-refused"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "metadata.file.number-refused"),
        (b'{"a": "\xc2"}', "metadata.file.not-unicode"),
        (b'{"a": "\\ud800"}', "metadata.file.not-unicode"),
        (b"[" * 100_000, "metadata.file.too-deep"),
        (b"[" * 30 + b"]" * 30, "metadata.file.too-deep"),
        ('{"a": "Qu\u00fd"}'.encode("latin-1"), "metadata.file.not-unicode"),
        (b"[]", "metadata.shape.wrong"),
        (b"{}", "metadata.shape.wrong"),
        (encoded(SUBMISSION | {"schema": "other"}), "metadata.shape.wrong"),
        (encoded(SUBMISSION | {"documents": {}}), "metadata.shape.wrong"),
        (encoded(SUBMISSION | {"documents": [{"path": "", "kind": "outgoing"}]}), "metadata.shape.wrong"),
        (encoded(SUBMISSION | {"documents": [{"path": "a", "kind": "sent"}]}), "metadata.shape.wrong"),
        (encoded(SUBMISSION | {"profile": "TT99"}), "metadata.profile.unknown"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(data: bytes, code: str) -> None:
    record, found = parse_metadata(data)
    assert record is None
    assert found[0].code == code
    assert "?" not in found[0].message


def test_a_file_beyond_the_limit_is_not_even_decoded() -> None:
    value, found = strict_json(b"[" * 100, limit_bytes=99)
    assert (value, [item.code for item in found]) == (None, ["metadata.file.too-large"])


def test_a_byte_order_mark_is_tolerated_and_told() -> None:
    record, found = parse_metadata(b"\xef\xbb\xbf" + encoded(SUBMISSION))
    assert record is not None
    assert [item.code for item in found] == ["metadata.file.byte-order-mark"]


def test_many_wrong_documents_do_not_give_many_thousands_of_findings() -> None:
    assert len(codes(encoded(SUBMISSION | {"documents": [1] * 10_000}))) == 50


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    record, found = parse_metadata(data)
    assert record is None
    assert found


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*SUBMISSION, "path", "kind", "x"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(SUBMISSION)), _json))
def test_any_json_value_gets_an_answer(changed: dict[str, Any]) -> None:
    parse_metadata(json.dumps(SUBMISSION | changed).encode())


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("25/07/2013", "2013-07-25"),
        ("5/7/2013", "2013-07-05"),
        ("07/2013", "2013-07"),
        ("2013", "2013"),
        ("2013-07-25", "2013-07-25"),
        ("2013-07", "2013-07"),
        (" 2013 ", "2013"),
        ("29/02/2024", "2024-02-29"),
        ("29/02/2023", None),
        ("31/04/2013", None),
        ("13/2013", None),
        ("00/00/2013", None),
        ("0000", None),
        ("25-07-2013", None),
        ("25/7/13", None),
        ("٢٥/٠٧/٢٠١٣", None),
        (2013, None),
        ("", None),
    ],
)
def test_dates_of_four_forms_are_known_and_must_exist(value: object, iso: str | None) -> None:
    assert iso_date(value) == iso


@pytest.mark.parametrize(
    ("code", "syntax"),
    [
        ("000.00.01.H54", "qcvn102-2016"),
        ("H49.64.33", "qd20-2020"),
        ("H49", "qd20-2020"),
        ("G09.01.02.03", "qd20-2020"),
        ("H49" + ".123" * 8, "qd20-2020"),
        ("H49" + ".123" * 9, None),
        ("000.00.01.h54", None),
        ("00.00.01.H54", None),
        ("H49.", None),
        ("H49..64", None),
        ("", None),
        ("H49.64.33\n", None),
    ],
)
def test_agency_codes_have_two_syntaxes(code: str, syntax: str | None) -> None:
    assert agency_code_syntax(code) == syntax
    if syntax is None:
        with pytest.raises(ValueError, match="agency"):
            AgencyCode(code)
    else:
        assert AgencyCode(code).syntax == syntax
        assert AgencyCode(code) == code
