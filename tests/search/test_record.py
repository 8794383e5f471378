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
