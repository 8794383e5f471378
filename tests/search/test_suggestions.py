"""Suggestions while typing: titles, numbers, issuers, signers; what they put into the search box finds them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from search.index import SearchIndex
from search.suggestions import suggestions
from search.visibility import EVERYTHING
from tests.search.asking import ask
from tests.search.holdings import document, hoso

Fill = Callable[..., SearchIndex]


@pytest.fixture
def index(filled: Fill) -> SearchIndex:
    return filled(
        hoso(
            "h",
            document(
                "1",
                subject="Bảo vệ đê điều",
                codeNumber="15",
                codeNotation="2017/QĐ-UBND",
                organName="Ủy ban nhân dân tỉnh",
                signers=("Đào Thị Hoà",),
            ),
            document("2", subject='Bảo vệ "rừng"', codeNumber="150", codeNotation="2018/QĐ-UBND", organName="Sở X"),
        )
    )


def told(index: SearchIndex, typed: str) -> list[str]:
    return [item.text for item in suggestions(index, typed, EVERYTHING)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("bảo vệ đ", "Bảo vệ đê điều"),
        ("bao ve de d", "Bảo vệ đê điều"),
        ("uỷ b", "Ủy ban nhân dân tỉnh"),
        ("dao thi", "Đào Thị Hoà"),
        ("hòa", "Đào Thị Hoà"),
        ("15/20", "15/2017/QĐ-UBND"),
        ("số 15/2017", "15/2017/QĐ-UBND"),
    ],
)
def test_what_is_begun_is_completed_in_every_form(index: SearchIndex, typed: str, first: str) -> None:
    for form in (typed, unicodedata.normalize("NFD", typed), typed.upper()):
        assert told(index, form)[0] == first


def test_every_suggestion_finds_its_records(index: SearchIndex) -> None:
    for typed in ("b", "u", "d", "1", "so", "n"):
        for item in suggestions(index, typed, EVERYTHING):
            assert ask(index, item.query).total >= (item.count or 1), item


@pytest.mark.parametrize("typed", ["", " ", "\0", "!?", '"', "\ud800", "zzzz", "(" * 500, "a:b AND", "*"])
def test_what_begins_nothing_suggests_nothing(index: SearchIndex, typed: str) -> None:
    assert suggestions(index, typed, EVERYTHING) == ()
