"""The folders the key store lies in, each on a medium of its own, and the lock that all who write hold in every one.

place.json              which store this is a place of: an empty mount point is never taken for one
lock                    held (flock) by whoever changes anything
generation-00000007.keys
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from archive.durable import sync_folder, write_whole
from archive.keystore.errors import KeyPlaceError, KeysBusyError
from archive.keystore.generation import PART, file_name

FORMAT = "luutru-keys-place/1"
MARK = "place.json"
_LOCK = "lock"
_GENERATION = re.compile(r"generation-([0-9]{8})\.keys")
WAIT_SECONDS = 600.0
"""How long a writer waits for another: as long as the rotation of many keys takes."""
_PAUSE_SECONDS = 0.01


class Place:
    """One folder. Methods raise OSError as the file system does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"Place({self.path})"

    def store_id(self) -> str | None:
        """Whose place it is; None for a folder that is none (not mounted, not there)."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            value = json.loads((self.path / MARK).read_bytes())
            return str(value["store"]) if value["format"] == FORMAT else None
        return None

    def mark(self, store_id: str) -> None:
        write_whole(self.path / MARK, json.dumps({"format": FORMAT, "store": store_id}).encode("ascii") + b"\n")

    def make(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(self.path.parent)

    def generations(self) -> dict[int, Path]:
        """Those that came to their name, by number."""
        found = {}
        for name in os.listdir(self.path):
            if match := _GENERATION.fullmatch(name):
                found[int(match[1])] = self.path / name
        return found

    def parts(self) -> list[Path]:
        """What unfinished rotations and copyings left."""
        names = (name for name in os.listdir(self.path) if name.endswith(PART))
        return [self.path / name for name in names if _GENERATION.fullmatch(name.removesuffix(PART))]

    def stand(self, part: Path) -> Path:
        """A whole part comes to its name, durably."""
        target = part.with_name(part.name.removesuffix(PART))
        part.replace(target)
        sync_folder(self.path)
        return target

    def generation(self, number: int) -> Path:
        return self.path / file_name(number)


@contextmanager
def locked(places: Sequence[Place], *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Nobody else, of any process or machine, changes a place of this store meanwhile. All places must be there.

    Raises KeyPlaceError, KeysBusyError.
    """
    until = time.monotonic() + wait_seconds
    with ExitStack() as held:
        for place in sorted(places, key=lambda place: str(place.path)):
            try:
                descriptor = os.open(place.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise place_failed(place, error) from error
            held.callback(os.close, descriptor)
            _wait_for(descriptor, place, until)
        yield


def _wait_for(descriptor: int, place: Place, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise KeysBusyError(
                    "Kho khóa đang bận quá lâu (tiến trình khác đang giữ).",
                    remedy="Chờ việc xoay khóa đang chạy kết thúc rồi làm lại.",
                    detail=str(place.path),
                ) from None
            time.sleep(_PAUSE_SECONDS)
        except OSError as error:
            raise place_failed(place, error) from error


def require_all(places: Sequence[Place], store_id: str | None = None) -> str:
    """Every place is there and of one store, whose id is told. Raises KeyPlaceError, naming the first that is not."""
    for place in places:
        found = place.store_id()
        if found is None or (store_id is not None and found != store_id):
            raise KeyPlaceError(
                f"Nơi giữ khóa «{place.path.name}» không có mặt"
                + ("." if found is None else ", hoặc là của kho khóa khác."),
                remedy="Gắn lại phương tiện đó: mọi khóa mới phải được ghi bền vững ở tất cả các nơi.",
                detail=f"{place.path}: {found!r}, wanted {store_id!r}",
            )
        store_id = found
    assert store_id is not None, "a key store has places"
    return store_id


def place_failed(place: Place, error: OSError) -> KeyPlaceError:
    return KeyPlaceError(
        f"Nơi giữ khóa «{place.path.name}» không đọc hoặc ghi được: {error.strerror or type(error).__name__}.",
        remedy="Kiểm tra phương tiện và quyền của thư mục.",
        detail=f"{place.path}: {error}",
    )
