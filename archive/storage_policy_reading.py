"""The text of a storage policy, read strictly: an unknown key, a wrong value, an open transport are refused by name."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from archive.storage_policy import AuditPolicy, PolicyError, StoragePolicy, StoreKind, StorePolicy, Window

_NAME = re.compile(r"[^\W_][\w. -]{0,126}", re.UNICODE)
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_TOP = frozenset({"version", "copies", "lag_alert_hours", "stores"})
_STORE = frozenset({"name", "kind", "location", "medium", "required", "path", "s3", "encrypted_transport", "audit"})
_AUDIT = frozenset({"interval_days", "read_rate_mib", "window", "deep_every"})

T = TypeVar("T")


def read_policy(text: str, home: Path) -> StoragePolicy:
    """The policy this text states; paths in it are relative to ``home``. Raises PolicyError, naming the key."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(
            f"Chính sách lưu trữ không phải là TOML: {error}", remedy="Sửa tệp chính sách rồi chạy lại."
        ) from error
    _known(table, _TOP, "chính sách lưu trữ")
    version = _whole(table, "version", "", least=1)
    rows = table.get("stores")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise PolicyError(
            "Chính sách lưu trữ chưa khai báo kho nào ([[stores]]).",
            remedy="Khai báo ít nhất hai kho trên hai phương tiện độc lập.",
        )
    stores = tuple(_store(row, number, home) for number, row in enumerate(rows, 1))
    _refuse_twins(stores)
    copies = _whole(table, "copies", "", default=2, least=1)
    if len(stores) < copies:
        raise PolicyError(
            f"Chính sách cần ít nhất {copies} kho (copies = {copies}) nhưng chỉ khai báo {len(stores)}.",
            remedy="Khai báo thêm kho trên phương tiện khác, hoặc nói rõ số bản nhỏ hơn ở khóa copies.",
        )
    if not any(store.required for store in stores):
        raise PolicyError(
            "Chính sách không có kho bắt buộc nào (required = true).",
            remedy="Đặt required = true cho ít nhất một kho: hồ sơ chỉ được coi là đã lưu khi kho đó có bản đúng.",
        )
    return StoragePolicy(
        version=version,
        stores=stores,
        copies=copies,
        lag_alert_hours=_whole(table, "lag_alert_hours", "", default=24, least=1),
        text=text,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
    )


def _store(row: Mapping[str, Any], number: int, home: Path) -> StorePolicy:
    name = _value(row, "name", str, f"[[stores]] thứ {number}")
    if not _NAME.fullmatch(name) or name != name.strip():
        raise PolicyError(
            f"Tên kho «{name}» không hợp lệ (khóa name của [[stores]] thứ {number}).",
            remedy="Dùng chữ, chữ số, dấu gạch nối; không quá 127 ký tự.",
        )
    where = f"kho «{name}»"
    _known(row, _STORE, where)
    try:
        kind = StoreKind(_value(row, "kind", str, where, StoreKind.DIRECTORY.value))
    except ValueError as error:
        raise _wrong(where, "kind", "phải là directory hoặc s3", 'Ví dụ: kind = "directory".') from error
    encrypted = _value(row, "encrypted_transport", bool, where, True)
    path: Path | None = None
    s3: Mapping[str, str | int | float | bool] = {}
    if kind is StoreKind.DIRECTORY:
        if "s3" in row:
            raise _wrong(where, "s3", "chỉ dùng cho kho kiểu s3", 'Bỏ mục [stores.s3], hoặc đặt kind = "s3".')
        path = (home / _value(row, "path", str, where)).absolute()
    else:
        if "path" in row:
            raise _wrong(where, "path", "chỉ dùng cho kho kiểu directory", "Bỏ khóa path.")
        s3 = _s3(_value(row, "s3", dict, where), where, encrypted)
    return StorePolicy(
        name=name,
        kind=kind,
        location=_value(row, "location", str, where, ""),
        medium=_value(row, "medium", str, where, ""),
        required=_value(row, "required", bool, where, True),
        path=path,
        s3=s3,
        encrypted_transport=encrypted,
        audit=_audit(_value(row, "audit", dict, where, {}), where),
        place={"kind": kind.value} | ({"path": str(row["path"])} if path else _place(s3)),
    )


def _place(s3: Mapping[str, str | int | float | bool]) -> dict[str, str]:
    return {key: str(s3.get(key, "")) for key in ("endpoint", "bucket", "prefix")}


def _s3(row: Mapping[str, Any], where: str, encrypted: bool) -> Mapping[str, str | int | float | bool]:
    """Flat settings; which keys there are is for the driver to say. The address is judged here, with the policy."""
    for key, value in row.items():
        if not isinstance(value, str | int | float | bool):
            raise _wrong(where, f"s3.{key}", "phải là chữ, số hoặc true/false", "Sửa giá trị.")
    endpoint = str(row.get("endpoint", ""))
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        raise _wrong(where, "s3.endpoint", "phải bắt đầu bằng https://", 'Ví dụ: endpoint = "https://s3.example.vn".')
    if encrypted and urlsplit(endpoint).scheme == "http" and not _loopback(urlsplit(endpoint).hostname or ""):
        raise _wrong(
            where,
            "s3.endpoint",
            "là địa chỉ http:// không mã hóa đường truyền",
            "Dùng https://, hoặc nói rõ encrypted_transport = false nếu đường truyền đã được bảo vệ cách khác.",
        )
    return dict(row)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _audit(row: Mapping[str, Any], where: str) -> AuditPolicy:
    where, usual = f"{where}, mục audit", AuditPolicy()
    _known(row, _AUDIT, where)
    rate = row.get("read_rate_mib", 0)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1 << 20:
        raise _wrong(where, "read_rate_mib", "phải là số MiB mỗi giây, 0 là không hạn chế", "Sửa giá trị.")
    written = _value(row, "window", str, where, "")
    window = None
    if written:
        found = _WINDOW.fullmatch(written)
        if found is None or found[1] + found[2] == found[3] + found[4]:
            raise _wrong(where, "window", "phải là khoảng giờ", 'Ví dụ: window = "22:00-06:00".')
        begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
        window = Window(time(begin_hour, begin_minute), time(end_hour, end_minute))
    return AuditPolicy(
        interval_days=_whole(row, "interval_days", where, default=usual.interval_days, least=1),
        read_rate_mib=float(rate),
        window=window,
        deep_every=_whole(row, "deep_every", where, default=usual.deep_every, least=0),
    )


def _refuse_twins(stores: tuple[StorePolicy, ...]) -> None:
    paths = [store.path.resolve() for store in stores if store.path is not None]
    if len({store.name for store in stores}) != len(stores) or len(set(paths)) != len(paths):
        raise PolicyError("Hai kho trùng tên hoặc trùng thư mục.", remedy="Đặt tên và thư mục riêng cho từng kho.")
    for one in paths:
        for other in paths:
            if one != other and other.is_relative_to(one):
                raise PolicyError(
                    f"Thư mục của một kho nằm trong thư mục của kho khác: {other}.",
                    remedy="Đặt các kho ở những thư mục tách rời.",
                )
    places = [store.place for store in stores if store.s3]
    if any(place in places[:number] for number, place in enumerate(places)):
        raise PolicyError("Hai kho S3 trùng địa chỉ, bucket và prefix.", remedy="Đặt nơi riêng cho từng kho.")


def _known(row: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    unknown = sorted(set(row) - keys)
    if unknown:
        raise PolicyError(f"{_capital(where)}: không có khóa {', '.join(unknown)}.", remedy="Xóa hoặc sửa tên khóa.")


_REQUIRED: Any = object()


def _value(row: Mapping[str, Any], key: str, kind: type[T], where: str, default: T = _REQUIRED) -> T:
    value = row.get(key, default)
    if value is _REQUIRED:
        raise _wrong(where, key, "còn thiếu", "Bổ sung khóa này.")
    if not isinstance(value, kind):
        words = {str: "phải là chữ", bool: "phải là true hoặc false", dict: "phải là một mục"}
        raise _wrong(where, key, words.get(kind, "có giá trị sai"), "Sửa giá trị.")
    return value


def _whole(row: Mapping[str, Any], key: str, where: str, *, least: int, default: int | None = None) -> int:
    value = row.get(key, default)
    if value is None:
        raise _wrong(where, key, "còn thiếu", "Bổ sung khóa này.")
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 1 << 31:
        raise _wrong(where, key, f"phải là số nguyên từ {least}", "Sửa giá trị.")
    return value


def _wrong(where: str, key: str, what: str, remedy: str) -> PolicyError:
    return PolicyError(f"{_capital(where or 'chính sách lưu trữ')}: khóa {key} {what}.", remedy=remedy)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
