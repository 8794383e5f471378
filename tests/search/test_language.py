"""The query language: what is an operator and what is a word, and how a wrong query is explained."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.fields import fields_of
from search.errors import QueryRefusedError
from search.field_clauses import clause_of
from search.field_names import FIELD_NAMES, StoredField, closest, known, meaning
from search.language import LONGEST_QUERY, MOST_PARTS, All, Field, Node, OneOf, Without, Words, understood
from search.matching import highlight_query_of, query_of
from search.visibility import EVERYTHING


def field(node: Node) -> tuple[str, str]:
    assert isinstance(node, Field)
    return node.name, node.value


@pytest.mark.parametrize(
    "text",
    [
        "quy định về thư điện tử",
        "V/v: gửi nhận văn bản",
        "họp lúc 10:30",
        "https://congbao.chinhphu.vn/van-ban?so=15",
        "Số: 15/2014/QĐ-UBND",
        "Số: 09 / 2017/QĐ -UBND",
        "thành phố - tỉnh",
        "2014-2017",
        "Luật Lưu trữ (sửa đổi)",
        "1) mở đầu",
        "Điều 5. (chưa đóng",
        "C:\\van-ban",
        'cỡ 5" và 6',
        "QUY ĐỊNH KHÔNG GIAN MẠNG",
        "không gian hoặc thời gian",
        "KHÔNG",
        ":",
        "a: b :c",
        "",
    ],
)
def test_ordinary_text_means_nothing_but_its_words(text: str) -> None:
    assert understood(text) == Words(text)


def test_the_query_of_the_order_is_three_fields() -> None:
    node = understood('so:15/2017 nam:2017 co-quan:"UBND tỉnh"')
    assert isinstance(node, All)
    assert [field(item) for item in node.nodes] == [("so", "15/2017"), ("nam", "2017"), ("co-quan", "UBND tỉnh")]


@pytest.mark.parametrize(
    "text", ["cơ-quan:UBND", "co_quan:UBND", "CO-QUAN:UBND", "cơ quan:UBND", "agency:UBND", "cơ-quan:“UBND”"]
)
def test_a_field_has_its_name_with_or_without_diacritics_in_any_case_and_in_english(text: str) -> None:
    for form in (text, unicodedata.normalize("NFD", text)):
        node = understood(form)
        assert isinstance(node, Field) and known(node.name) and node.value == "UBND"


@pytest.mark.parametrize("text", ["thư -mật", "thư KHÔNG mật", "thư NOT mật", "thư −mật"])
def test_a_word_is_excluded_by_a_dash_or_by_an_operator_in_capitals(text: str) -> None:
    assert understood(text) == All((Words("thư"), Without(Words("mật"))))


def test_a_phrase_a_field_and_a_group_are_excluded_too() -> None:
    assert understood('thư -"thư mời"') == All((Words("thư"), Without(Words('"thư mời"'))))
    assert understood("thư -nam:2017") == All((Words("thư"), Without(Field("nam", "2017", False, 5, 9))))
    assert understood("thư -(mời HOẶC họp)") == All((Words("thư"), Without(OneOf((Words("mời"), Words("họp"))))))


@pytest.mark.parametrize("text", ["UBND HOẶC HĐND", "UBND OR HĐND", "UBND | HĐND", "UBND|HĐND"])
def test_alternatives_stand_between_hoac_or_and_a_bar(text: str) -> None:
    assert understood(text) == OneOf((Words("UBND"), Words("HĐND")))


def test_exclusion_binds_closer_than_all_and_all_closer_than_alternatives() -> None:
    assert understood("a b -c | d") == OneOf((All((Words("a b"), Without(Words("c")))), Words("d")))
    assert understood("a (b | c) d") == All((Words("a d"), OneOf((Words("b"), Words("c")))))


def test_words_round_a_field_are_one_text() -> None:
    node = understood("quy định nam:2017 thư điện tử")
    assert isinstance(node, All) and node.nodes[0] == Words("quy định thư điện tử")


@pytest.mark.parametrize(
    ("text", "position", "told"),
    [
        ("thư coquam:UBND", 4, "co-quan"),
        ("a | b HOẶC", 10, "HOẶC"),
        ("HOẶC a", 0, "HOẶC"),
        ("(thư | mời", 0, "ngoặc đóng"),
        ("thư | mời)", 9, "ngoặc đóng"),
        ("thư nam:2017 ()", 14, "Thiếu"),
        ("thư nam:hai", 8, "một năm"),
        ("ngay:31/02/2017", 5, "một ngày"),
        ("ngay:05/6/2017..01/6/2017", 5, "ngược"),
        ("tu:hôm-qua", 3, "một ngày"),
        ('co-quan:"UBND', 8, "ngoặc kép"),
        ("loai:(a | b)", 5, "HOẶC"),
        ("chu-ky:dep", 7, "hop-le"),
        ("che-do:kin", 7, "han-che"),
        ("so:---", 3, "giá trị"),
        ("document.docOrdinal:x", 20, "một số"),
        ("a KHÔNG", 2, "thiếu"),
        ("x" * (LONGEST_QUERY + 1), LONGEST_QUERY, "ký tự"),
        ("a " + "-b " * (MOST_PARTS + 1), 2 + 3 * MOST_PARTS, "điều kiện"),
        ("(" * 9 + "a | b" + ")" * 9, 7, "lớp"),
    ],
)
def test_a_wrong_query_is_explained_with_its_place(text: str, position: int, told: str) -> None:
    with pytest.raises(QueryRefusedError) as refused:
        query_of(understood(text), EVERYTHING)
    error = refused.value
    assert error.position == position
    assert told in f"{error.message} {error.remedy} {error.names}"


def test_an_unknown_name_is_answered_with_the_closest_and_with_all_there_are() -> None:
    with pytest.raises(QueryRefusedError) as refused:
        query_of(understood("nguoi-ki:Đạt"), EVERYTHING)
    assert refused.value.names == ("nguoi-ky",)
    assert all(item.name in refused.value.remedy for item in FIELD_NAMES)
    assert closest("qqqqq") == ()


def test_every_documented_field_takes_its_own_example_under_each_of_its_names() -> None:
    for item in FIELD_NAMES:
        for name in (item.name, *item.others):
            node = understood(f"{name}:{item.example}")
            node = node.nodes[1] if isinstance(node, All) else node
            assert query_of(node, EVERYTHING), name


def test_every_field_of_the_metadata_can_be_asked_for_with_its_table_and_alone() -> None:
    values = {"text": "lưu trữ", "keyword": "01", "date": "05/06/2013", "integer": "1"}
    for table in ("hoso", "document"):
        for item in fields_of(table):
            for part in item.parts or (item,):
                name = f"{table}.{item.name}.{part.name}" if item.parts else f"{table}.{item.name}"
                meant = meaning(name)
                assert isinstance(meant, tuple) and isinstance(meant[0], StoredField) and meant[0].path == name
                value = "co" if part.type == "boolean" else values[part.index]
                assert clause_of(Field(name, value, True, 0, 0), EVERYTHING)
                assert known(name.partition(".")[2])


PIECES = (
    *("a", "đê", "(", ")", '"', "“", "|", "-", " ", " ", "HOẶC", "KHÔNG", "so:", "nam:", "2017", "ngay:", "..", "/"),
    *("x:", "1/2", "*", "AND", "5.6.2013", "tháng 6/2013", "loai:", "hoso.title:", "\u0301", "−", ":", "ho-so:"),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_becomes_a_query_or_is_refused_with_a_place(text: str) -> None:
    try:
        node = understood(text)
        query_of(node, EVERYTHING)
        highlight_query_of(node)
    except QueryRefusedError as refused:
        assert refused.message and refused.position is not None
        assert 0 <= refused.position <= len(unicodedata.normalize("NFC", text))
