"""``luutru doctor``: is everything the archive leans on in order? One line each, and what to do if not."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from archive.errors import LuutruError
from archive.signing import load_key

FREE_BYTES_WANTED = 5 << 30
CLOCK_JUMP_SECONDS = 2.0


class Health(StrEnum):
    """In order, usable but worth a look, or in the way."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the doctor: what was looked at, how it is, what was seen, what to do."""

    part: str
    health: Health
    seen: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"part": self.part, "health": self.health.value, "seen": self.seen, "remedy": self.remedy}


Probe = Callable[[], Diagnosis]


def examined(probes: dict[str, Probe]) -> Iterator[Diagnosis]:
    """Each probe's line; a probe that breaks is a broken part, not the end of the round."""
    for part, probe in probes.items():
        try:
            yield probe()
        except LuutruError as error:
            yield Diagnosis(part, Health.BROKEN, error.message, error.remedy)
        except OSError as error:
            yield Diagnosis(part, Health.BROKEN, f"lỗi hệ điều hành: {error.strerror or error}", "Xem quyền và ổ đĩa.")


def disk_probe(part: str, folder: os.PathLike[str], reserve: int) -> Probe:
    """Free space where ``folder`` lies, and whether it can be written."""

    def probe() -> Diagnosis:
        free = shutil.disk_usage(folder).free
        seen = f"còn trống {free / (1 << 30):.1f} GiB"
        if not os.access(folder, os.W_OK):
            return Diagnosis(part, Health.BROKEN, "không ghi được", "Kiểm tra quyền của thư mục.")
        if free < reserve:
            return Diagnosis(part, Health.BROKEN, seen, "Giải phóng chỗ trống: kho từ chối nhận hồ sơ mới.")
        if free < FREE_BYTES_WANTED:
            return Diagnosis(part, Health.WARNING, seen, "Sắp hết chỗ trống; bổ sung ổ đĩa.")
        return Diagnosis(part, Health.OK, seen)

    return probe


def same_device_probe(folders: dict[str, os.PathLike[str]]) -> Probe:
    """Two copies on one device are lost together."""

    def probe() -> Diagnosis:
        devices: dict[int, list[str]] = {}
        for name, folder in folders.items():
            devices.setdefault(os.stat(folder).st_dev, []).append(name)
        shared = [names for names in devices.values() if len(names) > 1]
        if shared:
            names = "; ".join(", ".join(group) for group in shared)
            return Diagnosis(
                "thiết bị",
                Health.WARNING,
                f"các kho cùng một thiết bị: {names}",
                "Đặt mỗi bản trên một phương tiện độc lập.",
            )
        return Diagnosis("thiết bị", Health.OK, "mỗi kho trên một thiết bị riêng")

    return probe


def clock_probe(last_recorded: datetime | None) -> Probe:
    """The clock runs steadily, is synchronised as far as the system says, and is not behind the ledger."""

    def probe() -> Diagnosis:
        wall, steady = time.time(), time.monotonic()
        time.sleep(0.2)
        drift = abs((time.time() - wall) - (time.monotonic() - steady))
        now = datetime.now(UTC)
        if drift > CLOCK_JUMP_SECONDS:
            return Diagnosis(
                "đồng hồ", Health.BROKEN, f"nhảy {drift:.1f} giây", "Bật đồng bộ thời gian (chrony, systemd-timesyncd)."
            )
        if last_recorded is not None and now < last_recorded:
            return Diagnosis(
                "đồng hồ",
                Health.BROKEN,
                f"chậm hơn bản ghi cuối của nhật ký ({last_recorded.isoformat()})",
                "Chỉnh giờ hệ thống.",
            )
        return Diagnosis("đồng hồ", Health.OK, now.isoformat(timespec="seconds"))

    return probe


def key_probe(path: os.PathLike[str]) -> Probe:
    """The archive's key is there, usable, and only its owner can read it."""

    def probe() -> Diagnosis:
        from pathlib import Path

        key = load_key(Path(path))
        if os.stat(path).st_mode & 0o077:
            return Diagnosis("khóa ký", Health.BROKEN, "người khác đọc được tệp khóa", "Đặt quyền 0600 cho tệp khóa.")
        return Diagnosis("khóa ký", Health.OK, f"Ed25519 {key.key_id[:16]}…")

    return probe
