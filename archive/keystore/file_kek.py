"""The key-encryption key in a file on a removable medium.

kek.json        the one that stands
kek.json.next   the one a rotation is going to; both are there until the new generation is proven in every place
"""

from __future__ import annotations

import base64
import json
import os
from contextlib import suppress
from pathlib import Path

from archive.durable import sync_folder
from archive.keystore.errors import KekNotDestroyedError
from archive.keystore.kek import Kek, LockedKek, kek_missing, kek_wrong
from archive.keystore.wiping import wiped
from archive.secrets_backup import write_secret_file

FORMAT = "luutru-kek/1"


class FileKek:
    """See ``archive.keystore.kek.KekHolder``. The file is for its owner's eyes only."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"FileKek({self.path.name})"

    @property
    def _next(self) -> Path:
        return self.path.with_name(self.path.name + ".next")

    def open(self, locked: LockedKek) -> Kek:
        found = [kek for kek in map(_read, (self.path, self._next)) if kek is not None]
        for kek in found:
            if kek.id == locked.kek_id:
                return kek
        if not found:
            raise kek_missing("Không thấy tệp khóa bọc khóa: phương tiện chưa gắn, hoặc tệp hỏng.", str(self.path))
        raise kek_wrong(f"file: {', '.join(kek.id for kek in found)}, wanted {locked.kek_id}")

    def prepare(self, store_id: str, kek: Kek, standing: LockedKek | None) -> LockedKek:
        first = standing is None or standing.holder != self.kind
        target = self.path if first else self._next
        if not first:
            wiped(self._next)  # of a rotation that never came to a generation
        write_secret_file(target, _written(kek))
        return LockedKek(store_id, self.kind, kek.id)

    def settle(self, standing: LockedKek) -> None:
        try:
            if standing.holder != self.kind:
                wiped(self._next)
                wiped(self.path)
                return
            kept = _read(self.path)
            following = _read(self._next)
            if following is not None and following.id == standing.kek_id:
                if kept is None or kept.id != standing.kek_id:
                    wiped(self.path)
                self._next.rename(self.path)
                sync_folder(self.path.parent)
            elif kept is not None and kept.id == standing.kek_id:
                wiped(self._next)
            else:
                raise kek_missing("Không thấy tệp khóa bọc khóa đang dùng.", str(self.path))
        except OSError as error:
            raise KekNotDestroyedError(
                f"Chưa hủy được khóa bọc khóa cũ: {error.strerror}.",
                remedy="Gắn phương tiện giữ khóa ở chế độ ghi được rồi xoay khóa lại.",
                detail=str(error),
            ) from error


def write_kek_file(path: Path, kek: Kek) -> None:
    """A new file with this key, as after recovering it from shares. Raises SecretsNotWrittenError."""
    write_secret_file(path, _written(kek))


def _written(kek: Kek) -> bytes:
    value = {"format": FORMAT, "id": kek.id, "kek": base64.b64encode(kek.exported()).decode("ascii")}
    return json.dumps(value).encode("ascii") + b"\n"


def _read(path: Path) -> Kek | None:
    """None for a file that is not there or no such file any more (wiped, cut short)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file, suppress(OSError, ValueError, KeyError, TypeError):
        value = json.loads(file.read(4096))
        kek = Kek(base64.b64decode(value["kek"], validate=True))
        if value["format"] == FORMAT and value["id"] == kek.id:
            return kek
    return None
