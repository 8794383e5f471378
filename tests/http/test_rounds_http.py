"""Destruction rounds over HTTP: from drawing up to the hand-over, by the people whose duty it is and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.peopled import Peopled, make_template, peopled
from tests.http.rounds import (
    COUNCIL,
    act,
    add,
    decision,
    done,
    due_file,
    form,
    frozen,
    opened,
    refused,
    today,
    vote,
    with_people,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rounds-http")


@pytest.fixture
def archive(folder: Path, tmp_path: Path) -> Iterator[Peopled]:
    with peopled(make_template(folder), tmp_path) as made:
        yield with_people(made)


def test_a_round_goes_from_its_list_to_the_decision_and_says_what_it_still_lacks(archive: Peopled) -> None:
    goes, stays = due_file(archive, "HS-1"), due_file(archive, "HS-2")
    keep = {"line": 2, "outcome": "extend", "years": 5, "opinion": "Còn giá trị"}
    round_id = frozen(archive, goes, stays, ballots=(keep,))
    place = f"/rounds/{round_id}"
    said = done(act(archive, "head", round_id, "decisions", **decision(archive, round_id)))
    assert said["round"]["state"] == "decided" and said["decisions"][0]["decided_by"] == "head"
    assert done(act(archive, "head", round_id, "kept-lines"))["left"] == 0
    done(act(archive, "head", round_id, "executor", account="executor"))
    lines = done(archive.ask("agency", "GET", f"{place}/lines"))["items"]
    assert [(line["file_id"], line["state"], line["choice"]["outcome"]) for line in lines] == [
        (goes, "listed", "destroy"),
        (stays, "kept", "extend"),
    ]
    assert {vote["account"] for vote in lines[1]["votes"]} == set(COUNCIL.values())
    assert lines[1]["votes"][0]["opinion"] == "Còn giá trị" and lines[0]["title"] == "Hồ sơ đê điều HS-1"
    assert done(archive.ask("head", "GET", f"/files/{stays}"))["file"]["state"] == "closed"
    missing = done(archive.ask("executor", "GET", f"{place}/readiness"))
    codes = {item["code"] for item in missing["missing"]}
    assert not missing["ready"] and codes == {"round.state", "paper.missing"}
    answer = refused(act(archive, "executor", round_id, "start"), 409, "round.not-ready")
    assert {fault["at"].split()[0] for fault in answer["faults"]} == codes
    refused(act(archive, "secretary", round_id, "hand-over"), 409, "round.state")
    detail = done(archive.ask("auditor", "GET", place))
    assert (detail["lines"], [item["verdict"] for item in detail["opinions"]]) == ({"listed": 1, "kept": 1}, ["agrees"])
    duties = {person["duty"]: person["account"] for person in detail["round"]["persons"]}
    assert duties == {**COUNCIL, "proposer": "archivist", "approver": "head", "executor": "executor"}


def test_every_step_sent_again_changes_nothing(archive: Peopled) -> None:
    file_id = due_file(archive, "HS-1")
    opening = {"id": "dot-huy-01", "code": "2026/01"}
    first = done(archive.ask("archivist", "POST", "/rounds", json=opening), 201)
    assert done(archive.ask("archivist", "POST", "/rounds", json=opening), 201) == first
    refused(archive.ask("archivist", "POST", "/rounds", json={**opening, "submitting": False}), 409, "round.conflict")
    refused(archive.ask("stranger", "POST", "/rounds", json=opening), 409, "round.conflict")
    round_id = first["id"]
    assert done(add(archive, round_id, file_id))["lines"] == 1
    assert done(add(archive, round_id, file_id)) == {"lines": 0, "left_out": [], "after": None}
    opinion = {"body": "Chi cục", "number": "45", "given_on": str(today(archive)), "verdict": "agrees"}
    steps = [
        ("archivist", "submit", {}),
        ("head", "council", None),
        ("secretary", "sessions", {"held_on": str(today(archive)), "number": 1}),
        ("head-2", "votes", {"rest": {"outcome": "destroy"}}),
        ("agency", "votes", {"rest": {"outcome": "destroy"}}),
        ("auditor", "votes", {"rest": {"outcome": "destroy"}}),
        ("secretary", "conclusion", {}),
        ("secretary", "opinion", opinion),
        ("archivist", "freeze", {}),
    ]
    for who, step, body in steps:
        first, again = (
            form(archive, round_id) if body is None else act(archive, who, round_id, step, **body) for _ in range(2)
        )
        before, after = done(first), done(again)
        assert after == ({"new": 0, "after": None} if step == "votes" else before), step
    decided = [done(act(archive, "head", round_id, "decisions", **decision(archive, round_id))) for _ in range(2)]
    assert decided[0] == decided[1] and len(decided[0]["decisions"]) == 1
    assert len(done(archive.ask("head", "GET", f"/rounds/{round_id}"))["sessions"]) == 1


def test_only_who_has_the_duty_acts_and_the_role_alone_gives_none(archive: Peopled) -> None:
    """T-table of duties: whoever is not named for a step is refused with its code, and nothing was done."""
    file_id = due_file(archive, "HS-1")
    round_id = opened(archive)
    add(archive, round_id, file_id)
    everyone = [*COUNCIL.values(), "archivist", "head", "executor", "stranger"]
    for who in everyone:
        if who != "archivist":
            code, status = ("record.missing", 404) if who == "agency" else ("round.authority-missing", 403)
            refused(act(archive, who, round_id, "submit"), status, code)
    for who in ("administrator", "administrator-2"):
        refused(act(archive, who, round_id, "submit"), 403, "access.forbidden")
    done(act(archive, "archivist", round_id, "submit"))
    for who in ("archivist", "agency", "auditor", "secretary", "administrator"):
        refused(form(archive, round_id, who), 403, "access.forbidden")
    done(form(archive, round_id))
    opening = {"held_on": str(today(archive))}
    for who in ("archivist", "agency", "auditor", "head", "stranger"):
        refused(act(archive, who, round_id, "sessions", **opening), 403, "round.authority-missing")
    done(act(archive, "head-2", round_id, "sessions", **opening))
    ballot = {"rest": {"outcome": "destroy"}}
    for who in ("archivist", "head", "executor", "stranger"):
        refused(act(archive, who, round_id, "votes", **ballot), 403, "round.authority-missing")
    refused(act(archive, "other-agency", round_id, "votes", **ballot), 404, "record.missing")
    for who in ("head-2", "agency", "auditor", "archivist"):
        refused(act(archive, who, round_id, "conclusion"), 403, "round.authority-missing")
    for who in COUNCIL.values():
        done(act(archive, who, round_id, "votes", **ballot))
    done(act(archive, "secretary", round_id, "conclusion"))
    opinion = {"body": "Chi cục", "number": "45", "given_on": str(today(archive)), "verdict": "agrees"}
    refused(act(archive, "archivist", round_id, "opinion", **opinion), 403, "round.authority-missing")
    done(act(archive, "secretary", round_id, "opinion", **opinion))
    refused(act(archive, "secretary", round_id, "freeze"), 403, "round.authority-missing")
    done(act(archive, "archivist", round_id, "freeze"))
    refused(act(archive, "head-2", round_id, "decisions", **decision(archive, round_id)), 409, "round.same-person")
    for who in ("archivist", "secretary", "agency", "auditor"):
        refused(act(archive, who, round_id, "decisions", **decision(archive, round_id)), 403, "access.forbidden")
    done(act(archive, "head", round_id, "decisions", **decision(archive, round_id)))
    for whom, code in (("archivist", "round.same-person"), ("administrator", "round.administrator")):
        status = 403 if whom == "administrator" else 409
        refused(act(archive, "head", round_id, "executor", account=whom), status, code)
    refused(act(archive, "head", round_id, "executor", account="khong-co-ai"), 404, "account.missing")
    done(act(archive, "head", round_id, "executor", account="executor"))
    for who in ("archivist", "head", "secretary", "stranger"):
        refused(act(archive, who, round_id, "start"), 403, "round.not-the-executor")
    for who in ("archivist", "executor", "agency"):
        refused(act(archive, who, round_id, "completion"), 409, "round.state")


def test_an_agency_sees_the_rounds_in_which_it_has_a_duty_and_no_others(archive: Peopled) -> None:
    with_duty = frozen(archive, due_file(archive, "HS-1"))
    archive.clock.forward(seconds=1)
    without = opened(archive, "2026/02")
    assert [one["id"] for one in done(archive.ask("agency", "GET", "/rounds"))["items"]] == [with_duty]
    assert done(archive.ask("other-agency", "GET", "/rounds"))["items"] == []
    for path in ("", "/lines", "/readiness", "/candidates"):
        for who, round_id in (("agency", without), ("other-agency", with_duty), ("agency", "khong-co")):
            refused(archive.ask(who, "GET", f"/rounds/{round_id}{path}"), 404, "record.missing")
        refused(archive.ask("administrator", "GET", f"/rounds/{with_duty}{path}"), 403, "access.forbidden")
        refused(archive.ask("auditor", "GET", f"/rounds/khong-co{path}"), 404, "round.missing")
    page = done(archive.ask("auditor", "GET", "/rounds?size=1"))
    rest = done(archive.ask("auditor", "GET", "/rounds", params={"size": 1, "after": page["after"]}))
    assert [page["items"][0]["id"], rest["items"][0]["id"], rest["after"]] == [without, with_duty, None]


def test_due_files_are_taken_a_piece_at_a_time_and_what_is_held_is_left_out_with_its_reason(archive: Peopled) -> None:
    ids = [due_file(archive, f"HS-{number}") for number in range(5)]
    order = {"kind": "file", "reason": "Tòa án", "basis": "QĐ 12", "file_ids": [ids[2]]}
    done(archive.ask("archivist", "POST", "/holds", json=order), 201)
    round_id = opened(archive)
    told = done(archive.ask("archivist", "GET", f"/rounds/{round_id}/candidates"))["items"]
    assert {item["file"]["id"]: [one["code"] for one in item["reasons"]] for item in told} == {
        one: ["hold.in-force"] if one == ids[2] else [] for one in ids
    }
    assert [item["listable"] for item in told].count(False) == 1
    taken, left_out, after = 0, [], None
    while True:
        due = {"take": 2, "after": after}
        piece = done(act(archive, "archivist", round_id, "lines", explanation="Đã hết thời hạn", due=due))
        taken, after = taken + piece["lines"], piece["after"]
        left_out += [(one["file_id"], one["reasons"][0]["code"]) for one in piece["left_out"]]
        if after is None:
            break
    assert (taken, left_out) == (4, [(ids[2], "hold.in-force")])
    first = done(archive.ask("archivist", "GET", f"/rounds/{round_id}/lines?size=3"))
    rest = done(archive.ask("archivist", "GET", f"/rounds/{round_id}/lines?size=3&after={first['after']}"))
    assert len(first["items"]) == 3 and len(rest["items"]) == 1 and rest["after"] is None
    done(act(archive, "archivist", round_id, "lines/removal", file_ids=[ids[0]]))
    assert done(archive.ask("head", "GET", f"/files/{ids[0]}"))["file"]["state"] == "closed"
    unknown = done(add(archive, round_id, "khong-co"))
    assert [one["reasons"][0]["code"] for one in unknown["left_out"]] == ["line.missing"]
    refused(act(archive, "archivist", round_id, "lines", explanation="x"), 404, "line.missing")


def test_a_round_is_abandoned_with_a_reason_and_every_file_is_back(archive: Peopled) -> None:
    file_id = due_file(archive, "HS-1")
    round_id = frozen(archive, file_id)
    refused(act(archive, "secretary", round_id, "abandon", reason="Sai"), 403, "round.authority-missing")
    over = done(act(archive, "head", round_id, "abandon", reason="Lập lại"))
    assert (over["state"], over["abandoned_reason"]) == ("abandoned", "Lập lại")
    assert done(archive.ask("head", "GET", f"/files/{file_id}"))["file"]["state"] == "closed"
    assert done(act(archive, "head", round_id, "abandon", reason="Lập lại")) == over


def test_a_head_sets_aside_what_is_held_for_long(archive: Peopled) -> None:
    held, other = due_file(archive, "HS-1"), due_file(archive, "HS-2")
    round_id = frozen(archive, held, other)
    refused(act(archive, "archivist", round_id, "set-aside", file_ids=[held], reason="x"), 403, "access.forbidden")
    detail = done(act(archive, "head", round_id, "set-aside", file_ids=[held], reason="Vụ án còn kéo dài"))
    assert detail["lines"] == {"listed": 1, "set_aside": 1}
    lines = done(archive.ask("head", "GET", f"/rounds/{round_id}/lines?state=set_aside"))["items"]
    assert [(line["file_id"], line["settled_reason"]) for line in lines] == [(held, "Vụ án còn kéo dài")]


def test_votes_are_never_changed_and_a_new_session_thinks_better_of_them(archive: Peopled) -> None:
    round_id = opened(archive)
    add(archive, round_id, due_file(archive, "HS-1"))
    done(act(archive, "archivist", round_id, "submit"))
    done(form(archive, round_id))
    refused(act(archive, "auditor", round_id, "votes", rest={"outcome": "destroy"}), 409, "round.session-missing")
    vote(archive, round_id)
    other = [{"line": 1, "outcome": "permanent"}]
    refused(act(archive, "auditor", round_id, "votes", votes=other), 409, "round.ballot-refused")
    wrong = [{"line": 1, "outcome": "destroy", "years": 5}]
    refused(act(archive, "auditor", round_id, "votes", votes=wrong), 409, "round.ballot-refused")
    vote(archive, round_id, *other, session=2)
    done(act(archive, "secretary", round_id, "conclusion"))
    line = done(archive.ask("auditor", "GET", f"/rounds/{round_id}/lines"))["items"][0]
    assert line["choice"] == {"outcome": "permanent", "years": None} and len(line["votes"]) == 8
