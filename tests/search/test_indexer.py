"""The follower on the real index: nothing lost, nothing doubled, whatever stops in between."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from search.client import SearchSettings, connect
from search.errors import IndexUnavailableError, TextUnavailableError
from search.index import SearchIndex
from search.indexer import Follower
from search.node.local import LocalNode
from search.query import search
from search.record import TEXT_LIMIT, IndexableAip, IndexableDocument, index_id
from search.visibility import EVERYTHING
from tests.search.holdings import Holdings, document, hoso, seed_hoso


def expected_ids(holdings: Holdings) -> list[str]:
    made = [holdings.made[name]() for name in holdings.made]
    return sorted(
        [index_id(aip.aip_id) for aip in made]
        + [index_id(aip.aip_id, item.document_id) for aip in made for item in aip.documents]
    )


def test_following_twice_indexes_everything_once(index: SearchIndex, holdings: Holdings) -> None:
    holdings.take(seed_hoso())
    holdings.take(hoso("b", document("x")))
    follower = Follower(holdings, index)
    assert follower.lag(4) == 4
    first = follower.follow()
    assert (first.aips, first.documents, first.cursor) == (2, 6, 4)
    assert follower.follow().aips == 0
    assert list(index.ids()) == expected_ids(holdings)
    assert list(index.ids("hoso")) == ["aip-seeds", "b"]
    assert (follower.lag(4), follower.lag(9)) == (0, 5)


def test_an_event_that_comes_again_changes_nothing(index: SearchIndex, holdings: Holdings) -> None:
    holdings.take(seed_hoso())
    holdings.take(seed_hoso())
    Follower(holdings, index).follow()
    assert list(index.ids()) == expected_ids(holdings)


def test_an_aip_no_longer_held_is_passed_over(index: SearchIndex, holdings: Holdings) -> None:
    holdings.take(hoso("a", document("x")))
    holdings.take(hoso("gone", document("x")))
    del holdings.made["gone"]
    assert Follower(holdings, index).follow().cursor == 4
    assert list(index.ids()) == ["a", "a/x"]


def test_small_batches_save_the_cursor_only_behind_whole_events(index: SearchIndex, holdings: Holdings) -> None:
    for name in "abc":
        holdings.take(hoso(name, *(document(f"{name}{n}", "chữ " * 500) for n in range(5))))
    Follower(holdings, index, batch_bytes=4000).follow()
    assert list(index.ids()) == expected_ids(holdings)
    assert holdings.saved == sorted(holdings.saved) and holdings.saved[-1] == 6
    assert len(holdings.saved) > 1


def test_documents_are_read_as_a_stream_and_the_hoso_is_written_last(index: SearchIndex, holdings: Holdings) -> None:
    class Stop(Exception):
        pass

    def broken() -> Any:
        for number in range(600):
            yield document(f"d{number:04}")
        raise Stop

    holdings.take(lambda: IndexableAip("a", {"title": "t"}, "H49", broken(), owner="H49", mode="open"), "a")
    with pytest.raises(Stop):
        Follower(holdings, index).follow()
    index.refresh()
    assert index.count("document") == 500 and index.count("hoso") == 0
    assert list(holdings.cursors.values()) == [1], "the event of the AIP itself is not behind the cursor"


def test_T14_with_the_index_down_following_says_so_and_the_cursor_stays(holdings: Holdings, tmp_path: Path) -> None:
    holdings.take(seed_hoso())
    nowhere = connect(SearchSettings(tmp_path, tmp_path, hosts=("http://127.0.0.1:9",)))
    index = SearchIndex(nowhere, sleep=lambda seconds: None)
    with pytest.raises(IndexUnavailableError) as caught:
        Follower(holdings, index).follow()
    assert "127.0.0.1" not in caught.value.message and caught.value.remedy
    with pytest.raises(IndexUnavailableError):
        search(index, "thư", EVERYTHING)
    assert holdings.cursors == {}
    nowhere.close()


def test_T14_T34_a_node_killed_while_indexing_is_caught_up_with_and_nothing_is_lost_or_doubled(
    own: LocalNode, holdings: Holdings
) -> None:
    client = connect(SearchSettings(own.home, own.folder))
    index = SearchIndex(client, sleep=lambda seconds: None)
    for number in range(12):
        holdings.take(hoso(f"a{number:02}", *(document(f"d{n:03}", "chữ ký số " * 50) for n in range(40))))
    reached = threading.Event()

    def cut_the_power() -> None:
        reached.wait(60)
        own.kill()

    cutter = threading.Thread(target=cut_the_power)
    cutter.start()

    def progress(seq: int) -> None:
        if seq >= 6:
            reached.set()
        if seq >= 20:
            cutter.join()  # at the latest here the power is gone, however fast the machine

    follower = Follower(holdings, index, batch_bytes=20_000)
    with pytest.raises(IndexUnavailableError):
        follower.follow(progress)
        raise AssertionError("the node outlived the follower")
    cutter.join()
    before = holdings.saved[-1]
    assert 6 <= before < 24
    with pytest.raises(IndexUnavailableError):
        follower.follow()
    own.ensure_running()
    done = follower.follow()
    assert done.cursor == 24
    assert list(index.ids()) == expected_ids(holdings)
    assert search(index, "chữ ký số", EVERYTHING, size=1).total == 12 * 40
    client.close()


def test_T14_a_lost_index_is_filled_again_although_the_archive_had_a_cursor(
    index: SearchIndex, holdings: Holdings
) -> None:
    holdings.take(seed_hoso())
    follower = Follower(holdings, index)
    follower.follow()
    for name in index.client.indices.get(index=f"{index.alias}-*").body:
        index.client.indices.delete(index=name)
    assert (follower.cursor(), list(index.ids())) == (0, [])
    follower.follow()
    assert list(index.ids()) == expected_ids(holdings)


def test_T36_a_rebuild_replaces_the_index_at_once_and_the_old_one_answers_until_then(
    index: SearchIndex, holdings: Holdings
) -> None:
    holdings.take(seed_hoso())
    holdings.take(hoso("b", document("x", "đê điều")))
    follower = Follower(holdings, index)
    follower.follow()
    old = index.current()
    seen: list[int] = []
    done = follower.rebuild(lambda done, total: seen.append(search(index, "thư điện tử", EVERYTHING).total))
    new = index.current()
    assert old is not None and new is not None and new.name != old.name and not new.outdated
    assert seen and all(seen), "while the fresh one was filled, the old one answered"
    assert done.documents == 6 and list(index.ids()) == expected_ids(holdings)
    assert old.number < new.number
    holdings.take(hoso("c", document("y")))
    assert follower.follow().aips == 1, "it goes on where the rebuild ended"


def test_T35_a_field_outside_the_table_is_refused_by_name_recorded_and_the_document_stays_findable(
    index: SearchIndex, holdings: Holdings
) -> None:
    holdings.take(hoso("a", document("odd", "đê", noSuchField="1", another={"x": 1}), document("good", "đê")))
    done = Follower(holdings, index).follow()
    (refusal,) = done.refusals
    assert refusal.document_id == "odd" and refusal.fallback
    assert "document.noSuchField" in refusal.reason and "document.another" in refusal.reason
    assert holdings.refusals[2] == [refusal]
    assert list(index.ids()) == ["a", "a/good", "a/odd"]
    assert [hit.document_id for hit in search(index, "odd", EVERYTHING).hits] == ["odd"]
    mapped = index.client.indices.get_mapping(index=index.alias).body
    assert "noSuchField" not in json.dumps(mapped)


def test_what_the_index_itself_refuses_is_recorded_and_the_rest_goes_in(index: SearchIndex, holdings: Holdings) -> None:
    class TooBig(int):
        """A size no 64-bit field holds; nothing on our side stands in its way."""

    monster = IndexableDocument("monster", "a.pdf", {}, "0" * 64, TooBig(10**30), lambda: "x", mode="open")
    fine = document("fine", "đê")
    holdings.take(hoso("a", fine, monster))
    done = Follower(holdings, index).follow()
    (refusal,) = done.refusals
    assert refusal.document_id == "monster" and not refusal.fallback and "size_bytes" in refusal.reason
    assert list(index.ids()) == ["a", "a/fine"] and done.cursor == 2


def test_a_text_that_cannot_be_had_leaves_a_document_found_by_its_metadata(
    index: SearchIndex, holdings: Holdings
) -> None:
    def unavailable() -> str:
        raise TextUnavailableError("Không trích được nội dung.")

    holdings.take(hoso("a", document("d", unavailable, subject="Đề án")))
    assert Follower(holdings, index).follow().refusals == []
    (hit,) = search(index, "đề án", EVERYTHING).hits
    source = index.client.get(index=index.alias, id=index_id("a", hit.document_id))["_source"]
    assert source["text_state"] == "unavailable"


def test_a_text_beyond_the_limit_is_indexed_up_to_it_and_says_so(index: SearchIndex, holdings: Holdings) -> None:
    long = "đê điều " * (TEXT_LIMIT // 8) + " phầncuối"
    holdings.take(hoso("a", document("long", long)))
    assert Follower(holdings, index).follow().refusals == []
    hit = search(index, "đê điều", EVERYTHING).hits[0]
    assert hit.document_id == "long" and hit.highlights["text"]
    assert search(index, "phầncuối", EVERYTHING).total == 0
    source = index.client.get(index=index.alias, id="a/long", source_includes=["text_state"])["_source"]
    assert source == {"text_state": "truncated"}


def test_ids_too_long_for_the_server_are_shortened_without_collision(index: SearchIndex, holdings: Holdings) -> None:
    names = ["đ" * 300 + end for end in "xy"]
    holdings.take(hoso("a", *(document(name, "đê") for name in names)))
    assert Follower(holdings, index).follow().refusals == []
    assert {hit.document_id for hit in search(index, "đê", EVERYTHING).hits} == set(names)
    assert list(index.ids()) == expected_ids(holdings)
