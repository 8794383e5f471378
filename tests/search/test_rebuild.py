"""Rebuilding beside the live index: no search fails, nothing is done twice, and nothing said meanwhile is forgotten."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from search.bulk import Entry
from search.client import SearchSettings, connect
from search.errors import IndexMissingError, RebuildRunningError
from search.generation import GRACE
from search.index import Generation, SearchIndex
from search.indexer import MODE_EVENT, Follower
from search.node.local import LocalNode
from search.query import search
from search.record import RESTRICTED
from search.visibility import EVERYTHING
from tests.search.holdings import Holdings, document, hoso, seed_hoso

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def many(holdings: Holdings) -> Holdings:
    for number in range(8):
        holdings.take(hoso(f"a{number}", *(document(f"d{n}", "chữ ký số") for n in range(5))))
    return holdings


def small(holdings: Holdings, index: SearchIndex) -> Follower:
    return Follower(holdings, index, batch_bytes=3000)


def physical(index: SearchIndex) -> list[str]:
    names = index.client.indices.get(index=f"{index.alias}-0*").body
    return sorted(name.rpartition("-")[2] for name in names)


def test_no_query_fails_and_none_finds_less_while_the_index_is_rebuilt_again_and_again(
    index: SearchIndex, many: Holdings
) -> None:
    follower = small(many, index)
    follower.follow()
    stop, failed, asked = threading.Event(), [], []

    def reader() -> None:
        after = None
        while not stop.is_set():
            try:
                page = search(index, "chữ ký số", EVERYTHING, size=7, after=after)
                if page.total < 40:
                    failed.append(page.total)
                asked.append(page.total)
                after = page.after
            except Exception as error:  # whatever it is, it is what must not be
                failed.append(error)

    readers = [threading.Thread(target=reader) for _ in range(3)]
    for one in readers:
        one.start()
    for number in range(3):
        many.take(hoso(f"b{number}", document("x", "chữ ký số")))
        small(many, index).rebuild()
    stop.set()
    for one in readers:
        one.join()
    assert not failed and len(asked) > 10
    assert search(index, "chữ ký số", EVERYTHING).total == 43


def test_a_page_opened_before_the_switch_is_followed_by_the_next_after_it(index: SearchIndex, many: Holdings) -> None:
    follower = small(many, index)
    follower.follow()
    first = search(index, "chữ ký số", EVERYTHING, size=10)
    many.take(hoso("late", document("x", "chữ ký số")))
    follower.rebuild()
    seen, page = list(first.hits), first
    while page.after:
        page = search(index, "chữ ký số", EVERYTHING, size=10, after=page.after)
        seen += page.hits
        assert page.total == 40, "as of the first page"
    assert len({(hit.aip_id, hit.document_id) for hit in seen}) == len(seen) == 40


def test_the_replaced_index_is_kept_for_open_pages_and_dropped_after_the_grace(
    client: Any, index: SearchIndex, many: Holdings
) -> None:
    clock = [NOON]
    timed = SearchIndex(client, index.alias, now=lambda: clock[0])
    follower = small(many, timed)
    follower.follow()
    follower.rebuild()
    assert physical(index) == ["000001", "000002"]
    clock[0] = NOON + GRACE - timedelta(seconds=1)
    assert timed.sweep() == [] and physical(index) == ["000001", "000002"]
    clock[0] = NOON + GRACE
    small(many, timed).follow()
    assert physical(index) == ["000002"]


def test_a_rebuild_stopped_between_the_switch_and_its_note_leaves_the_old_index_to_the_sweep(
    client: Any, index: SearchIndex, many: Holdings
) -> None:
    clock = [NOON]
    timed = SearchIndex(client, index.alias, now=lambda: clock[0])
    small(many, timed).follow()
    live, successor = timed.ensure(), timed.successor()
    client.indices.update_aliases(
        actions=[
            {"remove": {"index": live.name, "alias": index.alias}},
            {"add": {"index": successor.name, "alias": index.alias}},
        ]
    )
    assert timed.sweep() == [], "its grace begins when it is first seen to be replaced"
    clock[0] = NOON + GRACE
    assert timed.sweep() == [live.name]


def test_a_rebuild_goes_on_where_it_was_stopped(index: SearchIndex, many: Holdings) -> None:
    class Stop(Exception):
        pass

    follower = small(many, index)
    follower.follow()

    def stopped(done: int, total: int) -> None:
        if done >= 20:
            raise Stop

    with pytest.raises(Stop):
        follower.rebuild(stopped)
    live = index.current()
    assert live is not None and live.number == 1 and search(index, "chữ ký số", EVERYTHING).total == 40
    read: list[str] = []

    class Counting(Holdings):
        def aip(self, aip_id: str) -> Any:
            read.append(aip_id)
            return super().aip(aip_id)

    counting = Counting(many.events, many.made, many.cursors)
    heard: list[tuple[int, int]] = []
    small(counting, index).rebuild(lambda done, total: heard.append((done, total)))
    assert 0 < len(read) < 8, "what was done before is not done again"
    assert heard[0][0] > 20 and heard[-1] == (48, 48) and heard == sorted(heard)
    assert physical(index) == ["000001", "000002"] and len(list(index.ids())) == 48


def test_an_unfinished_rebuild_with_another_mapping_is_dropped(index: SearchIndex, many: Holdings) -> None:
    small(many, index).follow()
    unfit = index.successor()
    index.client.indices.put_mapping(index=unfit.name, meta={"mapping_sha256": "0" * 64})
    small(many, index).rebuild()
    live = index.current()
    assert live is not None and live.uuid != unfit.uuid and not live.outdated
    assert len(list(index.ids())) == 48


def test_an_index_of_an_earlier_mapping_is_rebuilt_by_following(index: SearchIndex, many: Holdings) -> None:
    small(many, index).follow()
    old = index.ensure()
    index.client.indices.put_mapping(index=old.name, meta={"mapping_sha256": "0" * 64})
    many.take(hoso("b", document("x")))
    assert small(many, index).follow().aips == 9
    live = index.ensure()
    assert live.number == old.number + 1 and not live.outdated


def test_what_happens_during_a_rebuild_is_in_the_new_index_and_meanwhile_in_the_old_one(
    index: SearchIndex, many: Holdings
) -> None:
    small(many, index).follow()
    happened = threading.Event()

    def during(done: int, total: int) -> None:
        if done >= 15 and not happened.is_set():
            happened.set()
            many.take(hoso("b", document("x", "mới đến")))
            many.decide("a0", hoso("a0", document("d0", "lộ bí mật", own_mode=RESTRICTED), document("d1", "chữ")))
            many.end("a1")
            index.remove_aip("a1")
            small(many, index).follow()
            ids = list(index.ids())
            assert "b/x" in ids and "a1" not in ids, "the live index is kept level"

    small(many, index).rebuild(during)
    assert happened.is_set()
    ids = list(index.ids())
    assert "b/x" in ids and not [one for one in ids if one.startswith("a1")]
    source = index.client.get(index=index.alias, id="a0/d0")["_source"]
    assert source["mode"] == RESTRICTED and "text" not in source
    assert small(many, index).follow().aips == 0, "nothing was left for later"


def test_an_aip_that_ends_while_its_documents_are_on_their_way_does_not_come_back(
    index: SearchIndex, holdings: Holdings
) -> None:
    def ending() -> Any:
        yield document("x")
        holdings.end("a")
        index.remove_aip("a")
        yield document("y")

    holdings.take(lambda: hoso("a"), "a")
    first = hoso("a")
    holdings.made["a"] = lambda: type(first)(
        first.aip_id, first.fields, first.agency, ending(), owner=first.owner, mode=first.mode
    )
    done = Follower(holdings, index).follow()
    assert list(index.ids()) == [] and done.removed == 3


def test_removing_an_aip_leaves_none_of_it_in_any_index_and_all_else_where_it_was(
    index: SearchIndex, holdings: Holdings
) -> None:
    holdings.take(hoso("a", *(document(f"d{n:04}") for n in range(1200))))
    holdings.take(seed_hoso())
    Follower(holdings, index).follow()
    Follower(holdings, index).rebuild()
    holdings.end("a")
    assert index.remove_aip("a") == 2 * 1201
    assert index.remove_aip("a") == 0
    for name in index.client.indices.get(index=f"{index.alias}-0*").body:
        assert index.client.count(index=name, query={"term": {"aip_id": "a"}})["count"] == 0
        assert index.count(within=name) == 6


def test_a_record_just_restricted_is_not_overwritten_by_who_read_it_before(
    index: SearchIndex, holdings: Holdings
) -> None:
    restricted = hoso("a", document("x", "bí mật", own_mode=RESTRICTED))

    def slow() -> Any:
        """Read while it was open; written after another follower has learnt of the decision."""
        yield document("x", "bí mật")
        holdings.decide("a", restricted)
        Follower(holdings, index).follow()

    open_still = hoso("a")
    holdings.take(lambda: type(open_still)("a", open_still.fields, "H49", slow(), owner="H49", mode="open"), "a")
    late = Follower(holdings, index)
    late.follow()
    source = index.client.get(index=index.alias, id="a/x")["_source"]
    assert source["mode"] == RESTRICTED and "text" not in source


def test_a_decided_mode_is_followed_and_the_text_leaves_the_index(index: SearchIndex, holdings: Holdings) -> None:
    holdings.take(hoso("a", document("x", "kế hoạch riêng")))
    follower = Follower(holdings, index)
    follower.follow()
    assert search(index, "kế hoạch riêng", EVERYTHING).total == 1
    holdings.decide("a", hoso("a", document("x", "kế hoạch riêng"), own_mode=RESTRICTED))
    assert holdings.events[-1][1] == MODE_EVENT and follower.follow().aips == 1
    assert search(index, "kế hoạch riêng", EVERYTHING).total == 0
    source = index.client.get(index=index.alias, id="a/x")["_source"]
    assert (source["mode"], source["text_state"]) == (RESTRICTED, RESTRICTED) and "text" not in source


def test_an_index_already_dropped_is_not_made_again_by_writing_to_it(index: SearchIndex) -> None:
    generation = index.ensure()
    index.client.indices.delete(index=generation.name)
    with pytest.raises(IndexMissingError):
        index.write(generation, [Entry("x", 1, b'{"id":"x"}')])
    assert physical(index) == []


# -- one at a time ------------------------------------------------------------------------------------------------------


def test_a_second_rebuild_is_refused_while_one_goes_on_and_following_goes_on_beside_it(
    index: SearchIndex, many: Holdings
) -> None:
    small(many, index).follow()
    refused: list[RebuildRunningError] = []

    def during(done: int, total: int) -> None:
        if not refused:
            with pytest.raises(RebuildRunningError) as caught:
                small(many, index).rebuild()
            refused.append(caught.value)
            small(many, index).follow()

    small(many, index).rebuild(during)
    assert refused[0].code == "search.rebuild-running" and refused[0].remedy
    small(many, index).rebuild()


def test_a_lock_whose_lease_ran_out_is_taken_over_and_its_holder_told(client: Any, index: SearchIndex) -> None:
    clock = [NOON]
    timed = SearchIndex(client, index.alias, now=lambda: clock[0])
    with timed.rebuild_lock() as first:
        clock[0] += timedelta(minutes=9)
        first.renew()
        clock[0] += timedelta(minutes=9)
        with pytest.raises(RebuildRunningError), timed.rebuild_lock():
            pass
        clock[0] += timedelta(minutes=1)
        with timed.rebuild_lock(), pytest.raises(RebuildRunningError):
            first.renew()
    with timed.rebuild_lock():
        pass


def test_a_lock_this_process_could_not_give_up_is_no_hindrance_to_itself(index: SearchIndex) -> None:
    lost = index.rebuild_lock()
    with lost:
        lost._held = None  # as after an outage: the server never heard that it was given up
    with index.rebuild_lock():
        pass


KILLED = """
import os, signal, sys
from pathlib import Path
from search.client import SearchSettings, connect
from search.index import SearchIndex
from search.indexer import Follower
from tests.search.holdings import Holdings, document, hoso
holdings = Holdings()
for number in range(8):
    holdings.take(hoso(f"a{number}", *(document(f"d{n}", "chữ ký số") for n in range(5))))
index = SearchIndex(connect(SearchSettings(Path(sys.argv[1]), Path(sys.argv[2]))), sys.argv[3])
def at(done, total):
    if done >= 20:
        os.kill(os.getpid(), signal.SIGKILL)
Follower(holdings, index, batch_bytes=3000).rebuild(at)
"""


def test_after_kill_9_the_next_rebuild_takes_over_at_once_and_finishes(
    index: SearchIndex, node: LocalNode, many: Holdings
) -> None:
    small(many, index).follow()
    command = [sys.executable, "-c", KILLED, str(node.home), str(node.folder), index.alias]
    assert subprocess.run(command, check=False, cwd=Path(__file__).resolve().parents[2]).returncode == -9
    unfinished = max(_all(index), key=lambda item: item.number)
    index.refresh(unfinished)
    assert unfinished.number == 2 and 0 < index.count(within=unfinished.name) < 48
    small(many, index).rebuild()
    live = index.current()
    assert live is not None and live.uuid == unfinished.uuid and len(list(index.ids())) == 48


def _all(index: SearchIndex) -> list[Generation]:
    return index._generations.all()


# -- no room ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cramped(own: LocalNode) -> Callable[[], SearchIndex]:
    """A node whose server takes at most a megabyte at a time."""
    small_node = LocalNode(own.home, own.folder, settings={"indexing_pressure.memory.limit": "1mb"})
    small_node.ensure_running()
    client = connect(SearchSettings(own.home, own.folder), start=False)
    return lambda: SearchIndex(client, "cramped", sleep=lambda seconds: None)


def test_what_is_too_large_for_the_server_holds_up_nothing_and_is_found_by_its_id(
    cramped: Callable[[], SearchIndex], holdings: Holdings
) -> None:
    index = cramped()
    huge = document("huge", "dài " * 400_000)
    others = [document(f"d{n}", "đê điều " * 3000) for n in range(20)]
    holdings.take(hoso("a", *others[:10], huge, *others[10:]))
    done = Follower(holdings, index, batch_bytes=64 << 20).follow()
    (refusal,) = done.refusals
    assert refusal.document_id == "huge" and refusal.fallback and "rejected" in refusal.reason
    assert done.cursor == 2 and len(list(index.ids())) == 22
    source = index.client.get(index=index.alias, id="a/huge")["_source"]
    assert source["text_state"] == "refused" and source["owner"] == "H49.64.33" and source["fault"]
    index.client.close()


def test_the_index_a_rebuild_made_shows_new_records_by_itself(index: SearchIndex, many: Holdings) -> None:
    small(many, index).rebuild()
    name = index.ensure().name
    settings = index.client.indices.get_settings(index=name).body[name]["settings"]["index"]
    assert settings["refresh_interval"] == "1s"
