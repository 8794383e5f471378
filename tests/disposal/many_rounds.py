"""Executing rounds of many hồ sơ, laid quickly: what every row says is what the long way would have written."""

from __future__ import annotations

from sqlalchemy import insert

from archive.catalogue.council_writing import cast_votes, conclude_sessions, open_session
from archive.catalogue.disposal_tables import round_lines
from archive.catalogue.retention_tables import files
from archive.catalogue.snapshot_reading import snapshots
from archive.disposal.model import Ballot
from archive.disposal.round_state import RoundState
from tests.disposal.world import AT, DESTROY, LLT, TODAY, World


def executing_round(world: World, count: int) -> tuple[str, list[str]]:
    """The round, good in everything, and its hồ sơ."""
    round_id = world.round([world.file()], RoundState.SUBMITTED)
    ids = [world.next_id() for _ in range(count)]
    with world.transaction() as tx:
        tx.rows(insert(files), [_file(file_id, round_id) for file_id in ids])
        now = snapshots(tx, ids)
        rows = [
            {
                "round_id": round_id,
                "ordinal": ordinal,
                "file_id": file_id,
                "agency_code": "H01.02",
                "file_code": f"H02.{file_id}",
                "came_from": "closed",
                "reason": "expired",
                "explanation": "Đã hết thời hạn bảo quản",
                "file_sha256": now[file_id].file,
                "period_sha256": now[file_id].period,
                "packages_sha256": now[file_id].packages,
                "rights_sha256": now[file_id].rights,
                "state": "listed",
            }
            for ordinal, file_id in enumerate(ids, 2)
        ]
        tx.rows(insert(round_lines), rows)
    world.go_on(round_id, RoundState.COUNCIL_FORMED)
    with world.transaction() as tx:
        open_session(tx, round_id, held_on=TODAY, by=world.by("secretary"), at=AT)
        cast = [Ballot(ordinal, DESTROY) for ordinal in range(1, count + 2)]
        for name in ("chairman", "secretary", "unit"):
            cast_votes(tx, round_id, cast, by=world.by(name), at=AT)
        conclude_sessions(tx, round_id, by=world.by("secretary"), at=AT)
    world.go_on(round_id, RoundState.EXECUTING)
    return round_id, ids


def _file(file_id: str, round_id: str) -> dict[str, object]:
    return {
        "id": file_id,
        "agency_code": "H01.02",
        "file_code": f"H02.{file_id}",
        "fonds_code": "",
        "title": "Hồ sơ đê điều",
        "state": "in_round",
        "ended_year": 2010,
        "closed_at": AT,
        "period_kind": "years",
        "period_years": 10,
        "period_basis": "TT 10/2022/TT-BNV",
        "profile": LLT,
        "profile_version": "1",
        "review_on": TODAY.replace(year=2021, month=1, day=1),
        "paper_code": "",
        "paper_permanent": False,
        "paper_reason": "",
        "round_id": round_id,
        "changed_at": AT,
    }
