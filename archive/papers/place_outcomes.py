"""What a signed certificate says of every place, in the words of minutes and certificates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from archive.ledger import read_instant
from archive.local_time import VIETNAM
from archive.papers.execution import PlaceOutcome

_REMOVED_FROM = re.compile(r"(?:home(?:@.*)?|store:.*|quarantine-store|database|index)", re.DOTALL)
"""Places in which something is done for every hồ sơ or round. In others (logs of the system, places of keys, media of
backups, temporary files) it is looked, and nothing is claimed to have been removed."""


def _removed_from(place: str) -> bool:
    return _REMOVED_FROM.fullmatch(place) is not None


def place_outcomes(said: Mapping[str, Any]) -> tuple[PlaceOutcome, ...]:
    """Every place that was looked at, and every medium with what was not done there; ``said``: the statement."""
    at = read_instant(said["run"]["ended_at"])
    locks: dict[str, date | None] = {}
    for item in said["locked"]:
        until = read_instant(item["locked_until"]).astimezone(VIETNAM).date() if item["locked_until"] else None
        locks[item["place"]] = max(filter(None, (locks.get(item["place"]), until)), default=None)
    found = [
        PlaceOutcome(
            item["place"],
            "",
            ("Xóa mọi dấu vết của các hồ sơ",) if _removed_from(item["place"]) else (),
            ("Chưa xóa được bản mã: còn trong thời hạn khóa",) if item["place"] in locks else (),
            "locked" if item["place"] in locks else "absent",
            at,
            f"Đọc lại {item['objects']} đối tượng, {item['size_bytes']} byte",
            locks.get(item["place"]),
        )
        for item in said["looked_at"]
    ]
    found += [
        PlaceOutcome(
            item["medium"],
            "",
            (item["done"],) if item["done"] else (),
            (item["not_done"],) if item["not_done"] else (),
            "residue",
            at,
            "Không đọc lại khối cũ",
        )
        for item in said["media"]
    ]
    return tuple(found)
