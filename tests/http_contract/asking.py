"""Requests that would be answered, one for each route; only the record and who asks differ."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.http_contract.world import Held, username

_numbers = itertools.count(1)
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Wanted:
    """What a route is asked about. ``spare``: an account that anything may be done to."""

    aip_id: str = NOBODY
    file_id: str = NOBODY
    submission_id: str = NOBODY.replace("-", "")
    ordinal: int = 1
    shape: str = "open"
    spare: str = ""

    @classmethod
    def of(cls, held: Held, spare: str = "") -> Wanted:
        return cls(held.aip_id, held.file_id, held.submission_id, held.ordinal, held.shape, spare)


@dataclass(frozen=True)
class Sending:
    """The rest of a request; ``values`` for the places of the path."""

    values: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def request_of(route: str, wanted: Wanted) -> tuple[str, str, dict[str, Any]]:
    """Method, path and options of the client for one route."""
    method, template = route.split(" ", 1)
    sending = _SENDING[route](wanted) if route in _SENDING else Sending()
    values = {
        "aip_id": wanted.aip_id,
        "file_id": wanted.file_id,
        "schedule_id": "khong-co",
        "kind": "list",
        "report_id": "1999-year",
        "code": "x",
        "ordinal": wanted.ordinal,
        "submission_id": wanted.submission_id,
        "account_id": wanted.spare,
        "sha256": "0" * 64,
        "page": 1,
        "change_id": 2**50,
        **dict.fromkeys(
            (
                "token_id",
                "search_id",
                "grant_id",
                "upload_id",
                "run_id",
                "incident_id",
                "plan_id",
                "hold_id",
                "round_id",
                "order_id",
                "review_id",
            ),
            uuid.UUID(int=0).hex,
        ),
        "number": 2**30,
        **sending.values,
    }
    return method, template.format(**values), dict(sending.options)


def _json(**body: Any) -> Callable[[Wanted], Sending]:
    return lambda _wanted: Sending(options={"json": body})


def _mode_of_hoso(wanted: Wanted) -> Sending:
    """The mode it has already."""
    mode = "open" if wanted.shape == "mixed" else wanted.shape
    return Sending(options={"json": {"mode": mode, "reason": "Kiểm thử"}})


def _mode_of_document(wanted: Wanted) -> Sending:
    mode = "restricted" if wanted.shape == "mixed" else wanted.shape
    return Sending(options={"json": {"mode": mode, "reason": "Kiểm thử"}})


def _grant(wanted: Wanted) -> Sending:
    body = {
        "account": username("archivist_granted"),
        "aip_id": wanted.aip_id,
        "reason": "Kiểm thử",
        "valid_until": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    return Sending(options={"json": body})


def _new_account(_wanted: Wanted) -> Sending:
    body = {"username": f"zq-moi-{next(_numbers)}-zq", "name": "Người mới", "role": "archivist"}
    return Sending(options={"json": body})


def _identity(_wanted: Wanted) -> Sending:
    return Sending(options={"json": {"issuer": "https://dinh-danh.example.vn", "subject": str(next(_numbers))}})


def _stranger(_wanted: Wanted) -> Sending:
    """Another one each time: who fails often has to wait."""
    return Sending(options={"json": {"username": f"khong-co-ai-{next(_numbers)}", "password": "không phải mật khẩu"}})


def _package(_wanted: Wanted) -> Sending:
    data = f"không phải hồ sơ {next(_numbers)}".encode()
    return Sending(options={"content": data, "headers": {"Content-Type": "application/octet-stream"}})


def _tus(**headers: str) -> Callable[[Wanted], Sending]:
    return lambda _wanted: Sending(options={"headers": {"Tus-Resumable": "1.0.0", **headers}})


def _new_file(_wanted: Wanted) -> Sending:
    return Sending(options={"json": {"agency_code": "H99.12", "file_code": f"zq-{next(_numbers)}", "title": "Hồ sơ"}})


_UNCLEAR = {"basis": "Kiểm thử", "period": "không rõ"}
_SCHEDULE = {
    "id": "zq",
    "version": "1",
    "kind": "common",
    "title": "Bảng",
    "basis": "Căn cứ",
    "effective_from": "2026-01-01",
    "rows": [["STT", "Tên nhóm hồ sơ, tài liệu", "Thời hạn bảo quản"], ["1", "Hồ sơ", "10 năm"]],
}

_SENDING: Mapping[str, Callable[[Wanted], Sending]] = {
    "POST /api/v1/verify": lambda _wanted: Sending(
        options={"content": b"x", "headers": {"Content-Type": "application/octet-stream"}}
    ),
    "POST /api/v1/session": _stranger,
    "POST /api/v1/me/tokens": _json(label="Của mình"),
    "POST /api/v1/me/password": _json(old_password="cũ", new_password="mật khẩu mới rất dài 2026"),
    "POST /api/v1/me/searches": _json(name="Của mình", query={"q": "lương"}),
    "POST /api/v1/submissions": _package,
    "GET /api/v1/submissions/{submission_id}/progress": lambda _wanted: Sending(
        options={"headers": {"Last-Event-ID": str(2**50)}}
    ),
    "POST /api/v1/uploads": _tus(**{"Upload-Length": "10"}),
    "HEAD /api/v1/uploads/{upload_id}": _tus(),
    "PATCH /api/v1/uploads/{upload_id}": _tus(
        **{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    ),
    "DELETE /api/v1/uploads/{upload_id}": _tus(),
    "POST /api/v1/review/{submission_id}": _json(decision="accept", reason="Đã đối chiếu"),
    "GET /api/v1/search": lambda _wanted: Sending(options={"params": {"q": "công văn"}}),
    "GET /api/v1/search/suggest": lambda _wanted: Sending(options={"params": {"q": "công"}}),
    "POST /api/v1/search/export": lambda _wanted: Sending(options={"params": {"q": "công văn"}}),
    "POST /api/v1/records/{aip_id}/dip": _json(request_id="YC-1", purpose="02"),
    "PUT /api/v1/records/{aip_id}/mode": _mode_of_hoso,
    "PUT /api/v1/records/{aip_id}/documents/{ordinal}/mode": _mode_of_document,
    "POST /api/v1/grants": _grant,
    "POST /api/v1/alerts/{number}/acknowledgement": _json(note="Đang thay ổ đĩa"),
    "POST /api/v1/accounts": _new_account,
    "PUT /api/v1/accounts/{account_id}/role": _json(role="archivist"),
    "PUT /api/v1/accounts/{account_id}/active": _json(active=True),
    "PUT /api/v1/accounts/{account_id}/identity": _identity,
    "POST /api/v1/files": _new_file,
    "POST /api/v1/files/{file_id}/closing": _json(ended_year=2025, determined=_UNCLEAR),
    "POST /api/v1/files/{file_id}/reopening": _json(reason="Kiểm thử"),
    "POST /api/v1/files/{file_id}/period": _json(basis="Kiểm thử", period="Vĩnh viễn"),
    "POST /api/v1/files/{file_id}/event": _json(year=2025, basis="Kiểm thử"),
    "POST /api/v1/files/{file_id}/paper": _json(paper_code="HS-1"),
    "POST /api/v1/files/{file_id}/transfer": _json(
        receiver_code="H99.00", receiver_name="Lưu trữ lịch sử", minutes_number="1", minutes_on="2190-01-01"
    ),
    "PUT /api/v1/agencies/{code}": _json(name="Sở Nội vụ"),
    "POST /api/v1/file-plans": _json(agency_code="H99.12", year=2026, rows=[["không có tiêu đề cột"]]),
    "POST /api/v1/file-plans/{plan_id}/approval": _json(),
    "POST /api/v1/file-plans/{plan_id}/lines/{ordinal}/file": _json(),
    "POST /api/v1/schedules": _json(**_SCHEDULE),
    "POST /api/v1/period-reviews/{review_id}/decision": _json(note="Kiểm thử"),
    "POST /api/v1/rounds": _json(code="zq", profile="khong-co"),
    "POST /api/v1/rounds/{round_id}/lines": _json(explanation="Kiểm thử", file_ids=["khong-co"]),
    "POST /api/v1/rounds/{round_id}/lines/removal": _json(file_ids=["khong-co"]),
    "POST /api/v1/rounds/{round_id}/abandon": _json(reason="Kiểm thử"),
    "POST /api/v1/rounds/{round_id}/council": _json(
        number="1", decided_on="2026-11-20", members=[{"duty": "chairman", "account": "khong-co"}]
    ),
    "POST /api/v1/rounds/{round_id}/sessions": _json(held_on="2026-11-20"),
    "POST /api/v1/rounds/{round_id}/sessions/reopening": _json(reason="Kiểm thử"),
    "POST /api/v1/rounds/{round_id}/votes": _json(rest={"outcome": "destroy"}),
    "POST /api/v1/rounds/{round_id}/opinion": _json(
        body="Chi cục", number="1", given_on="2026-11-20", verdict="agrees"
    ),
    "POST /api/v1/rounds/{round_id}/decisions": _json(list_sha256="0" * 64, number="1", decided_on="2026-11-20"),
    "POST /api/v1/rounds/{round_id}/executor": _json(account="khong-co"),
    "POST /api/v1/rounds/{round_id}/set-aside": _json(file_ids=["khong-co"], reason="Kiểm thử"),
    "POST /api/v1/rounds/{round_id}/papers/{kind}": _json(),
    "PUT /api/v1/rounds/{round_id}/papers/{kind}": lambda _wanted: Sending(
        options={"content": b"%PDF-1.7", "headers": {"Content-Type": "application/pdf"}}
    ),
    "POST /api/v1/rounds/{round_id}/dossier": _json(),
    "PUT /api/v1/fonds/{code}": _json(agency_code="khong-co", name="Phông kiểm thử"),
    "POST /api/v1/activity-reports/{report_id}/sending": _json(number="1", sent_on="2026-11-20"),
    "POST /api/v1/holds": _json(kind="file", reason="Kiểm thử", basis="Kiểm thử", file_ids=[NOBODY]),
    "POST /api/v1/holds/{hold_id}/release": _json(reason="Kiểm thử"),
    "GET /api/v1/retention-reports/table": lambda _wanted: Sending(options={"params": {"figures": "due"}}),
    "GET /api/v1/retention-reports/activity": lambda _wanted: Sending(
        options={"params": {"time": "first-half", "year": "2026"}}
    ),
}
