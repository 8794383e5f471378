"""How text becomes terms on the real server: tone places, i and y, Unicode forms, đ, abbreviations."""

from __future__ import annotations

import unicodedata

import pytest

from schemas.index import abbreviations
from search.analysis import synonym_rules, tone_places, vowel_letters
from search.index import SearchIndex

VOWELS = [
    ("hoà", "hòa"), ("hoá", "hóa"), ("hoả", "hỏa"), ("loã", "lõa"), ("hoạ", "họa"), ("khoẻ", "khỏe"), ("xoè", "xòe"),
    ("loé", "lóe"), ("thuỷ", "thủy"), ("uý", "úy"), ("luỹ", "lũy"), ("tuỳ", "tùy"), ("thuỵ", "thụy"), ("Uỷ", "ủy"),
    ("HOÀ", "HÒA"), ("quý", "qúy"),
]  # fmt: skip


def terms(index: SearchIndex, analyzer: str, text: str) -> list[str]:
    generation = index.ensure()
    answer = index.client.indices.analyze(index=generation.name, analyzer=analyzer, text=text)
    return [token["token"] for token in answer["tokens"]]


def test_all_spellings_of_a_syllable_are_one_term_in_nfc_and_nfd(index: SearchIndex) -> None:
    for first, second in VOWELS:
        forms = (first, second, unicodedata.normalize("NFD", first), unicodedata.normalize("NFD", second))
        assert len({tuple(terms(index, "vi_exact", form)) for form in forms}) == 1, (first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("hòa", "hóa"), ("lưu trữ", "lưu trú"), ("đất", "dắt"), ("hoan", "hoán"), ("tai", "tay"), ("thúi", "thúy")],
)
def test_other_words_stay_other_terms(index: SearchIndex, first: str, second: str) -> None:
    assert terms(index, "vi_exact", first) != terms(index, "vi_exact", second)


def test_folded_terms_have_no_diacritic_and_d_for_d_with_stroke(index: SearchIndex) -> None:
    for text in ("Đê điều", unicodedata.normalize("NFD", "Đê điều"), "De dieu"):
        assert terms(index, "vi_folded", text) == ["de", "dieu"]


def test_pairs_are_terms_of_their_own(index: SearchIndex) -> None:
    assert terms(index, "vi_exact_pairs", "công tác văn thư") == ["công tác", "tác văn", "văn thư"]
    assert terms(index, "vi_folded_pairs", "công tác văn thư") == ["cong tac", "tac van", "van thu"]


@pytest.mark.parametrize(
    ("first", "second"), [("kỹ", "kĩ"), ("lý", "lí"), ("sỹ", "sĩ"), ("tỷ", "tỉ"), ("quy", "qui"), ("QUÝ", "quí")]
)
def test_i_and_y_find_each_other_where_they_are_one_sound(index: SearchIndex, first: str, second: str) -> None:
    for analyzer in ("vi_exact_search", "vi_folded_search"):
        assert set(terms(index, analyzer, first)) == set(terms(index, analyzer, second))


def test_every_rule_leaves_offsets_alone() -> None:
    for rule in tone_places():
        source, target = rule.split(" => ")
        assert len(source) == len(target) and source != target


def test_every_abbreviation_stands_for_one_thing_and_is_understood_without_diacritics(index: SearchIndex) -> None:
    table = abbreviations()
    assert not set(table.two_way) & set(table.one_way)
    assert len(synonym_rules()) == len(table.two_way) + len(table.one_way) + len(vowel_letters()) + 9
    for text in ("QĐ", "qd"):
        assert {"quyet", "dinh"} <= set(terms(index, "vi_folded_search", text))
    assert {"ủy", "ban"} <= set(terms(index, "vi_exact_search", "UBND"))


def test_a_day_with_and_without_its_leading_zero_is_the_same_to_a_search(index: SearchIndex) -> None:
    assert set(terms(index, "vi_exact_search", "5")) == set(terms(index, "vi_exact_search", "05")) == {"5", "05"}
