"""Where the index has it wrong, the catalogue is believed: in suggestions, totals, facets and groups alike."""

from __future__ import annotations

from archive.access import Mode
from archive.events import Event
from tests.http.rights import decide, grant, stored
from tests.http.test_search_http import Searching, search_url, searching, subject

__all__ = ["search_url", "searching"]


def opened_in_the_index(searching: Searching, aip_id: str, ordinal: int) -> None:
    """As if the index had been told otherwise: what is restricted stands there as open."""
    index = searching.installation.search_index(start=False)
    index.client.update(index=index.alias, id=f"{aip_id}/{ordinal}", doc={"mode": "open"}, refresh=True)


def all_restricted(searching: Searching, except_for: str = "") -> None:
    """The same documents lie in several hồ sơ: what one of them says, another may say as well."""
    for submission_id in searching.home.submissions.values():
        aip_id = stored(searching.installation, submission_id)[0].aip_id
        if aip_id != except_for:
            decide(searching.installation, aip_id, None, Mode.RESTRICTED)
    searching.follow()


def texts(searching: Searching, who: str, typed: str) -> list[str]:
    return [item["text"] for item in searching.ask(who, "/search/suggest", q=typed)["items"]]


def recorded(searching: Searching) -> int:
    with searching.installation.catalogue.read() as reading:
        return len(reading.records(subject="search", event=Event.RECORD_SEARCH_PERFORMED))


def test_what_the_index_wrongly_shows_is_in_no_total_no_facet_no_group_and_no_suggestion(searching: Searching) -> None:
    hidden = searching.documents[1]
    place = (hidden.aip_id, hidden.ordinal)
    typed = subject(hidden)
    all_restricted(searching, except_for=hidden.aip_id)
    total = searching.ask("archivist")["total"]
    assert subject(hidden) in texts(searching, "archivist", typed)
    decide(searching.installation, *place, Mode.RESTRICTED)
    searching.follow()
    opened_in_the_index(searching, *place)
    seen = searching.ask("archivist", facet=["agency", "mode"], size=100)
    assert place not in {(item["aip_id"], item["ordinal"]) for item in seen["items"]}
    assert seen["total"] == total - 1
    assert [sum(one["count"] for one in seen["facets"][name]) for name in ("agency", "mode")] == [total - 1] * 2
    grouped = searching.ask("archivist", group=True, size=100)
    assert sum(item["in_hoso"] for item in grouped["items"]) == total - 1
    assert subject(hidden) not in texts(searching, "archivist", typed)
    grant(searching.installation, *place, "archivist")
    assert subject(hidden) in texts(searching, "archivist", typed)


def test_a_suggestion_from_what_is_restricted_is_recorded_and_one_from_what_is_not_is_no_record(
    searching: Searching,
) -> None:
    hidden = searching.documents[1]
    assert subject(hidden) in texts(searching, "head", subject(hidden)) and recorded(searching) == 0
    all_restricted(searching)
    assert subject(hidden) in texts(searching, "head", subject(hidden)) and recorded(searching) == 1
    texts(searching, "archivist", subject(hidden))
    assert recorded(searching) == 1
