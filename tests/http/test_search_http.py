"""Searching through the service: found, counted, suggested and exported is only what who asks may know of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from api.bootstrap import Installation, opened
from api.http import search_tables
from api.http.app import create_app
from api.http.visibility import IndexView
from api.settings import load_settings
from archive.access import Mode
from archive.catalogue import Document
from archive.events import Event
from tests.http.conftest import Fresh, ServiceHome
from tests.http.rights import decide, grant, stored
from tests.http.served import left_in_scratch
from tests.servers.elasticsearch import at_server, running_elasticsearch


@pytest.fixture(scope="session")
def search_url() -> Iterator[str]:
    with running_elasticsearch() as node:
        url = node.status().url
        assert url is not None
        yield url


@dataclass
class Searching:
    """A service whose index runs, over an archive of its own."""

    installation: Installation
    client: TestClient
    home: ServiceHome
    documents: list[Document]

    @property
    def aip_id(self) -> str:
        return self.documents[0].aip_id

    def follow(self) -> None:
        """The index is level with the catalogue, and searches see it."""
        index = self.installation.search_index(start=False)
        self.installation.follower(index).follow()
        index.refresh()
        self.client.app.state.service.forget_index()  # type: ignore[attr-defined]

    def ask(self, who: str, path: str = "/search", status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/v1{path}", headers=self.home.bearer(who), params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    def found(self, who: str, **params: Any) -> set[tuple[str, int | None]]:
        return {(item["aip_id"], item["ordinal"]) for item in self.ask(who, size=100, **params)["items"]}


@pytest.fixture
def searching(fresh: Fresh, search_url: str) -> Iterator[Searching]:
    at_server(fresh.home.folder, search_url)
    with opened(load_settings(fresh.home.folder)) as installation:
        _, documents = stored(installation, fresh.home.submissions["danh-muc-csv"])
        with TestClient(create_app(installation)) as client:
            made = Searching(installation, client, fresh.home, documents)
            made.follow()
            yield made
            index = installation.search_index(start=False)
            for name in index.client.indices.get(index=f"{index.alias}-*").body:
                index.client.indices.delete(index=name)


def subject(document: Document) -> str:
    return str(document.fields["subject"])


def test_what_is_held_is_found_with_its_hoso_and_marks(searching: Searching) -> None:
    wanted = searching.documents[0]
    page = searching.ask("archivist", q=subject(wanted))
    hit = next(item for item in page["items"] if (item["aip_id"], item["ordinal"]) == (wanted.aip_id, wanted.ordinal))
    assert page["from"] == "index" and page["total"] >= 1
    assert hit["hoso"]["aip_id"] == wanted.aip_id
    assert any("<mark>" in text for texts in hit["highlights"].values() for text in texts)
    assert searching.ask("archivist", hit["link"].removeprefix("/api/v1"))["sha256"] == wanted.sha256


def test_another_agency_finds_and_counts_nothing(searching: Searching) -> None:
    page = searching.ask("other_agency", q="", facet=["agency", "year", "mode", "signer"])
    assert page["total"] == 0 and page["items"] == []
    assert all(values == [] for values in page["facets"].values())
    assert searching.ask("other_agency", "/search/suggest", q="qu")["items"] == []


def test_an_administrator_does_not_search(searching: Searching) -> None:
    searching.ask("administrator", status=403, q="quyết định")


def test_a_page_follows_another(searching: Searching) -> None:
    whole = [(item["aip_id"], item["ordinal"]) for item in searching.ask("head", size=100)["items"]]
    found, after = [], None
    while True:
        page = searching.ask("head", size=2, **({"after": after} if after else {}))
        found += [(item["aip_id"], item["ordinal"]) for item in page["items"]]
        after = page["after"]
        if after is None:
            break
    assert found == whole and len(set(found)) == len(found)


def test_one_asker_cannot_go_on_in_anothers_pages(searching: Searching) -> None:
    after = searching.ask("head", size=1)["after"]
    assert searching.ask("agency", status=400, size=1, after=after)["code"] == "search.page-refused"


def test_facets_count_and_narrow(searching: Searching) -> None:
    page = searching.ask("archivist", facet=["kind"])
    counts = {item["value"]: item["count"] for item in page["facets"]["kind"]}
    assert counts["hoso"] == 3
    assert searching.ask("archivist", filter=["kind:hoso"])["total"] == 3
    assert searching.ask("archivist", filter=["kind:hoso", "kind:document"])["total"] == page["total"]


def test_groups_show_the_hoso_once_with_its_siblings(searching: Searching) -> None:
    page = searching.ask("archivist", group=True, filter=["kind:document"])
    ids = [item["aip_id"] for item in page["items"]]
    assert len(ids) == len(set(ids)) == page["groups"] == 3
    several = next(item for item in page["items"] if item["aip_id"] == searching.aip_id)
    assert several["siblings"] and several["in_hoso"] == len(searching.documents)


@pytest.mark.parametrize(
    "params",
    [
        {"q": "so:"},
        {"q": '"dở dang'},
        {"q": "(a HOẶC"},
        {"filter": ["khong_co:1"]},
        {"filter": ["year:hai"]},
        {"facet": ["khong_co"]},
        {"after": "bia"},
    ],
)
def test_a_wrong_query_is_explained_or_taken_as_words(searching: Searching, params: dict[str, Any]) -> None:
    answer = searching.client.get("/api/v1/search", headers=searching.home.bearer("archivist"), params=params)
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert answer.json()["code"] in ("search.query-refused", "search.page-refused") and answer.json()["title"]


def test_what_is_restricted_is_not_found_even_before_the_index_knows(searching: Searching) -> None:
    hidden = searching.documents[1]
    place = (hidden.aip_id, hidden.ordinal)
    before = searching.ask("archivist", q="", facet=["agency"])
    assert place in searching.found("archivist")
    decide(searching.installation, *place, Mode.RESTRICTED)
    for _ in range(2):
        after = searching.ask("archivist", q="", facet=["agency"])
        assert place not in searching.found("archivist")
        assert after["total"] == before["total"] - 1
        assert sum(item["count"] for item in after["facets"]["agency"]) == after["total"]
        grouped = searching.ask("archivist", group=True, size=100)
        assert place not in {(one["aip_id"], one["ordinal"]) for item in grouped["items"] for one in item["siblings"]}
        searching.follow()


def test_what_is_restricted_again_is_judged_at_the_catalogue_too(
    searching: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = searching.documents[1]
    place = (hidden.aip_id, hidden.ordinal)
    total = searching.ask("archivist")["total"]
    decide(searching.installation, *place, Mode.RESTRICTED)
    # As if the index knew of every decision and yet had it wrong.
    monkeypatch.setattr(IndexView, "cursor", lambda _view, _reading: 1 << 40)
    assert place not in searching.found("archivist")
    assert searching.ask("archivist", size=100)["total"] == total - 1


def test_a_further_page_shows_nothing_restricted_since_the_first(searching: Searching) -> None:
    first = searching.ask("archivist", size=1)
    hidden = next(item for item in searching.ask("archivist", size=100)["items"][1:] if item["ordinal"] is not None)
    decide(searching.installation, hidden["aip_id"], hidden["ordinal"], Mode.RESTRICTED)
    searching.follow()
    rest = searching.ask("archivist", size=100, after=first["after"])
    assert rest["total"] == first["total"] - 1
    assert (hidden["aip_id"], hidden["ordinal"]) not in {(item["aip_id"], item["ordinal"]) for item in rest["items"]}


def test_what_was_just_written_counts_as_unseen_for_a_moment(searching: Searching) -> None:
    now = [100.0]
    view = IndexView(searching.installation.search_index(start=False), clock=lambda: now[0], settled=3.0)

    def cursor() -> int:
        with searching.installation.catalogue.read() as reading:
            return view.cursor(reading)

    before = cursor()
    decide(searching.installation, searching.aip_id, 1, Mode.RESTRICTED)
    searching.follow()
    assert cursor() == before
    now[0] += 2.9
    assert cursor() == before
    now[0] += 0.1
    assert cursor() > before


def test_a_grant_lets_one_person_find_it(searching: Searching) -> None:
    hidden = searching.documents[1]
    place = (hidden.aip_id, hidden.ordinal)
    decide(searching.installation, *place, Mode.RESTRICTED)
    searching.follow()
    grant(searching.installation, *place, "archivist")
    assert place in searching.found("archivist")
    assert place not in searching.found("archivist_2")


def test_the_text_of_what_is_restricted_finds_nothing_for_anyone(searching: Searching) -> None:
    hidden = searching.documents[0]
    text = searching.client.get(
        f"/api/v1/records/{hidden.aip_id}/documents/{hidden.ordinal}/text", headers=searching.home.bearer("agency")
    ).text
    words = max((line.strip() for line in text.splitlines() if len(line.strip()) < 90), key=len)
    place = (hidden.aip_id, hidden.ordinal)
    assert place in searching.found("head", q=f'"{words}"')
    decide(searching.installation, *place, Mode.RESTRICTED)
    searching.follow()
    for role in ("agency", "archivist", "head", "auditor"):
        for item in searching.ask(role, q=f'"{words}"', size=100)["items"]:
            assert "text" not in item["highlights"] or (item["aip_id"], item["ordinal"]) != place


def test_a_search_that_touches_what_is_restricted_is_recorded_by_its_digest(searching: Searching) -> None:
    decide(searching.installation, *(searching.aip_id, 1), Mode.RESTRICTED)
    searching.follow()
    searching.ask("archivist", q="câu hỏi bí mật")
    with searching.installation.catalogue.read() as reading:
        assert reading.record_of("search", Event.RECORD_SEARCH_PERFORMED) is None
    searching.ask("head", q="")
    with searching.installation.catalogue.read() as reading:
        record = reading.record_of("search", Event.RECORD_SEARCH_PERFORMED)
    assert record is not None and record.data["restricted"] >= 1 and len(record.data["query_sha256"]) == 64


def test_suggestions_come_from_what_may_be_known(searching: Searching) -> None:
    start = subject(searching.documents[0])[:12]
    assert subject(searching.documents[0]) in _texts(searching, "archivist", start)
    for submission_id in searching.home.submissions.values():
        aip_id = stored(searching.installation, submission_id)[0].aip_id
        decide(searching.installation, aip_id, None, Mode.RESTRICTED)
    assert _texts(searching, "archivist", start) == []
    searching.follow()
    assert _texts(searching, "archivist", start) == []
    assert subject(searching.documents[0]) in _texts(searching, "head", start)


def _texts(searching: Searching, who: str, typed: str) -> list[str]:
    return [item["text"] for item in searching.ask(who, "/search/suggest", q=typed)["items"]]


def test_likenesses_are_judged_like_searches(searching: Searching) -> None:
    place = f"/records/{searching.aip_id}/documents/1/similar"
    assert isinstance(searching.ask("archivist", place)["items"], list)
    searching.ask("other_agency", place, status=404)
    decide(searching.installation, searching.aip_id, 1, Mode.RESTRICTED)
    searching.ask("archivist", place, status=404)


def test_a_table_holds_every_row_who_asks_may_know_of(searching: Searching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_tables, "LARGEST_PAGE", 2)
    decide(searching.installation, searching.aip_id, 2, Mode.RESTRICTED)
    searching.follow()
    for role in ("archivist", "head"):
        expected = searching.ask(role, size=100)["total"]
        answer = searching.client.post(
            "/api/v1/search/export", headers=searching.home.bearer(role), params={"format": "csv"}
        )
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == expected + 1 == int(answer.headers["x-rows"]) + 1
        digests = {cell for row in rows for cell in row}
        assert (searching.documents[1].sha256 in digests) is (role == "head")
    sheet = searching.client.post("/api/v1/search/export", headers=searching.home.bearer("archivist"))
    book = openpyxl.load_workbook(io.BytesIO(sheet.content))
    assert book.active is not None and book.active.max_row > 3
    assert left_in_scratch(searching.installation.settings.home) == []
    with searching.installation.catalogue.read() as reading:
        record = reading.record_of("search", Event.RECORD_LIST_EXPORTED)
    assert record is not None and record.data["count"] == book.active.max_row - 1


def test_a_table_too_long_is_refused(searching: Searching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_tables, "MOST_ROWS", 1)
    answer = searching.client.post("/api/v1/search/export", headers=searching.home.bearer("archivist"))
    assert answer.status_code == 413 and answer.json()["code"] == "export.too-many"


def test_while_the_index_is_away_numbers_and_codes_are_found_under_the_same_rules(
    fresh: Fresh,
) -> None:
    submission, documents = stored(fresh.installation, fresh.home.submissions["danh-muc-csv"])
    number = f"{documents[1].number}/{documents[1].notation}"

    def ask(role: str, q: str) -> Any:
        answer = fresh.client.get("/api/v1/search", headers=fresh.bearer(role), params={"q": q})
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert ask("archivist", number)["from"] == "catalogue"
    assert [item["ordinal"] for item in ask("archivist", number)["items"]] == [2]
    assert ask("archivist", submission.registration_number)["items"][0]["kind"] == "hoso"
    assert ask("other_agency", number)["items"] == []
    decide(fresh.installation, submission.aip_id, 2, Mode.RESTRICTED)
    assert ask("archivist", number) == {**ask("archivist", number), "total": 0, "items": []}
    assert ask("head", number)["total"] == 1
    for path in ("/search/suggest?q=a", f"/records/{submission.aip_id}/documents/1/similar"):
        away = fresh.client.get(f"/api/v1{path}", headers=fresh.bearer("head"))
        assert away.status_code == 503 and away.headers["retry-after"]
