"""Which mode of use holds: words of the metadata, decisions of the archive, the stricter of hồ sơ and document."""

from __future__ import annotations

import itertools
import unicodedata

import pytest

from archive.access import Mode, effective_mode, stated_mode

OPEN, CONDITIONAL, CLOSED = Mode.OPEN, Mode.CONDITIONAL, Mode.RESTRICTED


@pytest.mark.parametrize(
    ("stated", "mode"),
    [
        ("01", OPEN),
        ("1", OPEN),
        (1, OPEN),
        ("Công khai", OPEN),
        ("CÔNG  KHAI ", OPEN),
        ("Sử dụng rộng rãi", OPEN),
        ("Không hạn chế", OPEN),
        ("02", CONDITIONAL),
        ("Có điều kiện", CONDITIONAL),
        ("Tiếp cận có điều kiện", CONDITIONAL),
        ("theo quy chế của cơ quan", CONDITIONAL),
        ("04", CONDITIONAL),
        ("Hạn chế", CLOSED),
        ("hạn chế sử dụng", CLOSED),
        ("Hạn chế.", CLOSED),
        ("Tài liệu hạn chế sử dụng", CLOSED),
        ("03", CLOSED),
        ("3", CLOSED),
        ("Mật", CLOSED),
        ("03 - Mật", CLOSED),
        ("Tối mật", CLOSED),
        (["01", "Hạn chế"], CLOSED),
        (["Hạn chế", "01"], CLOSED),
        ("", None),
        ("  ", None),
        (None, None),
        ([], None),
        ([None, ""], None),
    ],
)
def test_the_words_of_the_metadata_are_understood(stated: object, mode: Mode | None) -> None:
    assert stated_mode({"mode": stated}) is mode


@pytest.mark.parametrize("word", ["Hạn chế", "Mật", "Công khai", "Có điều kiện"])
def test_decomposed_letters_are_the_same_words(word: str) -> None:
    assert stated_mode({"mode": unicodedata.normalize("NFD", word)}) is stated_mode({"mode": word})


def test_nothing_stated_is_conditional() -> None:
    assert effective_mode({}) is effective_mode({}, {}) is effective_mode({}, {}, {}, 3) is CONDITIONAL


WORDS = {OPEN: "01", CONDITIONAL: "02", CLOSED: "Hạn chế", None: None}


def test_the_stricter_of_hoso_and_document_holds_and_decisions_stand_over_the_metadata() -> None:
    strictness = {OPEN: 0, CONDITIONAL: 1, CLOSED: 2}
    for hoso, own, decided_hoso, decided_own in itertools.product(WORDS, repeat=4):
        decided = {key: mode for key, mode in ((None, decided_hoso), (3, decided_own), (4, CLOSED)) if mode is not None}
        whole = decided_hoso or hoso or CONDITIONAL
        document = decided_own or own or whole
        fields, its = {"mode": WORDS[hoso]}, {"mode": WORDS[own]}
        assert effective_mode(fields, None, decided) is whole
        assert effective_mode(fields, its, decided, 3) is max(whole, document, key=lambda mode: strictness[mode])
