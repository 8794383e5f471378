"""The report of a run (biên bản kiểm tra): what the form of TT 02/2019 asks, as one canonical JSON document.

thời gian · người kiểm tra · thiết bị, địa chỉ · nội dung bình thường, lỗi · phương án xử lý
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from archive.canonical import canonical_json
from archive.catalogue.audit_model import AuditFinding, AuditRun, Canary, Coverage, Overdue, RunState, Share
from archive.catalogue.audit_reading import run
from archive.catalogue.catalogue import Catalogue
from archive.errors import ObjectExistsError, StoreError
from archive.fixity import CopyState
from archive.ledger import written_instant
from archive.storage.key import Key
from archive.storage.store import Store

FORMAT = "luutru-audit/1"
MOST_FINDINGS = 10_000
"""So many objects are named in the document; how many there are in all is said, and the catalogue holds every one."""

REMEDIES: Mapping[CopyState, str] = {
    CopyState.MISMATCH: "Khôi phục từ bản lưu khác đã được đọc lại đủ và khớp với nhật ký; giữ riêng bản hỏng để xem xét.",
    CopyState.MISSING: "Ghi lại từ bản lưu khác đã được đọc lại đủ và khớp với nhật ký.",
    CopyState.UNREADABLE: "Kiểm tra thiết bị, đường truyền rồi đọc lại; nếu vẫn không đọc được thì coi là mất và ghi lại.",
    CopyState.EXTRA: "Xác định nguồn gốc đối tượng không có trong danh mục; không dùng làm hồ sơ, không tự ý xóa.",
    CopyState.OVERDUE: "Bố trí thêm thời gian hoặc tăng tốc độ đọc để mọi bản lưu được kiểm tra trong thời hạn.",
    CopyState.NOT_RUN: "Chạy tiếp đợt kiểm tra cho đến khi mọi bản lưu được đọc.",
}
CANARY_REMEDY = (
    "Không tin kết quả của đợt này: tìm vì sao gói thử hỏng không bị phát hiện, sửa rồi kiểm tra lại toàn bộ kho."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the copies lie, as the storage policy and the store itself say it (thiết bị, địa chỉ)."""

    location: str = ""
    medium: str = ""
    device: str = ""


def document(
    made: AuditRun,
    *,
    place: Place,
    canaries: Iterable[Canary],
    findings: Iterable[AuditFinding],
    coverage: Coverage,
    overdue: Overdue,
    at: datetime,
) -> dict[str, Any]:
    """The report of ``made`` as it ends at ``at``; ``made.verdict`` and counts as they will stand."""
    named = list(islice(findings, MOST_FINDINGS))
    red = {CopyState(state): count for state, count in made.counts.items() if _is_red(state) and count}
    for state, count in coverage.states.items():
        if state.red:  # known to be bad, though this run had perhaps not to look at it
            red[state] = max(count, red.get(state, 0))
    if overdue.whole.copies:
        red[CopyState.OVERDUE] = overdue.whole.copies
    remedies = [
        {"state": state.value, "copies": count, "remedy": REMEDIES[state]} for state, count in sorted(red.items())
    ]
    birds = [_canary(item) for item in canaries]
    if not all(bird["found"] for bird in birds):
        remedies.insert(0, {"state": "canary-missed", "copies": 0, "remedy": CANARY_REMEDY})
    return {
        "format": FORMAT,
        "run": made.id,
        "store": {"name": made.store, "location": place.location, "medium": place.medium, "device": place.device},
        "time": {"begun_at": written_instant(made.begun_at), "ended_at": written_instant(at)},
        "checker": made.actor,
        "scope": made.scope.value,
        "depth": made.depth.value,
        "verdict": made.verdict.value if made.verdict else None,
        "counts": dict(made.counts),
        "bytes_read": made.bytes_read,
        "reading_seconds": made.reading_seconds,
        "canaries": birds,
        "findings": [_finding(item) for item in named],
        "findings_in_all": sum(count for state, count in made.counts.items() if _is_red(state)),
        "remedies": remedies,
        "coverage": coverage_json(coverage),
        "overdue": overdue_json(overdue),
    }


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    """The coverage clock as it is shown and kept."""
    return {
        "at": written_instant(coverage.at),
        "copies": coverage.whole.copies,
        "bytes": coverage.whole.size_bytes,
        "oldest_at": None if coverage.oldest_at is None else written_instant(coverage.oldest_at),
        "states": {state.value: count for state, count in sorted(coverage.states.items())},
        "read": {
            str(days): {**_share(share), "share": _rounded(share, coverage.whole)}
            for days, share in coverage.read.items()
        },
    }


def overdue_json(overdue: Overdue) -> dict[str, Any]:
    return {
        "interval_days": overdue.interval.days,
        **_share(overdue.whole),
        "oldest_ok_at": None if overdue.oldest_ok_at is None else written_instant(overdue.oldest_ok_at),
    }


def keep(folder: Path, run_id: str, told: Mapping[str, Any]) -> str:
    """The document durable in ``folder`` until it is in the stores; its SHA-256."""
    data = canonical_json(told)
    keep_file(folder / f"{run_id}.json", data)
    return hashlib.sha256(data).hexdigest()


def keep_file(path: Path, data: bytes) -> None:
    """``path`` holds ``data``, whole and durable, when this returns; of several who write it at once, those of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def waiting(folder: Path, catalogue: Catalogue) -> list[Path]:
    """The documents of completed runs that still wait for being in every store; what another took the place of is gone.

    That of a run not yet completed is left alone: it is made again when it is.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        with catalogue.read() as view:
            known = run(view, path.stem)
        if known is None or known.state is RunState.RUNNING:
            continue
        with suppress(FileNotFoundError):  # another process has handed it over
            if known.report_sha256 == hashlib.sha256(path.read_bytes()).hexdigest():
                found.append(path)
            else:
                path.unlink(missing_ok=True)
    return found


def hand_over(folder: Path, run_id: str, stores: Iterable[Store]) -> list[str]:
    """JSON and PDF of the run into every store, as ``audit/<run id>.…``; names the stores that did not take them.

    When all did, nothing is left in ``folder``. Repeating it is harmless, and so is doing it twice at once.
    """
    files = [path for suffix in (".pdf", ".json") if (path := folder / f"{run_id}{suffix}").exists()]
    refusing = [store.name for store in stores if not all(_handed(store, path) for path in files)]
    if not refusing:
        for path in files:
            path.unlink(missing_ok=True)
    return refusing


def _handed(store: Store, path: Path) -> bool:
    try:
        with store.create(Key(f"audit/{path.name}")) as writer:
            writer.write(path.read_bytes())
            writer.commit()
    except ObjectExistsError:
        # The page is printed again after a kill, with other bytes: the one that lies there says the same.
        return path.suffix == ".pdf"
    except FileNotFoundError:
        return True  # it went when every store had it
    except StoreError:
        return False
    return True


def _is_red(state: str) -> bool:
    return state in CopyState._value2member_map_ and CopyState(state).red


def _finding(item: AuditFinding) -> dict[str, Any]:
    return {
        "key": item.key,
        "aip_id": item.aip_id,
        "state": item.state.value,
        "found_at": written_instant(item.found_at),
        "size_bytes": item.size_bytes,
        "sha256": item.sha256,
        "findings": [dict(one) for one in item.findings],
    }


def _canary(item: Canary) -> dict[str, Any]:
    return {
        "id": item.id,
        "damage": item.damage,
        "planted": item.planted,
        "seen_as": item.found_state.value if item.found_state else None,
        "found": item.found,
    }


def _share(share: Share) -> dict[str, int]:
    return {"copies": share.copies, "bytes": share.size_bytes}


def _rounded(share: Share, whole: Share) -> float:
    """Never rounded up to a whole that it is not."""
    return int(share.of(whole) * 10_000) / 10_000
