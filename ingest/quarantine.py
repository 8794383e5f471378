"""Quarantine: where received bytes wait under our own names until they are an AIP or gone.

    quarantine/<submission>/transfer        the archive or file exactly as it arrived (absent for a folder)
                           /name            what its sender called it, when it was sent under a name
                           /content/        objects/000001 … and index.json: exact name -> object, digests
                           /checks/         reports.json, material/, text/, letters

Each of these appears whole, by a rename of its ``.part`` after an fsync, or not at all.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.durable import PART, sync_folder, write_whole
from archive.errors import LuutruError

LOCK = ".lock"


_HALF = re.compile(r".+\.[0-9a-f]{8}")
"""What ``make_whole`` fills, without its ending: the id of a submission has no such tail."""


class ChecksChangedError(LuutruError):
    """The checks of a submission are gone, or are not those the ledger speaks of: nothing is made of them."""

    code = "quarantine.checks-changed"


def make_whole(folder: Path, fill: Callable[[Path], None]) -> None:
    """``folder`` appears with everything ``fill`` put there, or not at all; there already: nothing is done.

    Two processes may make the same at once, when one was given up for dead and is not: each fills a place of its own,
    the first to be whole stays. The place around ``folder`` must be there; whoever still works in one that was removed
    meets FileNotFoundError.
    """
    if folder.exists():
        return
    part = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}{PART}")
    part.mkdir()
    with _held(part) as mine:
        try:
            if not mine:  # a sweeper was quicker
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(part))
            fill(part)
            sync_folder(part)
            part.rename(folder)
        except OSError as error:
            remove_tree(part)
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    sync_folder(folder.parent)


def remove_parts(folder: Path) -> None:
    """What attempts to make ``folder`` left, those that were killed and one that does not know it has been given up."""
    for part in folder.parent.glob(f"{folder.name}*{PART}"):
        remove_tree(part)


@contextmanager
def _held(part: Path) -> Iterator[bool]:
    """Marks ``part`` as being filled, for as long as the process lives at most; False when another holds it, or took it."""
    try:
        descriptor = os.open(part, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield part.exists()
    finally:
        os.close(descriptor)


def begin_whole(folder: Path) -> Path:
    """The empty place to fill; it becomes ``folder`` by ``end_whole``."""
    part = folder.with_name(folder.name + PART)
    remove_tree(part)
    part.mkdir(parents=True)
    return part


def end_whole(folder: Path) -> None:
    """``folder`` is there with all that was put into its part, durably; the files in it are synced by who wrote them."""
    part = folder.with_name(folder.name + PART)
    sync_folder(part)
    part.rename(folder)
    sync_folder(folder.parent)


def remove_tree(folder: Path) -> None:
    """``folder`` is gone, durably; already gone is fine. An error while removing is raised, never swallowed."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
    sync_folder(folder.parent)


def checks_changed(submission_id: str, detail: str) -> ChecksChangedError:
    return ChecksChangedError(
        "Kết quả kiểm tra trong khu cách ly không còn đúng như đã ghi vào sổ nhật ký.",
        remedy="Hệ thống kiểm tra lại từ nội dung đã tiếp nhận; xem ai ghi được vào kho dùng chung của khu cách ly.",
        detail=f"{submission_id}: {detail}",
    )


class Slot:
    """The place of one submission in quarantine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def transfer(self) -> Path:
        return self.folder / "transfer"

    @property
    def content(self) -> Path:
        return self.folder / "content"

    @property
    def checks(self) -> Path:
        return self.folder / "checks"

    def exists(self) -> bool:
        return self.folder.is_dir()

    @property
    def name(self) -> str | None:
        """What the sender called the transfer: text only, never a name on our disk."""
        try:
            return (self.folder / "name").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def keep_name(self, name: str) -> None:
        write_whole(self.folder / "name", name.encode("utf-8", "replace"))


class Quarantine:
    """All slots under one folder of the archive's home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def slot(self, submission_id: str) -> Slot:
        """Its place on this machine, whether or not anything is there."""
        return Slot(self.folder / submission_id)

    def held(self, submission_id: str) -> Slot:
        """The slot with all that was received; see ``ingest.shared_transfers`` for what lies on another machine."""
        return self.slot(submission_id)

    def share_checks(self, submission_id: str) -> str:
        """The checks of this slot can be had wherever the submission is carried on; the digest they are known by then.

        Empty where this folder is the only place they lie in: then nothing is compared.
        """
        return ""

    def recorded_checks(self, submission_id: str, sha256: str) -> Path:
        """The checks whose digest (of ``share_checks``) was recorded. Raises ChecksChangedError when they are not to be had."""
        checks = self.slot(submission_id).checks
        if not checks.exists():
            raise checks_changed(submission_id, "no checks")
        return checks

    def confirm(self, submission_id: str) -> None:
        """What was just recorded as received is there for whoever carries it."""

    def begin(self, submission_id: str) -> Slot:
        """An empty slot to be filled, and then made whole by ``complete``; before that it is nobody's submission."""
        return Slot(begin_whole(self.slot(submission_id).folder))

    def complete(self, submission_id: str) -> Slot:
        """The slot as it was filled, durable."""
        slot = self.slot(submission_id)
        end_whole(slot.folder)
        return slot

    def give_up(self, submission_id: str) -> None:
        """What ``begin`` began is gone; a whole slot stays."""
        remove_tree(self.slot(submission_id).folder.with_name(submission_id + PART))

    @contextmanager
    def being_received(self, submission_id: str) -> Iterator[None]:
        """Marks what is not acknowledged yet as under way; the mark goes with the process, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        mark = self.folder / (submission_id + LOCK)
        with self._marked(mark):
            try:
                yield
            finally:
                mark.unlink(missing_ok=True)

    @contextmanager
    def _marked(self, mark: Path) -> Iterator[None]:
        """Holds ``mark`` locked. A sweeper may take it away before its lock: then there is another."""
        while True:
            with mark.open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.fstat(file.fileno()).st_nlink:
                    yield
                    return

    def sweep(self, known: Callable[[str], bool]) -> int:
        """Removes whatever belongs to no submission (``known``) and to no receiver that still lives."""
        swept = 0
        found = {name.removesuffix(LOCK).removesuffix(PART) for name in self.names()}
        for begun in sorted(filter(_HALF.fullmatch, found)):
            self._sweep_half(begun)
        for submission_id in sorted(name for name in found if not _HALF.fullmatch(name)):
            left_over = any((self.folder / (submission_id + mark)).exists() for mark in (PART, LOCK))
            if not left_over and known(submission_id):
                continue
            with (self.folder / (submission_id + LOCK)).open("w") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                if not os.fstat(file.fileno()).st_nlink:
                    continue  # its holder took it away; whoever receives the same now has another
                # Asked again under the lock: it may have been acknowledged in between.
                if not known(submission_id):
                    self.remove(submission_id)
                    swept += 1
                remove_tree(self.folder / (submission_id + PART))
                (self.folder / (submission_id + LOCK)).unlink(missing_ok=True)
        return swept

    def _sweep_half(self, begun: str) -> None:
        """What ``make_whole`` began here and nobody fills any more is gone."""
        part = self.folder / (begun + PART)
        with _held(part) as abandoned:
            if abandoned:
                remove_tree(part)
        (self.folder / (begun + LOCK)).unlink(missing_ok=True)

    def remove(self, submission_id: str) -> None:
        """Nothing of this submission is left in quarantine."""
        if not self.folder.is_dir():
            return
        remove_tree(self.folder / submission_id)
        remove_tree(self.folder / (submission_id + PART))

    def names(self) -> Iterator[str]:
        """Every entry here, acknowledged or left over."""
        if self.folder.is_dir():
            yield from sorted(entry.name for entry in os.scandir(self.folder))

    def ids(self) -> Iterator[str]:
        """The submissions that have content here; unfinished arrivals are none."""
        return (name for name in self.names() if not name.endswith((PART, LOCK)))

    def free_bytes(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.folder).free
