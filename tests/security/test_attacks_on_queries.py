"""The query language abused: taken as words or refused with an explanation, never an error of ours, never more rights."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security.conftest import Arena, wired
from tests.security.test_attacks_on_rights import leaked

QUERIES = {
    "parentheses": "(" * 1000,
    "parentheses nested": "(" * 450 + "a" + ")" * 450,
    "parentheses closed only": ")" * 1000,
    "quotes": '"' * 999,
    "quotes in quotes": '"a "b" c" ' * 100,
    "wildcards": "* ?*?* a*b*c*d*",
    "a regular expression": "/.*.*.*.*(a+)+$/",
    "fuzziness": 'a~99 "a b"~1000',
    "boosts": "a^99999999999 a^-1",
    "a script": '{"script": {"source": "while(true){}"}}',
    "a body of Elasticsearch": '{"query": {"match_all": {}}, "_source": true}',
    "fields of Elasticsearch": "_source:true _id:* _exists_:text _index:*",
    "ranges of Lucene": "year:[* TO *] owner:{* TO *}",
    "SQL": "' OR 1=1; DROP TABLE aips; --",
    "a template": "{{7*7}} ${jndi:ldap://127.0.0.1/a}",
    "minus signs": "-" * 1000,
    "exclusions": "-a " * 300,
    "alternatives": "a HOẶC " * 140,
    "conjunctions": "VÀ " * 300,
    "colons": ":" * 1000,
    "fields in fields": "so:so:so:so:",
    "a field without a value": 'so:""',
    "a giant year": "nam:" + "9" * 900,
    "a giant day": "ngay:31/12/" + "9" * 900,
    "a range turned round": "tu:2025 den:1900",
    "a long word": "a" * 1000,
    "many words": " ".join(f"w{number}" for number in range(230)),
    "numbers and notations": "1/" * 500,
    "days in words": "ngày 5 tháng 6 năm 2013 " * 40,
    "control characters": "\x00\x01\x1b\x7f",
    "not characters": "\ufffe\uffff\U0010ffff",
    "marks without letters": "a" + "\u0301" * 990,
    "pictures": "😀" * 1000,
    "ideographs": "漢字" * 500,
    "ideographs in quotes": '"' + "漢字" * 499 + '"',
    "backslashes": "\\" * 1000,
    "letters that grow when folded": "İﬃŉΐ" * 200,
    "spaces of every kind": "\u00a0\u2003\u3000\u200b\t\r\n" * 100,
}


def explained(answer: Any) -> None:
    """200, or a 400 (422 for what no parameter may be) that says what is wrong."""
    assert answer.status_code in (200, 400, 422), answer.text
    if answer.status_code != 200:
        problem = answer.json()
        assert problem["title"] and (problem.get("faults") or problem.get("remedy")), problem


@pytest.mark.parametrize("q", QUERIES.values(), ids=QUERIES.keys())
def test_a_query_is_answered_or_explained_and_shows_nothing_hidden(arena: Arena, q: str) -> None:
    for path, params in (
        ("/search", {"q": q, "facet": ["agency", "mode"]}),
        ("/search", {"q": q, "group": True, "sort": "newest"}),
        ("/search/suggest", {"q": q[:200]}),
    ):
        answer = arena.ask("agency", "GET", path, params=params)
        if params.get("sort") and answer.status_code == 422:
            answer = arena.ask("agency", "GET", path, params={**params, "sort": "relevance"})
        explained(answer)
        assert not leaked(arena, "agency", answer)


@pytest.mark.parametrize(
    "q", ["owner:H77.31", "mode:restricted", "visible:true", "granted:true", "text:zq", "content:zq"]
)
@pytest.mark.parametrize("who", ["agency", "archivist"])
def test_fields_of_the_rights_are_no_way_around_them(arena: Arena, who: str, q: str) -> None:
    for params in ({"q": q}, {"q": f"a HOẶC {q}"}, {"q": f"KHÔNG {q}"}, {"q": f"-{q}"}, {"filter": q}):
        answer = arena.ask(who, "GET", "/search", params={**params, "size": 100})
        explained(answer)
        assert not leaked(arena, who, answer)


def test_what_is_asked_for_by_exclusion_is_still_only_what_may_be_known(arena: Arena) -> None:
    everything = arena.ask("agency", "GET", "/search").json()["total"]
    for q in (
        "-zqkhongcozq",
        "-zqforeignopentitlezq",
        '-"zqforeignopentitlezq"',
        "KHÔNG zqkhongcozq",
        "-co-quan:H99.12",
    ):
        answer = arena.ask("agency", "GET", "/search", params={"q": q})
        explained(answer)
        assert answer.json().get("total", 0) <= everything and not leaked(arena, "agency", answer)


def test_a_word_disguised_finds_what_it_is_or_nothing_and_never_what_is_hidden(arena: Arena) -> None:
    word = "zqforeignrestrictedsubject1zq"
    disguises = [
        f"\u202e{word}\u202c",
        "\u200b".join(word),
        "\u00ad".join(word),
        word.replace("e", "е").replace("o", "о"),
        word.upper(),
        word.translate({ord(letter): 0xFF41 + ord(letter) - ord("a") for letter in set(word) if letter.isalpha()}),
        f"\ufeff{word}",
        "".join(f"{letter}\u0301" for letter in word),
    ]
    for q in disguises:
        for who in ("agency", "archivist"):
            answer = arena.ask(who, "GET", "/search", params={"q": q})
            explained(answer)
            assert not leaked(arena, who, answer)
            assert arena.world.of("foreign", "restricted").aip_id not in answer.text
    # Who may know of it finds it typed in capitals as well.
    assert arena.ask("head", "GET", "/search", params={"q": word.upper()}).json()["total"] == 1


@pytest.mark.parametrize(
    "params",
    [
        {"size": "0"},
        {"size": "101"},
        {"size": "-1"},
        {"size": "1e3"},
        {"size": "9" * 5000},
        {"sort": "_script"},
        {"sort": "owner"},
        {"from": "0000-00-00"},
        {"from": "9999-12-31", "to": "0001-01-01"},
        {"facet": "_id"},
        {"facet": "owner"},
        {"facet": ["agency"] * 500},
        {"filter": "owner:H77.31"},
        {"filter": "_id:x"},
        {"filter": ":"},
        {"filter": "year:-1"},
        {"filter": "year:" + "9" * 400},
        {"filter": "agency:" + "x" * 10_000},
        {"filter": [f"agency:{number}" for number in range(3000)]},
        {"filter": [f"agency:{'x' * 490}{number}" for number in range(50)]},
        {"after": "A" * 8192},
        {"after": "e30="},
        {"after": "eyJwaXQiOiIqIiwic29ydCI6W119"},
        {"after": "../../_search"},
        {"group": "perhaps"},
        {"q": "a" * 60_000},
        {"q": "a", "_source": "true", "source": '{"query": {"match_all": {}}}', "index": "_all", "routing": "x"},
        {"q": "a", "owner": "H77.31", "role": "head", "account": "zq-head-zq"},
    ],
    ids=lambda params: str(params)[:40],
)
def test_parameters_beyond_what_is_offered_are_refused_or_passed_over(arena: Arena, params: dict[str, Any]) -> None:
    for method, path in (("GET", "/search"), ("POST", "/search/export")):
        answer = arena.ask("agency", method, path, params=params)
        if answer.status_code != 200 or path == "/search":
            explained(answer)
        assert not leaked(arena, "agency", answer)


def test_pages_go_as_deep_as_there_are_records_and_no_deeper(arena: Arena) -> None:
    seen, after, pages = set(), None, 0
    while pages < 100:
        page = arena.ask("head", "GET", "/search", params={"size": 1, **({"after": after} if after else {})}).json()
        seen |= {(item["aip_id"], item["ordinal"]) for item in page["items"]}
        after, pages = page["after"], pages + 1
        if after is None:
            break
    assert after is None and len(seen) == page["total"]


def test_a_hundred_thousand_parentheses_do_not_get_as_far_as_the_query_language(arena: Arena) -> None:
    with wired(arena.app, arena.installation) as wire:
        token = f"Authorization: Bearer {arena.world.tokens['agency']}"
        for q in ("(" * 100_000, "%22" * 100_000):
            assert wire.ask(f"GET /api/v1/search?q={q}", token).split(b" ", 2)[1] in (b"400", b"422")


def test_the_search_node_is_asked_for_nothing_but_what_the_service_makes_of_a_query(arena: Arena) -> None:
    """No path, no index and no id of a client becomes part of an address of the node."""
    for path in ("/search/_all", "/search/../_cat/indices", "/search/%2e%2e/_search", "/_search", "/search/_count"):
        assert arena.ask("head", "GET", path).status_code in (404, 405)
