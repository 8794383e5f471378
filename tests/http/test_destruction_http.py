"""Destruction over HTTP: asked for by the executor, carried out by the worker, proven by another, certified; and what is
told of what is gone (T18)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.worker_model import RunState
from tests.http.executing_round import ExecutingRound, executing_round


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutingRound]:
    with executing_round(tmp_path, monkeypatch) as made:
        yield made


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_from_the_order_to_the_certificate(archive: ExecutingRound) -> None:
    order = done(archive.ask("executor", "POST", archive.about("destruction")), 202)
    again = done(archive.ask("executor", "POST", archive.about("destruction")), 202)
    assert again["id"] == order["id"] and again["ended_at"] is None
    before = done(archive.ask("head", "GET", archive.about("destruction")))
    assert (before["to_begin"], before["begun"], before["settled"]) == (2, 0, False)
    assert archive.work() is RunState.DONE
    shown = done(archive.ask("auditor", "GET", archive.about("destruction")))
    assert (shown["to_begin"], shown["begun"], shown["destroyed"], shown["settled"]) == (0, 2, 0, True), shown
    assert shown["waiting"] == [] and shown["orders"][0]["outcome"]["refused"]["count"] == 0
    assert {item["place"]: item["absent"] for item in shown["places"]}["store:kho-1"] == 2
    refused(archive.ask("auditor", "GET", archive.about("certificate")), 404, "certificate.missing")
    done(archive.ask("auditor", "POST", archive.about("absence")), 202)
    assert archive.work() is RunState.DONE
    looks = done(archive.ask("head", "GET", archive.about("absence")))
    assert [(item["verdict"], item["verifier"], item["found"]) for item in looks["items"]] == [("absent", "auditor", 0)]
    signed = done(archive.ask("head", "GET", archive.about("certificate")))
    assert signed["statement"]["files"] == 2 and signed["signature"]["algorithm"]
    printed = archive.ask("head", "GET", archive.about("certificate"), headers={"Accept": "application/pdf"})
    assert printed.status_code == 200 and printed.content.startswith(b"%PDF-")
    assert printed.headers["content-type"] == "application/pdf"
    assert archive.world.get(archive.round_id).state.value == "verified"


def test_who_asked_for_a_destroyed_record_is_told_what_remains_of_it_T18(archive: ExecutingRound) -> None:
    held = archive.destroyed[0]
    with archive.installation.catalogue.read() as view:
        number = view.submission(held.submission_id).registration_number
        code = view.submission(held.submission_id).description.file_code
    record = f"/records/{held.aip_id}"
    done(archive.ask("archivist", "GET", record))
    done(archive.ask("executor", "POST", archive.about("destruction")), 202)
    assert archive.work() is RunState.DONE
    answer = archive.ask("archivist", "GET", record)
    refused(answer, 410, "record.being-destroyed")
    assert answer.json()["tombstone"]["destroyed_at"] is None
    done(archive.ask("auditor", "POST", archive.about("absence")), 202)
    assert archive.work() is RunState.DONE
    paths = [
        record,
        f"{record}/history",
        f"{record}/documents",
        f"{record}/documents/1",
        f"{record}/documents/1/content",
        f"{record}/documents/1/pages/1",
        f"{record}/documents/1/thumbnail",
        f"{record}/package",
        f"{record}/zip",
        f"/submissions/{held.submission_id}",
        f"/submissions/{number}",
    ]
    for path in paths:
        answer = archive.ask("head", "GET", path)
        refused(answer, 410, "record.destroyed")
        remains = answer.json()["tombstone"]
        assert (remains["file_id"], remains["decision_number"]) == (held.submission_id, "99/QĐ"), path
        assert remains["destroyed_at"] and remains["round_id"] == archive.round_id, path
    for text in (held.aip_id, number, code):
        refused(archive.ask("head", "GET", "/search", params={"q": text}), 410, "record.destroyed")
    refused(archive.ask("unit", "GET", record), 404, "record.missing")
    refused(archive.ask("unit", "GET", f"/tombstones/{held.aip_id}"), 404, "tombstone.missing")
    for named in (held.submission_id, held.aip_id, number, code):
        whole = done(archive.ask("archivist", "GET", f"/tombstones/{named}"))
        assert [item["sha256"] for item in whole["package_list"]] == [held.sha256]
    listed = done(archive.ask("head", "GET", "/tombstones?size=1"))
    further = done(archive.ask("head", "GET", "/tombstones", params={"size": 1, "after": listed["after"]}))
    found = [item["file_id"] for item in (*listed["items"], *further["items"])]
    assert sorted(found) == sorted(item.submission_id for item in archive.destroyed) and further["after"] is None
    assert done(archive.ask("unit", "GET", "/tombstones"))["items"] == []
    done(archive.ask("archivist", "GET", f"/records/{archive.kept.aip_id}"))


def test_only_the_executor_asks_and_only_who_has_no_duty_has_it_looked_for(archive: ExecutingRound) -> None:
    destroy, look = archive.about("destruction"), archive.about("absence")
    for who in ("head", "proposer", "auditor", "chairman", "expert"):
        refused(archive.ask(who, "POST", destroy), 403, "round.not-the-executor")
    refused(archive.ask("admin", "POST", destroy), 403, "access.forbidden")
    refused(archive.ask(None, "POST", destroy), 401, "access.unauthenticated")
    refused(archive.ask("auditor", "POST", look), 409, "round.nothing-to-destroy")
    done(archive.ask("executor", "POST", destroy), 202)
    assert archive.work() is RunState.DONE
    for who in ("executor", "head", "proposer", "secretary", "chairman"):
        refused(archive.ask(who, "POST", look), 403, "destruction.own-work")
    for who in ("expert", "admin"):
        refused(archive.ask(who, "POST", look), 403, "access.forbidden")
    for what in ("destruction", "absence", "certificate"):
        refused(archive.ask("admin", "GET", archive.about(what)), 403, "access.forbidden")
        refused(archive.ask("head", "GET", f"/rounds/{'0' * 32}/{what}"), 404, "round.missing")
    done(archive.ask("expert", "GET", destroy))
    assert done(archive.ask("other_head", "POST", look), 202)["asked_by"] == "other-head"


def test_a_held_line_is_named_as_refused_and_keeps_the_round_open(archive: ExecutingRound) -> None:
    held, other = archive.destroyed
    archive.world.hold(held.submission_id)
    done(archive.ask("executor", "POST", archive.about("destruction")), 202)
    assert archive.work() is RunState.DONE
    shown = done(archive.ask("head", "GET", archive.about("destruction")))
    assert (shown["to_begin"], shown["begun"], shown["settled"]) == (1, 1, False)
    outcome = shown["orders"][0]["outcome"]
    assert outcome["refused"]["codes"] == {"hold.in-force": 1}
    assert [item["file_id"] for item in outcome["refused"]["files"]] == [held.submission_id]
    done(archive.ask("auditor", "POST", archive.about("absence")), 202)
    assert archive.work() is RunState.DONE
    (look,) = done(archive.ask("head", "GET", archive.about("absence")))["items"]
    assert (look["verdict"], look["to_begin"]) == ("not-proven", 1)
    refused(archive.ask("head", "GET", archive.about("certificate")), 404, "certificate.missing")
    refused(archive.ask("head", "GET", f"/records/{other.aip_id}"), 410, "record.being-destroyed")
    done(archive.ask("head", "GET", f"/records/{held.aip_id}"))


def test_a_store_that_is_away_is_named_and_goes_on_when_it_is_back(archive: ExecutingRound, tmp_path: Path) -> None:
    away = tmp_path / "kho-2" / "aip"
    done(archive.ask("executor", "POST", archive.about("destruction")), 202)
    away.rename(away.with_name("aip.away"))
    away.write_bytes(b"")  # no folder: nothing in it can be removed, nor looked for
    archive.work()
    shown = done(archive.ask("head", "GET", archive.about("destruction"), params={"place": "store:kho-2"}))
    assert shown["settled"] is False
    assert {(item["place"], item["state"]) for item in shown["waiting"]} == {("store:kho-2", "unreachable")}
    away.unlink()
    away.with_name("aip.away").rename(away)
    assert archive.work() is RunState.DONE
    assert done(archive.ask("head", "GET", archive.about("destruction")))["settled"] is True
