"""Destruction over HTTP: asked for by the executor, carried out by the worker, proven by another, certified; and what is
told of what is gone (T18)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.worker_model import RunState
from tests.http.executing_round import ExecutingRound, executing_round


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecutingRound]:
    (tmp_path / "system-tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system-tmp"))
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
