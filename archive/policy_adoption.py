"""Which storage policy may follow the one that stands: no copy is ever lost by a change of words."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from archive.catalogue.policy_reading import adopted_policy, recorded_copies, short_of_copies, store_places
from archive.catalogue.reading import Reading
from archive.storage_policy import PolicyChangedError, PolicyRefusedError, StoragePolicy
from archive.storage_policy_reading import read_policy


def may_follow(view: Reading, policy: StoragePolicy, home: Path, *, moved: Collection[str] = ()) -> bool:
    """Whether ``policy`` is new and may stand; False when it stands already. ``moved``: stores moved just now.

    Raises PolicyChangedError for the same version with another text; PolicyRefusedError for an older version, for one
    that drops a store which was not retired, puts a store elsewhere without having moved it, or takes up the
    name of a retired store while rows of that are left.
    """
    standing = adopted_policy(view)
    if standing is None:
        return True
    if policy.version == standing.version:
        if policy.sha256 != standing.sha256:
            raise PolicyChangedError(
                f"Tệp chính sách lưu trữ đã bị sửa mà vẫn mang version = {policy.version} đã áp dụng.",
                remedy="Tăng version rồi chạy «luutru storage adopt», hoặc lấy lại bản đã áp dụng: «luutru storage policy».",
                detail=f"{standing.sha256} {policy.sha256}",
            )
        return False
    if policy.version < standing.version:
        raise PolicyRefusedError(
            f"Chính sách version = {policy.version} cũ hơn bản đang áp dụng (version = {standing.version}).",
            remedy="Lấy lại bản đang áp dụng: «luutru storage policy», hoặc đặt version lớn hơn.",
        )
    before = read_policy(standing.text, home)
    _require_retired(view, policy, before)
    _require_fresh_names(view, policy, before)
    _require_moved(policy, before, moved)
    return True


def _require_retired(view: Reading, policy: StoragePolicy, before: StoragePolicy) -> None:
    dropped = set(before.names) - set(policy.names)
    places = {place.name: place for place in store_places(view)}
    for name in sorted(dropped):
        if (place := places.get(name)) is None or place.retired_at is None:
            raise PolicyRefusedError(
                f"Chính sách mới bỏ kho «{name}» mà kho này chưa được ngừng dùng.",
                remedy=f"Chạy «luutru storage retire {name}»: các kho còn lại được đọc và đối chiếu trước.",
            )
    if dropped and (short := short_of_copies(view, policy.names, policy.copies)):
        raise PolicyRefusedError(
            f"Không có các kho bị bỏ thì {len(short)} gói hoặc hơn còn dưới {policy.copies} bản đã kiểm chứng.",
            remedy="Chờ các kho còn lại bắt kịp («luutru storage»), hoặc phục hồi bản hỏng, rồi áp dụng lại.",
            detail=", ".join(short[:10]),
        )


def _require_fresh_names(view: Reading, policy: StoragePolicy, before: StoragePolicy) -> None:
    for name in sorted(set(policy.names) - set(before.names)):
        if recorded_copies(view, name, 1):
            raise PolicyRefusedError(
                f"Tên «{name}» là của một kho đã ngừng dùng mà danh mục còn ghi bản lưu.",
                remedy="Đặt tên khác cho kho mới, hoặc chờ «luutru work» dọn xong các dòng cũ.",
            )


def _require_moved(policy: StoragePolicy, before: StoragePolicy, moved: Collection[str]) -> None:
    for store in policy.stores:
        old = before.store(store.name)
        if old is not None and old.place != store.place and store.name not in moved:
            raise PolicyRefusedError(
                f"Chính sách mới đặt kho «{store.name}» ở nơi khác mà chưa chuyển nội dung sang.",
                remedy=f"Chạy «luutru storage move {store.name}»: từng gói được sao và đọc lại ở nơi mới trước khi đổi.",
                detail=f"{old.place} {store.place}",
            )
