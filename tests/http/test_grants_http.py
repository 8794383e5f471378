"""Grants and modes of use over HTTP: who decides, that it holds at once, to the moment, and for one person only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.http.routes.modes import MOST_SHOWN
from archive.access import Author, Mode
from tests.http.peopled import Peopled, Template, make_template, peopled


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("people"))


@pytest.fixture
def people(tmp_path: Path, template: Template) -> Iterator[Peopled]:
    with peopled(template, tmp_path) as made:
        yield made


REASON = "Có thông tin về đời tư cá nhân"


def restrict(
    people: Peopled, mode: str = "restricted", ordinal: int | None = None, who: str = "head", **more: Any
) -> Any:
    part = "" if ordinal is None else f"/documents/{ordinal}"
    body = {"mode": mode, "reason": REASON, "decision_number": "15/QĐ-LTLS", **more}
    return people.ask(who, "PUT", f"/records/{people.aip_id}{part}/mode", json=body)


def grant(people: Peopled, who: str = "head", **more: Any) -> Any:
    body = {
        "account": "archivist",
        "aip_id": people.aip_id,
        "reason": "Giải quyết khiếu nại",
        "valid_until": (people.clock.at + timedelta(hours=1)).isoformat(),
        **more,
    }
    return people.ask(who, "POST", "/grants", json=body)


def known(people: Peopled, who: str = "archivist", ordinal: int | None = None) -> int:
    """The status of the metadata of the hồ sơ, or of one of its documents."""
    part = "" if ordinal is None else f"/documents/{ordinal}"
    return int(people.ask(who, "GET", f"/records/{people.aip_id}{part}").status_code)


def test_only_a_head_decides_on_modes_and_grants(people: Peopled) -> None:
    for who in ("agency", "archivist", "auditor", "administrator"):
        assert restrict(people, who=who).status_code == 403
        assert restrict(people, who=who, ordinal=1).status_code == 403
        assert grant(people, who=who).status_code == 403
        assert people.ask(who, "POST", "/grants/x/withdrawal").status_code == 403
    for who in ("agency", "archivist", "administrator"):
        assert people.ask(who, "GET", "/grants").status_code == 403
        assert people.ask(who, "GET", f"/records/{people.aip_id}/mode").status_code == 403
    assert people.ask("auditor", "GET", "/grants").status_code == 200


def test_restricting_and_opening_hold_from_the_next_request_on(people: Peopled) -> None:
    assert known(people) == 200
    decided = restrict(people, review_on="2031-01-01")
    assert decided.status_code == 200 and decided.headers["Cache-Control"] == "no-store"
    assert decided.json()["decided_by"] == "head" and decided.json()["review_on"] == "2031-01-01"
    assert known(people) == 404 and known(people, ordinal=1) == 404
    assert known(people, "auditor") == 200
    assert restrict(people, "open").status_code == 200
    assert known(people) == 200


def test_a_document_is_restricted_without_its_hoso(people: Peopled) -> None:
    assert restrict(people, ordinal=2).json()["ordinal"] == 2
    assert known(people) == 200 and known(people, ordinal=1) == 200
    assert known(people, ordinal=2) == 404


def test_decisions_on_one_document_are_found_among_very_many_on_others(people: Peopled) -> None:
    restrict(people, ordinal=2)
    by = Author("account:head", people.ids["head"])
    with people.installation.catalogue.transaction() as tx:
        for turn in range(MOST_SHOWN + 1):
            mode = (Mode.OPEN, Mode.RESTRICTED)[turn % 2]
            tx.decide_mode(people.aip_id, 1, mode, reason="Kiểm thử", by=by, at=people.clock.at)
    restrict(people, "open", ordinal=2)
    modes = [
        [row["mode"] for row in people.ask("head", "GET", f"/records/{people.aip_id}{part}/mode").json()["events"]]
        for part in ("", "/documents/1", "/documents/2")
    ]
    assert (modes[0], modes[2]) == ([], ["restricted", "open"])
    assert len(modes[1]) == MOST_SHOWN and modes[1][-1] == "open", "the latest of them"


def test_every_decision_stays_readable_and_the_same_one_again_writes_nothing(people: Peopled) -> None:
    restrict(people)
    restrict(people)
    restrict(people, ordinal=1)
    restrict(people, "conditional", decision_number="16/QĐ-LTLS")
    history = people.ask("auditor", "GET", f"/records/{people.aip_id}/mode").json()
    assert [(row["mode"], row["decision_number"]) for row in history["events"]] == [
        ("restricted", "15/QĐ-LTLS"),
        ("conditional", "16/QĐ-LTLS"),
    ]
    assert history["decided"]["mode"] == "conditional" and history["events"][0]["reason"] == REASON
    document = people.ask("head", "GET", f"/records/{people.aip_id}/documents/1/mode").json()
    assert [row["mode"] for row in document["events"]] == ["restricted"]
    assert people.ask("head", "GET", f"/records/{people.aip_id}/documents/2/mode").json() == {
        "decided": None,
        "events": [],
    }


def test_a_grant_opens_to_one_person_from_its_first_moment_until_its_last(people: Peopled) -> None:
    restrict(people)
    begins = people.clock.at + timedelta(minutes=10)
    given = grant(people, valid_from=begins.isoformat())
    assert given.status_code == 201 and given.json()["live"] is False
    assert known(people) == 404
    people.clock.forward(minutes=10)
    assert known(people) == 200 and known(people, ordinal=3) == 200
    assert [row["id"] for row in people.ask("archivist", "GET", "/me").json()["grants"]] == [given.json()["id"]]
    people.clock.forward(minutes=49, seconds=59)
    assert known(people) == 200
    people.clock.forward(seconds=1)
    assert known(people) == 404
    assert people.ask("archivist", "GET", "/me").json()["grants"] == []


def test_a_grant_on_one_document_opens_that_document_alone(people: Peopled) -> None:
    restrict(people)
    assert grant(people, ordinal=2).status_code == 201
    assert known(people, ordinal=2) == 200
    assert known(people, ordinal=1) == 404 and known(people) == 404


def test_a_grant_withdrawn_opens_nothing_from_the_next_request_on(people: Peopled) -> None:
    restrict(people)
    given = grant(people).json()
    assert known(people) == 200
    withdrawn = people.ask("head-2", "POST", f"/grants/{given['id']}/withdrawal").json()
    assert withdrawn["live"] is False and withdrawn["withdrawn_by"] == "head-2"
    assert known(people) == 404
    again = people.ask("head", "POST", f"/grants/{given['id']}/withdrawal").json()
    assert again == withdrawn
    assert people.ask("auditor", "GET", f"/grants/{given['id']}").json() == withdrawn


def test_nobody_grants_to_himself_and_no_administrator_is_granted_anything(people: Peopled) -> None:
    own = grant(people, account="HEAD")
    assert (own.status_code, own.json()["code"]) == (403, "rights.own-change")
    assert grant(people, account="administrator").json()["code"] == "grant.refused"
    missing = grant(people, account="khong-co-ai")
    assert (missing.status_code, missing.json()["code"]) == (404, "account.missing")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"valid_until": "2020-01-01T00:00:00+07:00"}, 409),
        ({"valid_until": "9999-12-31T23:59:59-23:59"}, 409),
        ({"valid_until": "0001-01-01T00:00:00+23:59"}, 409),
        ({"valid_from": "0001-01-01T00:00:00+23:59"}, 409),
        ({"valid_until": "2099-01-01T00:00:00+07:00"}, 409),
        ({"valid_until": "2027-01-01T00:00:00"}, 422),
        ({"valid_until": None}, 422),
        ({"reason": " \u200b"}, 422),
        ({"reason": "x" * 2001}, 422),
        ({"ordinal": 2**63}, 422),
        ({"ordinal": -1}, 422),
        ({"ordinal": 99}, 404),
        ({"aip_id": "khong-co"}, 404),
        ({"aip_id": "../x"}, 422),
        ({"granted_by": "head-2"}, 422),
    ],
    ids=str,
)
def test_what_is_no_grant_is_refused(people: Peopled, more: dict[str, Any], status: int) -> None:
    assert grant(people, **more).status_code == status
    assert people.ask("auditor", "GET", "/grants").json()["items"] == []


@pytest.mark.parametrize("more", [{"mode": "secret"}, {"reason": ""}, {"review_on": "mai"}, {"decided_by": "x"}])
def test_what_is_no_decision_is_refused(people: Peopled, more: dict[str, Any]) -> None:
    assert restrict(people, **more).status_code == 422


def test_a_record_that_is_not_there_is_decided_on_by_nobody(people: Peopled) -> None:
    body = {"mode": "open", "reason": REASON}
    for path in ("khong-co/mode", f"{people.aip_id}/documents/99/mode", f"{people.aip_id}/documents/0/mode"):
        assert people.ask("head", "PUT", f"/records/{path}", json=body).status_code == 404
        assert people.ask("auditor", "GET", f"/records/{path}").status_code == 404
    assert people.ask("head", "PUT", f"/records/{people.aip_id}/documents/{2**63}/mode", json=body).status_code == 422


def test_grants_are_listed_by_record_by_person_and_page_by_page(people: Peopled) -> None:
    restrict(people)
    made = [grant(people, account=name).json()["id"] for name in ("archivist", "auditor", "agency")]
    people.ask("head", "POST", f"/grants/{made[0]}/withdrawal")

    def listed(**query: Any) -> list[str]:
        return [row["id"] for row in people.ask("auditor", "GET", "/grants", params=query).json()["items"]]

    assert listed() == sorted(made) and listed(live=True) == sorted(made[1:])
    assert listed(account="auditor") == [made[1]] and listed(aip_id="khong-co") == []
    first = people.ask("auditor", "GET", "/grants", params={"limit": 2}).json()
    rest = people.ask("auditor", "GET", "/grants", params={"limit": 2, "after": first["next"]}).json()
    assert [row["id"] for row in first["items"] + rest["items"]] == sorted(made) and rest["next"] is None
    assert people.ask("auditor", "GET", "/grants?account=khong-co-ai").status_code == 404
