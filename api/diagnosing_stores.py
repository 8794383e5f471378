"""The doctor's lines about storage: the policy's file against what stands, and each store of the policy."""

from __future__ import annotations

from collections.abc import Callable

from api.bootstrap import Installation, now
from api.doctor import Diagnosis, Health, Probe, disk_probe
from api.storage_status import StoreStatus, policy_state, store_statuses
from archive.errors import StoreError
from archive.finding import Answer
from archive.storage.store import Store
from archive.storage_policy import StoreKind, StorePolicy

_PART = "chính sách lưu trữ"


def policy_probe(installation: Installation) -> Probe:
    """Whether the file is what stands, stores are independent on paper, and somebody has said where they are."""

    def probe() -> Diagnosis:
        state, policy = policy_state(installation), installation.policy
        adopted = state["adopted"]
        if adopted is not None and not state["stands"]:
            seen = f"tệp version = {state['version']} khác bản đang áp dụng version = {adopted['version']}"
            return Diagnosis(_PART, Health.BROKEN, seen, "Chạy «luutru storage adopt», hoặc lấy lại bản cũ.")
        if state["from_old_stores"]:
            return Diagnosis(
                _PART, Health.WARNING, "còn dùng [[stores]] trong luutru.toml", "Chạy «luutru storage adopt»."
            )
        if len(policy.stores) < 2 or policy.copies < 2:
            return Diagnosis(
                _PART, Health.WARNING, "chỉ giữ một bản", "Thêm kho trên phương tiện độc lập, đặt copies = 2."
            )
        media = [store.medium for store in policy.stores]
        if "" in media or len(set(media)) < len(media):
            return Diagnosis(
                _PART,
                Health.WARNING,
                "các kho chưa ghi rõ phương tiện, hoặc ghi cùng một phương tiện",
                "Ghi khóa medium, location cho từng kho: biên bản nêu chúng.",
            )
        stands = "" if adopted else ", chưa áp dụng"
        return Diagnosis(_PART, Health.OK, f"version {policy.version}, {len(policy.stores)} kho{stands}")

    return probe


def store_probes(installation: Installation) -> dict[str, Probe]:
    """One line for each store; a store of S3 is also put to the promises it must keep."""
    found: dict[str, Probe] = {}
    statuses: dict[str, StoreStatus] = {}

    def status(name: str) -> StoreStatus:
        if not statuses:
            statuses.update({item.policy.name: item for item in store_statuses(installation)})
        return statuses[name]

    for store, policy in zip(installation.stores, installation.policy.stores, strict=True):
        part = f"kho {store.name}"
        found[part] = _store_probe(installation, part, policy, status)
        if policy.kind is StoreKind.S3:
            found[f"S3 {store.name}"] = _s3_probe(store)
    return found


def _store_probe(
    installation: Installation, part: str, policy: StorePolicy, status: Callable[[str], StoreStatus]
) -> Probe:
    def probe() -> Diagnosis:
        seen = status(policy.name)
        if seen.trouble:
            broken = Health.BROKEN if policy.required else Health.WARNING
            return Diagnosis(part, broken, seen.trouble, "Kiểm tra thiết bị, mạng; bản còn thiếu sẽ được sao bù.")
        if seen.bad:
            return Diagnosis(
                part, Health.BROKEN, f"{seen.bad} bản hỏng hoặc mất", "Xem «luutru audit», «luutru repair»."
            )
        if seen.late(now(), installation.policy.lag_alert_hours):
            return Diagnosis(
                part, Health.BROKEN, f"còn thiếu {seen.awaited} bản, quá lâu", "Xem «luutru storage» và nhật ký."
            )
        if seen.awaited:
            return Diagnosis(part, Health.WARNING, f"còn thiếu {seen.awaited} bản", "Chờ «luutru work» sao bù.")
        if policy.path is not None:
            return disk_probe(part, policy.path, installation.settings.free_bytes_reserve)()
        return Diagnosis(part, Health.OK, "có mặt")

    return probe


def _s3_probe(store: Store) -> Probe:
    part = f"S3 {store.name}"

    def probe() -> Diagnosis:
        from archive.storage.s3 import S3Store
        from archive.storage.s3_probe import probe as tried

        assert isinstance(store, S3Store), "a store of this kind is one of S3"
        try:
            found = tried(store)
        except StoreError as error:
            return Diagnosis(part, Health.BROKEN, error.message, error.remedy)
        refused = [item.message for item in found if item.refused]
        doubtful = [item.message for item in found if item.answer is not Answer.PASSED and not item.refused]
        if refused:
            return Diagnosis(
                part, Health.BROKEN, "máy chủ không giữ lời hứa: " + " ".join(refused), "Không dùng máy chủ này."
            )
        if doubtful:
            return Diagnosis(part, Health.WARNING, " ".join(doubtful), "Xem docs/storage-policy.md.")
        return Diagnosis(part, Health.OK, f"{len(found)} lời hứa của máy chủ đều được giữ")

    return probe
