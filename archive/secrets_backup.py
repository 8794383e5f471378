"""The secrets of an archive in one encrypted file (age, scrypt): what the storage copies must never hold.

The file opens with the recovery passphrase alone, by this program or by any other that reads age. Inside is one JSON
text: the archive's key, the hashes of passwords and tokens by account and token, and the secret files of the settings.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyrage

from archive.errors import LuutruError
from archive.ledger import read_instant, written_instant

FORMAT = "luutru-secrets/1"
AGE_HEADER = b"age-encryption.org/v1\n"
_WRONG_PASSPHRASE = "Decryption failed"
"""What the library says then; of a file that was cut short or changed behind its header it says otherwise."""


class SecretsUnreadableError(LuutruError):
    """The file is no backup of secrets of this program, was cut short, or was changed."""

    code = "secrets.file-unreadable"


class SecretsPassphraseError(LuutruError):
    """The passphrase is a right one in form, and not that of this file."""

    code = "secrets.passphrase-wrong"


class SecretsNotWrittenError(LuutruError):
    """A secret could not be written where it belongs; nothing that was there was changed."""

    code = "secrets.not-written"


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file the settings name. ``setting``: which key of them; ``path``: as written there."""

    setting: str
    path: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Everything a new machine needs besides a storage copy. Its secrets are in no ``repr``.

    ``passwords``: hash by account id; ``tokens``: SHA-256 of the secret by token id.
    """

    archive_code: str
    archive_name: str
    made_at: datetime
    key_id: str
    key_pem: bytes = field(repr=False)
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: tuple[SecretFile, ...] = ()


def sealed(secrets: Secrets, passphrase: str) -> bytes:
    """The encrypted file; whoever has it and not the passphrase learns its length."""
    value = {
        "format": FORMAT,
        "archive": {"code": secrets.archive_code, "name": secrets.archive_name},
        "made_at": written_instant(secrets.made_at),
        "key": {"id": secrets.key_id, "pem": secrets.key_pem.decode("ascii")},
        "passwords": dict(secrets.passwords),
        "tokens": dict(secrets.tokens),
        "files": [
            {"setting": item.setting, "path": item.path, "data": base64.b64encode(item.data).decode("ascii")}
            for item in secrets.files
        ],
    }
    data = json.dumps(value, ensure_ascii=False).encode("utf-8")
    encrypted: bytes = pyrage.passphrase.encrypt(data, passphrase)
    return encrypted


def opened(data: bytes, passphrase: str) -> Secrets:
    """What ``sealed`` was given. Raises SecretsUnreadableError, SecretsPassphraseError."""
    if not data.startswith(AGE_HEADER):
        raise _unreadable("no age header")
    try:
        plain: bytes = pyrage.passphrase.decrypt(data, passphrase)
    except pyrage.DecryptError as error:
        # The passphrase unwraps the header, before anything of the content is looked at.
        if str(error) == _WRONG_PASSPHRASE:
            raise SecretsPassphraseError(
                "Mật khẩu khôi phục không mở được tệp này.",
                remedy="Kiểm tra có đúng là phiếu của tệp này không; so SHA-256 của tệp với phiếu.",
            ) from error
        raise _unreadable(str(error)) from error
    try:
        return _secrets(json.loads(plain))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # Without its text: what could not be read is secret all the same.
        raise _unreadable(type(error).__name__) from None


def write_secret_file(path: Path, data: bytes) -> None:
    """A new file for its owner's eyes only, durable when this returns; never one in the place of another.

    Raises SecretsNotWrittenError; then there is no such file, or the one that was there before.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_written(path, error) from error
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise _not_written(path, error) from error


def _secrets(value: dict[str, Any]) -> Secrets:
    if value["format"] != FORMAT:
        raise ValueError("another format")
    return Secrets(
        str(value["archive"]["code"]),
        str(value["archive"]["name"]),
        read_instant(value["made_at"]),
        str(value["key"]["id"]),
        value["key"]["pem"].encode("ascii"),
        {str(name): str(item) for name, item in value["passwords"].items()},
        {str(name): str(item) for name, item in value["tokens"].items()},
        tuple(
            SecretFile(str(row["setting"]), str(row["path"]), base64.b64decode(row["data"], validate=True))
            for row in value["files"]
        ),
    )


def _unreadable(detail: str) -> SecretsUnreadableError:
    return SecretsUnreadableError(
        "Tệp sao lưu bí mật không đọc được: không đúng loại, bị cắt ngắn hoặc bị sửa.",
        remedy="So SHA-256 của tệp với phiếu khôi phục; dùng bản sao khác của tệp.",
        detail=detail,
    )


def _not_written(path: Path, error: OSError) -> SecretsNotWrittenError:
    return SecretsNotWrittenError(
        f"Không ghi được tệp «{path.name}»: {error.strerror or type(error).__name__}.",
        remedy="Chọn tên tệp chưa có, trong thư mục ghi được.",
        detail=str(path),
    )
