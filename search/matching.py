"""The query that a tree of the query language stands for: free words ranked by ``search.question``, all else exact.

A date among the free words, as it is written in papers, also finds what was issued then, and lifts it:

    a day      1500    above what has the words as typed, below what bears the number asked for
    a month     500
    a year        3    found only when nothing else is asked: «kế hoạch năm 2017» may be of 2016
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from search import notation
from search.field_clauses import clause_of, highlight_of
from search.language import All, Field, Node, OneOf, Without, Words
from search.question import highlighted_query, parsed, score_query
from search.spoken_dates import Grain, SpokenDate, dates_in
from search.visibility import EVERYTHING, Visible

Clause = dict[str, Any]

_MOST_DATES = 3
_LIFT = {Grain.DAY: 1500.0, Grain.MONTH: 500.0, Grain.YEAR: 3.0}
_QUOTED = re.compile(r'["“”„«»][^"“”„«»]*["“”„«»]')
_EVERYWHERE = ("title", "all", "text")


def query_of(node: Node, visible: Visible = EVERYTHING) -> Clause:
    """What finds and ranks; no filter of rights, which the caller adds. Raises QueryRefusedError for what cannot be asked.

    ``visible`` keeps questions for the hồ sơ of a document off those the asker sees without their hồ sơ.
    """
    if isinstance(node, Words):
        return _free(node.text)
    if isinstance(node, Field):
        return clause_of(node, visible)
    if isinstance(node, Without):
        return {"bool": {"must_not": [_excluded(node.node, visible)]}}
    if isinstance(node, OneOf):
        return {"bool": {"should": [query_of(item, visible) for item in node.nodes], "minimum_should_match": 1}}
    must = [query_of(item, visible) for item in node.nodes if not isinstance(item, Without)]
    must_not = [_excluded(item.node, visible) for item in node.nodes if isinstance(item, Without)]
    return {"bool": {**({"must": must} if must else {}), **({"must_not": must_not} if must_not else {})}}


def highlight_query_of(node: Node) -> Clause | None:
    """The words to mark; None when there are none. What is excluded is never marked."""
    marked = [clause for leaf in _asked(node) for clause in _marked(leaf)]
    if not marked:
        return None
    return marked[0] if len(marked) == 1 else {"bool": {"should": marked}}


def _free(text: str) -> Clause:
    whole = score_query(parsed(text))
    dates = _dates(text)
    if not dates:
        return whole
    rest = _without(text, dates)
    bare = not re.search(r"\w", rest)
    then = [_issued(item) for item in dates]
    lifts = [
        {"constant_score": {"filter": clause, "boost": _LIFT[item.grain]}}
        for item, clause in zip(dates, then, strict=True)
    ]
    finding = [clause for item, clause in zip(dates, then, strict=True) if item.grain is not Grain.YEAR or bare]
    ways = [whole]
    if finding:
        ways.append({"bool": {"must": [score_query(parsed(rest))], "filter": [_any(finding)]}})
    found = ways[0] if len(ways) == 1 else {"bool": {"should": ways, "minimum_should_match": 1}}
    return {"bool": {"must": [found], "should": lifts}}


def _dates(text: str) -> tuple[SpokenDate, ...]:
    """The dates in it; one within a phrase stays what was typed."""
    masked = _QUOTED.sub(lambda quoted: "¤" * len(quoted.group()), text)
    return dates_in(masked)[:_MOST_DATES]


def _without(text: str, dates: tuple[SpokenDate, ...]) -> str:
    for item in reversed(dates):
        text = f"{text[: item.start]} {text[item.end :]}"
    return text


def _issued(item: SpokenDate) -> Clause:
    return {"range": {"issued_on": {"gte": item.first.isoformat(), "lte": item.last.isoformat()}}}


def _excluded(node: Node, visible: Visible) -> Clause:
    """What a record must not have; words as typed when they bear diacritics, else in any form."""
    if not isinstance(node, Words):
        return query_of(node, visible)
    question = parsed(node.text)
    loose = _QUOTED.sub(" ", node.text).split()
    parts = [_anywhere(part) for part in (*question.phrases, *loose)]
    return parts[0] if len(parts) == 1 else {"bool": {"filter": parts}}


def _anywhere(text: str) -> Clause:
    accented = notation.folded(text) != text.casefold()
    forms: list[Clause] = [{"match_phrase": {name if accented else f"{name}.folded": text}} for name in _EVERYWHERE]
    if any(item.isdigit() for item in notation.tokens(text)) and "/" in text:
        forms.append({"bool": {"filter": [{"term": {"number_tokens": item}} for item in notation.tokens(text)]}})
    return {"bool": {"should": forms, "minimum_should_match": 1}}


def _asked(node: Node) -> Iterator[Words | Field]:
    """The leaves outside of every exclusion."""
    if isinstance(node, Words | Field):
        yield node
    elif isinstance(node, All | OneOf):
        for item in node.nodes:
            yield from _asked(item)


def _marked(leaf: Words | Field) -> list[Clause]:
    if isinstance(leaf, Field):
        return highlight_of(leaf)
    question = parsed(leaf.text)
    return [] if question.empty else [highlighted_query(question)]


def _any(clauses: list[Clause]) -> Clause:
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}
