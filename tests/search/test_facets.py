"""Counting beside finding: what is chosen in one facet, labels, names that are none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from search.errors import QueryRefusedError
from search.facet_counts import FACETS
from search.index import SearchIndex
from search.query import Filters
from tests.search.asking import ask, found
from tests.search.holdings import document, hoso

Fill = Callable[..., SearchIndex]


def library() -> list[object]:
    first = [
        document("1", "đê điều", typeName="02", issuedDate="2017-01-02", language="01", maintenance="01"),
        document("2", "đê điều", typeName="02", issuedDate="2018-01-02", own_mode="restricted"),
        document("3", "đê điều", typeName="22", issuedDate="2017-05-02", signature_verdict="failed"),
    ]
    return [
        hoso("a", *first, title="Hồ sơ đê"),
        hoso("b", document("1", "đê điều", typeName="22", issuedDate="2018-1-1")),
    ]


def counted(hits: object, name: str) -> dict[str, int]:
    return {value.value: value.count for value in hits.facets[name]}  # type: ignore[attr-defined]


def test_values_are_counted_over_all_that_is_found_and_bear_names(filled: Fill) -> None:
    hits = ask(filled(*library()), "kieu:van-ban", facets=tuple(FACETS), size=1)
    assert counted(hits, "kind_of_document") == {"02": 2, "22": 2}
    assert {value.label for value in hits.facets["kind_of_document"]} == {"Quyết định", "Công văn"}
    assert counted(hits, "mode") == {"open": 3, "restricted": 1} and hits.restricted_total == 1
    assert counted(hits, "signature") == {"passed": 3, "failed": 1}
    assert {value.label: value.count for value in hits.facets["hoso"]} == {"Hồ sơ đê": 3, "Hồ sơ b": 1}
    assert {value.label for value in hits.facets["retention"]} == {"Vĩnh viễn"}
    assert counted(hits, "signer") == {"Nguyễn Văn Đạt": 4}


def test_a_chosen_value_narrows_the_hits_and_the_other_facets_but_not_its_own(filled: Fill) -> None:
    index = filled(*library())
    chosen = Filters(chosen={"kind_of_document": ("22",)}, kind="document")
    hits = ask(index, "", chosen, facets=("kind_of_document", "year", "hoso"))
    assert hits.total == 2 and set(found(hits)) == {"1", "3"}
    assert counted(hits, "kind_of_document") == {"02": 2, "22": 2}
    assert sum(counted(hits, "hoso").values()) == 2
    both = Filters(chosen={"kind_of_document": ("02",), "year": ("2018",)}, kind="document")
    hits = ask(index, "", both, facets=("kind_of_document", "year"))
    assert hits.total == 1 and hits.restricted_total == 1
    assert counted(hits, "year") == {"2017": 1, "2018": 1}
    assert ask(index, "", both).total == 1, "the same without counting"


def test_several_values_of_one_facet_are_alternatives(filled: Fill) -> None:
    index = filled(*library())
    assert ask(index, "", Filters(chosen={"kind_of_document": ("02", "22")}), facets=("year",)).total == 4


def test_groups_count_hoso_and_keep_to_the_choice(filled: Fill) -> None:
    index = filled(*library())
    hits = ask(
        index, "đê điều", Filters(chosen={"kind_of_document": ("22",)}), facets=("kind_of_document",), group=True
    )
    assert hits.groups == 2 and {hit.in_hoso for hit in hits.hits} == {1}
    assert all(not hit.siblings for hit in hits.hits)


def test_groups_are_paged_without_gap_or_repetition(filled: Fill) -> None:
    index = filled(*(hoso(f"h{n}", document("1", "đê"), document("2", "đê")) for n in range(7)))
    seen, after = [], None
    while True:
        page = ask(index, "noi-dung:đê", size=3, group=True, after=after)
        seen += [hit.aip_id for hit in page.hits]
        after = page.after
        if after is None:
            break
    assert sorted(seen) == [f"h{n}" for n in range(7)]


@pytest.mark.parametrize("name", ["text", "hoso_id", "", "all", "_id"])
def test_what_is_no_facet_is_refused_with_those_there_are(filled: Fill, name: str) -> None:
    index = filled(*library())
    for options in ({"facets": (name,)}, {"filters": Filters(chosen={name: ("x",)})}):
        with pytest.raises(QueryRefusedError) as refused:
            ask(index, "", **options)  # type: ignore[arg-type]
        assert "year" in refused.value.names
    with pytest.raises(QueryRefusedError):
        ask(index, "", Filters(chosen={"year": ("hai",)}))
