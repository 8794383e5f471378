"""``[quarantine]``: whether submissions wait on this machine alone, or in a store all machines share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archive.errors import LuutruError
from archive.storage_policy import StoragePolicy, StoreKind, StorePolicy

KEYS = frozenset({"shared_store", "shared_s3"})
SHARED_NAME = "inbox"


class QuarantineSettingsError(LuutruError):
    """``[quarantine]`` is wrong; the message names the key."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class QuarantineSettings:
    """``shared_store``: a store of the policy by its name. ``shared_s3``: one of its own. Neither: this machine's disk."""

    shared_store: str = ""
    shared_s3: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    @property
    def shared(self) -> bool:
        return bool(self.shared_store or self.shared_s3)

    def store(self, policy: StoragePolicy) -> StorePolicy | None:
        """The store to share by, as the composition root builds stores; None when there is none."""
        if self.shared_s3:
            return StorePolicy(SHARED_NAME, StoreKind.S3, "", "", s3=self.shared_s3)
        for store in policy.stores:
            if store.name == self.shared_store:
                return store
        if self.shared_store:
            raise QuarantineSettingsError(
                f"[quarantine] shared_store: chính sách lưu trữ không có kho «{self.shared_store}».",
                remedy="Sửa tên kho, hoặc dùng shared_s3.",
            )
        return None


def parse_quarantine(table: Mapping[str, Any]) -> QuarantineSettings:
    store, s3 = table.get("shared_store", ""), table.get("shared_s3", {})
    if not isinstance(store, str) or not isinstance(s3, Mapping) or (store and s3):
        raise QuarantineSettingsError(
            "[quarantine] cần một trong hai: shared_store (tên kho) hoặc shared_s3 (bảng).",
            remedy='Ví dụ: shared_s3 = { bucket = "luutru-cach-ly", endpoint = "https://s3.example.vn" }.',
        )
    return QuarantineSettings(store, dict(s3))
