"""Changes of rights stay in sight until confirmed, and the ledger shows what happened to who may read it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.access import Operation, Principal, Role, Scope, Verdict, decide, scope_of
from archive.canonical import canonical_json
from archive.events import Event
from archive.ledger import FIELDS
from tests.cli.shell import ROOT
from tests.http.peopled import FIRST, OWN, Peopled, Template, make_template, peopled


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("people"))


@pytest.fixture
def people(tmp_path: Path, template: Template) -> Iterator[Peopled]:
    with peopled(template, tmp_path) as made:
        yield made


def changes(people: Peopled, who: str = "head", **query: Any) -> dict[str, Any]:
    answer = people.ask(who, "GET", "/rights-changes", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def confirm(people: Peopled, change: int, who: str = "head") -> Any:
    return people.ask(who, "POST", f"/rights-changes/{change}/confirm")


def everything_changed(people: Peopled) -> None:
    """One change of rights of every kind."""
    archivist = people.ids["archivist"]
    body = {"mode": "restricted", "reason": "Bí mật đời tư của ông Nguyễn Văn X"}
    assert people.ask("head", "PUT", f"/records/{people.aip_id}/mode", json=body).status_code == 200
    until = (people.clock.at + timedelta(days=1)).isoformat()
    body = {"account": "archivist", "aip_id": people.aip_id, "reason": "khiếu nại", "valid_until": until}
    given = people.ask("head", "POST", "/grants", json=body).json()
    assert people.ask("head", "POST", f"/grants/{given['id']}/withdrawal").status_code == 200
    for method, path, body in (
        ("PUT", "role", {"role": "auditor"}),
        ("PUT", "active", {"active": False}),
        ("PUT", "active", {"active": True}),
        ("POST", "password", {}),
        ("PUT", "identity", {"subject": "1", "issuer": "https://x.example"}),
    ):
        answer = people.ask("administrator", method, f"/accounts/{archivist}/{path}", json=body)
        assert answer.status_code == 200, answer.text


def test_who_looked_at_grants_and_at_changes_of_rights_is_in_the_ledger(people: Peopled) -> None:
    everything_changed(people)
    given = people.ask("auditor", "GET", "/grants").json()["items"][0]["id"]
    seen = [row["id"] for row in changes(people, "auditor")["items"]]
    for subject, data in (("grants", {"grants": [given]}), ("rights-changes", {"changes": seen})):
        with people.installation.catalogue.read() as reading:
            record = reading.record_of(subject, Event.LEDGER_RECORDS_SHOWN)
        assert record is not None and record.actor == "account:auditor"
        assert data.items() <= record.data.items()


def test_every_change_of_rights_is_shown_until_it_is_confirmed(people: Peopled) -> None:
    before = changes(people)["unconfirmed"]
    everything_changed(people)
    shown = changes(people)
    assert shown["unconfirmed"] == before + 8 == len(shown["items"])
    assert [row["kind"] for row in shown["items"][before:]] == [
        "mode_decided",
        "grant_given",
        "grant_withdrawn",
        "role_changed",
        "account_disabled",
        "account_enabled",
        "password_set_by_other",
        "sign_in_linked",
    ]
    role = shown["items"][before + 3]
    assert (role["account"], role["before"]["role"], role["after"]["role"]) == ("archivist", "archivist", "auditor")
    assert role["actor"] == "account:administrator"
    assert people.ask("head", "GET", "/me").json()["unconfirmed_rights_changes"] == shown["unconfirmed"]
    confirmed = confirm(people, role["id"]).json()
    assert confirmed["confirmed_by"] == "head" and confirmed["self_confirmed"] is False
    assert role["id"] not in [row["id"] for row in changes(people)["items"]]
    assert role["id"] in [row["id"] for row in changes(people, unconfirmed=False)["items"]]
    assert people.ask("auditor", "GET", "/me").json()["unconfirmed_rights_changes"] == before + 7
    assert confirm(people, role["id"], "head-2").json() == confirmed


def test_who_made_a_change_does_not_confirm_it_while_another_head_is_there(people: Peopled) -> None:
    body = {"mode": "open", "reason": "Đã công bố"}
    people.ask("head", "PUT", f"/records/{people.aip_id}/mode", json=body)
    change = changes(people)["items"][-1]["id"]
    own = confirm(people, change)
    assert (own.status_code, own.json()["code"]) == (403, "rights.own-change")
    assert confirm(people, change, "head-2").json()["confirmed_by"] == "head-2"


def test_only_a_head_confirms_and_only_who_is_concerned_sees(people: Peopled) -> None:
    change = changes(people)["items"][0]["id"]
    for who in ("agency", "archivist", "auditor", "administrator"):
        assert confirm(people, change, who).status_code == 403
    for who in ("agency", "archivist"):
        assert people.ask(who, "GET", "/rights-changes").status_code == 403
        assert people.ask(who, "GET", "/me").json()["unconfirmed_rights_changes"] is None
    missing = confirm(people, 999_999)
    assert (missing.status_code, missing.json()["code"]) == (404, "rights-change.missing")
    assert confirm(people, 2**63).status_code == 422


def test_an_administrator_sees_changes_of_accounts_and_learns_of_no_record(people: Peopled) -> None:
    everything_changed(people)
    shown = changes(people, "administrator", limit=100)
    assert people.aip_id not in json.dumps(shown)
    kinds = {row["kind"] for row in shown["items"]}
    assert "role_changed" in kinds and not kinds & {"mode_decided", "grant_given", "grant_withdrawn"}
    assert shown["unconfirmed"] == len(shown["items"]) == changes(people)["unconfirmed"] - 3
    paged, after = [], 0
    while True:
        page = changes(people, "administrator", limit=2, after=after)
        paged += page["items"]
        if page["next"] is None:
            break
        after = page["next"]
    assert paged == shown["items"]


def ledger(people: Peopled, who: str = "auditor", **query: Any) -> dict[str, Any]:
    answer = people.ask(who, "GET", "/ledger", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def test_the_ledger_is_read_page_by_page_and_whoever_reads_it_can_check_its_chain(people: Peopled) -> None:
    rows: list[dict[str, Any]] = []
    end = people.ledger()[-1].seq
    while len(rows) < end:
        rows += ledger(people, after=len(rows), limit=min(5, end - len(rows)))["items"]
    assert [row["seq"] for row in rows] == list(range(1, end + 1))
    last = "0" * 64
    for row in rows:
        assert row["prev"] == last
        stated = {name: row[name] for name in FIELDS}
        last = hashlib.sha256(canonical_json(stated)).hexdigest()
        assert row["hash"] == last


def test_reading_the_ledger_is_itself_in_the_ledger(people: Peopled) -> None:
    ledger(people, after=3, limit=2, event="account.record.created")
    last = people.ledger()[-1]
    assert (last.event, last.subject, last.actor) == ("ledger.records.shown", "ledger", "account:auditor")
    assert last.data["event"] == "account.record.created" and last.data["count"] == 2
    assert last.data["last"] > last.data["first"] > 3 and last.data["request_id"]


def test_the_ledger_is_asked_by_subject_and_by_event(people: Peopled) -> None:
    someone = people.ids["archivist"]
    rows = ledger(people, subject=someone)["items"]
    assert rows and {row["subject"] for row in rows} == {someone}
    rows = ledger(people, event="account.token.issued", subject=someone)["items"]
    assert [row["event"] for row in rows] == ["account.token.issued"]
    for wrong in ({"event": "khong.co"}, {"limit": 0}, {"limit": 501}, {"after": -1}, {"after": 2**63}):
        assert people.ask("auditor", "GET", "/ledger", params=wrong).status_code == 422
    assert people.ask("auditor", "GET", "/ledger?subject=a%00b").status_code == 422


def test_the_ledger_is_for_auditors_and_heads(people: Peopled) -> None:
    for who in ("agency", "archivist", "administrator"):
        assert people.ask(who, "GET", "/ledger").status_code == 403
    assert people.ask("head", "GET", "/ledger").status_code == 200


def test_what_the_ledger_shows_holds_no_secret_and_no_hash_of_one(people: Peopled) -> None:
    everything_changed(people)
    people.sign_in("auditor", FIRST, new_password=OWN)
    for _ in range(6):
        people.sign_in("auditor", "mật khẩu gõ nhầm")
    shown = json.dumps(ledger(people, limit=500), ensure_ascii=False)
    for secret in (FIRST, OWN, "mật khẩu gõ nhầm", "argon2", "luutru_", "secret"):
        assert secret not in shown


def test_the_table_of_roles_in_the_documentation_is_the_one_that_is_kept() -> None:
    told: dict[Operation, list[str]] = {}
    for line in (ROOT / "docs" / "rights.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 8 and cells[1].startswith("`"):
            told |= {Operation(name): cells[2:] for name in re.findall(r"`([a-z.-]+)`", cells[1])}
    assert set(told) == set(Operation)
    for operation, cells in told.items():
        needed = scope_of(operation)
        assert needed is None or cells[-1] == needed.value, operation
        for role, cell in zip(Role, cells, strict=False):
            verdict = decide(Principal("1", "ai.do", role, "H01", frozenset(Scope)), operation)
            assert (cell != "–") == (verdict is Verdict.ALLOWED), (operation, role)
