"""The index: out of every generation, out of its segments, and looked for by id and by words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from archive.absence.looking import Looked, Sought, Trace, names_of
from archive.absence.markers import text_needles
from archive.absence.patterns import Searcher
from archive.catalogue.destruction_model import ItemState, Tombstone, TombstonePackage
from archive.destruction.place import Subject
from archive.storage.key import Key
from search.absence_look import IndexLook, IndexUnprovenError
from search.destruction_place import IndexFiles, IndexPlace
from search.errors import IndexUnavailableError
from search.index import SearchIndex
from search.indexer import Follower
from tests.search.conftest import client, holdings, index, node  # noqa: F401 (fixtures)
from tests.search.holdings import Holdings, document, hoso

AT = datetime(2026, 11, 21, tzinfo=UTC)
WORDS = "biên bản kiểm kê kho thóc dự trữ năm 1987"
GONE, KEPT = "0b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a11", "1b9c2f5e-7a54-4a5e-9d4e-4b7f0f3c9a12"


def subject(file_id: str, aip_id: str) -> Subject:
    laid = Tombstone(file_id, "r", 1, "H99", "01", None, "1", date(2026, 1, 1), "", 2010, "", 1, 1, 1, AT, 1)
    package = TombstonePackage(aip_id, file_id, "s", "NL", Key(f"aip/{aip_id[:2]}/{aip_id}.tar"), 1, "", "")
    return Subject(laid, (package,), lambda: ())


def traces(look: IndexLook, living: set[str]) -> list[Trace]:
    needles = [item for item in text_needles("f", WORDS)]
    return list(look.look(Sought(Searcher(needles), names_of("f", [GONE]), living.__contains__), Looked()))


def test_a_hoso_leaves_the_index_its_files_and_every_answer(
    index: SearchIndex,  # noqa: F811
    holdings: Holdings,  # noqa: F811
) -> None:
    holdings.take(hoso(GONE, document("1", WORDS)))
    holdings.take(hoso(KEPT, document("1", "chữ khác hẳn")))
    Follower(holdings, index).follow()
    place, files, look = IndexPlace(lambda: index), IndexFiles(lambda: index), IndexLook(lambda: index)
    gone = subject("f", GONE)
    assert place.left([gone]) == {"f"}
    found = traces(look, {KEPT})
    assert {item.what for item in found} == {"name", "text"} and not any(item.subject for item in found)
    holdings.end(GONE)
    assert place.remove([gone])["f"].state is ItemState.REMOVED
    assert place.left([gone]) == frozenset()
    with pytest.raises(IndexUnprovenError):
        traces(look, {KEPT})
    assert files.finish("r").state is ItemState.REMOVED
    assert traces(look, {KEPT}) == []
    assert index.count() == 2, "what is kept is still found"


def test_the_same_words_of_a_kept_hoso_are_told_as_its_own(
    index: SearchIndex,  # noqa: F811
    holdings: Holdings,  # noqa: F811
) -> None:
    holdings.take(hoso(KEPT, document("1", WORDS)))
    Follower(holdings, index).follow()
    found = traces(IndexLook(lambda: index), {KEPT})
    assert {item.subject for item in found} == {KEPT}


def test_words_of_very_many_are_each_looked_for_and_the_same_of_several_once(
    index: SearchIndex,  # noqa: F811
    holdings: Holdings,  # noqa: F811
) -> None:
    holdings.take(hoso(GONE, document("1", f"{WORDS} số 217")))
    holdings.take(hoso(KEPT, document("1", "chữ khác hẳn")))
    Follower(holdings, index).follow()
    needles = [item for number in range(250) for item in text_needles(f"f{number}", f"{WORDS} số {number}")]
    needles += text_needles("g", f"{WORDS} số 217")
    searcher = Searcher(needles)
    (found,) = IndexLook(lambda: index).look(Sought(searcher, {}, lambda _id: False), Looked())
    assert found.needle is not None
    assert {(one.kind, one.about) for one in searcher.alike(found.needle)} == {("text", "f217"), ("text", "g")}


def test_a_question_the_server_does_not_answer_proves_nothing(
    index: SearchIndex,  # noqa: F811
    holdings: Holdings,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    holdings.take(hoso(KEPT, document("1", WORDS)))
    Follower(holdings, index).follow()
    asked = index.client.msearch

    def one_fails(**given: Any) -> Any:
        found = dict(asked(**given))
        found["responses"][-1] = {"error": {"type": "search_phase_execution_exception"}, "status": 503}
        return found

    monkeypatch.setattr(index.client, "msearch", one_fails)
    with pytest.raises(IndexUnprovenError):
        traces(IndexLook(lambda: index), {KEPT})


def test_an_index_that_is_away_is_unreachable_and_never_thought_empty() -> None:
    def away() -> SearchIndex:
        raise IndexUnavailableError("Chỉ mục không trả lời.")

    gone = subject("f", GONE)
    assert IndexPlace(away).remove([gone])["f"].state is ItemState.UNREACHABLE
    with pytest.raises(IndexUnavailableError):
        IndexPlace(away).left([gone])
    assert IndexFiles(away).finish("r").state is ItemState.UNREACHABLE
    with pytest.raises(IndexUnavailableError):
        traces(IndexLook(away), set())
