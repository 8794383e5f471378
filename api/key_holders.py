"""The key store of an installation, built as its settings say; nothing is opened yet."""

from __future__ import annotations

from pathlib import Path

from api.settings_keys import HolderKind, KeySettings
from archive.keystore.file_kek import FileKek
from archive.keystore.kek import KekHolder, kek_missing
from archive.keystore.passphrase_kek import PassphraseKek
from archive.keystore.store import KeyStore


def key_store(settings: KeySettings, holder: KekHolder | None = None) -> KeyStore:
    """``holder``: another one than the settings name, as when a passphrase was typed in."""
    return KeyStore(settings.places, holder or holder_of(settings))


def holder_of(settings: KeySettings) -> KekHolder:
    """Raises KekMissingError when the file with the passphrase is not there."""
    match settings.holder:
        case HolderKind.FILE:
            return FileKek(settings.kek_path)
        case HolderKind.PASSPHRASE:
            return PassphraseKek(_line(settings.passphrase_path))
        case HolderKind.PKCS11:
            # The library of an HSM is loaded only where there is one.
            from archive.keystore.pkcs11_kek import Pkcs11Kek

            return Pkcs11Kek(settings.pkcs11_module, settings.pkcs11_token, lambda: _line(settings.pkcs11_pin_path))


def passphrase_holder(settings: KeySettings, following: str) -> PassphraseKek:
    """The passphrase that stands, and the one a rotation is to go to."""
    return PassphraseKek(_line(settings.passphrase_path), following)


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise kek_missing("Không đọc được tệp mật khẩu hoặc mã PIN của khóa bọc khóa.", f"{path}: {error}") from None
