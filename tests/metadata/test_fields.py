"""The table of fields says what the rules say, and everything made from it agrees with it."""

import json
from pathlib import Path

import pytest

import schemas
from schemas.fields import (
    KINDS,
    PACKAGES,
    PROFILES,
    RULE_SETS,
    TABLES,
    applies,
    code_list,
    code_lists,
    exchanged_kinds,
    fields_by_label,
    fields_by_name,
    fields_by_rule_name,
    fields_of,
    folded,
    requirements,
)
from schemas.submission import generated_schema


def whole(table: str, rule_set: str, kind: str | None = None) -> list[str]:
    """Names in a rule set, parts of a composite not counted, as the annexes number them."""
    chosen = (item for item in fields_of(table) if rule_set in item.rules and item.part_of is None)
    return [item.rules[rule_set].name for item in chosen if kind is None or kind in item.rules[rule_set].kinds]


def test_the_committed_schema_is_the_one_the_tables_make() -> None:
    committed = Path(schemas.__path__[0]).joinpath("submission.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == generated_schema()


def test_nd30_has_eleven_fields_for_a_file_sixteen_for_outgoing_and_eighteen_for_incoming_documents() -> None:
    assert len(whole("hoso", "nd30")) == 11
    assert len(whole("document", "nd30", "outgoing")) == 16
    assert len(whole("document", "nd30", "incoming")) == 18


def test_tt05_has_18_fields_for_a_file_and_21_19_20_for_a_document() -> None:
    assert [len(fields_by_rule_name("hoso", "tt05", package)) for package in PACKAGES] == [18, 18, 18]
    assert [len(fields_by_rule_name("document", "tt05", package)) for package in PACKAGES] == [21, 19, 20]
    assert [len(fields_by_rule_name("collection", "tt05", package)) for package in ("SIP", "AIP")] == [5, 4]


def test_tt02_has_14_fields_for_a_file_and_18_for_a_document() -> None:
    assert len(whole("hoso", "tt02")) == 14
    assert len(whole("document", "tt02")) == 18


def test_the_names_of_codes_vary_with_the_package() -> None:
    file_code, doc_code = fields_by_name("hoso")["fileCode"], fields_by_name("document")["docCode"]
    assert [file_code.name_in("tt05", package) for package in ("SIP", "AIP")] == ["fileCode", "arcFileCode"]
    assert [doc_code.name_in("tt05", package) for package in PACKAGES] == ["docCode", "docCode", "arcDocCode"]
    assert fields_by_name("document")["fileCode"].name_in("tt05", "SIP") is None
    assert fields_by_rule_name("hoso", "nd30")["PageTotal"].name == "numberOfPage"


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_well_formed(table: str) -> None:
    fields = fields_of(table)
    assert len({item.name for item in fields}) == len(fields)
    for item in [*fields, *(part for field in fields for part in field.parts)]:
        assert item.index in ("text", "keyword", "date", "integer")
        assert item.type in ("string", "text", "number", "date", "boolean", "composite")
        assert item.label
        assert set(item.rules) <= set(RULE_SETS)
        assert item.rules
        assert item.codes is None or item.codes in code_lists()
        assert (item.type == "composite") == bool(item.parts)
        for rule in item.required:
            assert rule.level in ("error", "warning")
            assert set(rule.when) <= {field.name for field in fields}


@pytest.mark.parametrize("table", TABLES)
def test_no_label_leads_to_two_fields(table: str) -> None:
    labels = [folded(label) for item in fields_of(table) for label in (item.label, *item.heads)]
    assert sorted(labels) == sorted(set(labels))
    for item in fields_of(table):
        assert fields_by_label(table)[folded(item.label.upper() + " :")][0] is item


def test_a_required_field_exists_where_it_is_required() -> None:
    for table in ("hoso", "document"):
        for item in fields_of(table):
            for profile in PROFILES:
                for kind in KINDS if table == "document" else (None,):
                    if requirements(item, profile, "SIP", kind):
                        assert applies(item, profile, "SIP", None), (item.name, profile)


def test_the_32_kinds_of_document_take_in_the_13_of_the_first_decision() -> None:
    kinds = code_list("typeName")
    assert [*kinds.names] == [f"{number:02}" for number in range(1, 33)]
    assert len(exchanged_kinds()) == 13
    for name, code in exchanged_kinds():
        assert kinds.code_of(name) == code
        assert kinds.code_of(name.upper()) == code


def test_the_13_kinds_are_those_of_the_text_of_the_decision() -> None:
    import samples

    seed = next(Path(samples.__path__[0]).joinpath("seeds").glob("000_*.txt")).read_text(encoding="utf-8")
    article = seed[seed.index("Điều 6.") : seed.index("Điều 7.")]
    for number, (name, _) in enumerate(exchanged_kinds(), 1):
        assert f"{number}. {name}" in article


@pytest.mark.parametrize(
    ("codes", "value", "code"),
    [
        ("maintenance", "Vĩnh viễn", "01"),
        ("maintenance", "VĨNH VIỄN", "01"),
        ("maintenance", 1, "01"),
        ("maintenance", "20 năm", "05"),
        ("mode", "Sử dụng có điều kiện", "02"),
        ("confidenceLevel", "Số hoá", "02"),
        ("language", "11", "11"),
        ("source", 0, "0"),
        ("priority", "Hoả tốc", "3"),
        ("maintenance", "08", None),
        ("maintenance", "", None),
        ("mode", "²", None),
        ("maintenance", "9" * 5000, None),
    ],
)
def test_a_code_is_known_by_itself_its_name_and_its_aliases(codes: str, value: object, code: str | None) -> None:
    assert code_list(codes).code_of(value) == code


def test_a_language_field_may_name_several() -> None:
    assert code_list("language").codes_of("01, 02") == ("01", "02")
    assert code_list("language").codes_of("Tiếng Việt; tiếng Anh") == ("01", "02")
    assert code_list("language").codes_of("Tiếng Việt, Tiếng Anh") == ("06",)
    assert code_list("language").codes_of("01, 99") is None
