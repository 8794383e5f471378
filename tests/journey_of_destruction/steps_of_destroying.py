"""The second half of the journey: destroyed, looked for by somebody else, certified, on record, and shown as what it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.journey_of_destruction.archive_under_way import done, eventually, ok, refused
from tests.journey_of_destruction.papers_signed import needed_papers, signed_papers
from tests.journey_of_destruction.planted_files import Planted
from tests.journey_of_destruction.steps import Journey
from tests.servers.s3 import Bucket


def locks_ended(journey: Journey, bucket: Bucket) -> None:
    """For every second hồ sơ to be destroyed the lock of its objects has run out, as if the day had come."""
    client, until = bucket.client(), datetime.now(UTC) + timedelta(seconds=3)
    for file in journey.destroyed[::2]:
        for version in versions(bucket, journey.aip_ids[file.number]):
            client.put_object_retention(
                Bucket=bucket.name, Key=version["Key"], VersionId=version["VersionId"], BypassGovernanceRetention=True,
                Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until},
            )  # fmt: skip


def versions(bucket: Bucket, aip_id: str) -> list[Any]:
    """What the server has of a package, old versions too."""
    prefix = f"aip/{aip_id[:2]}/{aip_id}"
    return list(bucket.client().list_object_versions(Bucket=bucket.name, Prefix=prefix).get("Versions", ()))


def destroyed(journey: Journey) -> None:
    """By the executor alone; what is held is refused and kept; released, it goes too; set aside, it stays for good."""
    archive, asked = journey.archive, journey.about("destruction")
    refused(archive.ask("quyet.dinh", "POST", asked), 403, "round.not-the-executor")
    outcome = _destruction(journey)
    held = {journey.file_ids[file.number] for file in (journey.held_for_a_while, journey.held_for_long)}
    assert outcome["refused"]["codes"] == {"hold.in-force": 2}, outcome
    assert {item["file_id"] for item in outcome["refused"]["files"]} == held
    first = next(file for file in journey.destroyed if file is not journey.held_for_a_while)
    refused(_record(journey, "giam.sat", first), 410, "record.being-destroyed")
    refused(archive.ask("giam.sat", "GET", journey.about("certificate")), 404, "certificate.missing")
    done(_record(journey, "giam.sat", journey.held_for_a_while))
    archive.post("giam.sat", f"/holds/{journey.held_by['while']}/release", reason="Tòa án đã trả lời")
    aside: dict[str, Any] = {
        "file_ids": [journey.file_ids[journey.held_for_long.number]],
        "reason": "Vụ án còn kéo dài",
    }
    archive.post("quyet.dinh", journey.about("set-aside"), **aside)
    outcome = _destruction(journey)
    assert outcome["refused"]["count"] == 0, outcome

    def settled() -> Any:
        shown = archive.get("giam.sat", asked)
        return shown if shown["settled"] else None

    shown = eventually("nothing is due any more", settled)
    assert (shown["to_begin"], shown["begun"], shown["destroyed"]) == (0, len(journey.destroyed), 0)
    locked = {item["place"]: item["locked"] for item in shown["places"] if item["locked"]}
    assert locked == {"store:kho-s3": len(journey.destroyed[1::2])}, shown["places"]


def proven(journey: Journey) -> None:
    """Looked for by an account without a duty; nothing is found; certified, and verified."""
    archive, asked = journey.archive, journey.about("absence")
    refused(archive.ask("quyet.dinh", "POST", asked), 403, "destruction.own-work")
    order = archive.act("kiem.chung", asked, 202)

    def looked() -> Any:
        orders = archive.get("giam.sat", asked)["orders"]
        return next((item for item in orders if item["id"] == order["id"] and item["ended_at"]), None)

    outcome = eventually("it was looked for everywhere", looked)["outcome"]
    look = archive.get("giam.sat", asked)["items"][0]
    assert outcome["verdict"] == "absent" and outcome["certified"], look
    assert (look["found"], look["traces"], look["files"]) == (0, [], len(journey.destroyed))
    assert {item["place"] for item in look["places"]} >= {"store:kho-1", "store:kho-s3", "index"}, look["places"]
    eventually("the round is verified", lambda: journey.state() == "verified")
    statement = archive.get("giam.sat", journey.about("certificate"))["statement"]
    assert (statement["round_id"], statement["files"]) == (journey.round_id, len(journey.destroyed))

    def printed() -> bool:
        answer = archive.ask("giam.sat", "GET", journey.about("certificate"), params={"format": "pdf"})
        return answer.status_code == 200 and answer.content.startswith(b"%PDF-")

    eventually("the certificate is printed", printed)


def on_record(journey: Journey, folder: Path) -> None:
    """Minutes signed; the dossier an AIP of its own that proves itself; the round completed by who decided."""
    archive = journey.archive
    refused(archive.ask("thuc.hien", "POST", journey.about("minutes"), json={}), 409, "paper.missing")
    last = needed_papers(archive, "thu.ky", journey.round_id, "minutes")
    signed_papers(archive, "thuc.hien", journey.round_id, last, journey.pki)
    archive.post("thuc.hien", journey.about("minutes"), place="Bình Minh")

    def stored() -> Any:
        shown = archive.get("giam.sat", journey.about("dossier"))
        return shown if shown["state"] == "dossier_stored" else None

    aip_id = eventually("the dossier is stored", stored)["aip_id"]
    refused(archive.ask("chu.tich", "POST", journey.about("completion")), 403, "round.authority-missing")
    assert archive.act("quyet.dinh", journey.about("completion"))["state"] == "completed"
    proves_itself(journey, aip_id, folder)


def proves_itself(journey: Journey, aip_id: str, folder: Path) -> None:
    """The package of the dossier alone, with the archive's public key."""
    archive, purpose = journey.archive, {"purpose": "Kiểm tra hồ sơ hủy"}
    package = archive.ask("giam.sat", "GET", f"/records/{aip_id}/package", params=purpose)
    assert package.status_code == 200, package.text
    file = folder / "ho-so-huy.tar"
    file.write_bytes(package.content)
    proof = ok(archive.command("papers", "verify-dossier", file, "--json")).row
    assert proof["answer"] == "passed", proof


def shown_as_destroyed(journey: Journey) -> None:
    """Every record that is gone answers 410 with its tombstone; every other is there, byte for byte what was handed in."""
    archive = journey.archive
    for file in journey.destroyed:
        answer = _record(journey, "giam.sat", file)
        refused(answer, 410, "record.destroyed")
        laid = answer.json()["tombstone"]
        assert (laid["file_code"], laid["title"], laid["round_id"]) == (file.code, None, journey.round_id)
        refused(
            archive.ask("co.quan", "GET", f"/submissions/{journey.submission_ids[file.number]}"),
            410,
            "record.destroyed",
        )
    laid = archive.pages("giam.sat", "/tombstones", round_id=journey.round_id, destroyed=True, size=100)
    assert {item["file_id"] for item in laid} == {journey.file_ids[file.number] for file in journey.destroyed}
    for file in journey.kept:
        assert done(_record(journey, "giam.sat", file))
        content = archive.ask("giam.sat", "GET", f"/records/{journey.aip_ids[file.number]}/documents/1/content")
        assert content.status_code == 200 and file.markers["raw"] in content.content
    for file in (*journey.kept, *journey.destroyed):
        found = archive.get("giam.sat", "/search", q=file.word("text"))
        assert bool(found["items"]) is (file in journey.kept), (file, found)


def _destruction(journey: Journey) -> Any:
    archive, asked = journey.archive, journey.about("destruction")
    order = archive.act("thuc.hien", asked, 202)

    def ended() -> Any:
        orders = archive.get("giam.sat", asked)["orders"]
        return next((item for item in orders if item["id"] == order["id"] and item["ended_at"]), None)

    return eventually("the order to destroy was carried out", ended)["outcome"]


def _record(journey: Journey, who: str, file: Planted) -> Any:
    return journey.archive.ask(who, "GET", f"/records/{journey.aip_ids[file.number]}")
