"""``[storage]`` of the settings: which file holds the storage policy; and the policy of homes older than policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from archive.storage_policy import PolicyError, StoragePolicy
from archive.storage_policy_reading import read_policy

POLICY_FILE = "storage-policy.toml"
LEGACY_NOTE = (
    "Kho còn khai báo [[stores]] trong luutru.toml; nay là chính sách lưu trữ: chạy «luutru storage adopt» để chuyển."
)

_HEAD = """# Chính sách lưu trữ. Đường dẫn tương đối tính từ thư mục của kho lưu trữ. Khóa lạ bị từ chối.
# Sửa xong thì tăng version rồi chạy «luutru storage adopt».
version = {version}
copies = {copies}                 # mỗi gói có ít nhất từng này bản đã kiểm chứng
lag_alert_hours = 24       # bản còn thiếu lâu hơn thế thì báo
"""
_STORE = """
[[stores]]
name = {name}
kind = "directory"         # directory hoặc s3
path = {path}
location = {location}              # địa điểm
medium = {medium}       # phương tiện
required = true            # true: phải có bản đúng ở đây mới là đã lưu; false: được chậm

[stores.audit]
interval_days = 90         # mỗi bản được đọc lại toàn bộ ít nhất một lần trong từng này ngày
read_rate_mib = 0          # MiB/giây, 0: không hạn chế
window = ""                # ví dụ "22:00-06:00"; bỏ trống: mọi giờ
deep_every = 4             # cứ từng này lượt thì mở cả gói ra kiểm tra; 0: không
"""


def policy_text(stores: Sequence[tuple[str, str]], version: int = 1) -> str:
    """The policy of directory stores (name, path), all of them required, two copies at the least when there are two."""
    head = _HEAD.format(version=version, copies=min(2, len(stores)))
    return head + "".join(
        _STORE.format(name=quoted(name), path=quoted(path), location=quoted(""), medium=quoted(f"Ổ đĩa {number}"))
        for number, (name, path) in enumerate(stores, 1)
    )


def load_policy(table: Mapping[str, Any], home: Path) -> tuple[StoragePolicy, Path, bool]:
    """The policy these settings lead to, its file, and whether it was made from an old ``[[stores]]`` and that file is
    yet to be written. Raises PolicyError."""
    storage = table.get("storage", {})
    given = storage.get("policy") if isinstance(storage, Mapping) else None
    file = home / str(given or POLICY_FILE)
    old = table.get("stores", [])
    if given is None and old and not file.exists():
        rows = [(str(row.get("name", "")), str(row.get("path", ""))) for row in old]
        if any(not name or not path for name, path in rows):
            raise PolicyError("Mỗi kho trong [[stores]] cần name và path.", remedy="Bổ sung khóa còn thiếu.")
        return read_policy(policy_text(rows), home), file, True
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PolicyError(
            f"Không có tệp chính sách lưu trữ «{file.name}».",
            remedy="Khôi phục tệp, hoặc lấy lại bản đã áp dụng: «luutru storage policy».",
            detail=str(file),
        ) from error
    except (OSError, ValueError) as error:
        raise PolicyError(f"Không đọc được {file.name}: {error}", remedy="Sửa tệp chính sách rồi chạy lại.") from error
    return read_policy(text, home), file, False


def quoted(text: str) -> str:
    """``text`` as a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in escaped) + '"'
