"""A store in one folder of a file system: an object is a read-only file, durable before anyone is told so.

<root>/.luutru-store.json      proves that the right medium is mounted here
      /.writing/<token>        objects being written, each locked (flock) by its living writer
      /.aside/…                what was replaced, until it is dropped (see ``aside_folder``)
      /aip/3f/3f….tar          objects, mode 0444

write: .writing/<token> → fsync → link to its key (exclusive) → fsync every folder up to the root → drop <token>
"""

from __future__ import annotations

import errno
import io
import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from archive.errors import KeyRefusedError, LockedError, StoreError
from archive.storage.aside_folder import ASIDE, AsideFolder, sync_folder
from archive.storage.disk import Disk, store_error
from archive.storage.file_reading import ObjectFile
from archive.storage.file_replacing import ReplacingFileWriter
from archive.storage.file_writing import FileWriter
from archive.storage.key import Key, folder_segments
from archive.storage.store import Aside, chunks

MARKER = ".luutru-store.json"
WRITING = ".writing"


def _random_token() -> str:
    return uuid.uuid4().hex


def _now() -> datetime:
    return datetime.now(UTC)


class DirectoryStore:
    """Kept in ``root``, which ``initialise`` has made a store. Safe for many threads and processes at once."""

    def __init__(
        self,
        name: str,
        root: Path,
        *,
        disk: Disk | None = None,
        token: Callable[[], str] = _random_token,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._name = name
        self._root = root
        self._disk = disk or Disk()
        self._token = token
        self._aside = AsideFolder(self._disk, root, token, now)

    @classmethod
    def initialise(cls, name: str, root: Path, *, disk: Disk | None = None) -> DirectoryStore:
        """The store ``name`` in ``root``, made if it is not there yet; repeating it is fine.

        Refuses (StoreError) a folder that holds something else, or another store.
        """
        store = cls(name, root, disk=disk)
        try:
            root.mkdir(parents=True, exist_ok=True)
            if not (root / MARKER).exists():
                if any(entry != WRITING for entry in os.listdir(root)):
                    raise StoreError(
                        f"Thư mục của kho «{name}» không trống và không phải là kho lưu trữ.",
                        remedy="Chọn một thư mục trống.",
                        detail=str(root),
                    )
                (root / WRITING).mkdir(mode=0o700, exist_ok=True)
                store._write_marker()
        except OSError as error:
            raise store_error(error, name) from error
        store._require_present()
        return store

    @property
    def name(self) -> str:
        return self._name

    def create(self, key: Key) -> FileWriter:
        self._require_present()
        return FileWriter(self._disk, self._name, key, self._root, self._root / WRITING, self._token)

    def open(self, key: Key, *, cold: bool = False) -> io.BufferedReader:
        try:
            return io.BufferedReader(ObjectFile(self._disk, self._name, key, self._path(key), cold=cold))
        except StoreError:
            self._require_present()
            raise

    def read(self, key: Key, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        return chunks(self.open(key), self._name, offset, length)

    def size(self, key: Key) -> int:
        with self.open(key) as file:
            return file.seek(0, io.SEEK_END)

    def keys(self, folder: str = "") -> Iterator[Key]:
        self._require_present()
        for name in self._walk(folder_segments(folder)):
            with suppress(KeyRefusedError):
                yield Key(name)

    def replacing(self, key: Key, *, keep: bool = True) -> ReplacingFileWriter:
        self._require_present()
        writing = self._root / WRITING
        return ReplacingFileWriter(
            self._disk, self._name, key, self._root, writing, self._token, self._aside, keep=keep
        )

    def aside(self, key: Key | None = None) -> Iterator[Aside]:
        self._require_present()
        try:
            yield from self._aside.found(key)
        except OSError as error:
            raise store_error(error, self._name) from error

    def read_aside(self, aside: Aside) -> Iterator[bytes]:
        self._require_present()
        path = self._aside.path(aside)
        file: io.BufferedReader = io.BufferedReader(ObjectFile(self._disk, self._name, aside.key, path, cold=False))
        return chunks(file, self._name, 0, None)

    def drop_aside(self, aside: Aside) -> None:
        self._require_present()
        try:
            self._aside.drop(aside)
        except OSError as error:
            raise self._not_removed(error, aside.key) from error

    def remove(self, key: Key) -> None:
        self._require_present()
        path = self._path(key)
        try:
            with self._aside.alone():
                with suppress(FileNotFoundError):
                    self._disk.unlink(path)
                with suppress(FileNotFoundError):
                    sync_folder(self._disk, path.parent)
                for aside in self._aside.found(key):
                    self._aside.drop(aside)
        except OSError as error:
            raise self._not_removed(error, key) from error
        if len(key.segments) > 2:
            # A folder of its own (an upload, a submission) goes with its last object; a writer makes it again.
            with suppress(OSError):
                self._disk.remove_empty_folder(path.parent)

    def foreign(self) -> Iterator[str]:
        self._require_present()
        for name in self._walk(()):
            try:
                Key(name)
            except KeyRefusedError:
                yield name

    def sweep(self) -> int:
        self._require_present()
        swept = 0
        try:
            for name, _ in self._disk.names(self._root / WRITING):
                swept += self._sweep_one(self._root / WRITING / name)
        except OSError as error:
            raise store_error(error, self._name) from error
        return swept

    def free_bytes(self) -> int:
        self._require_present()
        try:
            return self._disk.free_bytes(self._root)
        except OSError as error:
            raise store_error(error, self._name) from error

    def device(self) -> str:
        self._require_present()
        try:
            return f"device:{self._disk.device(self._root)}"
        except OSError as error:
            raise store_error(error, self._name) from error

    def _path(self, key: Key) -> Path:
        return self._root.joinpath(*key.segments)

    def _not_removed(self, error: OSError, key: Key) -> StoreError:
        if error.errno == errno.EPERM:  # immutable or append-only; a lack of rights is EACCES
            return LockedError(
                f"Kho «{self._name}» khoá, không cho xoá đối tượng.",
                remedy="Chờ hết thời hạn khoá, hoặc gỡ khoá theo quy định rồi chạy lại.",
                detail=f"{self._name} {key}: {error}",
            )
        return store_error(error, self._name)

    def _require_present(self) -> None:
        """An empty mount point must never be taken for a store that has lost everything, nor be written into."""
        try:
            descriptor = self._disk.open(self._root / MARKER, os.O_RDONLY)
            try:
                with io.FileIO(descriptor, closefd=False) as file:
                    found = json.loads(file.read(4096))["name"]
            finally:
                self._disk.close(descriptor)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"Không thấy kho «{self._name}» ở nơi đã khai báo.",
                remedy="Kiểm tra thiết bị lưu trữ đã được gắn đúng chỗ chưa; kho mới thì chạy «luutru init».",
                detail=f"{self._root}: {error}",
            ) from error
        if found != self._name:
            raise StoreError(
                f"Nơi khai báo cho kho «{self._name}» lại chứa kho «{found}».",
                remedy="Sửa khai báo kho, hoặc gắn đúng thiết bị.",
                detail=str(self._root),
            )

    def _write_marker(self) -> None:
        data = json.dumps({"name": self._name, "format": "luutru-store/1"}, ensure_ascii=False).encode("utf-8")
        part = self._root / WRITING / self._token()
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._root / MARKER)
        for folder in (self._root, self._root.parent):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _walk(self, segments: tuple[str, ...]) -> Iterator[str]:
        try:
            entries = self._disk.names(self._root.joinpath(*segments))
        except FileNotFoundError:
            return
        except OSError as error:
            raise store_error(error, self._name) from error
        for name, is_folder in entries:
            if not segments and name in (MARKER, WRITING, ASIDE):
                continue
            if is_folder:
                yield from self._walk((*segments, name))
            else:
                yield "/".join((*segments, name))

    def _sweep_one(self, path: Path) -> int:
        """Removed under its lock: a writer that is about to lock it sees that its file has lost its name."""
        try:
            descriptor = self._disk.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return 0
        try:
            self._disk.lock(descriptor, wait=False)
            self._disk.unlink(path)
        except (BlockingIOError, FileNotFoundError):
            return 0
        finally:
            self._disk.close(descriptor)
        return 1
