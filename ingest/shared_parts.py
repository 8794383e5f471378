"""Bytes of uploads in the store that machines share: one object for what was sent from one place on, digested as it came.

    upload/<upload>/<offset, 16 digits>-<token>.bin

Which of them count is not said here but by the catalogue; the others go with the upload.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archive.catalogue.shared_uploads import UploadPart
from archive.errors import ObjectMissingError
from archive.storage.key import Key
from archive.storage.store import ObjectWriter, Store
from ingest.shared_transfers import SharedContentError

FOLDER = "upload"


@dataclass(frozen=True, slots=True)
class SharedParts:
    """The parts of all uploads in ``store``."""

    store: Store

    def writer(self, upload_id: str, offset_bytes: int, token: str) -> ObjectWriter:
        return self.store.create(_key(upload_id, offset_bytes, token))

    def read(self, upload_id: str, parts: Iterable[UploadPart]) -> Iterator[bytes]:
        """The bytes of ``parts``, which follow each other; each part is what was put there, or SharedContentError."""
        for part in parts:
            digest, size = hashlib.sha256(), 0
            try:
                for chunk in self.store.read(_key(upload_id, part.offset_bytes, part.token)):
                    digest.update(chunk)
                    size += len(chunk)
                    yield chunk
            except ObjectMissingError as error:
                raise _broken(upload_id, part) from error
            if (size, digest.hexdigest()) != (part.length_bytes, part.sha256):
                raise _broken(upload_id, part)

    def remove(self, upload_id: str, part: tuple[int, str]) -> None:
        """The one object of this offset and token is gone."""
        self.store.remove(_key(upload_id, *part))

    def clear(self, upload_id: str) -> None:
        """No object of this upload is left, counted or not."""
        for key in list(self.store.keys(f"{FOLDER}/{upload_id}")):
            self.store.remove(key)

    def ids(self) -> list[str]:
        """The uploads of which anything lies in the store."""
        return sorted({key.segments[1] for key in self.store.keys(FOLDER)})


def _key(upload_id: str, offset_bytes: int, token: str) -> Key:
    return Key(f"{FOLDER}/{upload_id}/{offset_bytes:016d}-{token}.bin")


def _broken(upload_id: str, part: UploadPart) -> SharedContentError:
    return SharedContentError(
        "Phần đã tải lên nằm trong khu cách ly dùng chung bị hỏng hoặc bị mất.",
        remedy="Hủy lần tải lên này (DELETE) rồi gửi lại từ đầu; báo quản trị viên kiểm tra kho dùng chung.",
        detail=f"{upload_id} {part.offset_bytes}-{part.token}",
    )
