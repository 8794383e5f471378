"""A destruction round over HTTP, as far as a test wants it: who does what, and what is sent for each step."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from api.accounts import create_account, issue_token
from archive.access import Role
from archive.local_time import VIETNAM
from tests.http.peopled import AGENCY, FIRST, LOCAL, Peopled

COUNCIL = {"chairman": "head-2", "secretary": "secretary", "unit": "agency", "expert": "auditor"}
"""Duty → account: roles of every kind."""
MORE = {
    "secretary": Role.ARCHIVIST,
    "executor": Role.ARCHIVIST,
    "stranger": Role.ARCHIVIST,
    "other-agency": Role.AGENCY,
}


def with_people(archive: Peopled) -> Peopled:
    """The same service with the people of a round."""
    tokens, ids = dict(archive.tokens), dict(archive.ids)
    catalogue, at = archive.installation.catalogue, archive.clock.at
    for name, role in MORE.items():
        agency = "H99.34" if role is Role.AGENCY else ""
        made = create_account(
            catalogue, username=name, name=name, role=role, agency_code=agency, password=FIRST, by=LOCAL, at=at
        )
        ids[name] = made.id
        tokens[name] = issue_token(catalogue, name, label="kiểm thử", by=LOCAL, at=at).secret
    return replace(archive, tokens=tokens, ids=ids)


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: Any, status: int, code: str) -> Any:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()


def today(archive: Peopled) -> date:
    return archive.clock.at.astimezone(VIETNAM).date()


def due_file(archive: Peopled, code: str, agency: str = AGENCY) -> str:
    """The id of a hồ sơ that ended in 2000 and was to be kept five years."""
    body = {"agency_code": agency, "file_code": code, "title": f"Hồ sơ đê điều {code}"}
    body |= {"period": "5 năm", "period_basis": "Danh mục"}
    file_id = str(done(archive.ask("archivist", "POST", "/files", json=body), 201)["id"])
    done(archive.ask("archivist", "POST", f"/files/{file_id}/closing", json={"ended_year": 2000}))
    return file_id


def opened(archive: Peopled, code: str = "2026/01", **more: Any) -> str:
    return str(done(archive.ask("archivist", "POST", "/rounds", json={"code": code, **more}), 201)["id"])


def act(archive: Peopled, who: str, round_id: str, step: str, **body: Any) -> Any:
    """The answer to one step."""
    return archive.ask(who, "POST", f"/rounds/{round_id}/{step}", **({"json": body} if body else {}))


def add(archive: Peopled, round_id: str, *file_ids: str) -> Any:
    return act(archive, "archivist", round_id, "lines", explanation="Đã hết thời hạn", file_ids=list(file_ids))


def form(archive: Peopled, round_id: str, who: str = "head") -> Any:
    members = [{"duty": duty, "account": account} for duty, account in COUNCIL.items()]
    return act(archive, who, round_id, "council", number="11/QĐ", decided_on=str(today(archive)), members=members)


def vote(archive: Peopled, round_id: str, *ballots: dict[str, Any], session: int = 1) -> None:
    """All members for these, and for destruction of the rest."""
    done(act(archive, "secretary", round_id, "sessions", held_on=str(today(archive)), number=session))
    for account in COUNCIL.values():
        done(act(archive, account, round_id, "votes", votes=list(ballots), rest={"outcome": "destroy"}))


def frozen(archive: Peopled, *file_ids: str, code: str = "2026/01", ballots: tuple[dict[str, Any], ...] = ()) -> str:
    """The id of a round whose list is frozen."""
    round_id = opened(archive, code)
    assert done(add(archive, round_id, *file_ids))["left_out"] == []
    done(act(archive, "archivist", round_id, "submit"))
    done(form(archive, round_id))
    vote(archive, round_id, *ballots)
    done(act(archive, "secretary", round_id, "conclusion"))
    opinion = {"body": "Chi cục", "number": "45", "given_on": str(today(archive)), "verdict": "agrees"}
    done(act(archive, "secretary", round_id, "opinion", **opinion))
    done(act(archive, "archivist", round_id, "freeze"))
    return round_id


def decision(archive: Peopled, round_id: str) -> dict[str, Any]:
    digest = done(archive.ask("head", "GET", f"/rounds/{round_id}"))["round"]["list_sha256"]
    return {"list_sha256": digest, "number": "99/QĐ", "decided_on": str(today(archive))}
