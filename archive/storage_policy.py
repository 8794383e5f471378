"""What the storage policy says: which stores there are, which must hold a package before it counts as stored, and how
each is audited. A frozen value; ``archive.storage_policy_reading`` makes it of its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path

from archive.errors import LuutruError
from archive.local_time import VIETNAM


class PolicyError(LuutruError):
    """The text of a storage policy is missing or wrong; the message names the key."""

    code = "policy.invalid"


class PolicyChangedError(LuutruError):
    """The file says something else under a version that was adopted before; the adopted policy stands."""

    code = "policy.changed-without-version"


class PolicyRefusedError(LuutruError):
    """This policy cannot follow the one that stands: older, or it drops a store that was not retired."""

    code = "policy.refused"


class PolicyStaleError(LuutruError):
    """Another storage policy was adopted while this process ran; it stores and copies nothing more by the old one."""

    code = "policy.stale"


class StoreKind(StrEnum):
    """How a store is reached."""

    DIRECTORY = "directory"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the day (Vietnam) in which something may run; ``ends`` before ``begins`` goes over midnight."""

    begins: time
    ends: time

    def contains(self, at: datetime) -> bool:
        clock = at.astimezone(VIETNAM).time()
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """How the copies in one store are read again. ``interval_days``: each at least that often.

    ``read_rate_mib``: MiB a second at most, 0 for no limit. ``window``: None for any hour. ``deep_every``: every how
    many runs the packages are also opened, 0 for never.
    """

    interval_days: int = 90
    read_rate_mib: float = 0.0
    window: Window | None = None
    deep_every: int = 4

    @property
    def read_rate_bytes(self) -> int | None:
        """Bytes a second at most, None for no limit."""
        return int(self.read_rate_mib * (1 << 20)) or None


@dataclass(frozen=True, slots=True)
class StorePolicy:
    """One store. ``location`` and ``medium`` as the reports name them (địa điểm, phương tiện).

    ``required``: a package is not stored before this copy is proven; otherwise the store may lag.
    ``path``: the folder (kind directory). ``s3``: the settings of an S3 store, by their names in the policy.
    ``place``: where it is, in the words of the policy: two policies with the same words mean the same place.
    """

    name: str
    kind: StoreKind
    location: str
    medium: str
    required: bool = True
    path: Path | None = None
    s3: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    encrypted_transport: bool = True
    audit: AuditPolicy = AuditPolicy()
    place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoragePolicy:
    """The whole policy. ``copies``: how many proven copies a package has at the least once nothing lags.

    ``lag_alert_hours``: how long a copy may be awaited before somebody is told. ``text``: the exact text it was read
    from; ``sha256`` is over its bytes.
    """

    version: int
    stores: tuple[StorePolicy, ...]
    copies: int = 2
    lag_alert_hours: int = 24
    text: str = ""
    sha256: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(store.name for store in self.stores)

    @property
    def required(self) -> tuple[str, ...]:
        """The stores without which nothing is stored."""
        return tuple(store.name for store in self.stores if store.required)

    @property
    def lagging(self) -> tuple[str, ...]:
        """The stores that may lag."""
        return tuple(store.name for store in self.stores if not store.required)

    def store(self, name: str) -> StorePolicy | None:
        return next((store for store in self.stores if store.name == name), None)


def require_current(ours: int, standing: int) -> None:
    """Raises PolicyStaleError when the policy this process runs by is not the one that stands."""
    if ours != standing:
        raise PolicyStaleError(
            f"Chính sách lưu trữ đang áp dụng là version = {standing}; tiến trình này còn theo version = {ours}.",
            remedy="Khởi động lại «luutru work» và «luutru serve»; hồ sơ đang chờ sẽ được làm tiếp.",
        )
