"""What was typed, taken apart, and the query that answers it.

Found is what matches folded (or by number); the order comes from tiers far apart, within each from BM25:

    4000  its own number is the one asked for           1000  every word as typed, diacritics included (short questions)
    2000  its number has all parts asked for; the more          words and pairs of syllables, metadata before text
          of them, the higher

Words are counted once over metadata and text (``combined_fields``) and pairs in the field where they weigh most
(``cross_fields``): measured, that ranks better than adding fields up, and costs less. The title is among the metadata; a
field of its own for it would count its words twice.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from schemas.index import abbreviations, forms_of_address, padding
from search import notation

LONGEST_QUERY = 1000
_MOST_WORDS = 64
_MOST_PHRASES = 8
_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]+)[\"“”«»]")
_WORD = re.compile(r"\w+")

_TIER_NUMBER = 4000.0
_TIER_NUMBER_PARTS = 2000.0
_A_PART = 50.0
_TIER_EXACT = 1000.0
_TIER_EXACT_WORDS = 6
"""In a longer question some words are often not in the texts sought: there BM25 tells the right ones better."""

_MATCHED = "4<75%"
"""All of up to four words, three quarters of more."""

_FIELDS = ("all^2", "text")
_PAIRS_WEIGHT = 0.5
_COMPOUND = 2.0
"""For all pairs of a short question in one field, in order or not: «công tác văn thư» above its scattered syllables."""


@dataclass(frozen=True, slots=True)
class Question:
    """``words``: what to search for, quotes off, without the words a question is only wrapped in; ``phrases``: what stood
    in quotes; ``numbers``: what may be a number and notation; ``accented``: the words have diacritics."""

    words: str
    phrases: tuple[str, ...]
    numbers: tuple[str, ...]
    accented: bool

    @property
    def empty(self) -> bool:
        return not self.words


def parsed(text: str) -> Question:
    """The question in ``text``, whatever it holds; of an endless one its first 64 words."""
    clean = unicodedata.normalize("NFC", text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8"))[
        :LONGEST_QUERY
    ]
    phrases = tuple(phrase.strip() for phrase in _QUOTED.findall(clean) if _WORD.search(phrase))[:_MOST_PHRASES]
    words = " ".join(re.sub(r"[\"“”«»]", " ", clean).split()[:_MOST_WORDS])
    numbers = notation.spelled_in(words)
    if not phrases:
        words = _unwrapped(words)
    return Question(words, phrases, numbers, notation.folded(words) != words.casefold())


def score_query(question: Question) -> dict[str, Any]:
    """The query that finds and ranks; it matches everything when nothing was asked."""
    if question.empty:
        return {"match_all": {}}
    words = [_all_words(question.words, "folded"), *(_phrase(item, "folded") for item in question.phrases)]
    found: list[dict[str, Any]] = [{"bool": {"filter": words}}]
    if not question.phrases:
        found += [_number_parts(item) for item in question.numbers]
    return {"bool": {"filter": [{"bool": {"should": found, "minimum_should_match": 1}}], "should": _ranking(question)}}


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


def _unwrapped(words: str) -> str:
    """Without «cho tôi hỏi …», «… như thế nào», «ông» before a name; unless that is all there is."""
    left = words
    while found := _wrapping(left):
        rest = (left[: found[0]] + left[found[1] :]).strip(" ,;:?!.")
        if not _WORD.search(rest):
            break
        left = rest
    plain = notation.folded(left)
    address = _address().match(plain) if len(plain) == len(left) else None
    return left[address.end() :] if address else left


def _wrapping(words: str) -> tuple[int, int] | None:
    """Where the words begin or end with padding, typed with all its diacritics or with none: «bão gió» is no «bao giờ»."""
    plain = notation.folded(words)
    if len(plain) != len(words):
        return None
    accented = {phrase.casefold() for phrase in padding()[1]}
    for found in (_at_start().match(plain), _at_end().search(plain)):
        if found and (words[slice(*found.span(1))].casefold() in accented | {found[1]}):
            return found.span()
    return None


@cache
def _at_start() -> re.Pattern[str]:
    return re.compile(rf"[\s?!.,]*({_alternatives(padding()[0])})(?!\w)")


@cache
def _at_end() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)({_alternatives(padding()[1])})[\s?!.,]*$")


@cache
def _address() -> re.Pattern[str]:
    honorifics, surnames = forms_of_address()
    return re.compile(rf"(?:{_alternatives(honorifics)})\s+(?=(?:{_alternatives(surnames)})\s+\w)")


def _alternatives(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(notation.folded(phrase)) for phrase in phrases)


def _ranking(question: Question) -> list[dict[str, Any]]:
    """What orders the records found; none of it decides whether one is found."""
    form = None if question.accented else "folded"
    clauses = [
        {"combined_fields": {"query": question.words, "fields": _fields(form)}},
        _any(_pairs(words, "pairs" if question.accented else "folded_pairs") for words in _spellings(question.words)),
    ]
    short = len(question.words.split()) <= _TIER_EXACT_WORDS
    if short:
        clauses.append({"constant_score": {"filter": _all_pairs(question), "boost": _COMPOUND}})
    if question.accented and short:
        exact = [_all_words(question.words, None), *(_phrase(item, None) for item in question.phrases)]
        clauses.append({"constant_score": {"filter": {"bool": {"filter": exact}}, "boost": _TIER_EXACT}})
    if question.numbers:
        clauses.append(_any(tier for item in question.numbers for tier in _number_tiers(item)))
    return clauses


def _number_tiers(text: str) -> list[dict[str, Any]]:
    whole = {"term": {"number_keys": notation.key(text)}}
    parts = _TIER_NUMBER_PARTS + _A_PART * len(notation.tokens(text))
    return [
        {"constant_score": {"filter": whole, "boost": _TIER_NUMBER}},
        {"constant_score": {"filter": _number_parts(text), "boost": parts}},
    ]


def _fields(form: str | None) -> list[str]:
    if form is None:
        return list(_FIELDS)
    return [f"{name}.{form}{caret}{weight}" for name, caret, weight in (field.partition("^") for field in _FIELDS)]


def _all_words(words: str, form: str | None) -> dict[str, Any]:
    """Enough of the words, wherever in the record they stand."""
    return {"combined_fields": {"query": words, "fields": _fields(form), "minimum_should_match": _MATCHED}}


def _phrase(text: str, form: str | None) -> dict[str, Any]:
    return _any({"match_phrase": {name.partition("^")[0]: text}} for name in _fields(form))


def _pairs(words: str, form: str) -> dict[str, Any]:
    return {"multi_match": {"query": words, "fields": _fields(form), "type": "cross_fields", "boost": _PAIRS_WEIGHT}}


def _all_pairs(question: Question) -> dict[str, Any]:
    fields = _fields("pairs" if question.accented else "folded_pairs")
    return _any(
        {"match": {field.partition("^")[0]: {"query": words, "operator": "and"}}}
        for field in fields
        for words in _spellings(question.words)
    )


def _spellings(words: str) -> tuple[str, ...]:
    """``words``, and with its abbreviations spelled out or its phrases abbreviated: pairs know no synonyms."""
    pattern, other = _two_way()
    plain = notation.folded(words)
    if len(plain) != len(words):
        return (words,)
    made, at = "", 0
    for found in pattern.finditer(plain):
        made += words[at : found.start()] + other[found.group()]
        at = found.end()
    return (words,) if at == 0 else (words, made + words[at:])


@cache
def _two_way() -> tuple[re.Pattern[str], dict[str, str]]:
    other: dict[str, str] = {}
    for short, phrases in abbreviations().two_way.items():
        other[notation.folded(short)] = phrases[0]
        other |= {notation.folded(phrase): short for phrase in phrases}
    names = "|".join(map(re.escape, sorted(other, key=len, reverse=True)))
    return re.compile(rf"(?<![\w/-])(?:{names})(?![\w/-])"), other


def _number_parts(text: str) -> dict[str, Any]:
    tokens = [item for item in dict.fromkeys(notation.tokens(text)) if item != "so"]
    return (
        {"bool": {"filter": [{"term": {"number_tokens": item}} for item in tokens]}} if tokens else {"match_none": {}}
    )


def _any(clauses: Any) -> dict[str, Any]:
    queries = list(clauses)
    return queries[0] if len(queries) == 1 else {"dis_max": {"queries": queries}}
