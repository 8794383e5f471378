"""Takes a submission in: a folder, ZIP, TAR, TAR.GZ or single file, judged the same whichever way it came."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from archive.finding import Severity
from archive.paths import RelPath
from ingest.subject import Member
from ingest.unpack.admission import Admission
from ingest.unpack.entries import (
    Entry,
    EntryUnreadableError,
    Kind,
    Problem,
    RefusedError,
    SourceUnreadableError,
    problem,
)
from ingest.unpack.folder_source import FolderSource, file_chunks
from ingest.unpack.gzip_stream import GzipStream
from ingest.unpack.intake import Intake, disk_error, settle
from ingest.unpack.kinds import SourceKind, source_kind
from ingest.unpack.limits import Limits
from ingest.unpack.nested import ARCHIVE_HEADS, nested_fault
from ingest.unpack.root import CLUTTER, package_root
from ingest.unpack.tar_source import TarSource
from ingest.unpack.unpacked import INDEX, OBJECTS, Unpacked, write_index
from ingest.unpack.zip_source import ZipSource

# Colliding names are an error, yet each of them has its own bytes: they stay to be looked at.
_KEEPS_CONTENT = frozenset(
    {"unpack.name.case-collision", "unpack.name.unicode-collision", "unpack.name.file-and-folder"}
)


class Source(Protocol):
    """Gives entries in order; what is wrong with one goes to the shared list of problems."""

    def entries(self) -> Iterator[Entry]: ...


def unpack(source: Path, quarantine: Path, limits: Limits | None = None, *, name: str | None = None) -> Unpacked:
    """Every file of ``source`` copied once into ``quarantine/objects`` under names of ours, with both digests.

    ``name``: what the source is called when that is not its name on this disk; of a single file, its path.

    Durable when it returns: bytes first, then the index (see ``reopened``). Repeatable: what an unfinished run left
    behind is removed first. Nothing is written outside ``quarantine``. Of a refused submission no content stays.
    Raises SourceUnreadableError when the source cannot be opened, QuarantineFullError when there is no room and
    IntakeFailedError when a disk fails, after removing what was written; anything wrong with the content is a finding.
    """
    started = time.perf_counter()
    objects = quarantine / OBJECTS
    _removed(quarantine)
    try:
        objects.mkdir(parents=True)
        unpacked = _taken(source, objects, limits or Limits(), started, name)
        if not unpacked.members:
            shutil.rmtree(objects)
            objects.mkdir()
        settle(objects)
        write_index(unpacked, quarantine)
    except OSError as error:
        _removed(quarantine)
        raise disk_error(error) from error
    except BaseException:
        _removed(quarantine)
        raise
    return unpacked


def survey(source: Path, limits: Limits | None = None) -> Unpacked:
    """The same verdict on a folder or single file, read where it lies: each member's blob is the source file itself.

    Archives must be unpacked; ValueError for them (ask ``can_survey`` first).
    """
    if not can_survey(source):
        raise ValueError("an archive cannot be looked at in place")
    return _taken(source, None, limits or Limits(), time.perf_counter(), None)


def can_survey(source: Path) -> bool:
    """Whether ``source`` is a folder or a single file, so that nothing needs to be copied to check it."""
    if source.is_dir():
        return True
    try:
        with source.open("rb") as file:
            return source_kind(file, source.name) is SourceKind.FILE
    except RefusedError:
        return True
    except OSError as error:
        raise _unreadable(error) from error


def _taken(source: Path, objects: Path | None, limits: Limits, started: float, name: str | None) -> Unpacked:
    problems: list[Problem] = []
    admission = Admission(limits, problems)
    members: dict[RelPath, Member] = {}
    nested: list[RelPath] = []
    kind = SourceKind.FOLDER
    name = name or os.path.basename(os.path.abspath(source))
    fatal = False
    with ExitStack() as stack:
        intake = stack.enter_context(Intake(objects, limits))
        try:
            kind, entries = _opened(source, name, limits, problems, stack)
            for entry in entries:
                path = admission.file(entry)
                if path is None:
                    continue
                try:
                    taken = intake.take(path, entry.chunks())
                except EntryUnreadableError as error:
                    problems.append(problem(error.code, path))
                    continue
                blob = taken.blob or entry.blob
                if blob is None:
                    raise ValueError("an archive cannot be looked at in place")
                members[path] = Member(path, blob, taken.digests)
                if taken.head.startswith(ARCHIVE_HEADS):
                    nested.append(path)
        except RefusedError as refusal:
            fatal = True
            problems.append(refusal.fault)
    if not fatal:
        problems += [fault for path in nested if (fault := nested_fault(path, members[path].blob, limits))]
        problems += admission.collisions()
        if not members and not problems:
            problems.append(problem("unpack.source.empty"))
    return _finished(name, kind, members, admission.empty_directories(), problems, started)


def _finished(
    name: str,
    kind: SourceKind,
    members: dict[RelPath, Member],
    directories: list[str],
    problems: list[Problem],
    started: float,
) -> Unpacked:
    root, clutter = ("", 0) if kind is SourceKind.FILE else package_root(members)
    if clutter:
        problems.append(problem("unpack.clutter", count=clutter))
    findings = tuple(item.finding(root) for item in problems)
    if any(item.severity is Severity.ERROR and item.code not in _KEEPS_CONTENT for item in findings):
        members = {}
    below_root = sorted(item[len(root) :] for item in directories if item.startswith(root) and len(item) > len(root))
    kept = _below(root, members, bool(clutter))
    return Unpacked(name, kind, kept, tuple(below_root), findings, time.perf_counter() - started)


def _below(root: str, members: dict[RelPath, Member], without_clutter: bool) -> dict[RelPath, Member]:
    """Members by their path from the package's root, in the order of names: the same whichever way they came."""
    kept: dict[RelPath, Member] = {}
    for path in sorted(members):
        if without_clutter and path.startswith(CLUTTER):
            continue
        member = members[path]
        below = RelPath(path[len(root) :]) if root else path
        kept[below] = Member(below, member.blob, member.digests) if root else member
    return kept


def _opened(
    source: Path, name: str, limits: Limits, problems: list[Problem], stack: ExitStack
) -> tuple[SourceKind, Iterator[Entry]]:
    if source.is_dir():
        return SourceKind.FOLDER, FolderSource(source, limits, problems).entries()
    if source.exists() and not source.is_file():
        raise SourceUnreadableError("Nguồn nộp không phải tệp hay thư mục.", detail=str(source))
    try:
        file = stack.enter_context(source.open("rb"))
        kind = source_kind(file, name)
    except OSError as error:
        raise _unreadable(error) from error
    if kind is SourceKind.FILE:
        # A link given by the user on purpose is followed once, here; names below are never followed.
        blob = source.resolve()
        return kind, iter([Entry(name, Kind.FILE, lambda: file_chunks(blob), blob)])
    if kind is SourceKind.ZIP:
        return kind, ZipSource(file, name, limits, problems).entries()
    if kind is SourceKind.TAR_GZ:
        stream = GzipStream(file, name, limits)
        return kind, TarSource(stream, name, limits, problems).entries()
    return kind, TarSource(file, name, limits, problems).entries()


def _unreadable(error: OSError) -> SourceUnreadableError:
    return SourceUnreadableError(
        "Không mở được nguồn nộp.", remedy="Kiểm tra đường dẫn và quyền đọc rồi thử lại.", detail=str(error)
    )


def _removed(quarantine: Path) -> None:
    for name in (INDEX, f"{INDEX}.part"):
        (quarantine / name).unlink(missing_ok=True)
    if (quarantine / OBJECTS).exists():
        shutil.rmtree(quarantine / OBJECTS)
