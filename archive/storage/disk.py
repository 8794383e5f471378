"""The system calls a directory store makes, one method each, so that a test can make any single one of them fail."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from pathlib import Path

from archive.errors import ObjectMissingError, StoreError, StoreFullError, StoreReadOnlyError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Disk:
    """Plain calls: no retry, no translation, OSError as the system gives it."""

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        return os.open(path, flags | os.O_CLOEXEC, mode)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def write(self, descriptor: int, data: memoryview) -> int:
        return os.write(descriptor, data)

    def pread_into(self, descriptor: int, buffer: memoryview, offset: int) -> int:
        return os.preadv(descriptor, [buffer], offset)

    def fsync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def chmod(self, descriptor: int, mode: int) -> None:
        os.fchmod(descriptor, mode)

    def stat(self, descriptor: int) -> os.stat_result:
        return os.fstat(descriptor)

    def lock(self, descriptor: int, *, wait: bool) -> None:
        """The exclusive lock of an open file, freed by the system when its process dies. BlockingIOError if taken."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def link(self, source: Path, target: Path) -> None:
        """A second name; FileExistsError when ``target`` is taken, whoever took it."""
        os.link(source, target, follow_symlinks=False)

    def rename(self, source: Path, target: Path) -> None:
        """``source`` takes the name ``target``, whatever file had it; at no instant is there none."""
        os.rename(source, target)

    def unlink(self, path: Path) -> None:
        os.unlink(path)

    def is_folder(self, path: Path) -> bool:
        """Whether a folder has this name; a link to one is none."""
        return path.is_dir() and not path.is_symlink()

    def remove_folder(self, path: Path) -> None:
        """With all that is in it."""
        shutil.rmtree(path)

    def remove_empty_folder(self, path: Path) -> None:
        """OSError when anything is in it."""
        os.rmdir(path)

    def size(self, path: Path) -> int:
        """Of whatever has this name, without opening it: a file that cannot be opened has a size too."""
        return os.lstat(path).st_size

    def mkdir(self, path: Path) -> None:
        os.mkdir(path, 0o755)

    def names(self, folder: Path) -> list[tuple[str, bool]]:
        """Name and whether it is a folder (links are not followed), ascending by name."""
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)

    def advise(self, descriptor: int, advice: int) -> None:
        os.posix_fadvise(descriptor, 0, 0, advice)

    def free_bytes(self, folder: Path) -> int:
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize

    def device(self, folder: Path) -> int:
        return os.stat(folder).st_dev


def store_error(error: OSError, store: str, key: str = "") -> StoreError:
    """What this failure means to a user of ``store``; the system's own words go into ``detail``."""
    detail = f"{store} {key}: {error}"
    if error.errno in _FULL:
        return StoreFullError(f"Kho «{store}» đã đầy.", remedy="Giải phóng hoặc thêm dung lượng.", detail=detail)
    if error.errno == errno.EROFS:
        return StoreReadOnlyError(f"Kho «{store}» chỉ cho đọc.", remedy="Gắn lại thiết bị ở chế độ ghi.", detail=detail)
    if error.errno == errno.ENOENT and key:
        return ObjectMissingError(f"Kho «{store}» không có đối tượng được yêu cầu.", detail=detail)
    return StoreError(
        f"Kho «{store}» gặp lỗi: {os.strerror(error.errno or 0)}.",
        remedy="Kiểm tra thiết bị lưu trữ và quyền truy cập.",
        detail=detail,
    )
