"""What was typed, taken apart, and the query that answers it.

Found is what matches folded (or by number); the order comes from tiers far apart, within each from BM25:

    4000  its own number is the one asked for       1000  every word as typed, diacritics included
    2000  its number has all parts asked for              words and pairs: title before metadata before text
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from search import notation

LONGEST_QUERY = 1000
_MOST_WORDS = 64
_MOST_PHRASES = 8
_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]+)[\"“”«»]")
_WORD = re.compile(r"\w+")

_TIER_NUMBER = 4000.0
_TIER_NUMBER_PARTS = 2000.0
_TIER_EXACT = 1000.0

_FOLDED = ("title.folded^3", "all.folded^2", "text.folded")
_EXACT = ("title^3", "all^2", "text")


@dataclass(frozen=True, slots=True)
class Question:
    """``words``: all that was typed, quotes off; ``phrases``: what stood in them; ``accented``: it has diacritics."""

    words: str
    phrases: tuple[str, ...]
    numbers: tuple[str, ...]
    accented: bool

    @property
    def empty(self) -> bool:
        return not self.words


def parsed(text: str) -> Question:
    """The question in ``text``, whatever it holds; of an endless one its first 64 words."""
    clean = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")[:LONGEST_QUERY]
    phrases = tuple(phrase.strip() for phrase in _QUOTED.findall(clean) if _WORD.search(phrase))[:_MOST_PHRASES]
    words = " ".join(re.sub(r"[\"“”«»]", " ", clean).split()[:_MOST_WORDS])
    accented = notation.folded(words) != words.casefold()
    return Question(words, phrases, notation.spelled_in(words), accented)


def score_query(question: Question) -> dict[str, Any]:
    """The query that finds and ranks; it matches everything when nothing was asked."""
    if question.empty:
        return {"match_all": {}}
    found: list[dict[str, Any]] = [
        {
            "bool": {
                "must": [_all_words(question.words, _FOLDED), *(_phrase(item, "folded") for item in question.phrases)]
            }
        }
    ]
    if not question.phrases:
        found += [_number_parts(item) for item in question.numbers]
    return {"bool": {"must": [{"bool": {"should": found, "minimum_should_match": 1}}], "should": _better(question)}}


def highlighted_query(question: Question) -> dict[str, Any]:
    """The words to mark, as typed or folded, in whichever field is shown."""
    if question.empty:
        return {"match_none": {}}
    names = ("title", "text", "all")
    fields = [*names, *(f"{name}.folded" for name in names)]
    if question.phrases:
        return {
            "bool": {"should": [_any({"match_phrase": {name: item}} for name in fields) for item in question.phrases]}
        }
    return {"multi_match": {"query": question.words, "fields": fields, "type": "most_fields"}}


def _better(question: Question) -> list[dict[str, Any]]:
    """What lifts a record among those found; none of it decides whether it is found."""
    pairs = "pairs" if question.accented else "folded_pairs"
    lifts = [_pairs(question.words, pairs)]
    if question.accented:
        lifts.append({"combined_fields": {"query": question.words, "fields": list(_EXACT)}})
        exact = [_all_words(question.words, _EXACT), *(_phrase(item, None) for item in question.phrases)]
        lifts.append({"constant_score": {"filter": {"bool": {"must": exact}}, "boost": _TIER_EXACT}})
    tiers = [tier for item in question.numbers for tier in _number_tiers(item)]
    return [*lifts, _any(tiers)] if tiers else lifts


def _number_tiers(text: str) -> list[dict[str, Any]]:
    whole = {"term": {"number_keys": notation.key(text)}}
    return [
        {"constant_score": {"filter": whole, "boost": _TIER_NUMBER}},
        {"constant_score": {"filter": _number_parts(text), "boost": _TIER_NUMBER_PARTS}},
    ]


def _all_words(words: str, fields: tuple[str, ...]) -> dict[str, Any]:
    """All of up to four words, three quarters of more, wherever in the record they stand."""
    return {"combined_fields": {"query": words, "fields": list(fields), "minimum_should_match": "4<75%"}}


def _phrase(text: str, form: str | None) -> dict[str, Any]:
    names = ("title", "text", "all")
    return _any({"match_phrase": {name if form is None else f"{name}.{form}": text}} for name in names)


def _pairs(words: str, form: str) -> dict[str, Any]:
    fields = [f"title.{form}^3", f"all.{form}^2", f"text.{form}"]
    return {"multi_match": {"query": words, "fields": fields, "type": "most_fields"}}


def _number_parts(text: str) -> dict[str, Any]:
    tokens = [item for item in dict.fromkeys(notation.tokens(text)) if item != "so"]
    return (
        {"bool": {"filter": [{"term": {"number_tokens": item}} for item in tokens]}} if tokens else {"match_none": {}}
    )


def _any(clauses: Any) -> dict[str, Any]:
    return {"dis_max": {"queries": list(clauses)}}
