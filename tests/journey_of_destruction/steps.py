"""The steps of the journey, each by the account whose duty it is; what each must have come to is asserted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from archive.local_time import VIETNAM
from samples.pki import Pki
from tests.journey_of_destruction.archive_under_way import CODE, NAME, Archive, done, eventually, refused
from tests.journey_of_destruction.papers_signed import needed_papers, signed_papers
from tests.journey_of_destruction.planted_files import YEAR, Planted, parcel

PERIODS = (("10 năm", 44), ("Vĩnh viễn", 3), ("70 năm", 3))
EXTENDED, MADE_PERMANENT = 3, 2
"""Of the due ones, what the council keeps."""
BASIS = "TT 10/2022/TT-BNV"


@dataclass
class Journey:
    """``file_ids``, ``aip_ids``: of each hồ sơ by its number."""

    archive: Archive
    files: tuple[Planted, ...]
    pki: Pki
    file_ids: dict[int, str] = field(default_factory=dict)
    aip_ids: dict[int, str] = field(default_factory=dict)
    submission_ids: dict[int, str] = field(default_factory=dict)
    round_id: str = ""
    held_by: dict[str, str] = field(default_factory=dict)

    @property
    def due(self) -> tuple[Planted, ...]:
        return tuple(file for file in self.files if file.period == "10 năm")

    @property
    def extended(self) -> tuple[Planted, ...]:
        return self.due[:EXTENDED]

    @property
    def made_permanent(self) -> tuple[Planted, ...]:
        return self.due[EXTENDED : EXTENDED + MADE_PERMANENT]

    @property
    def held_for_a_while(self) -> Planted:
        return self.due[EXTENDED + MADE_PERMANENT]

    @property
    def held_for_long(self) -> Planted:
        return self.due[EXTENDED + MADE_PERMANENT + 1]

    @property
    def destroyed(self) -> tuple[Planted, ...]:
        kept = {*self.extended, *self.made_permanent, self.held_for_long}
        return tuple(file for file in self.due if file not in kept)

    @property
    def kept(self) -> tuple[Planted, ...]:
        gone = set(self.destroyed)
        return tuple(file for file in self.files if file not in gone)

    def about(self, step: str) -> str:
        return f"/rounds/{self.round_id}/{step}"

    def state(self) -> str:
        return str(self.archive.get("giam.sat", f"/rounds/{self.round_id}")["round"]["state"])


def today() -> date:
    return datetime.now(UTC).astimezone(VIETNAM).date()


def planned(journey: Journey) -> None:
    """Agency, fonds, schedule of the sector, danh mục: imported by the agency, approved by the head; each hồ sơ opened."""
    archive = journey.archive
    done(archive.ask("lap.danh.muc", "PUT", f"/agencies/{CODE}", json={"name": NAME}))
    done(archive.ask("lap.danh.muc", "PUT", "/fonds/P01", json={"agency_code": CODE, "name": f"Phông {NAME}"}))
    rows = [["STT", "Tên nhóm hồ sơ, tài liệu", "Thời hạn bảo quản"], ["de", "Hồ sơ tu bổ đê điều", "10 năm"]]
    schedule = {"id": "nganh-de-dieu", "version": "1", "kind": "sector", "title": "Thời hạn bảo quản ngành đê điều"}
    schedule |= {"basis": BASIS, "effective_from": f"{YEAR}-01-01"}
    refused(archive.ask("lap.danh.muc", "POST", "/schedules", json={**schedule, "rows": rows}), 403, "access.forbidden")
    archive.post("quyet.dinh", "/schedules", 201, **schedule, rows=rows)
    heads = ["Số và ký hiệu hồ sơ", "Tên đề mục và tiêu đề hồ sơ", "Thời hạn bảo quản", "Người lập hồ sơ", "Ghi chú"]
    lines = [[file.notation, file.planned_title, file.period, "Phòng Thủy lợi", ""] for file in journey.files]
    plan = archive.post("co.quan", "/file-plans", 201, agency_code=CODE, year=YEAR, rows=[heads, *lines])
    refused(archive.ask("co.quan", "POST", f"/file-plans/{plan['id']}/approval", json={}), 403, "access.forbidden")
    archive.post("quyet.dinh", f"/file-plans/{plan['id']}/approval", basis="12/QĐ-SNV")
    listed = archive.get("lap.danh.muc", f"/file-plans/{plan['id']}", size=100)["lines"]
    ordinals = {line["notation"]: line["ordinal"] for line in listed}
    for file in journey.files:
        path = f"/file-plans/{plan['id']}/lines/{ordinals[file.notation]}/file"
        opened = archive.post("lap.danh.muc", path, file_code=file.code, fonds_code="P01")
        assert (opened["state"], opened["title"]) == ("open", file.planned_title)
        journey.file_ids[file.number] = opened["id"]


def handed_in(journey: Journey) -> None:
    """Every hồ sơ by the agency, carried to both stores by the worker; then closed, and due where its time is over."""
    archive = journey.archive

    def hand_in(file: Planted) -> str:
        headers = {"Content-Type": "application/zip", "Idempotency-Key": f"hanh-trinh-{file.number}"}
        answer = archive.ask("co.quan", "POST", "/submissions", content=parcel(file, journey.pki), headers=headers)
        return str(done(answer, 201)["id"])

    with ThreadPoolExecutor(2) as senders:
        ids = list(senders.map(hand_in, journey.files))
    journey.submission_ids = {file.number: one for file, one in zip(journey.files, ids, strict=True)}

    def all_stored() -> bool:
        rows = archive.pages("co.quan", "/submissions", size=100)
        states = Counter(row["state"] for row in rows)
        assert set(states) <= {"received", "checking", "checked", "accepted", "packaged", "stored"}, states
        return states["stored"] == len(journey.files)

    eventually("every hồ sơ is stored", all_stored)
    for file in journey.files:
        detail = archive.get("lap.danh.muc", f"/files/{journey.file_ids[file.number]}")
        (journey.aip_ids[file.number],) = detail["aip_ids"]
        if detail["file"]["state"] == "open":
            archive.post("lap.danh.muc", f"/files/{journey.file_ids[file.number]}/closing", ended_year=YEAR)
    registry = archive.pages("lap.danh.muc", "/files", agency_code=CODE, size=100)
    assert {(item["state"], item["ended_year"]) for item in registry} == {("closed", YEAR)}
    assert {item["id"]: item["period"] for item in registry} == {
        journey.file_ids[file.number]: file.period for file in journey.files
    }
    due = archive.pages("lap.danh.muc", "/due-files", agency_code=CODE, size=100)
    assert {item["id"] for item in due} == {journey.file_ids[file.number] for file in journey.due}


def listed(journey: Journey) -> None:
    """A round over what is due, by its proposer; what is not due or is held is not taken."""
    archive = journey.archive
    opened = archive.post("lap.danh.muc", "/rounds", 201, code="2026/01", agency_code=CODE)
    journey.round_id = opened["id"]
    permanent = journey.file_ids[next(file.number for file in journey.files if file.period == "Vĩnh viễn")]
    first = journey.file_ids[journey.held_for_a_while.number]
    held = _hold(journey, "thu.ky", "file", journey.held_for_a_while)
    explanation = "Hồ sơ đã hết thời hạn bảo quản"
    added = archive.post("lap.danh.muc", journey.about("lines"), explanation=explanation, file_ids=[permanent, first])
    assert {item["file_id"] for item in added["left_out"]} == {permanent, first} and added["lines"] == 0, added
    archive.post("giam.sat", f"/holds/{held}/release", reason="Đã đối chiếu xong")
    asked = {"agency_code": CODE, "take": 200}
    added = archive.post("lap.danh.muc", journey.about("lines"), explanation=explanation, due=asked)
    assert (added["lines"], added["left_out"], added["after"]) == (len(journey.due), [], None), added
    assert archive.act("lap.danh.muc", journey.about("submit"))["state"] == "submitted"


def voted(journey: Journey) -> None:
    """Council, session, each member's votes (the expert dissents on one line), conclusion, opinion, frozen list."""
    archive = journey.archive
    council = {"chairman": "chu.tich", "secretary": "thu.ky", "unit": "don.vi", "expert": "chuyen.gia"}
    members = [{"duty": duty, "account": account} for duty, account in council.items()]
    formed: dict[str, Any] = {"number": "11/QĐ-SNV", "decided_on": str(today())}
    refused(
        archive.ask("lap.danh.muc", "POST", journey.about("council"), json={**formed, "members": members}),
        403,
        "access.forbidden",
    )
    archive.post("quyet.dinh", journey.about("council"), **formed, members=members)
    archive.post("thu.ky", journey.about("sessions"), held_on=str(today()), number=1)
    line_of = lines_of(journey)
    ballots = [{"line": line_of[file], "outcome": "extend", "years": 5} for file in journey.extended]
    ballots += [{"line": line_of[file], "outcome": "permanent"} for file in journey.made_permanent]
    dissent = {"line": line_of[journey.destroyed[-1]], "outcome": "permanent", "opinion": "Có giá trị lịch sử"}
    for duty, account in council.items():
        own = [*ballots, dissent] if duty == "expert" else ballots
        cast = archive.post(account, journey.about("votes"), votes=own, rest={"outcome": "destroy"})
        assert (cast["new"], cast["after"]) == (len(journey.due), None)
    archive.act("thu.ky", journey.about("conclusion"))
    outcomes = Counter(item["choice"]["outcome"] for item in _lines(journey))
    assert outcomes == {
        "destroy": len(journey.destroyed) + 1,
        "extend": EXTENDED,
        "permanent": MADE_PERMANENT,
    }
    opinion: dict[str, Any] = {"body": "Chi cục Văn thư – Lưu trữ", "number": "45/CCVTLT", "given_on": str(today())}
    archive.post("thu.ky", journey.about("opinion"), **opinion, verdict="agrees")
    assert archive.act("lap.danh.muc", journey.about("freeze"))["state"] == "frozen"


def decided(journey: Journey) -> None:
    """The decision on exactly the frozen list, what is kept carried out, an executor of his own."""
    archive = journey.archive
    digest = archive.get("quyet.dinh", f"/rounds/{journey.round_id}")["round"]["list_sha256"]
    decision: dict[str, Any] = {"number": "99/QĐ-SNV", "decided_on": str(today()), "titles_stay": False}
    other = archive.ask("quyet.dinh", "POST", journey.about("decisions"), json={**decision, "list_sha256": "0" * 64})
    refused(other, 409, "round.decision-other-list")
    archive.post("quyet.dinh", journey.about("decisions"), **decision, list_sha256=digest)
    while archive.act("quyet.dinh", journey.about("kept-lines"))["left"]:
        pass
    for file, period in ((journey.extended[0], "21 năm"), (journey.made_permanent[0], "Vĩnh viễn")):
        found = archive.get("lap.danh.muc", f"/files/{journey.file_ids[file.number]}")["file"]
        assert (found["period"], found["state"]) == (period, "closed")
    same = archive.ask("quyet.dinh", "POST", journey.about("executor"), json={"account": "thu.ky"})
    refused(same, 409, "round.same-person")
    archive.post("quyet.dinh", journey.about("executor"), account="thuc.hien")


def stored_as_decided(journey: Journey) -> None:
    """What became permanent lies open: the workers see to it every ten minutes, and here at once, however fast all goes."""
    eventually("the other form", lambda: journey.archive.command("jobs", "run", "package_forms").code == 0)


def handed_over(journey: Journey) -> None:
    """All papers printed, signed and attached; handed over; started; and one more hold, placed while it executes."""
    archive = journey.archive
    answer = archive.ask("thu.ky", "POST", journey.about("papers-completion"))
    refused(answer, 409, "paper.missing")
    before = needed_papers(archive, "thu.ky", journey.round_id, "papers")
    assert len(before) == len(answer.json()["faults"]) == 7
    signed_papers(archive, "thu.ky", journey.round_id, before, journey.pki)
    assert archive.act("thu.ky", journey.about("papers-completion"))["state"] == "papers_complete"
    archive.act("lap.danh.muc", journey.about("hand-over"))
    for kind in needed_papers(archive, "thu.ky", journey.round_id, "execution"):
        refused(archive.ask("thuc.hien", "POST", journey.about("start")), 409, "paper.missing")
        signed_papers(archive, "thu.ky", journey.round_id, [kind], journey.pki)
    refused(archive.ask("quyet.dinh", "POST", journey.about("start")), 403, "round.not-the-executor")
    assert archive.act("thuc.hien", journey.about("start"))["state"] == "executing"
    journey.held_by["while"] = _hold(journey, "thu.ky", "file", journey.held_for_a_while)
    journey.held_by["long"] = _hold(journey, "giam.sat", "case", journey.held_for_long)


def lines_of(journey: Journey) -> dict[Planted, int]:
    number = {file_id: file for file in journey.files for file_id in [journey.file_ids[file.number]]}
    return {number[item["file_id"]]: item["ordinal"] for item in _lines(journey)}


def _lines(journey: Journey) -> list[Any]:
    return journey.archive.pages("thu.ky", journey.about("lines"), size=100)


def _hold(journey: Journey, who: str, kind: str, *files: Planted) -> str:
    placed = journey.archive.post(
        who, "/holds", 201, kind=kind, reason="Tòa án yêu cầu cung cấp tài liệu", basis="Quyết định 12/2026/QĐ-TA",
        case_code="12/2026/HC-ST" if kind == "case" else "", file_ids=_ids(journey, files),
    )  # fmt: skip
    assert placed["too_late"] == []
    return str(placed["hold"]["id"])


def _ids(journey: Journey, files: Sequence[Planted]) -> list[str]:
    return [journey.file_ids[file.number] for file in files]
