"""Records and mapping: values in the form the index has for them, and no field it does not have."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import BadRequestError

from schemas.fields import fields_of
from search import mapping, notation
from search.errors import UnknownFieldError
from search.index import Entry, SearchIndex
from search.record import document_source, fallback_source, hoso_source
from tests.search.holdings import document, hoso, seed_hoso


def test_T35_every_field_of_the_table_is_mapped_and_their_number_stays_within_the_limit() -> None:
    for table in ("hoso", "document"):
        assert set(mapping.properties()[table]["properties"]) == {item.name for item in fields_of(table)}
    assert mapping.field_count() < mapping.FIELD_LIMIT / 2


def test_T35_the_server_itself_refuses_a_field_outside_the_mapping(index: SearchIndex) -> None:
    generation = index.ensure()
    with pytest.raises(BadRequestError, match="strict_dynamic_mapping_exception"):
        index.client.index(index=generation.name, id="x", document={"id": "x", "surprise": 1})


def test_an_unknown_field_is_named_wherever_it_stands() -> None:
    odd = document("d", signerInfo={"fullName": "A", "shoeSize": "42"}, more="x")
    with pytest.raises(UnknownFieldError) as caught:
        document_source(hoso("a", odd), odd, 1)
    assert caught.value.fields == ("document.more", "document.signerInfo.shoeSize")


def test_dates_numbers_and_codes_take_the_form_of_their_field() -> None:
    item = document("d", issuedDate="27/11/2017", numberOfPage="012", typeName="Quyết định", language="Tiếng Việt")
    made = document_source(hoso("a", item), item, 7)
    assert made["issued_on"] == "2017-11-27" and made["document"]["numberOfPage"] == 12
    assert made["document"]["language"] == "01" and "Tiếng Việt" in made["all"]
    assert "unparsed" not in made and made["ledger_seq"] == 7


@pytest.mark.parametrize("value", ["31/02/2017", "năm 2017", "2017", "00/00/0000"])
def test_a_value_of_another_type_is_still_searched_as_words_and_named(value: str) -> None:
    item = document("d", issuedDate=value, numberOfPage="mười")
    made = document_source(hoso("a", item), item, 1)
    assert made["unparsed"] == ["issuedDate", "numberOfPage"]
    assert value in made["all"] and "issued_on" not in made


def test_every_kind_of_value_the_table_allows_is_accepted_by_the_index(index: SearchIndex) -> None:
    sample = {"text": "chữ", "keyword": "k", "date": "2017-11-27", "integer": "5"}

    def filled(table: str) -> dict[str, Any]:
        return {
            item.name: {part.name: sample[part.index] for part in item.parts} if item.parts else sample[item.index]
            for item in fields_of(table)
        }

    item = document("d", "chữ", **filled("document"))
    aip = hoso("a", item, **filled("hoso"))
    sources = [document_source(aip, item, 1), hoso_source(aip, 1, 1), fallback_source(aip, item, 1, "x" * 5000)]
    serializer = index.client.transport.serializers.get_serializer("application/json")
    items = [Entry(source["id"], 1, serializer.dumps(source)) for source in sources]
    assert [one.refused for one in index.write(index.ensure(), items)] == [None, None, None]


def test_the_seed_texts_are_indexed_whole() -> None:
    aip = seed_hoso()
    for item in aip.documents:
        made = document_source(aip, item, 1)
        assert made["text"] == item.text() and made["text_state"] == "whole"


@pytest.mark.parametrize(
    "spelling", ["09/2017/QĐ-UBND", "9/2017/qd-ubnd", "Số: 09 /2017/ QĐ - UBND", "số 9/2017/QĐ–UBND"]
)
def test_all_spellings_of_a_number_have_one_key(spelling: str) -> None:
    assert notation.key(spelling) == "9-2017-qd-ubnd"


def test_a_number_is_known_with_and_without_its_year() -> None:
    assert set(notation.keys_of("15", "QĐ-UBND", 2014)) == {"15-qd-ubnd", "15-2014-qd-ubnd", "15-2014"}
    assert set(notation.keys_of("15", "2014/QĐ-UBND", 2014)) == {"15-qd-ubnd", "15-2014-qd-ubnd", "15-2014"}


def test_a_restricted_document_is_indexed_by_its_metadata_and_its_text_is_not_asked_for() -> None:
    def never() -> str:
        raise AssertionError("the text of a restricted document was asked for")

    for hoso_mode, own_mode in (("open", "restricted"), ("restricted", "open"), ("restricted", "conditional")):
        item = document("d", never, own_mode=own_mode, subject="Đề án")
        made = document_source(hoso("a", item, own_mode=hoso_mode), item, 1)
        assert (made["mode"], made["text_state"], made["title"]) == ("restricted", "restricted", "Đề án")
        assert "text" not in made


@pytest.mark.parametrize(
    ("hoso_mode", "own_mode", "effective"),
    [
        ("open", "open", "open"),
        ("open", "conditional", "conditional"),
        ("conditional", "open", "conditional"),
        ("open", "unheard-of", "restricted"),
        ("unheard-of", "open", "restricted"),
    ],
)
def test_a_document_is_never_freer_than_its_hoso_nor_than_a_word_nobody_knows(
    hoso_mode: str, own_mode: str, effective: str
) -> None:
    item = document("d", "chữ", own_mode=own_mode)
    assert document_source(hoso("a", item, own_mode=hoso_mode), item, 1)["mode"] == effective


def test_what_stands_in_for_a_refused_document_is_filtered_like_the_document_itself() -> None:
    item = document("d", own_mode="conditional")
    aip = hoso("a", item, owner="H07", own_mode="open")
    made, whole = fallback_source(aip, item, 1, "why"), fallback_source(aip, None, 1, "why")
    assert (made["owner"], made["mode"]) == ("H07", "conditional")
    assert (whole["owner"], whole["mode"]) == ("H07", "open")


def test_records_carry_what_they_are_counted_by_as_codes() -> None:
    item = document(
        "d", typeName="Quyết định", language="Tiếng Việt, Tiếng Anh", issuedDate="05/06/2013", maintenance="20 năm"
    )
    aip = hoso(
        "a", item, organId="H49.1", maintenance="Vĩnh viễn", language="vi", startDate="2012-11-01", endDate="2014-02-01"
    )
    made, whole = document_source(aip, item, 1), hoso_source(aip, 1, 1)
    assert (made["kind_of_document"], made["language"], made["year"], made["retention"]) == ("02", ["06"], 2013, "05")
    assert (made["format"], made["signature_verdict"], made["pdfa_verdict"]) == ("application/pdf", "passed", "passed")
    assert (made["fonds"], whole["fonds"]) == ("H49.1", "H49.1")
    assert (whole["language"], whole["year"], whole["retention"]) == (["01"], [2012, 2013, 2014], "01")
    bare = document("e")
    made = document_source(aip, bare, 1)
    assert (made["language"], made["retention"]) == (["01"], "01"), "what a document does not say its hồ sơ says"
    assert "year" not in made and "kind_of_document" not in made


@pytest.mark.parametrize(
    ("given", "years"),
    [
        ({"startDate": "1000-01-01", "endDate": "2020-01-01"}, [1000, 2020]),
        ({"startDate": "2020-05-01"}, [2020]),
        ({"startDate": "2021-01-01", "endDate": "2020-01-01"}, [2020, 2021]),
        ({"fileCatalog": "2019"}, [2019]),
        ({}, None),
    ],
)
def test_a_hoso_counts_in_every_year_it_runs_through(given: dict[str, str], years: list[int] | None) -> None:
    assert hoso_source(hoso("a", **given), 0, 1).get("year") == years


def test_suggestions_begin_with_any_letters_of_a_word_with_or_without_diacritics(index: SearchIndex) -> None:
    item = document(
        "d", subject="Đề án lưu trữ số", codeNumber="15", codeNotation="2017/QĐ-UBND", organName="Sở Nội vụ"
    )
    made = document_source(hoso("a", item), item, 1)
    assert made["suggest"] == ["Đề án lưu trữ số", "15/2017/QĐ-UBND", "Sở Nội vụ", "Nguyễn Văn Đạt"]
    body = index.client.transport.serializers.get_serializer("application/json").dumps(made)
    index.write(index.ensure(), [Entry("a/d", 1, body)])
    index.refresh()
    for typed in ("đề á", "de an lu", "luu tr", "15", "qd ub", "nguyen van da", "sở n", "L"):
        query = {"match_bool_prefix": {"suggest": {"query": typed, "operator": "and"}}}
        assert index.client.count(index=index.alias, query=query)["count"] == 1, typed
    query = {"match_bool_prefix": {"suggest": {"query": "xy", "operator": "and"}}}
    assert index.client.count(index=index.alias, query=query)["count"] == 0
