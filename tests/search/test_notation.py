"""Số và ký hiệu: every spelling of one number is one; what only looks like a number is none."""

from __future__ import annotations

import unicodedata

import pytest

from search import notation


@pytest.mark.parametrize(
    "text",
    [
        "15/2017/QĐ-UBND",
        "15/2017/qđ-ubnd",
        "15/2017/QD-UBND",
        "15 / 2017 / QĐ - UBND",
        "Số: 15/2017/QĐ-UBND",
        "số 015/2017/QĐ-UBND",
        unicodedata.normalize("NFD", "15/2017/QĐ-UBND"),
    ],
)
def test_a_whole_number_has_one_key_in_every_spelling(text: str) -> None:
    assert notation.key(text) == "15-2017-qd-ubnd"


def test_a_document_is_asked_for_with_and_without_year_and_notation() -> None:
    assert notation.keys_of("15", "2017/QĐ-UBND", 2017) == ("15-2017-qd-ubnd", "15-2017", "15-qd-ubnd")
    assert notation.keys_of("09", "CT-UBND", 2009) == ("9-ct-ubnd", "9-2009-ct-ubnd", "9-2009")
    assert notation.keys_of("7", "", None) == ("7",)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("15/2017", {"15", "2017"}),
        ("qd ubnd 15", {"qd", "ubnd", "15"}),
        ("QĐ 15/2017/UBND", {"qd", "15", "2017", "ubnd"}),
        ("số 15 năm 2017 của UBND", {"15", "2017", "ubnd"}),
        ("so 15 nam 2017 cua uy ban nhan dan", {"15", "2017", "ubnd"}),
        ("Quyết định số 15 năm 2017 của Uỷ ban nhân dân", {"qd", "15", "2017", "ubnd"}),
        ("quyết định 15/2017", {"qd", "15", "2017"}),
        ("Nghị định số 30 năm 2020 của Chính phủ", {"nd", "30", "2020", "cp"}),
        ("Chỉ thị số 34/2008 của Thủ tướng Chính phủ", {"ct", "34", "2008", "ttg"}),
        ("quyết định 15", {"qd", "15"}),
        ("Thông tư 01/2011/TT-BNV", {"tt", "1", "2011", "bnv"}),
    ],
)
def test_a_number_is_understood_as_it_is_typed_or_spoken(text: str, parts: set[str]) -> None:
    assert set(notation.tokens(notation.spelled_in(text)[0])) == parts


def test_a_spoken_number_is_found_within_a_longer_question() -> None:
    text = "cho tôi xem quyết định số 15 năm 2017 của Ủy ban nhân dân tỉnh Khánh Hòa về trao đổi văn bản điện tử của các cơ quan"
    assert notation.spelled_in(text) == ("qd 15 2017 ubnd",)


@pytest.mark.parametrize(
    "text",
    [
        "bão số 5 gây thiệt hại năm 2013 tại các huyện ven biển của tỉnh Quảng Bình và Quảng Trị",
        "kế hoạch năm 2017",
        "thư điện tử",
        "",
        "/",
    ],
)
def test_what_only_speaks_of_years_or_counts_is_no_number(text: str) -> None:
    assert notation.spelled_in(text) == ()


def test_the_fifth_storm_of_a_year_is_not_the_fifth_document_of_it() -> None:
    assert all("bao" in notation.tokens(part) for part in notation.spelled_in("bão số 5 năm 2013"))


@pytest.mark.parametrize("text", ["9" * 500, "1/2/3/4/5/6/7/8/9/10/11/12/13/14", "số " * 300, "nghị định " * 90 + "1/"])
def test_monstrous_texts_are_taken_apart_like_any_other(text: str) -> None:
    assert len(notation.spelled_in(text)) <= 300


def test_folding_knows_every_vietnamese_letter() -> None:
    assert (
        notation.folded("ĂẮẰẲẴẶ ÂẤẦẨẪẬ Đđ ÊẾỀỂỄỆ ÔỐỒỔỖỘ ƠỚỜỞỠỢ ƯỨỪỬỮỰ ỲÝỶỸỴ")
        == "aaaaaa aaaaaa dd eeeeee oooooo oooooo uuuuuu yyyyy"
    )
