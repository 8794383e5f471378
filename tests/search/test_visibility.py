"""Nothing that an asker may not know of shows anywhere: hits, counts, facets, groups, marks, suggestions, likenesses."""

from __future__ import annotations

import dataclasses
import json
from itertools import product
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from search.errors import QueryRefusedError
from search.facet_counts import FACETS
from search.index import SearchIndex
from search.indexer import Follower
from search.query import Filters, Sort, search
from search.similar import RecordUnknownError, siblings, similar
from search.suggestions import suggestions
from search.visibility import EVERYTHING, Visible, visible_filter
from tests.search.asking import ALL_MODES, ARCHIVIST, NOBODY, PUBLIC, agency
from tests.search.holdings import Holdings
from tests.search.shelves import RECORDS, SECRET, Record, seen_by, shelves

ASKERS = {
    "everything": EVERYTHING,
    "archivist": ARCHIVIST,
    "public": PUBLIC,
    "nobody": NOBODY,
    "agency": agency("HP"),
    "other agency": agency("CT"),
    "agency without a code": agency(""),
    "archivist with a grant for a hồ sơ": dataclasses.replace(ARCHIVIST, granted=(("kn", None),)),
    "archivist with a grant for a document": dataclasses.replace(ARCHIVIST, granted=(("kn", 1), ("hp", 3))),
    "agency with a foreign grant": dataclasses.replace(agency("CT"), granted=(("kn", 2),)),
    "a grant alone": Visible(frozenset(), granted=(("ct", 2),)),
    "the index is behind on a hồ sơ": dataclasses.replace(ARCHIVIST, hidden=(("hp", None),)),
    "the index is behind on a document": dataclasses.replace(EVERYTHING, hidden=(("hp", 1), ("ct", 1))),
    "hidden and granted": dataclasses.replace(ARCHIVIST, hidden=(("hp", None),), granted=(("hp", 2),)),
}


@pytest.fixture(scope="module")
def shelf(client: Elasticsearch) -> SearchIndex:
    holdings = Holdings()
    for aip in shelves():
        holdings.take(aip)
    made = SearchIndex(client, "shelf")
    Follower(holdings, made).follow()
    return made


@pytest.fixture(params=ASKERS, ids=str)
def visible(request: pytest.FixtureRequest) -> Visible:
    return ASKERS[request.param]


def secrets_in(answer: Any) -> set[str]:
    """The ids of the records whose own word stands anywhere in the answer."""
    told = json.dumps(dataclasses.asdict(answer) if dataclasses.is_dataclass(answer) else answer, default=repr)
    return {identity for identity, word in SECRET.items() if word in told.casefold()}


QUERIES = (
    "",
    "đê điều",
    '"bảo vệ"',
    "de dieu",
    "đê HOẶC ủy",
    "-foxtrot",
    "co-quan:ủy*",
    "nam:2001..2007",
    "loai:quyết-định HOẶC kieu:ho-so",
    "ngày 6 tháng 5 năm 2006",
)


@pytest.mark.parametrize("query", QUERIES)
def test_a_search_finds_only_what_the_asker_may_know_of(shelf: SearchIndex, visible: Visible, query: str) -> None:
    everything = {hit.id for hit in search(shelf, query, EVERYTHING, size=100).hits}
    answer = search(shelf, query, visible, size=100, facets=tuple(FACETS))
    assert {hit.id for hit in answer.hits} == everything & seen_by(visible)
    assert answer.total == len(answer.hits)
    assert secrets_in(answer) <= seen_by(visible)


def _ids(record: Record) -> tuple[str, ...]:
    """Questions for the record by its ids; the package of a document that is seen is no secret."""
    if record.ordinal is None:
        code = f"{record.owner}.{SECRET[record.id]}"
        return f"ho-so:{code}", f"ho-so:{code[:4]}*", f"-(-ho-so:{code})", f"ma:{code}"
    return f"ma:{record.id}", f"id:{record.id}"


@pytest.mark.parametrize("identity", SECRET)
def test_a_word_of_an_unseen_record_is_found_by_no_field_and_no_filter(
    shelf: SearchIndex, visible: Visible, identity: str
) -> None:
    word = SECRET[identity]
    record = next(item for item in RECORDS if item.id == identity)
    if identity in seen_by(visible):
        return
    names = ("so", "ky-hieu", "co-quan", "nguoi-ky", "tieu-de", "noi-dung", "trich-yeu", "document.subject")
    for query in (
        word,
        f'"{word}"',
        *(f"{name}:{word}" for name in names),
        *_ids(record),
        f"nam:{record.year or 1001}",
    ):
        answer = search(shelf, query, visible, facets=tuple(FACETS))
        assert answer.total == 0 and not any(answer.facets.values()) and answer.restricted_total == 0, query
    for chosen in (
        {"issuer": (f"Ủy ban {word}",)},
        {"signer": (f"Nguyễn {word}",)},
        {"year": (str(record.year or 1001),)},
    ):
        assert search(shelf, "", visible, Filters(chosen=chosen), facets=("year",)).total == 0
    if record.ordinal is None:
        for filters in (
            Filters(chosen={"hoso": (f"{record.owner}.{word}",)}),
            Filters(fields={"hoso_id": (f"{record.owner}.{word}",)}),
        ):
            assert search(shelf, "", visible, filters).total == 0
            assert search(shelf, "", visible, filters, facets=("hoso",)).total == 0
    assert search(shelf, "", visible, Filters(fields={"id": (identity,)})).total == 0


def test_facets_count_exactly_the_seen_records(shelf: SearchIndex, visible: Visible) -> None:
    seen = [item for item in RECORDS if item.id in seen_by(visible)]
    answer = search(shelf, "", visible, facets=("mode", "year", "kind"))
    counted = {value.value: value.count for value in answer.facets["mode"]}
    assert counted == {mode: n for mode in ALL_MODES if (n := sum(item.mode == mode for item in seen))}
    assert answer.restricted_total == counted.get("restricted", 0)
    years = {value.value for value in answer.facets["year"]}
    assert years == {str(item.year) for item in seen if item.year}


def test_a_group_shows_its_hoso_and_siblings_only_as_far_as_they_are_seen(shelf: SearchIndex, visible: Visible) -> None:
    answer = search(shelf, "đê điều", visible, size=100, group=True, facets=("hoso", "fonds"))
    seen = seen_by(visible)
    expected = {item.aip_id for item in RECORDS if item.id in seen}
    assert {hit.aip_id for hit in answer.hits} == expected and answer.groups == len(expected)
    for hit in answer.hits:
        mine = [item.id for item in RECORDS if item.aip_id == hit.aip_id and item.id in seen]
        assert hit.in_hoso == len(mine)
        assert {hit.id, *(other.id for other in hit.siblings)} == set(mine)
        assert (hit.hoso is not None) is (hit.aip_id in seen)
    assert {value.label for value in answer.facets["hoso"]} == {
        f"Hồ sơ đê điều {SECRET[aip_id]}" for aip_id in expected & seen
    }


def test_marks_come_from_seen_records_alone(shelf: SearchIndex, visible: Visible) -> None:
    answer = search(shelf, " HOẶC ".join(SECRET.values()), visible, size=100)
    assert {hit.id for hit in answer.hits} == seen_by(visible)
    assert secrets_in([hit.highlights for hit in answer.hits]) <= seen_by(visible)


def test_suggestions_come_from_seen_records_alone(shelf: SearchIndex, visible: Visible) -> None:
    for identity, word in SECRET.items():
        for typed in (word[:2], word, f"nguyen {word[:3]}", f"uy ban {word}", f"bao ve de dieu {word[0]}", "200"):
            told = suggestions(shelf, typed, visible, size=20)
            assert secrets_in([dataclasses.asdict(item) for item in told]) <= seen_by(visible), typed
            if typed == word and identity not in seen_by(visible):
                assert told == ()


def test_likeness_needs_a_seen_record_and_shows_seen_ones(shelf: SearchIndex, visible: Visible) -> None:
    seen = seen_by(visible)
    for item in RECORDS:
        document_id = None if item.ordinal is None else str(item.ordinal)
        if item.id not in seen:
            with pytest.raises(RecordUnknownError):
                similar(shelf, item.aip_id, document_id, visible)
            continue
        like = similar(shelf, item.aip_id, document_id, visible, size=100)
        assert {hit.id for hit in like} <= seen - {item.id}
        assert secrets_in([dataclasses.asdict(hit) for hit in like]) <= seen


def test_the_documents_of_a_hoso_are_listed_as_far_as_they_are_seen(shelf: SearchIndex, visible: Visible) -> None:
    for aip_id in ("hp", "ct", "kn", "none"):
        listed = siblings(shelf, aip_id, visible)
        assert {hit.id for hit in listed.hits} == {
            item.id for item in RECORDS if item.aip_id == aip_id and item.ordinal and item.id in seen_by(visible)
        }


def test_a_page_position_of_one_asker_is_refused_to_another_and_never_shows_more(shelf: SearchIndex) -> None:
    first = search(shelf, "đê điều", EVERYTHING, size=2)
    assert first.after is not None
    for visible in ASKERS.values():
        if visible == EVERYTHING or visible.key == EVERYTHING.key:
            continue
        with pytest.raises(QueryRefusedError) as refused:
            search(shelf, "đê điều", visible, size=2, after=first.after)
        assert refused.value.code == "search.page-refused"


def test_a_page_position_belongs_to_its_question_order_and_filters(shelf: SearchIndex) -> None:
    after = search(shelf, "đê điều", EVERYTHING, size=2).after
    for text, options in (
        ("đê", {}),
        ("đê điều", {"sort": Sort.NEWEST}),
        ("đê điều", {"group": True}),
        ("đê điều", {"filters": Filters(kind="document")}),
    ):
        with pytest.raises(QueryRefusedError):
            search(shelf, text, EVERYTHING, after=after, **options)  # type: ignore[arg-type]
    assert search(shelf, "đê điều", EVERYTHING, after=after, facets=("year",), highlight=False).hits


def test_what_was_hidden_since_the_first_page_is_not_on_the_next(shelf: SearchIndex) -> None:
    first = search(shelf, "đê điều", EVERYTHING, size=1)
    hidden = dataclasses.replace(EVERYTHING, hidden=(("kn", None), ("hp", None)))
    rest = search(shelf, "đê điều", hidden, size=100, after=first.after)
    assert {hit.aip_id for hit in rest.hits} <= {"ct"}


def test_everything_is_no_filter_and_nothing_is_none() -> None:
    assert visible_filter(EVERYTHING) == {"match_all": {}}
    assert visible_filter(NOBODY) == {"match_none": {}}


def test_a_document_is_never_freer_than_its_hoso_so_that_seeing_it_may_show_the_hoso() -> None:
    for modes, mode in product((PUBLIC.modes, ARCHIVIST.modes, ALL_MODES), ("open", "conditional", "restricted")):
        assert Visible(modes).sees_hoso_of("a", "HP", mode) is (mode in modes)
    assert not Visible(frozenset({"restricted"})).sees_hoso_of("a", "HP", "restricted")
    assert not ARCHIVIST.sees_hoso_of("a", "HP", "unheard-of")
    assert not agency("CT").sees_hoso_of("a", "HP", "open")


def test_however_much_is_hidden_the_question_is_one_the_index_answers(shelf: SearchIndex) -> None:
    many = tuple((f"{number:08x}-0000-4000-8000-000000000000", None) for number in range(70_000))
    hits = search(shelf, "", dataclasses.replace(ARCHIVIST, hidden=many))
    assert hits.total == search(shelf, "", ARCHIVIST).total > 0


def test_what_is_denied_is_one_record_alone_even_where_a_grant_opens_it(shelf: SearchIndex) -> None:
    first = next(hit for hit in search(shelf, "", ARCHIVIST, size=100).hits if hit.document_id is not None)
    place = (first.aip_id, int(first.document_id or 0))
    granted = dataclasses.replace(ARCHIVIST, granted=((first.aip_id, None),))
    before = search(shelf, "", granted, size=100)
    after = search(shelf, "", granted.without([place]), size=100)
    assert after.total == before.total - 1 and all(hit.id != first.id for hit in after.hits)
    assert not EVERYTHING.without([place]).everything
