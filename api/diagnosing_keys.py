"""What ``luutru doctor`` says of the key store: whether it opens, and whether one fire or theft takes all of it."""

from __future__ import annotations

import os
from pathlib import Path

from api.bootstrap import Installation
from api.doctor import Diagnosis, Health, Probe
from api.key_shares import Shares, shares_standing
from api.settings_keys import HolderKind, KeySettings
from archive.catalogue.sealing_reading import any_sealed
from archive.keystore.errors import KeysError
from archive.keystore.places import Place

_PART = "kho khóa"
_MEDIA = "nơi giữ khóa"


def key_store_probes(installation: Installation) -> dict[str, Probe]:
    settings = installation.settings.keys
    if settings is None:
        return {_PART: lambda: _without(installation)}
    return {_PART: lambda: _opens(installation), _MEDIA: lambda: _media(settings)}


def _without(installation: Installation) -> Diagnosis:
    with installation.catalogue.read() as view:
        sealed = any_sealed(view)
    if sealed:
        return Diagnosis(
            _PART,
            Health.BROKEN,
            "có gói đã niêm phong nhưng cấu hình không có mục [keys]: không đọc được các gói đó",
            "Khôi phục mục [keys] và các nơi giữ khóa (docs/sealing.md).",
        )
    return Diagnosis(
        _PART,
        Health.WARNING,
        "không có mục [keys]: gói của hồ sơ có thời hạn không được niêm phong, khi hủy phải xóa được từng bản",
        "Xem docs/sealing.md.",
    )


def _opens(installation: Installation) -> Diagnosis:
    keys = installation.keys
    assert keys is not None, "the settings have [keys]"
    absent = [place.name for place in keys.state().places if Place(place).store_id() is None]
    if absent:
        return Diagnosis(
            _PART,
            Health.BROKEN,
            f"nơi giữ khóa không có mặt: {', '.join(absent)}; chưa nhận được hồ sơ mới có thời hạn",
            "Gắn lại phương tiện; phương tiện mới: «luutru keys check --adopt».",
        )
    try:
        kek = keys.kek
    except KeysError as error:
        return Diagnosis(_PART, Health.BROKEN, error.message, error.remedy)
    state = keys.state()
    seen = f"đời {state.generation}, {state.keys} khóa, khóa bọc khóa {kek.id[:8]}…"
    with installation.catalogue.read() as view:
        shares = shares_standing(view, state.kek_id)
    if shares is Shares.VOID:
        return Diagnosis(
            _PART,
            Health.WARNING,
            seen + ", các mảnh khóa đã in là của khóa bọc khóa đã thay: không còn dùng được",
            "Thu hồi, hủy các phiếu cũ; chạy «luutru keys shares», rồi «luutru keys drill».",
        )
    if shares is Shares.UNTRIED:
        return Diagnosis(
            _PART,
            Health.WARNING,
            seen + ", mảnh khóa mới in chưa được diễn tập",
            "Mời người giữ mảnh nhập mảnh của mình: «luutru keys drill».",
        )
    if state.shares is None:
        return Diagnosis(
            _PART,
            Health.WARNING,
            seen + ", chưa in mảnh khóa cho đời này",
            "Chạy «luutru keys shares»: mất khóa bọc khóa là mất mọi hồ sơ đã niêm phong.",
        )
    return Diagnosis(_PART, Health.OK, seen)


def _media(settings: KeySettings) -> Diagnosis:
    devices = {place: _device(place) for place in settings.places}
    shared = len(set(devices.values())) < len(devices)
    kek = _device(settings.kek_path) if settings.holder is HolderKind.FILE else None
    if kek is not None and kek in devices.values():
        return Diagnosis(
            _MEDIA,
            Health.WARNING,
            "tệp khóa bọc khóa nằm cùng thiết bị với kho khóa: ai lấy được thiết bị là mở được mọi hồ sơ",
            "Chuyển tệp đó sang phương tiện tháo rời (docs/sealing.md).",
        )
    if shared:
        return Diagnosis(
            _MEDIA,
            Health.WARNING,
            "các nơi giữ khóa cùng một thiết bị: hỏng thiết bị là mất mọi hồ sơ đã niêm phong",
            "Đặt mỗi nơi trên một phương tiện độc lập.",
        )
    return Diagnosis(_MEDIA, Health.OK, f"{len(devices)} nơi trên các thiết bị khác nhau")


def _device(path: Path) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None
