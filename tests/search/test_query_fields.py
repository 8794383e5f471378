"""The query language against the real index: fields, exclusions, alternatives, dates as written, orders."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from elasticsearch import Elasticsearch
from hypothesis import given, settings
from hypothesis import strategies as st

from search.errors import QueryRefusedError
from search.index import SearchIndex
from search.indexer import Follower
from search.instants import Instants
from search.query import Sort
from search.spoken_dates import date_meant, dates_in
from tests.search.asking import ask, found
from tests.search.holdings import Holdings, document, hoso

Fill = Callable[..., SearchIndex]


@pytest.fixture(scope="module")
def registry(client: Elasticsearch) -> SearchIndex:
    holdings = Holdings()
    holdings.take(
        hoso(
            "h",
            document(
                "1",
                "Toàn văn về hoà giải",
                subject="Quy định gửi thư điện tử",
                codeNumber="15",
                codeNotation="2017/QĐ-UBND",
                organName="Ủy ban nhân dân tỉnh Hải Dương",
                issuedDate="2017-06-05",
                typeName="02",
                signers=("Nguyễn Văn Đạt",),
                keyword="chữ ký số",
            ),
            document(
                "2",
                "Nội dung khác, ngày 5 tháng 6 năm 2017 có họp",
                subject="Mời họp thư viện",
                codeNumber="09",
                codeNotation="GM-STTTT",
                organName="Sở Thông tin và Truyền thông",
                issuedDate="2019-12-31",
                typeName="26",
                signers=("Trần Thị Nguyệt",),
                media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                signature_verdict="none",
                pdfa_verdict="failed",
                own_mode="conditional",
            ),
            document(
                "3",
                subject="Thư điện tử nội bộ",
                issuedDate="2017-06-20",
                signature_verdict="indeterminate",
                signers=(),
            ),
            title="Tập văn bản thư điện tử",
            organId="H49.64",
            maintenance="01",
            language="Tiếng Việt",
        )
    )
    made = SearchIndex(client, "registry")
    Follower(holdings, made).follow()
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('so:15/2017 nam:2017 co-quan:"UBND tỉnh"', {"1"}),
        ("số:15/2017 năm:2017 cơ-quan:“ủy ban nhân dân tỉnh”", {"1"}),
        ("so:9", {"2"}),
        ("so:09/2019", {"2"}),
        ("ky-hieu:qd-ubnd", {"1"}),
        ("co-quan:STTTT", {"2"}),
        ('co-quan:"so thong tin va truyen thong"', {"2"}),
        ("nam:2018..2020", {"2"}),
        ("nam:2019.. kieu:van-ban", {"2"}),
        ("ngay:05/6/2017", {"1"}),
        ("ngay:6/2017", {"1", "3"}),
        ("ngay:01/01/2017..31/12/2017", {"1", "3"}),
        ("tu:06/6/2017 den:31/12/2017", {"3"}),
        ("loai:quyết-định", {"1"}),
        ('loai:"quyet dinh"', {"1"}),
        ("loai:QĐ HOẶC loai:GM", {"1", "2"}),
        ('nguoi-ky:"văn đạt"', {"1"}),
        ("nguoi-ky:nguy", set()),
        ("nguoi-ky:NGUYỆT", {"2"}),
        ("trich-yeu:“thu dien tu”", {"1", "3"}),
        ("tieu-de:“thư điện tử”", {"1", "3", "h"}),
        ("noi-dung:hòa", {"1"}),
        ("tu-khoa:“chữ ký số”", {"1"}),
        ("phong:h49.64 kieu:ho-so", {"h"}),
        ("phong:h49* kieu:ho-so", {"h"}),
        ("thoi-han:“vĩnh viễn” kieu:ho-so", {"h"}),
        ("ngon-ngu:“tieng viet” kieu:ho-so", {"h"}),
        ("dinh-dang:docx", {"2"}),
        ("dinh-dang:pdf", {"1", "3"}),
        ("chu-ky:khong-co", {"2"}),
        ("chu-ky:chua-xac-dinh", {"3"}),
        ("pdfa:khong-hop-le", {"2"}),
        ("che-do:co-dieu-kien", {"2"}),
        ("ma:h/2", {"2"}),
        ("ho-so:H49.64.33.h nam:2019", {"2"}),
        ("ho-so:“tập văn bản”", {"h"}),
        ("tep:“1.pdf”", {"1"}),
        ("document.codeNumber:09", {"2"}),
        ("codeNotation:gm-sttt*", {"2"}),
        ("organName:“sở thông tin”", {"2"}),
        ("issuedDate:2019", {"2"}),
        ("thư -điện kieu:van-ban", {"2"}),
        ("thư -“điện tử” kieu:van-ban", {"2"}),
        ("thư -dien kieu:van-ban", {"2"}),
        ("thư KHÔNG loai:giấy-mời kieu:van-ban", {"1", "3"}),
        ("-15/2017 kieu:van-ban", {"2", "3"}),
        ("hoà giải HOẶC họp", {"1", "2"}),
        ("thư (mời HOẶC nội bộ)", {"2", "3"}),
    ],
)
def test_a_query_finds_what_it_says_in_every_unicode_form(
    registry: SearchIndex, query: str, expected: set[str]
) -> None:
    for form in (query, unicodedata.normalize("NFD", query)):
        assert set(found(ask(registry, form, size=100))) == expected


@pytest.mark.parametrize("query", ["ngày 5 tháng 6 năm 2017", "05/6/2017", "5.6.2017", "ngay 5 thang 6 nam 2017"])
def test_a_date_as_written_finds_first_what_was_issued_then(registry: SearchIndex, query: str) -> None:
    assert found(ask(registry, query))[0] == "1"
    assert found(ask(registry, f"quy định {query}"))[0] == "1"


def test_a_date_within_a_phrase_stays_words(registry: SearchIndex) -> None:
    assert found(ask(registry, '"ngày 5 tháng 6 năm 2017"')) == ["2"]


def test_a_month_finds_what_was_issued_in_it(registry: SearchIndex) -> None:
    assert {"1", "3"} <= set(found(ask(registry, "thư điện tử tháng 6/2017")))


def test_marks_stand_on_what_was_asked_and_not_on_what_was_excluded(registry: SearchIndex) -> None:
    (hit,) = ask(registry, 'trich-yeu:"thư điện tử" -nội').hits
    assert hit.highlights["title"] == ("Quy định gửi <mark>thư điện tử</mark>",)
    assert ask(registry, "nam:2017").hits[0].highlights == {}


def test_orders_are_by_date_and_by_number(registry: SearchIndex) -> None:
    documents = "kieu:van-ban"
    assert found(ask(registry, documents, sort=Sort.NEWEST)) == ["2", "3", "1"]
    assert found(ask(registry, documents, sort=Sort.OLDEST)) == ["1", "3", "2"]
    assert set(found(ask(registry, documents, sort=Sort.NUMBER))) == {"1", "2", "3"}
    assert set(found(ask(registry, documents, sort=Sort.TITLE))) == {"1", "2", "3"}


@pytest.mark.parametrize("sort", list(Sort))
def test_every_order_is_paged_without_gap_or_repetition(registry: SearchIndex, sort: Sort) -> None:
    seen, after = [], None
    while True:
        page = ask(registry, "thư", sort=sort, size=1, after=after)
        seen += found(page)
        after = page.after
        if after is None:
            break
    assert len(seen) == page.total == len(set(seen))


PIECES = (
    *("a", "đê", "(", ")", '"', "|", " -", " ", " ", " HOẶC ", " KHÔNG ", " so:", " nam:", "2017", " ngay:", "..", "/"),
    *(
        "x:",
        "1/2",
        "*",
        "?",
        "\\\\",
        "5.6.2013",
        "tháng 6/2013",
        " loai:",
        " hoso.title:",
        "\u0301",
        " ho-so:",
        " nguoi-ky:",
    ),
    *(
        " document.docOrdinal:",
        "9" * 18,
        " co-quan:",
        " ma:",
        " tep:",
        " dinh-dang:",
        " noi-dung:",
        "{",
        "\ud800",
        "\0",
    ),
)


@settings(max_examples=150, deadline=None)
@given(text=st.lists(st.sampled_from(PIECES), max_size=40).map("".join), group=st.booleans())
def test_any_text_of_the_language_is_answered_or_refused(registry: SearchIndex, text: str, group: bool) -> None:
    try:
        assert ask(registry, text, group=group, facets=("year", "hoso"), size=2).total >= 0
    except QueryRefusedError as refused:
        assert refused.position is not None


def test_searches_of_a_short_while_share_an_instant_and_outlive_its_loss(filled: Fill) -> None:
    index = filled(hoso("a", document("1", "đê"), document("2", "đê")))
    now = [0.0]
    instants = Instants(index, 1.0, lambda: now[0])
    assert ask(index, "noi-dung:đê", instants=instants).total == 2
    filled(hoso("b", document("1", "đê")))
    assert ask(index, "noi-dung:đê", instants=instants).total == 2, "as of the shared instant"
    now[0] = 1.5
    assert ask(index, "noi-dung:đê", instants=instants).total == 3
    filled(hoso("c", document("1", "đê")))
    index.client.close_point_in_time(id=instants.current())
    assert ask(index, "noi-dung:đê", instants=instants).total == 4, "as after a restart of the server"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Quyết định ngày 5 tháng 6 năm 2013 của", "2013-06-05", "2013-06-05"),
        ("ngày 05/6/2013", "2013-06-05", "2013-06-05"),
        ("5.6.2013.", "2013-06-05", "2013-06-05"),
        ("5-6-2013", "2013-06-05", "2013-06-05"),
        ("2013-06-05", "2013-06-05", "2013-06-05"),
        ("tháng 02/2012", "2012-02-01", "2012-02-29"),
        ("THÁNG 6 NĂM 2013", "2013-06-01", "2013-06-30"),
        ("năm 2013", "2013-01-01", "2013-12-31"),
    ],
)
def test_a_date_is_read_as_it_is_written(text: str, first: str, last: str) -> None:
    for form in (text, unicodedata.normalize("NFD", text)):
        (item,) = dates_in(form)
        assert (item.first, item.last) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("text", ["31/2/2013", "15/2017", "15/6/2017/QĐ-UBND", "1.2.3.2013", "2013", "tháng 13/2013"])
def test_what_is_no_date_or_a_number_is_left_alone(text: str) -> None:
    assert dates_in(text) == ()
    assert text == "2013" or date_meant(text) is None
