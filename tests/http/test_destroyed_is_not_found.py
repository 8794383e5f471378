"""T18: with a real index, what was destroyed is in no result, facet, suggestion or count, and its address tells of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue import Aip
from archive.catalogue.worker_model import RunState
from search.facet_counts import FACETS
from tests.http.executing_round import ExecutingRound, executing_round
from tests.servers.elasticsearch import running_elasticsearch

EVERYBODY = ("archivist", "head")
DOCUMENTS = 2
"""In each hồ sơ."""


@dataclass
class Searched:
    """An archive with its index, and its hồ sơ as the catalogue had them before any was destroyed."""

    archive: ExecutingRound
    destroyed: list[Aip]
    kept: Aip

    def follow(self) -> None:
        """The index is level with the catalogue, and searches see it."""
        index = self.archive.installation.search_index(start=False)
        self.archive.installation.follower(index).follow()
        index.refresh()
        self.archive.client.app.state.service.forget_index()  # type: ignore[attr-defined]

    def ask(self, who: str, path: str = "/search", **params: Any) -> Any:
        answer = self.archive.ask(who, "GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def destroy(self) -> None:
        for who, what in (("executor", "destruction"), ("auditor", "absence")):
            asked = self.archive.ask(who, "POST", self.archive.about(what))
            assert asked.status_code == 202, asked.text
            assert self.archive.work() is RunState.DONE
        (look,) = self.archive.ask("head", "GET", self.archive.about("absence")).json()["items"]
        assert look["verdict"] == "absent", look

    def told(self, who: str) -> str:
        """All that searching tells this account, as one text: results, groups, facets, suggestions, likenesses, tables."""
        facets = list(FACETS)
        answers = [
            self.ask(who, size=100, facet=facets),
            self.ask(who, size=100, facet=facets, group=True),
            *(self.ask(who, q=self.words(aip), size=100, facet=facets) for aip in (*self.destroyed, self.kept)),
            self.ask(who, "/search/suggest", q="Hồ sơ số", size=20),
            self.ask(who, "/search/suggest", q="Tài liệu", size=20),
            self.ask(who, f"/records/{self.kept.id}/documents/1/similar", size=50),
            self.table(who),
        ]
        return repr(answers)

    def words(self, aip: Aip) -> str:
        return f"«{aip.title}» tu bổ đê điều"

    def table(self, who: str) -> list[list[str]]:
        answer = self.archive.ask(who, "POST", "/search/export", params={"format": "csv"})
        assert answer.status_code == 200, answer.text
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def counts(self, who: str) -> tuple[int, int | None, int, list[dict[str, int]], int]:
        """How many are counted: results, groups, rows of a table; by each facet; in suggestions."""
        page = self.ask(who, size=1, facet=list(FACETS))
        facets = [{item["value"]: item["count"] for item in page["facets"].get(name, ())} for name in FACETS]
        suggested = self.ask(who, "/search/suggest", q="Hồ sơ số", size=20)["items"]
        return (
            page["total"],
            self.ask(who, size=1, group=True)["groups"],
            len(self.table(who)) - 1,
            facets,
            sum(item["count"] or 0 for item in suggested),
        )


@pytest.fixture(scope="module")
def search_url() -> Iterator[str]:
    with running_elasticsearch() as node:
        url = node.status().url
        assert url is not None
        yield url


@pytest.fixture
def searched(search_url: str, system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Searched]:
    with executing_round(tmp_path, monkeypatch, search_url=search_url) as archive:
        with archive.installation.catalogue.read() as view:
            *destroyed, kept = (view.aip(held.aip_id) for held in (*archive.destroyed, archive.kept))
        assert kept is not None
        made = Searched(archive, [aip for aip in destroyed if aip is not None], kept)
        made.follow()
        yield made
        index = archive.installation.search_index(start=False)
        for name in index.client.indices.get(index=f"{index.alias}-*").body:
            index.client.indices.delete(index=name)


def names(aip: Aip) -> tuple[str, ...]:
    return (aip.id, aip.submission_id, aip.title, aip.file_code, f"của hồ sơ {aip.title.split()[3]}'")


def test_what_was_destroyed_is_in_no_result_facet_suggestion_or_count(searched: Searched) -> None:
    for who in EVERYBODY:
        before = searched.told(who)
        for aip in (*searched.destroyed, searched.kept):
            assert {aip.id, aip.title, aip.file_code} <= {name for name in names(aip) if name in before}, who
        assert searched.counts(who)[:3] == (3 * (1 + DOCUMENTS), 3, 3 * (1 + DOCUMENTS))
    opened = searched.ask("head", size=1, sort="oldest")
    searched.destroy()
    for _ in range(2):  # at once, and when the index has followed all that came since
        for who in EVERYBODY:
            told = searched.told(who)
            for aip in searched.destroyed:
                assert [name for name in names(aip) if name in told] == [], who
            assert searched.kept.title in told
            total, groups, rows, facets, suggested = searched.counts(who)
            assert (total, groups, rows) == (1 + DOCUMENTS, 1, 1 + DOCUMENTS)
            assert all(sum(found.values()) <= 1 + DOCUMENTS for found in facets)
            assert suggested <= 1 + DOCUMENTS
        searched.follow()
    further, after = list[Any](), opened["after"]
    assert after
    while after:  # pages of a search begun before: its results stood as they were then
        page = searched.ask("head", size=1, sort="oldest", after=after)
        further, after = [*further, *page["items"]], page["after"]
        assert page["total"] <= 1 + DOCUMENTS
    assert {item["aip_id"] for item in further} <= {searched.kept.id}


def test_its_address_answers_410_with_the_tombstone_and_so_does_searching_for_it_by_name(searched: Searched) -> None:
    archive, aip = searched.archive, searched.destroyed[0]
    with archive.installation.catalogue.read() as view:
        number = view.submission(aip.submission_id).registration_number
    searched.destroy()
    searched.follow()
    record = f"/records/{aip.id}"
    asked = [(path, {}) for path in (record, f"{record}/documents", f"{record}/documents/1", f"{record}/history")]
    asked += [(f"{record}/documents/1/similar", {})]
    asked += [("/search", {"q": name}) for name in (aip.id, number, aip.file_code)]
    for path, params in asked:
        answer = archive.ask("head", "GET", path, params=params)
        assert (answer.status_code, answer.json()["code"]) == (410, "record.destroyed"), (path, params, answer.text)
        remains = answer.json()["tombstone"]
        assert (remains["file_id"], remains["round_id"]) == (aip.submission_id, archive.round_id)
        assert remains["destroyed_at"] and remains["decision_number"] == "99/QĐ"
    assert searched.ask("head", q=aip.title)["total"] == len(searched.ask("head", q=searched.kept.title)["items"])
