"""``[keys]``: where the keys of sealed hồ sơ lie, and who keeps the key they are wrapped by. Without it nothing is sealed.

No name here ends in ``_file``: what the settings call a file goes into the backup of secrets, and an old one of those must
never open what was destroyed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from archive.errors import LuutruError

KEYS = frozenset(
    {"places", "holder", "kek_path", "passphrase_path", "pkcs11_module", "pkcs11_token", "pkcs11_pin_path"}
)
LEAST_PLACES = 2


class KeysSettingsError(LuutruError):
    """``[keys]`` is wrong; the message names the key."""

    code = "settings.invalid"


class HolderKind(StrEnum):
    """A file on a removable medium, a passphrase, or a key in an HSM or smart card."""

    FILE = "file"
    PASSPHRASE = "passphrase"
    PKCS11 = "pkcs11"


_NEEDED: Mapping[HolderKind, tuple[str, ...]] = {
    HolderKind.FILE: ("kek_path",),
    HolderKind.PASSPHRASE: ("passphrase_path",),
    HolderKind.PKCS11: ("pkcs11_module", "pkcs11_token", "pkcs11_pin_path"),
}


@dataclass(frozen=True, slots=True)
class KeySettings:
    """``passphrase_path`` and ``pkcs11_pin_path``: files that are read when the keys are opened, as a service manager
    hands them over (LoadCredential) or a person mounts them; their content is stripped of line ends.
    """

    places: tuple[Path, ...]
    holder: HolderKind
    kek_path: Path = Path()
    passphrase_path: Path = Path()
    pkcs11_module: Path = Path()
    pkcs11_token: str = ""
    pkcs11_pin_path: Path = Path()


def parse_keys(table: Mapping[str, Any] | None, home: Path) -> KeySettings | None:
    """None when the settings have no such section. Raises KeysSettingsError."""
    if table is None:
        return None
    places = table.get("places")
    if not isinstance(places, list) or not all(isinstance(place, str) and place for place in places):
        raise KeysSettingsError(
            "[keys] places phải là danh sách thư mục.", remedy='Ví dụ: places = ["/m1/k", "/m2/k"].'
        )
    folders = tuple((home / place).absolute() for place in places)
    if len(set(folders)) < LEAST_PLACES or len(set(folders)) < len(folders):
        raise KeysSettingsError(
            f"[keys] places cần ít nhất {LEAST_PLACES} thư mục khác nhau.",
            remedy="Đặt mỗi thư mục trên một phương tiện độc lập.",
        )
    try:
        holder = HolderKind(table.get("holder", HolderKind.FILE))
    except ValueError as error:
        kinds = ", ".join(kind.value for kind in HolderKind)
        raise KeysSettingsError(f"[keys] holder phải là một trong: {kinds}.", remedy="Sửa giá trị.") from error
    for name in _NEEDED[holder]:
        if not isinstance(table.get(name), str) or not table[name]:
            raise KeysSettingsError(f"[keys] holder = «{holder}» cần khóa {name}.", remedy="Bổ sung khóa đó.")

    def path(name: str) -> Path:
        return (home / str(table[name])).absolute() if table.get(name) else Path()

    return KeySettings(
        folders,
        holder,
        path("kek_path"),
        path("passphrase_path"),
        path("pkcs11_module"),
        str(table.get("pkcs11_token", "")),
        path("pkcs11_pin_path"),
    )
