"""How Vietnamese text becomes terms: as written, and folded (no tone, no hook, đ as d), each also in pairs.

    text      → NFC → old and new tone places made one (hoà = hòa) → words → lower case                 vi_exact
                                                                          └→ folded                    vi_folded
    search    abbreviations and their phrases, kỹ and kĩ, 5 and 05 find each other                      …_search
    pairs     two neighbouring syllables as one term: most Vietnamese words are two syllables, and measured on legal
              text, pairs rank better than a word segmenter.

Pairs have fields of their own: in one field with the single syllables the server takes a pair for a synonym of its
first syllable and scores the two as one.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from schemas.index import abbreviations

_TONES = ("\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
_MOVING = (("o", "a"), ("o", "e"), ("u", "y"))
"""Vowel pairs in which the tone mark stands on either letter: hoà or hòa, khoẻ or khỏe, thuỷ or thủy."""


def tone_places() -> tuple[str, ...]:
    """``new => old`` for every vowel pair whose tone mark has two habitual places, in every case; lengths stay."""
    rules = []
    for first, second in _MOVING:
        for tone in _TONES:
            for left in (first, first.upper()):
                for right in (second, second.upper()):
                    new = left + unicodedata.normalize("NFC", right + tone)
                    old = unicodedata.normalize("NFC", left + tone) + right
                    rules.append(f"{new} => {old}")
    return tuple(rules)


def vowel_letters() -> tuple[str, ...]:
    """``kỹ, kĩ`` for every syllable that ends in a sound written with either letter: lý or lí, sỹ or sĩ, quy or qui."""
    rules = []
    for lead in ("h", "k", "l", "m", "s", "t", "qu"):
        for tone in ("", *_TONES):
            rules.append(", ".join(lead + unicodedata.normalize("NFC", letter + tone) for letter in ("y", "i")))
    return tuple(rules)


def synonym_rules() -> tuple[str, ...]:
    """The abbreviations as rules of a synonym filter; the filters before it bring both sides into the field's form."""
    table = abbreviations()
    both = [", ".join((short, *phrases)) for short, phrases in table.two_way.items()]
    both += vowel_letters()
    both += [f"{digit}, 0{digit}" for digit in range(1, 10)]  # days and numbers: 05/6/2013 is 5/6/2013
    one = [f"{short} => {', '.join((short, *phrases))}" for short, phrases in table.one_way.items()]
    return (*both, *one)


def analysis() -> dict[str, Any]:
    """The ``analysis`` section of the index settings; it needs analysis-icu (or the plugin of the local node)."""

    def analyzer(*filters: str) -> dict[str, Any]:
        return {
            "type": "custom",
            "char_filter": ["vi_nfc", "vi_tones"],
            "tokenizer": "standard",
            "filter": ["lowercase", *filters],
        }

    return {
        "char_filter": {
            "vi_nfc": {"type": "icu_normalizer", "name": "nfc", "mode": "compose"},
            "vi_tones": {"type": "mapping", "mappings": list(tone_places())},
        },
        "filter": {
            "vi_abbreviations": {"type": "synonym_graph", "synonyms": list(synonym_rules())},
            "vi_pairs": {
                "type": "shingle",
                "min_shingle_size": 2,
                "max_shingle_size": 2,
                "output_unigrams": False,
            },
        },
        "analyzer": {
            "vi_exact": analyzer(),
            "vi_exact_search": analyzer("vi_abbreviations"),
            "vi_exact_pairs": analyzer("vi_pairs"),
            "vi_folded": analyzer("icu_folding"),
            "vi_folded_search": analyzer("icu_folding", "vi_abbreviations"),
            "vi_folded_pairs": analyzer("icu_folding", "vi_pairs"),
        },
        "normalizer": {
            "vi_key": {"type": "custom", "char_filter": ["vi_nfc", "vi_tones"], "filter": ["lowercase", "icu_folding"]},
        },
    }
