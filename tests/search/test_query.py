"""Finding in the real index: diacritics, Unicode forms, phrases, numbers, pages, hostile queries."""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.errors import IndexMissingError, QueryRefusedError
from search.index import SearchIndex
from search.indexer import Follower
from search.page import Position, position_of, token_of
from search.query import Filters, Hits
from tests.search.asking import ask, found
from tests.search.holdings import Holdings, document, hoso, seed_hoso

Fill = Callable[..., SearchIndex]


@pytest.mark.parametrize("query", ["chữ ký số", "chu ky so", "CHỮ KÝ SỐ", unicodedata.normalize("NFD", "chữ ký số")])
def test_a_text_is_found_with_without_and_with_decomposed_diacritics(filled: Fill, query: str) -> None:
    assert set(found(ask(filled(seed_hoso()), query))) == {"000", "001", "002", "003", "004"}


def test_a_text_submitted_in_nfd_is_found_by_an_nfc_query(filled: Fill) -> None:
    text = unicodedata.normalize("NFD", "Phường Vĩnh Niệm báo cáo về đê điều")
    index = filled(hoso("a", document("nfd", text)))
    assert found(ask(index, "đê điều")) == ["nfd"]
    assert found(ask(index, "Vinh Niem")) == ["nfd"]


@pytest.mark.parametrize("query", ["hoà", "hòa", "HOÀ", "HÒA"])
def test_both_places_of_the_tone_mark_are_the_same_word(filled: Fill, query: str) -> None:
    index = filled(hoso("a", document("new", "thống nhất hoà bình"), document("old", "thống nhất hòa bình")))
    hits = ask(index, query)
    assert set(found(hits)) == {"new", "old"}
    assert all(hit.score > 1000 for hit in hits.hits), "both are exact matches, not only folded ones"


def test_d_and_d_with_stroke_find_each_other_and_the_one_typed_comes_first(filled: Fill) -> None:
    index = filled(hoso("a", document("stroke", "quản lý đất đai"), document("plain", "quan ly dat dai")))
    assert found(ask(index, "đất đai")) == ["stroke", "plain"]
    assert set(found(ask(index, "dat dai"))) == {"stroke", "plain"}


def test_what_matches_with_its_diacritics_comes_before_any_number_of_folded_matches(filled: Fill) -> None:
    noisy = document("noisy", "bao ve bào vẽ " * 200, subject="bao vẻ báo vê")
    right = document("right", "x " * 3000 + "công tác bảo vệ " + "y " * 3000)
    assert found(ask(filled(hoso("a", noisy, right)), "bảo vệ")) == ["right", "noisy"]


def test_a_query_without_any_diacritic_ranks_by_the_folded_text_alone(filled: Fill) -> None:
    both = [document("a", "bảo vệ rừng"), document("b", "bao ve rung")]
    hits = ask(filled(hoso("a", *both)), "bao ve rung")
    assert hits.hits[0].score == pytest.approx(hits.hits[1].score)


def test_a_phrase_in_quotes_is_found_only_where_its_words_follow_one_another(filled: Fill) -> None:
    together = document("together", "hệ thống thư điện tử của thành phố")
    apart = document("apart", "thư ký dùng bảng điện, nguyên tử")
    index = filled(hoso("a", together, apart))
    assert set(found(ask(index, "thư điện tử"))) == {"together", "apart"}
    for query in ('"thư điện tử"', '"thu dien tu"', "“thư điện tử”"):
        assert found(ask(index, query)) == ["together"]


@pytest.mark.parametrize(
    "query",
    [
        "15/2014/QĐ-UBND",
        "15/2014/qđ-ubnd",
        "15 / 2014 / QD - UBND",
        "Số: 15/2014/QĐ-UBND",
        "số 15/2014",
        "15/2014",
        "qd ubnd 15",
        "QĐ-UBND 15/2014",
        "15/QĐ-UBND",
        "015/2014/QĐ-UBND",
    ],
)
def test_a_number_and_notation_is_found_first_in_every_spelling(filled: Fill, query: str) -> None:
    assert found(ask(filled(seed_hoso()), query))[0] == "000"


def test_a_number_with_a_leading_zero_and_a_year_in_the_date_alone_is_found(filled: Fill) -> None:
    index = filled(seed_hoso())
    for query in ("9/CT-UBND", "09/CT-UBND", "09/2014/CT-UBND", "9/2014"):
        assert found(ask(index, query))[0] == "004"


def test_a_number_within_a_sentence_lifts_the_document_that_bears_it(filled: Fill) -> None:
    citing = document("citing", "Căn cứ Quyết định số 15/2014/QĐ-UBND về thư điện tử. " * 20, codeNumber="77")
    index = filled(seed_hoso(), hoso("b", citing))
    assert found(ask(index, "quyết định 15/2014/QĐ-UBND"))[0] == "000"


def test_an_abbreviation_finds_its_phrase_and_the_phrase_its_abbreviation(filled: Fill) -> None:
    index = filled(hoso("a", document("short", "UBND quận Lê Chân"), document("long", "Ủy ban nhân dân quận Lê Chân")))
    for query in ("UBND quận Lê Chân", "ubnd quan le chan", "Uỷ ban nhân dân quận Lê Chân"):
        assert set(found(ask(index, query))) == {"short", "long"}
    order = filled(hoso("b", document("order", "Nghị định của Chính phủ")))
    assert "order" in found(ask(order, "NĐ Chính phủ"))


def test_highlights_carry_no_markup_but_the_marks(filled: Fill) -> None:
    hostile = '<script>alert("đê")</script> đê điều & <mark>giả</mark>'
    hit = ask(filled(hoso("a", document("d", hostile, subject=hostile))), "đê điều").hits[0]
    for fragment in (fragment for fragments in hit.highlights.values() for fragment in fragments):
        plain = fragment.replace("<mark>", "").replace("</mark>", "")
        assert "<" not in plain and ">" not in plain
    assert any("<mark>điều</mark>" in fragment for fragment in hit.highlights["text"])


def test_a_folded_query_marks_the_accented_words(filled: Fill) -> None:
    hit = ask(filled(hoso("a", document("d", "bảo vệ đê điều"))), "de dieu").hits[0]
    assert hit.highlights["text"] == ("bảo vệ <mark>đê</mark> <mark>điều</mark>",)


def test_pages_follow_one_another_without_gap_or_repetition_while_documents_come_in(filled: Fill) -> None:
    index = filled(hoso("a", *(document(f"d{n:02}", "cùng một nội dung") for n in range(25))))
    seen: list[str] = []
    page = ask(index, "cùng nội dung", size=7)
    assert page.total == 25
    while True:
        seen += found(page)
        if page.after is None:
            break
        filled(hoso(f"late{len(seen)}", document("late", "cùng một nội dung")))
        page = ask(index, "cùng nội dung", size=7, after=page.after)
    assert len(seen) == len(set(seen)) == 25 and "late" not in seen


def test_pages_go_on_in_order_after_their_instant_is_forgotten(filled: Fill) -> None:
    index = filled(hoso("a", *(document(f"d{n}", "nội dung") for n in range(5))))
    first = ask(index, "nội dung", size=2)
    index.client.close_point_in_time(id=_pit(first))
    second = ask(index, "nội dung", size=10, after=first.after)
    assert found(first) + found(second) == ["d0", "d1", "d2", "d3", "d4"]


def _bound(page: Hits) -> str:
    """The first member of the token, which says what it belongs to."""
    assert page.after is not None
    bound = json.loads(base64.urlsafe_b64decode(page.after + "=="))[0]
    assert isinstance(bound, str)
    return bound


def _pit(page: Hits) -> str:
    assert page.after is not None
    return position_of(page.after, _bound(page)).pit


def test_browsing_without_words_shows_the_newest_first_and_pages_past_what_has_no_date(filled: Fill) -> None:
    dated = [document(f"y{year}", issuedDate=f"{year}-01-02") for year in (2011, 2019, 2015)]
    index = filled(hoso("a", *dated, document("undated")))
    seen, after = [], None
    for _ in range(5):
        page = ask(index, "  ", size=1, after=after)
        seen += found(page)
        after = page.after
    assert seen == ["y2019", "y2015", "y2011", "a", "undated"] and after is None


def test_filters_narrow_and_an_unknown_filter_field_is_refused(filled: Fill) -> None:
    index = filled(seed_hoso())
    since = Filters(kind="document", issued_from=date(2017, 1, 1), issued_to=date(2017, 12, 31))
    assert found(ask(index, "", since)) == ["001"]
    assert ask(index, "", Filters(chosen={"agency": ("H49.64.33",)})).total == 6
    assert ask(index, "", Filters(fields={"document.codeNumber": ("57",)})).total == 1
    for name in ("text", "no.such", "_id", "document", "hoso_title"):
        with pytest.raises(QueryRefusedError):
            ask(index, "", Filters(fields={name: ("1",)}))


@pytest.mark.parametrize("token", ["", "x", "AAAA", "bm90IGpzb24", "W10", "é", "W" * 9000])
def test_an_invented_page_position_is_refused_or_is_the_first_page(filled: Fill, token: str) -> None:
    index = filled(seed_hoso())
    if token == "":
        assert ask(index, "thư", after=token).total
        return
    with pytest.raises(QueryRefusedError):
        ask(index, "thư", after=token)


@pytest.mark.parametrize(
    "sort", [("x", "y", 1), (None, None, None), (1.0,), (1e400, "a", 1), ("1", 2, 3), (1, 2, 3), (True, "a", 1), ()]
)
def test_a_position_with_foreign_sort_values_is_refused_or_harmless(filled: Fill, sort: tuple[object, ...]) -> None:
    index = filled(seed_hoso())
    for query in ("thư", ""):
        bound = _bound(ask(index, query, size=1))
        try:
            ask(index, query, after=token_of(Position(bound, "forged", sort)))  # type: ignore[arg-type]
        except QueryRefusedError as error:
            assert error.message


def test_a_search_before_any_index_was_made_says_so(index: SearchIndex) -> None:
    with pytest.raises(IndexMissingError):
        ask(index, "thư")


@pytest.fixture(scope="module")
def standing(client: Elasticsearch) -> SearchIndex:
    holdings = Holdings()
    holdings.take(seed_hoso())
    made = SearchIndex(client, "standing")
    Follower(holdings, made).follow()
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_no_text_at_all_makes_a_search_fail(standing: SearchIndex, query: str) -> None:
    try:
        assert ask(standing, query, size=3).total >= 0
    except QueryRefusedError as refused:
        assert refused.message and refused.position is not None


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '""',
        '" "',
        "/(/",
        "*",
        "?" * 999,
        "\0",
        "\ud800",
        "x" * 1_000,
        "ủy ban " * 140,
        '"chữ ký" ' * 100,
        "((((" * 100,
        "a) b",
        "10:30",
        "https://congbao.chinhphu.vn/van-ban?a=b:c",
        "V/v: gửi văn bản - hỏa tốc",
        "C:\\thư",
        "1/2/3/4/5/6/7/8/9/10/11/12/13/14",
        "9" * 500,
        "{" * 500,
        "<b>",
        "../../_cat",
        "số",
        "đ",
        "1/",
    ],
)
def test_a_wrong_or_monstrous_query_is_answered(standing: SearchIndex, query: str) -> None:
    assert ask(standing, query).total >= 0


@pytest.mark.parametrize("size", [-1, 0, 1, 10**9])
def test_a_page_has_at_least_one_and_at_most_a_hundred_records(standing: SearchIndex, size: int) -> None:
    assert 1 <= len(ask(standing, "", size=size).hits) <= 100
