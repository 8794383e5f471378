"""The drift check: any difference between index and archive is seen, named, and put right; none is invented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from search import drift as drifting
from search.client import SearchSettings, connect
from search.drift import drift, repair
from search.errors import IndexUnavailableError, TextUnavailableError
from search.index import SearchIndex
from search.indexer import Follower
from search.record import IndexableAip, IndexableDocument
from tests.search.holdings import Holdings, document, hoso, seed_hoso


@pytest.fixture
def follower(holdings: Holdings, index: SearchIndex) -> Follower:
    holdings.take(seed_hoso())
    holdings.take(hoso("b", document("x", "đê điều"), document("y", "mật", own_mode="restricted"), own_mode="open"))
    holdings.take(hoso("c", *(document(f"d{n}", "chữ") for n in range(3))))
    made = Follower(holdings, index)
    made.follow()
    return made


def change(index: SearchIndex, identity: str, **fields: Any) -> None:
    """As nobody should: the stored index document edited in place."""
    source = index.client.get(index=index.alias, id=identity)["_source"]
    kept = {name: value for name, value in (source | fields).items() if value is not None}
    index.client.index(index=index.alias, id=identity, document=kept, refresh=True)


def test_an_index_level_with_the_archive_has_the_same_counts_and_digest(
    holdings: Holdings, index: SearchIndex, follower: Follower
) -> None:
    found = drift(holdings, index, follower)
    assert found.level and found.remedy == "" and found.held == found.indexed
    assert (found.held.hoso, found.held.documents) == (3, 10) and len(found.held.digest) == 64


def test_the_order_in_which_records_came_makes_no_other_digest(client: Any, holdings: Holdings) -> None:
    digests = set()
    for alias, names in (("order1", "ab"), ("order2", "ba")):
        mine, index = Holdings(), SearchIndex(client, alias)
        for name in names:
            mine.take(hoso(name, document("x", "chữ")))
        digests.add(drift(mine, index, Follower(mine, index)).indexed.digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"mode": "open"},
        {"owner": "H00"},
        {"sha256": "1" * 64},
        {"title": "Tiêu đề khác"},
        {"signers": ["Người khác"]},
        {"document": {"subject": "khác"}},
        {"text_state": "whole"},
        {"text": "lộ nội dung"},
        {"mode": None},
        {"year": 1999},
    ],
)
def test_any_change_of_a_stored_index_document_is_seen_named_and_repaired(
    holdings: Holdings, index: SearchIndex, follower: Follower, changed: dict[str, Any]
) -> None:
    change(index, "b/y", **changed)
    found = drift(holdings, index, follower)
    (difference,) = found.differences
    assert (difference.aip_id, difference.differing, difference.count) == ("b", ("b/y",), 1)
    assert not found.level and "reindex" in found.remedy
    assert repair(found, index, follower).aips == 1
    assert drift(holdings, index, follower).level
    assert "text" not in index.client.get(index=index.alias, id="b/y")["_source"]


def test_a_lost_text_is_seen(holdings: Holdings, index: SearchIndex, follower: Follower) -> None:
    change(index, "b/x", text=None)
    found = drift(holdings, index, follower)
    assert [item.differing for item in found.differences] == [("b/x",)]
    repair(found, index, follower)
    assert index.client.get(index=index.alias, id="b/x")["_source"]["text"] == "đê điều"


def test_missing_and_extra_index_documents_are_told_apart_and_repaired(
    holdings: Holdings, index: SearchIndex, follower: Follower
) -> None:
    source = index.client.get(index=index.alias, id="b/x")["_source"]
    index.client.index(index=index.alias, id="b/stray", document=source | {"id": "b/stray"})
    index.client.index(index=index.alias, id="gone/1", document=source | {"id": "gone/1", "aip_id": "gone"})
    index.client.delete(index=index.alias, id="c/d1")
    found = drift(holdings, index, follower)
    assert [(item.aip_id, item.missing, item.extra, item.differing) for item in found.differences] == [
        ("b", (), ("b/stray",), ()),
        ("c", ("c/d1",), (), ()),
        ("gone", (), ("gone/1",), ()),
    ]
    repair(found, index, follower)
    assert drift(holdings, index, follower).level
    assert "gone/1" not in list(index.ids()) and "c/d1" in list(index.ids())


def test_an_index_document_made_to_look_newer_than_the_ledger_is_repaired_all_the_same(
    holdings: Holdings, index: SearchIndex, follower: Follower
) -> None:
    change(index, "c/d0", title="giả", ledger_seq=10**9)
    repair(drift(holdings, index, follower), index, follower)
    assert drift(holdings, index, follower).level


def test_what_comes_in_during_the_comparison_is_no_difference(
    holdings: Holdings, index: SearchIndex, follower: Follower
) -> None:
    class Busy:
        """An archive that takes another hồ sơ while it is being read."""

        def aips(self) -> Iterator[IndexableAip]:
            holdings.take(hoso("new", document("n", "mới")))
            return holdings.aips()

        def aip(self, aip_id: str) -> IndexableAip | None:
            return holdings.aip(aip_id)

    assert drift(Busy(), index, follower).level


def test_what_the_index_refused_is_no_drift(holdings: Holdings, index: SearchIndex, follower: Follower) -> None:
    holdings.take(hoso("odd", document("odd", "đê", noSuchField="1"), document("good", "đê")))
    assert len(follower.follow().refusals) == 1
    assert drift(holdings, index, follower).level
    change(index, "odd/odd", mode="restricted")
    assert [item.differing for item in drift(holdings, index, follower).differences] == [("odd/odd",)]


def test_a_package_that_cannot_be_read_is_neither_level_nor_a_difference(
    holdings: Holdings, index: SearchIndex, follower: Follower
) -> None:
    def unreadable() -> Iterator[IndexableDocument]:
        raise TextUnavailableError("Không đọc được.")
        yield document()

    broken = IndexableAip("b", {}, "H49", unreadable(), owner="H49", mode="open")

    class Damaged:
        def aips(self) -> Iterator[IndexableAip]:
            return (broken if item.aip_id == "b" else item for item in holdings.aips())

        def aip(self, aip_id: str) -> IndexableAip | None:
            return holdings.aip(aip_id)

    found = drift(Damaged(), index, follower)
    assert found.unread == ["b"] and not found.level and not found.differences and "fsck" in found.remedy


def test_an_index_far_off_names_a_bounded_number_and_asks_for_a_rebuild(
    holdings: Holdings, index: SearchIndex, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drifting, "NAMED", 2)
    for identity in list(index.ids()):
        change(index, identity, owner="H00")
    found = drift(holdings, index, follower)
    assert len(found.differences) == 2 and found.more == 1 and "luutru reindex" in found.remedy
    assert [len(item.differing) for item in found.differences] == [2, 2]


def test_a_comparison_that_cannot_be_made_is_an_error_and_no_answer(
    holdings: Holdings, index: SearchIndex, follower: Follower, own: Any
) -> None:
    nowhere = connect(SearchSettings(own.home, own.folder, hosts=("http://127.0.0.1:9",)))
    dead = SearchIndex(nowhere, sleep=lambda seconds: None)
    with pytest.raises(IndexUnavailableError):
        drift(holdings, dead, Follower(holdings, dead))
    nowhere.close()


def test_progress_is_told_by_the_thousand(
    holdings: Holdings, index: SearchIndex, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drifting, "_PAGE", 2)
    heard: list[int] = []
    assert drift(holdings, index, follower, progress=heard.append).level
    assert heard == [2]
