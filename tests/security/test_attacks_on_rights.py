"""Records of others: guessed, counted, compared, listened for, asked for sideways; nothing may tell that they are there."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import threading
import zipfile
from collections.abc import Iterable
from typing import Any

import pytest

from archive.access import Author, Mode
from archive.catalogue import Document
from archive.events import Event
from tests.http_contract.asking import NOBODY, Wanted, request_of
from tests.http_contract.world import Held, account_id, username
from tests.security.conftest import Arena, wired

TUS = {"Tus-Resumable": "1.0.0"}


def documents(arena: Arena, held: Held) -> list[Document]:
    with arena.installation.catalogue.read() as reading:
        return list(reading.documents(held.aip_id))


def hidden(arena: Arena, who: str) -> list[tuple[Held, int]]:
    """Every document of which ``who`` may not know, with its hồ sơ."""
    found = []
    for held in arena.world.held:
        if who == "archivist" and held.shape in ("restricted", "mixed"):
            found.append((held, held.ordinal))
        if who == "agency" and held.whose == "foreign":
            found.append((held, 1))
    return found


def plain(content: bytes) -> bytes:
    """The bytes, and those of whatever they are packed around."""
    if not content.startswith(b"PK\x03\x04"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(
            [*(name.encode() for name in archive.namelist()), *(archive.read(n) for n in archive.namelist())]
        )


def leaked(arena: Arena, who: str, answer: Any) -> set[str]:
    said = (str(dict(answer.headers)).encode() + plain(answer.content)).lower()
    return {word for word in arena.world.foreign_words(who) if word.lower().encode() in said}


def said(answer: Any) -> dict[str, Any]:
    """The answer without what differs between any two."""
    body = answer.json() if answer.content else {}
    return {"status": answer.status_code, **{key: value for key, value in body.items() if key != "request_id"}}


PARTS = ("", "/content", "/text", "/thumbnail", "/pages/1", "/verdicts", "/signature-report", "/similar")
LIES: dict[str, dict[str, str]] = {
    "nothing": {},
    "its digest": {"If-None-Match": '"{sha256}"'},
    "anything": {"If-None-Match": "*"},
    "its digest, to be matched": {"If-Match": '"{sha256}"'},
    "a range": {"Range": "bytes=0-0"},
    "a range beyond its end": {"Range": "bytes=999999999-"},
    "a range if it is so": {"Range": "bytes=0-0", "If-Range": '"{sha256}"'},
    "a purpose": {},
}


@pytest.mark.parametrize("headers", LIES.values(), ids=LIES.keys())
@pytest.mark.parametrize("who", ["archivist", "agency"])
def test_no_condition_and_no_range_tells_a_hidden_document_from_none(
    arena: Arena, who: str, headers: dict[str, str], request: pytest.FixtureRequest
) -> None:
    params = {"purpose": "Giải quyết khiếu nại"} if "purpose" in request.node.name else {}
    for held, ordinal in hidden(arena, who):
        document = documents(arena, held)[ordinal - 1]
        sent = {name: value.format(sha256=document.sha256) for name, value in headers.items()}
        for part in PARTS:
            for method in ("GET", "HEAD") if part == "/content" else ("GET",):
                there, nowhere = (
                    arena.ask(who, method, f"/records/{aip}/documents/{number}{part}", headers=sent, params=params)
                    for aip, number in ((held.aip_id, ordinal), (NOBODY, 1))
                )
                assert said(there) == said(nowhere), (held, part)
                assert there.status_code == 404 and "etag" not in there.headers and not leaked(arena, who, there)


@pytest.mark.parametrize("who", ["archivist", "agency", "administrator", "head", "auditor"])
def test_restricted_bytes_are_given_in_no_form_to_anyone_without_a_grant(arena: Arena, who: str) -> None:
    for shape in ("restricted", "mixed"):
        held = arena.world.of("own", shape)
        document = documents(arena, held)[held.ordinal - 1]
        place = f"/records/{held.aip_id}"
        for path in (
            f"{place}/documents/{held.ordinal}/content",
            f"{place}/documents/{held.ordinal}/text",
            f"{place}/documents/{held.ordinal}/thumbnail",
            f"{place}/documents/{held.ordinal}/pages/1",
            f"{place}/package",
            f"{place}/zip",
        ):
            for sent in ({}, {"Range": "bytes=0-"}, {"If-None-Match": f'"{document.sha256}"'}):
                params = {"purpose": "Xác minh", "ordinal": held.ordinal}
                answer = arena.ask(who, "GET", path, params=params, headers=sent)
                assert answer.status_code in (403, 404), (path, answer.status_code)
                assert document.sha256 not in answer.text and not leaked(arena, who, answer)
        body = {"request_id": "1", "purpose": "03", "ordinals": [held.ordinal]}
        assert arena.ask(who, "POST", f"{place}/dip", json=body).status_code in (403, 404)


@pytest.mark.parametrize("who", ["archivist", "agency", "head", "auditor"])
def test_ordinals_guessed_one_after_another_give_only_what_may_be_known(arena: Arena, who: str) -> None:
    for held in arena.world.held:
        for ordinal in range(1, 5):
            answer = arena.ask(who, "GET", f"/records/{held.aip_id}/documents/{ordinal}")
            assert answer.status_code in (200, 404) and not leaked(arena, who, answer)


@pytest.mark.parametrize("who", ["archivist", "agency", "auditor", "head", "administrator", None])
def test_no_list_no_search_and_no_table_holds_a_word_of_what_is_hidden(arena: Arena, who: str | None) -> None:
    facets = [
        "agency",
        "year",
        "kind",
        "issuer",
        "signer",
        "signature",
        "pdfa",
        "mode",
        "language",
        "format",
        "fonds",
        "retention",
    ]
    known = [name for name in facets if arena.ask("head", "GET", "/search", params={"facet": name}).status_code == 200]
    assert {"agency", "mode", "year"} <= set(known)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/records", {"size": 100}),
        ("GET", "/submissions", {"size": 100}),
        ("GET", "/review", {}),
        ("GET", "/search", {"size": 100, "facet": known}),
        ("GET", "/search", {"size": 100, "facet": known, "group": True}),
        ("GET", "/rights-changes", {}),
        ("GET", "/grants", {}),
        ("GET", "/me", {}),
        ("GET", "/me/searches", {}),
        ("GET", "/metrics", {}),
        ("GET", "/health", {}),
        ("GET", "/openapi.json", {}),
        ("POST", "/search/export", {"format": "csv"}),
        ("POST", "/search/export", {"format": "xlsx"}),
    ]
    asked += [("GET", "/search/suggest", {"q": word}) for word in ("zq", "zqforeign", "zqownrestricted", "Về việc z")]
    asked += [
        ("GET", f"/records/{held.aip_id}{part}", {})
        for held in arena.world.held
        for part in ("", "/history", "/documents")
    ]
    asked += [
        ("GET", f"/submissions/{held.submission_id}{part}", {})
        for held in arena.world.held
        for part in ("", "/history", "/reports", "/receipt")
    ]
    for method, path, params in asked:
        answer = arena.ask(who, method, path, params=params)
        assert answer.status_code in (200, 401, 403, 404, 503), (path, answer.text)
        if who in ("head", "auditor") and path == "/rights-changes":
            continue
        if path == "/grants" and answer.status_code == 200:
            continue
        assert not leaked(arena, who or "", answer), path


@pytest.mark.parametrize("who", ["archivist", "agency"])
def test_every_word_of_a_hidden_record_finds_counts_suggests_and_completes_nothing(arena: Arena, who: str) -> None:
    for held, _ordinal in hidden(arena, who):
        words = held.described if who == "agency" else held.restricted_described
        for word in sorted(words | held.restricted_text):
            for q in (word, f'"{word}"', f"-{word} {word}", word[:-4], f"so:{word}", f'co-quan:"{word}"'):
                page = arena.ask(who, "GET", "/search", params={"q": q, "facet": ["agency", "mode"], "group": True})
                if page.status_code == 400:
                    continue
                found = page.json()
                assert (found["total"], found["groups"], found["items"]) == (0, 0, []), q
                assert all(values == [] for values in found["facets"].values())
            assert arena.ask(who, "GET", "/search/suggest", params={"q": word[:-1]}).json()["items"] == []


@pytest.mark.parametrize("who", ["agency", "archivist", "head", "auditor"])
def test_the_text_of_what_is_restricted_cannot_be_probed_by_searching(arena: Arena, who: str) -> None:
    for held in arena.world.held:
        for word in held.restricted_text:
            assert arena.ask(who, "GET", "/search", params={"q": word}).json()["total"] == 0


def test_counts_do_not_change_by_what_is_hidden(arena: Arena) -> None:
    for who in ("agency", "archivist"):
        page = arena.ask(who, "GET", "/search", params={"size": 100, "facet": ["agency", "mode", "kind"]}).json()
        assert page["total"] == len(page["items"])
        for values in page["facets"].values():
            assert sum(one["count"] for one in values) <= page["total"]
        modes = {one["value"]: one["count"] for one in page["facets"]["mode"]}
        shown = [item["mode"] for item in page["items"]]
        assert modes == {mode: shown.count(mode) for mode in set(shown)}
        grouped = arena.ask(who, "GET", "/search", params={"size": 100, "group": True}).json()
        assert grouped["groups"] == len(grouped["items"]) == len({item["aip_id"] for item in page["items"]})


def test_likenesses_lead_to_nothing_hidden(arena: Arena) -> None:
    for who in ("agency", "archivist", "head"):
        for held in arena.world.held:
            for ordinal in range(1, len(documents(arena, held)) + 1):
                answer = arena.ask(
                    who, "GET", f"/records/{held.aip_id}/documents/{ordinal}/similar", params={"size": 50}
                )
                assert answer.status_code in (200, 404) and not leaked(arena, who, answer)


def test_a_page_token_is_worth_nothing_to_another_or_for_another_question(arena: Arena) -> None:
    first = arena.ask("head", "GET", "/search", params={"size": 1}).json()["after"]
    for who, params in (
        ("agency", {}),
        ("archivist", {}),
        ("foreign", {}),
        ("head", {"q": "quyết định"}),
        ("head", {"filter": "mode:restricted"}),
        ("head", {"sort": "newest"}),
        ("head", {"group": True}),
    ):
        answer = arena.ask(who, "GET", "/search", params={"size": 1, "after": first, **params})
        assert answer.status_code in (400, 422) and not leaked(arena, who, answer), (who, params)
    for cut in (first[:-1], first[:-1] + ("A" if first[-1] != "A" else "B"), first[::-1], first + "A"):
        assert arena.ask("head", "GET", "/search", params={"size": 1, "after": cut}).status_code == 400


def test_places_in_lists_of_others_are_only_places(arena: Arena) -> None:
    for path in ("/submissions", "/records"):
        after = arena.ask("head", "GET", path, params={"size": 2}).json()["after"]
        rest = arena.ask("agency", "GET", path, params={"size": 100, "after": after})
        assert rest.status_code == 200 and not leaked(arena, "agency", rest)


def test_a_search_kept_by_somebody_else_is_not_there(arena: Arena) -> None:
    kept = arena.ask("head", "POST", "/me/searches", json={"name": "riêng", "query": {"q": "zqbimatzq"}}).json()["id"]
    for who in ("head_2", "archivist", "administrator"):
        for method in ("GET", "DELETE"):
            answer = arena.ask(who, method, f"/me/searches/{kept}")
            assert answer.status_code == 404 and "zqbimatzq" not in answer.text
    assert arena.ask("head", "GET", f"/me/searches/{kept}").status_code == 200


def test_events_of_a_foreign_submission_are_not_heard_however_one_asks(arena: Arena) -> None:
    held = arena.world.of("foreign", "open")
    with arena.installation.catalogue.read() as reading:
        number = reading.submission(held.submission_id).registration_number
    for name in (held.submission_id, number):
        for headers in ({}, {"Last-Event-ID": "0"}, {"Accept": "text/event-stream"}):
            answer = arena.ask("agency", "GET", f"/submissions/{name}/progress", headers=headers)
            assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


def test_an_upload_of_another_account_is_not_there_not_even_for_its_agency(arena: Arena) -> None:
    begun = arena.ask("agency", "POST", "/uploads", headers={**TUS, "Upload-Length": "10"})
    place = begun.headers["location"].removeprefix("/api/v1")
    for who in ("agency_granted", "foreign", "archivist"):
        for method, headers in (
            ("HEAD", TUS),
            ("DELETE", TUS),
            ("PATCH", {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}),
        ):
            assert arena.ask(who, method, place, headers=headers).status_code == 404
    assert arena.ask("agency", "DELETE", place, headers=TUS).status_code == 204


def test_what_is_hidden_and_what_is_not_there_cost_the_same_ledger_record(arena: Arena) -> None:
    """By construction: the same work behind the same answer, so that its delay tells nothing."""

    def refusals(method: str, path: str, **options: Any) -> list[tuple[str, Any]]:
        before = arena.ledger_end()
        assert arena.ask("agency", method, path, **options).status_code == 404
        return [(record.event, record.data["verdict"]) for record in arena.ledger(before)]

    held = arena.world.of("foreign", "open")
    nobody = NOBODY.replace("-", "")
    for there, nowhere in (
        (f"/records/{held.aip_id}", f"/records/{NOBODY}"),
        (f"/records/{held.aip_id}/documents/1", f"/records/{NOBODY}/documents/1"),
        (f"/submissions/{held.submission_id}", f"/submissions/{nobody}"),
        (f"/submissions/{held.submission_id}/receipt", f"/submissions/{nobody}/receipt"),
        (f"/submissions/{held.submission_id}/progress", f"/submissions/{nobody}/progress"),
    ):
        assert refusals("GET", there) == refusals("GET", nowhere) == [(Event.RECORD_ACCESS_REFUSED, "unknown")]


def test_foreign_ids_in_every_place_of_every_route_open_nothing(arena: Arena) -> None:
    """Also ids of one kind where another kind belongs."""
    held = arena.world.of("foreign", "restricted")
    person = account_id(arena.installation, "head")
    with arena.installation.catalogue.read() as reading:
        number = reading.submission(held.submission_id).registration_number
    for route in arena.app.state.gates:
        if "{" not in route or route.endswith("/verify/{sha256}"):
            continue
        wanted = Wanted(held.aip_id, held.file_id, held.submission_id, 1, "restricted", person)
        method, path, options = request_of(route, wanted)
        for who in ("agency", None):
            headers = options.get("headers", {})
            answer = arena.ask(who, method, path.removeprefix("/api/v1"), **{**options, "headers": headers})
            assert answer.status_code in (401, 403, 404), (route, answer.text)
            assert not leaked(arena, who or "", answer), route
        for wrong in (person, held.submission_id, held.aip_id, held.aip_id.upper(), number):
            values = dict.fromkeys(re.findall(r"{(\w+)}", route), wrong)
            address = route.partition(" ")[2].removeprefix("/api/v1").format(**values)
            answer = arena.ask("agency", method, address, headers=options.get("headers", {}))
            assert answer.status_code in (403, 404, 422), (route, wrong, answer.text)


def test_who_handed_in_does_not_review_it_by_any_name_of_it(own_arena: Arena) -> None:
    received = own_arena.installation.intake().receive_stream(
        [b"gi do"], "a.pdf", owner="H99.12", actor=f"account:{username('archivist')}"
    )
    for name in (received.submission.id, received.submission.registration_number):
        for decision in ("accept", "return", "refuse"):
            answer = own_arena.ask("archivist", "POST", f"/review/{name}", json={"decision": decision, "reason": "tốt"})
            assert (answer.status_code, answer.json()["code"]) == (403, "review.own-submission")


def at_once(calls: Iterable[Any]) -> list[Any]:
    got: list[Any] = []
    threads = [threading.Thread(target=lambda call=call: got.append(call())) for call in calls]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_two_heads_who_confirm_at_once_confirm_once_and_never_their_own(own_arena: Arena) -> None:
    held = own_arena.world.of("own", "open")
    body = {"mode": "restricted", "reason": "thử"}
    assert own_arena.ask("head", "PUT", f"/records/{held.aip_id}/mode", json=body).status_code == 200
    change = own_arena.ask("head", "GET", "/rights-changes").json()["items"][-1]["id"]
    path = f"/rights-changes/{change}/confirm"
    assert own_arena.ask("head", "POST", path).status_code in (403, 409)
    answers = at_once(
        [lambda who=who: own_arena.ask(who, "POST", path) for who in ("head", "head_2", "head_granted") * 2]  # type: ignore[misc]
    )
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {200, 403, 409} and 200 in statuses
    confirmed = [record for record in own_arena.ledger() if record.event == Event.RIGHTS_CHANGE_CONFIRMED]
    mine = [record for record in confirmed if record.data.get("change_id", record.data.get("change")) == change]
    assert len(mine) <= 1 and all(record.actor != f"account:{username('head')}" for record in confirmed)


def test_what_was_granted_when_it_was_asked_for_is_not_given_once_it_is_withdrawn(own_arena: Arena) -> None:
    """Each request is judged on its own, also each range of one file."""
    held = own_arena.world.of("own", "restricted")
    path = f"/records/{held.aip_id}/documents/1/content"
    first = own_arena.ask("archivist_granted", "GET", path, headers={"Range": "bytes=0-99"})
    assert first.status_code == 206
    with own_arena.installation.catalogue.transaction() as tx:
        person = account_id(own_arena.installation, "archivist_granted")
        for grant in tx.grants(account_id=person, live_at=own_arena.app.state.service.now()):
            tx.withdraw_grant(
                grant.id,
                by=Author(f"account:{username('head')}", account_id(own_arena.installation, "head")),
                at=own_arena.app.state.service.now(),
            )
    for headers in ({"Range": "bytes=100-199"}, {"If-None-Match": first.headers["etag"]}, {}):
        assert own_arena.ask("archivist_granted", "GET", path, headers=headers).status_code == 404


def test_a_decision_holds_for_an_answer_that_is_asked_for_in_the_same_moment(own_arena: Arena) -> None:
    """Restricting races reading: whoever was given bytes asked before, and the ledger's order says so."""
    held = own_arena.world.of("own", "open")
    path = f"/records/{held.aip_id}/documents/1/content"

    def read() -> Any:
        return own_arena.ask("archivist", "GET", path)

    def restrict() -> Any:
        body = {"mode": "restricted", "reason": "thử"}
        return own_arena.ask("head", "PUT", f"/records/{held.aip_id}/mode", json=body)

    answers = at_once([read, read, restrict, read, read])
    assert {answer.status_code for answer in answers} <= {200, 404}
    assert read().status_code == 404
    with own_arena.installation.catalogue.read() as reading:
        assert reading.decided_modes(held.aip_id)[None] is Mode.RESTRICTED


def test_asking_for_everything_at_once_is_recorded_document_by_document(arena: Arena) -> None:
    held = arena.world.of("own", "mixed")
    before = arena.ledger_end()
    answer = arena.ask("archivist", "GET", f"/records/{held.aip_id}/zip")
    assert answer.status_code == 200 and not leaked(arena, "archivist", answer)
    (record,) = [item for item in arena.ledger(before)]
    assert record.event == Event.DIP_COPY_DELIVERED and record.data["ordinals"] == [1]


def test_thousands_of_ranges_are_one_answer_and_lies_about_ranges_are_passed_over(arena: Arena) -> None:
    held = arena.world.of("own", "open")
    document = documents(arena, held)[0]
    place, size = f"/records/{held.aip_id}/documents/1/content", document.size_bytes
    for value, expected in (
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(5000)), 200),
        ("bytes=" + "0-," * 5000 + "0-", 200),
        ("bytes=" + "," * 20_000, 200),
        ("bytes=-0", 416),
        (f"bytes={size}-", 416),
        (f"bytes={10**40}-", 416),
        (f"bytes=0-{10**40}", 206),
        (f"bytes=-{10**40}", 206),
        ("bytes=5-1", 200),
        ("bytes=0-0-0", 200),
        ("bytes=٠-٩", 200),
        ("lines=0-1", 200),
        ("bytes=" + "9" * 5000 + "-", 200),
    ):
        answer = arena.ask("agency", "GET", place, headers={"Range": value.encode()})  # type: ignore[dict-item]
        assert answer.status_code == expected, value[:30]
        if expected in (200, 206):
            assert hashlib.sha256(answer.content).hexdigest() == document.sha256
    for stale in ('"0"', f'W/"{document.sha256}"', "Sat, 21 Nov 2026 00:00:00 GMT", "*", f'"{document.sha256}", "0"'):
        answer = arena.ask("agency", "GET", place, headers={"Range": "bytes=0-1", "If-Range": stale})
        assert answer.status_code == 200 and len(answer.content) == size


def test_the_server_on_its_socket_gives_no_more_than_the_service_in_this_process(arena: Arena) -> None:
    held = arena.world.of("foreign", "open")
    with wired(arena.app, arena.installation) as wire:
        token = f"Authorization: Bearer {arena.world.tokens['agency']}"
        for path in (f"/records/{held.aip_id}", f"/records/{held.aip_id}/documents/1/content"):
            answer = wire.ask(f"GET /api/v1{path}", token, "Range: bytes=0-", "If-None-Match: *")
            assert answer.startswith(b"HTTP/1.1 404") and b"record.missing" in answer


def test_pages_with_gaps_do_not_tell_that_something_was_passed_over(own_arena: Arena) -> None:
    """Only the last page is short, and none that was promised is empty: what is hidden makes no hole."""
    arena = own_arena
    for who, part in itertools.product(("archivist", "agency", "head"), ("documents", "history")):
        for held, size in itertools.product((arena.world.of("own", "mixed"), arena.world.of("own", "open")), (1, 2)):
            # Until this moment: reading a history is itself in it.
            ended = arena.ledger_end() if part == "history" else None
            after: Any = 0
            while after is not None and (ended is None or after < ended):
                params = {"size": size, "after": after}
                page = arena.ask(who, "GET", f"/records/{held.aip_id}/{part}", params=params).json()
                assert page["items"] or after == 0, (held.shape, part, size)
                assert page["after"] is None or len(page["items"]) == size, (held.shape, part, size)
                after = page["after"]
