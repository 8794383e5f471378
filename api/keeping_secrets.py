"""``luutru secrets``: the encrypted backup of what no storage copy holds, made, proven, and put back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.bootstrap import Installation, now
from api.recovering import restore_secrets
from api.recovery_sheet import Sheet, recovery_sheet
from api.secret_files import named_files, put_files
from archive.catalogue.restoring import password_hashes, token_digests
from archive.errors import LuutruError
from archive.events import Event
from archive.recovery.passphrase import new_passphrase
from archive.secrets_backup import Secrets, SecretsUnreadableError, opened, sealed, write_secret_file


class SecretsExistError(LuutruError):
    """A file of this name is there already; nothing was exported."""

    code = "secrets.file-exists"


@dataclass(frozen=True, slots=True)
class Exported:
    """The backup that was written, and the passphrase, which is nowhere else."""

    path: Path
    sha256: str
    size_bytes: int
    key_id: str
    accounts: int
    tokens: int
    files: tuple[str, ...]
    passphrase: str

    def as_json(self) -> dict[str, Any]:
        return {
            "file": str(self.path),
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
            "key_id": self.key_id,
            "accounts": self.accounts,
            "tokens": self.tokens,
            "files": list(self.files),
            "passphrase": self.passphrase,
        }


def export_secrets(installation: Installation, path: Path, *, sheet: Path | None, actor: str) -> Exported:
    """A new encrypted file at ``path``, read back and opened again with its passphrase before anybody is told so.

    ``sheet``: also the recovery sheet (PDF/A). Both are new files for their owner only. The ledger says that it was
    done and what the file's digest is, and nothing secret. Raises SecretsExistError, SecretsNotWrittenError.
    """
    for file in (path, sheet):
        if file is not None and (file.exists() or file.is_symlink()):
            raise SecretsExistError(f"Đã có tệp «{file.name}»; không ghi đè.", remedy="Chọn tên tệp khác.")
    settings, at = installation.settings, now()
    with installation.catalogue.read() as view:
        passwords, tokens = password_hashes(view), token_digests(view)
    secrets = Secrets(
        settings.archive_code,
        settings.archive_name,
        at,
        installation.key.key_id,
        settings.key_file.read_bytes(),
        passwords,
        tokens,
        named_files(settings),
    )
    passphrase = new_passphrase()
    data = sealed(secrets, passphrase)
    digest = hashlib.sha256(data).hexdigest()
    write_secret_file(path, data)
    if opened(path.read_bytes(), passphrase) != secrets:
        raise SecretsUnreadableError("Tệp vừa ghi không mở lại được đúng.", remedy="Kiểm tra ổ đĩa rồi chạy lại.")
    if sheet is not None:
        page = Sheet(
            settings.archive_name,
            settings.archive_code,
            secrets.key_id,
            at,
            path.name,
            digest,
            len(data),
            passphrase,
        )
        write_secret_file(sheet, recovery_sheet(page))
    files = tuple(item.setting for item in secrets.files)
    with installation.catalogue.transaction() as tx:
        tx.append(
            Event.ARCHIVE_SECRETS_EXPORTED,
            "archive",
            actor=actor,
            at=at,
            data={
                "key_id": secrets.key_id,
                "sha256": digest,
                "accounts": len(passwords),
                "tokens": len(tokens),
                "files": list(files),
            },
        )
    return Exported(path, digest, len(data), secrets.key_id, len(passwords), len(tokens), files, passphrase)


def put_back(installation: Installation, secrets: Secrets) -> dict[str, Any]:
    """The secrets in a home whose catalogue was rebuilt without them. Raises SecretsNotWrittenError."""
    done = restore_secrets(installation.settings.home, installation.catalogue, secrets)
    files, elsewhere = put_files(installation.settings.home, secrets)
    return {**done, "files": files, "elsewhere": elsewhere}


def read_secrets(path: Path, passphrase: str) -> Secrets:
    """Raises SecretsUnreadableError, SecretsPassphraseError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SecretsUnreadableError(
            f"Không đọc được tệp bí mật «{path.name}».", remedy="Kiểm tra đường dẫn.", detail=str(error)
        ) from error
    return opened(data, passphrase)
