"""Handing in over HTTP: durable before 201, once whatever is repeated, nothing kept of what is wrong, nobody else's shown."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Installation, now
from archive.access import Author, Mode
from archive.events import Event
from archive.lifecycle import State
from archive.signing import signature_holds
from ingest.intake import Intake

SUBMISSIONS = "/api/v1/submissions"
Carried = Callable[[Installation, str], None]


def zipped(folder: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                made.write(file, file.relative_to(folder))
    return data.getvalue()


def package(samples: dict[str, Path], name: str) -> bytes:
    path = samples[name]
    return zipped(path) if path.is_dir() else path.read_bytes()


def stated(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def kept(installation: Installation) -> list[str]:
    return list(installation.quarantine.names())


def count(installation: Installation) -> int:
    with installation.catalogue.read() as reading:
        return sum(1 for _ in reading.submissions_in())


@pytest.fixture
def handed(fresh: Any, samples: dict[str, Path]) -> Callable[..., Any]:
    def hand_in(name: str = "danh-muc-zip", who: str = "agency", **headers: str) -> Any:
        data = package(samples, name)
        answer = fresh.client.post(
            SUBMISSIONS, content=data, headers=fresh.bearer(who, **{"Content-Type": "application/zip", **headers})
        )
        return answer

    return hand_in


def test_a_package_handed_in_is_durable_and_becomes_a_stored_hoso_with_a_signed_receipt(
    fresh: Any, samples: dict[str, Path], handed: Any, carried: Carried
) -> None:
    data = package(samples, "danh-muc-zip")
    answer = handed(**{"Repr-Digest": stated(data)})
    assert answer.status_code == 201, answer.text
    view = answer.json()
    assert (view["state"], view["again"], view["owner"]) == ("received", False, "H99.12")
    assert view["sha256"] == hashlib.sha256(data).hexdigest() and view["size_bytes"] == len(data)
    assert answer.headers["location"] == f"{SUBMISSIONS}/{view['id']}"
    assert (fresh.installation.quarantine.slot(view["id"]).transfer).read_bytes() == data
    with fresh.installation.catalogue.read() as reading:
        record = reading.record_of(view["id"], Event.SUBMISSION_CONTENT_RECEIVED)
    assert record is not None and record.actor == "account:agency"

    carried(fresh.installation, view["id"])
    shown = fresh.client.get(answer.headers["location"], headers=fresh.bearer("agency")).json()
    assert shown["state"] == "stored" and shown["decision"]["decision"] == "accepted"
    assert shown["title"] and shown["aip_id"] and shown["receipt"]["ledger_seq"] > 0
    by_number = fresh.client.get(f"{SUBMISSIONS}/{shown['registration_number']}", headers=fresh.bearer("auditor"))
    assert by_number.json()["id"] == view["id"]
    receipt = fresh.client.get(shown["links"]["receipt"], headers=fresh.bearer("agency"))
    assert receipt.headers["content-disposition"].endswith(f'"bien-nhan-{shown["registration_number"]}.json"')
    assert receipt.json()["statement"]["submission"] == view["id"]
    assert signature_holds(receipt.json())


def test_the_same_bytes_again_are_the_same_submission_and_are_kept_once(fresh: Any, handed: Any) -> None:
    first, second = handed(), handed()
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["again"] and second.json()["id"] == first.json()["id"]
    assert kept(fresh.installation) == [first.json()["id"]]


def test_a_key_stands_for_one_content_of_one_owner(fresh: Any, handed: Any) -> None:
    first = handed(**{"Idempotency-Key": "lan-1"})
    again = handed(**{"Idempotency-Key": "lan-1"})
    other = handed("no-revocation-data", **{"Idempotency-Key": "lan-1"})
    foreign = handed("no-revocation-data", who="other_agency", **{"Idempotency-Key": "lan-1"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert other.json()["code"] == "catalogue.conflict"
    assert foreign.status_code == 201
    # Bytes that came before under no key do not make a used key free.
    plain = handed("bad-checksum")
    assert plain.status_code == 201
    assert handed("bad-checksum", **{"Idempotency-Key": "lan-1"}).status_code == 409
    assert len(kept(fresh.installation)) == 3


def test_another_agencys_same_bytes_neither_return_nor_reveal_the_first(
    fresh: Any, handed: Any, carried: Carried
) -> None:
    first = handed().json()
    carried(fresh.installation, first["id"])
    second = handed(who="other_agency")
    assert second.status_code == 201 and second.json()["id"] != first["id"]
    carried(fresh.installation, second.json()["id"])
    view = fresh.client.get(second.headers["location"], headers=fresh.bearer("other_agency")).json()
    assert view["state"] == "in_review"
    codes = {item["code"] for item in view["findings"]}
    assert {"metadata.agency.foreign", "duplicates.same-bytes-in-holdings"} <= codes
    duplicates = [item for item in view["findings"] if item["code"].startswith("duplicates.")]
    with fresh.installation.catalogue.read() as reading:
        held = reading.submission(first["id"])
    for text in (held.aip_id, held.id, held.registration_number, "hồ sơ H99"):
        assert text not in json.dumps(duplicates, ensure_ascii=False)
    reports = fresh.client.get(view["links"]["reports"], headers=fresh.bearer("other_agency"))
    assert held.aip_id not in reports.text and held.id not in reports.text


def test_a_foreign_submission_is_answered_like_one_that_does_not_exist(fresh: Any, handed: Any) -> None:
    view = handed().json()
    for part in ("", "/progress", "/receipt", "/receipt.pdf", "/letter.pdf", "/reports", "/history"):
        answers = [
            fresh.client.get(f"{SUBMISSIONS}/{name}{part}", headers=fresh.bearer("other_agency"))
            for name in (view["id"], view["registration_number"], "0" * 32, "NL-2020-000001")
        ]
        bodies = [{**answer.json(), "request_id": None} for answer in answers]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize(
    ("digest", "code"),
    [
        (stated(b"other"), "request.digest-mismatch"),
        ("sha-256=abc", "request.digest-unreadable"),
        ("sha-256=:AAAA:", "request.digest-unreadable"),
        ("md5=:AAAA:", "request.digest-unreadable"),
    ],
)
@pytest.mark.parametrize("field", ["Repr-Digest", "Content-Digest"])
def test_a_digest_that_differs_or_says_nothing_keeps_nothing(
    fresh: Any, handed: Any, field: str, digest: str, code: str
) -> None:
    before = count(fresh.installation)
    answer = handed(**{field: digest})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert kept(fresh.installation) == [] and count(fresh.installation) == before


def test_too_large_a_package_is_refused_by_its_stated_length_and_by_its_bytes(fresh: Any, samples: Any) -> None:
    fresh.installation.settings = replace(fresh.installation.settings, largest_submission_bytes=100_000)
    data = bytes(100_001)

    def unstated() -> Any:
        yield data[:50_000]
        yield data[50_000:]

    for content in (data, unstated()):
        answer = fresh.client.post(
            SUBMISSIONS, content=content, headers=fresh.bearer("agency", **{"Content-Type": "application/zip"})
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "intake.too-large")
        assert kept(fresh.installation) == []


def test_nothing_at_all_is_no_submission(fresh: Any) -> None:
    answer = fresh.client.post(SUBMISSIONS, content=b"", headers=fresh.bearer("agency"))
    assert (answer.status_code, answer.json()["code"]) == (400, "intake.empty")
    assert kept(fresh.installation) == []


@pytest.mark.parametrize("kind", ["application/json", "text/html", "application/x-www-form-urlencoded"])
def test_a_kind_that_is_no_package_is_refused(fresh: Any, kind: str) -> None:
    answer = fresh.client.post(SUBMISSIONS, content=b"a=b", headers=fresh.bearer("agency", **{"Content-Type": kind}))
    assert (answer.status_code, answer.json()["code"]) == (415, "request.media-type")


def test_a_body_under_a_content_coding_is_refused(fresh: Any, handed: Any) -> None:
    assert handed(**{"Content-Encoding": "gzip"}).json()["code"] == "request.content-coding"


def test_without_room_nothing_is_received_and_the_sender_is_told_when_to_try_again(fresh: Any, handed: Any) -> None:
    fresh.installation.settings = replace(fresh.installation.settings, free_bytes_reserve=1 << 62)
    answer = handed()
    assert (answer.status_code, answer.json()["code"]) == (503, "intake.not-now")
    assert int(answer.headers["retry-after"]) > 0 and kept(fresh.installation) == []


def test_a_disk_that_fills_up_while_it_comes_keeps_nothing(
    fresh: Any, handed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: object, _data: bytes) -> None:
        import errno

        from ingest.unpack.intake import disk_error

        raise disk_error(OSError(errno.ENOSPC, "no room"))

    monkeypatch.setattr("ingest.arrival.Arrival.take", full)
    answer = handed()
    assert (answer.status_code, answer.json()["code"]) == (503, "unpack.quarantine-full")
    assert kept(fresh.installation) == []


def test_a_form_with_one_file_is_the_same_submission_as_the_bare_bytes(fresh: Any, samples: Any, handed: Any) -> None:
    data = package(samples, "danh-muc-zip")
    form = fresh.client.post(
        SUBMISSIONS,
        files={"file": ("Hồ sơ năm 2025.zip", data, "application/zip")},
        data={"note": "thử"},
        headers=fresh.bearer("agency"),
    )
    assert form.status_code == 201, form.text
    assert form.json()["sha256"] == hashlib.sha256(data).hexdigest()
    assert handed().json()["id"] == form.json()["id"]


@pytest.mark.parametrize(
    "body",
    [
        b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nno file\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; name=a; filename=a.zip\r\n\r\nnever ends",
        b'--x\r\nContent-Disposition: form-data; name=a; filename="a"\r\n\r\n1\r\n'
        b'--x\r\nContent-Disposition: form-data; name=b; filename="b"\r\n\r\n2\r\n--x--\r\n',
        b"no form at all",
        b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + bytes(100_000) + b"\r\n--x--\r\n",
    ],
)
def test_a_broken_form_keeps_nothing(fresh: Any, body: bytes) -> None:
    answer = fresh.client.post(
        SUBMISSIONS,
        content=body,
        headers=fresh.bearer("agency", **{"Content-Type": "multipart/form-data; boundary=x"}),
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "request.form-broken")
    assert kept(fresh.installation) == []


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=UTF-8''Quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh.pdf", "Quyết định.pdf"),
        ('attachment; filename="../../etc/passwd.pdf"', "passwd.pdf"),
        ('attachment; filename="C:\\\\Users\\\\x\\\\tài liệu.pdf"'.encode().decode("latin-1"), "tài liệu.pdf"),
        ('attachment; filename="' + "a" * 900 + '.pdf"', "a" * 251 + ".pdf"),
        ('attachment; filename=".."', "transfer"),
    ],
)
def test_the_senders_name_is_text_and_never_a_path(
    fresh: Any, samples: Any, carried: Carried, header: str, name: str
) -> None:
    with zipfile.ZipFile(samples["danh-muc-zip"]) as made:
        pdf = next(made.read(item) for item in made.namelist() if item.endswith(".pdf"))
    answer = fresh.client.post(
        SUBMISSIONS,
        content=pdf,
        headers=[
            *fresh.bearer("agency").items(),
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", header.encode("latin-1")),
        ],
    )
    assert answer.status_code == 201, answer.text
    submission_id = answer.json()["id"]
    slot = fresh.installation.quarantine.slot(submission_id)
    assert sorted(item.name for item in slot.folder.iterdir()) == sorted(
        ["transfer"] + (["name"] if name != "transfer" else [])
    )
    steps = fresh.installation.steps()
    package = steps._unpacked(steps._submission(submission_id), slot)
    assert [str(path) for path in package.subject.members] == [name]


def test_who_may_not_hand_in_is_refused_before_a_byte_is_kept(fresh: Any, handed: Any) -> None:
    for who in ("head", "auditor", "administrator"):
        assert handed(who=who).status_code == 403
    assert fresh.client.post(SUBMISSIONS, content=b"x").status_code == 401
    assert kept(fresh.installation) == []


def test_a_list_shows_agencies_their_own_and_staff_all_newest_first_without_gaps(
    client: Any, tokens: dict[str, dict[str, str]], service_home: Any
) -> None:
    own = client.get(SUBMISSIONS, headers=tokens["agency"]).json()["items"]
    assert [row["id"] for row in own] == [*reversed(service_home.submissions.values())]
    assert client.get(SUBMISSIONS, headers=tokens["other_agency"]).json() == {"items": [], "after": None}
    seen, after = [], None
    while True:
        page = client.get(
            SUBMISSIONS, params={"size": 1, **({"after": after} if after else {})}, headers=tokens["auditor"]
        ).json()
        seen += [row["id"] for row in page["items"]]
        if not (after := page["after"]):
            break
    assert seen == [row["id"] for row in own]
    stored = client.get(SUBMISSIONS, params={"state": ["stored", "returned"]}, headers=tokens["head"]).json()
    assert len(stored["items"]) == 3
    assert client.get(SUBMISSIONS, params={"state": "received"}, headers=tokens["head"]).json()["items"] == []
    wrong = client.get(SUBMISSIONS, params={"after": "nonsense"}, headers=tokens["head"])
    assert (wrong.status_code, wrong.json()["code"]) == (400, "request.cursor-unknown")
    assert client.get(SUBMISSIONS, headers=tokens["administrator"]).status_code == 403


def test_a_returned_package_says_why_and_its_letter_is_a_pdf(fresh: Any, handed: Any, carried: Carried) -> None:
    view = handed("bad-checksum").json()
    carried(fresh.installation, view["id"])
    shown = fresh.client.get(f"{SUBMISSIONS}/{view['id']}", headers=fresh.bearer("agency")).json()
    assert shown["state"] == "returned" and shown["decision"]["decision"] == "returned"
    assert all(item["message"] and item["remedy"] for item in shown["decision"]["reasons"])
    letter = fresh.client.get(shown["links"]["letter_pdf"], headers=fresh.bearer("agency"))
    assert letter.headers["content-type"] == "application/pdf" and letter.content.startswith(b"%PDF-")
    assert f"thong-bao-tra-lai-{shown['registration_number']}.pdf" in letter.headers["content-disposition"]
    receipt = fresh.client.get(f"{SUBMISSIONS}/{view['id']}/receipt", headers=fresh.bearer("agency"))
    assert (receipt.status_code, receipt.json()["code"]) == (404, "letter.missing")


def test_of_a_refused_package_nothing_is_told_but_that_it_was(fresh: Any, handed: Any, carried: Carried) -> None:
    view = handed("secrecy-mark-in-metadata").json()
    carried(fresh.installation, view["id"])
    shown = fresh.client.get(f"{SUBMISSIONS}/{view['id']}", headers=fresh.bearer("agency")).json()
    assert shown["state"] == "refused" and shown["findings"] == [] and shown["title"] is None
    assert kept(fresh.installation) == []


def test_history_shows_an_agency_the_procedure_and_staff_everything(
    client: Any, tokens: dict[str, dict[str, str]], service_home: Any
) -> None:
    submission_id = service_home.submissions["quyet-dinh"]
    address = f"{SUBMISSIONS}/{submission_id}"
    client.get(address, headers=tokens["archivist"])
    own = client.get(f"{address}/history", headers=tokens["agency"]).json()["records"]
    assert [item["event"] for item in own][:2] == ["submission.content.received", "submission.checks.completed"]
    assert "submission.description.shown" not in {item["event"] for item in own}
    assert {item["data"] is None for item in own} == {True}
    staff = client.get(f"{address}/history", headers=tokens["auditor"]).json()["records"]
    assert "submission.description.shown" in {item["event"] for item in staff}
    assert [item["seq"] for item in staff] == sorted(item["seq"] for item in staff)


def test_every_read_is_in_the_ledger_under_the_name_of_who_read(
    client: Any, tokens: dict[str, dict[str, str]], service_home: Any, installation: Installation
) -> None:
    submission_id = service_home.submissions["danh-muc-csv"]
    address = f"{SUBMISSIONS}/{submission_id}"
    for part in ("", "/receipt", "/receipt.pdf", "/letter.pdf", "/reports", "/history"):
        answer = client.get(address + part, headers=tokens["agency"])
        assert answer.status_code == 200
        with installation.catalogue.read() as reading:
            record = reading.record_of(submission_id, Event.SUBMISSION_DESCRIPTION_SHOWN)
        assert record is not None and record.actor == "account:agency"
        assert record.data.get("part", "") == part.removeprefix("/")
        assert record.data["request_id"] == answer.headers["x-request-id"]


def test_bytes_under_a_stream_that_breaks_are_not_received(fresh: Any) -> None:
    intake: Intake = fresh.installation.intake()

    def breaking() -> Any:
        yield b"PK\x03\x04"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        intake.receive_stream(breaking(), "a.zip", owner="H99.12")
    assert kept(fresh.installation) == []
    received = intake.receive_stream([b"PK\x03\x04"], "Tuyệt mật v1.2.zip", owner="H99.12", actor="account:x")
    assert received.submission.state is State.RECEIVED and received.submission.source_name == ".zip"


def test_of_a_record_that_became_restricted_an_archivist_learns_only_that_something_came(fresh: Any) -> None:
    submission_id = fresh.home.submissions["quyet-dinh"]
    address = f"{SUBMISSIONS}/{submission_id}"
    before = fresh.client.get(address, headers=fresh.bearer("archivist")).json()
    with fresh.installation.catalogue.read() as reading:
        head = reading.account_named("head")
    assert head is not None
    with fresh.installation.catalogue.transaction() as tx:
        tx.decide_mode(
            before["aip_id"],
            None,
            Mode.RESTRICTED,
            reason="Bí mật đời tư",
            by=Author(head.actor, head.id),
            at=now(),
        )
    shown = fresh.client.get(address, headers=fresh.bearer("archivist"))
    assert before["title"] not in shown.text and before["file_code"] not in shown.text
    assert shown.json()["findings"] == [] and shown.json()["aip_id"] is None
    listed = fresh.client.get(SUBMISSIONS, headers=fresh.bearer("archivist"))
    assert before["title"] not in listed.text
    for part in ("receipt", "receipt.pdf", "letter.pdf", "reports", "history"):
        assert fresh.client.get(f"{address}/{part}", headers=fresh.bearer("archivist")).status_code == 404
        assert fresh.client.get(f"{address}/{part}", headers=fresh.bearer("auditor")).status_code == 200
    assert fresh.client.get(address, headers=fresh.bearer("agency")).json()["title"] == before["title"]
