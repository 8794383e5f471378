"""A hold whose answer was lost is sent again, and is one hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.peopled import AGENCY, Peopled, make_template, peopled
from tests.http.rounds import done, due_file, refused

ORDER: dict[str, Any] = {"id": "lenh-01", "reason": "Tòa án", "basis": "QĐ 12"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("holds-http")


@pytest.fixture
def archive(folder: Path, tmp_path: Path) -> Iterator[Peopled]:
    with peopled(make_template(folder), tmp_path) as made:
        yield made


def place(archive: Peopled, who: str = "archivist", **order: Any) -> Any:
    return archive.ask(who, "POST", "/holds", json={**ORDER, **order})


def test_the_same_order_under_its_id_is_one_hold(archive: Peopled) -> None:
    file_id, other = due_file(archive, "HS-1"), due_file(archive, "HS-2")
    order = {"kind": "file", "file_ids": [file_id]}
    first = done(place(archive, **order), 201)
    archive.clock.forward(seconds=60)
    assert done(place(archive, **order), 201) == first and first["hold"]["id"] == "lenh-01"
    assert len(done(archive.ask("head", "GET", "/holds"))["items"]) == 1
    refused(place(archive, **order, until="2030-01-01"), 409, "hold.conflict")
    refused(place(archive, **{**order, "file_ids": [other]}), 409, "hold.conflict")
    refused(place(archive, **{**order, "reason": "Lý do khác"}), 409, "hold.conflict")
    refused(place(archive, "head", **order), 409, "hold.conflict")


def test_a_query_sent_again_stands_on_what_it_found_the_first_time(archive: Peopled) -> None:
    found = due_file(archive, "HS-1")
    order = {"kind": "query", "query": {"agency_code": AGENCY}}
    first = done(place(archive, **order), 201)
    due_file(archive, "HS-2")
    assert done(place(archive, **order), 201) == first
    held = done(archive.ask("head", "GET", "/holds/lenh-01/files"))["items"]
    assert [item["id"] for item in held] == [found]
    refused(place(archive, kind="query", query={"fonds_code": "P01"}), 409, "hold.conflict")


def test_a_released_hold_sent_again_does_not_come_back(archive: Peopled) -> None:
    order = {"kind": "file", "file_ids": [due_file(archive, "HS-1")]}
    done(place(archive, **order), 201)
    done(archive.ask("head", "POST", "/holds/lenh-01/release", json={"reason": "Xong"}))
    assert not done(place(archive, **order), 201)["hold"]["in_force"]
