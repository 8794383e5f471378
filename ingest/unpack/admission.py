"""Which names from outside come in: by the rules of ``RelPath``, under limits, none to be taken for another."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from archive.errors import PathRefusedError
from archive.paths import RelPath
from ingest.unpack.entries import Entry, Kind, Problem, problem, refused
from ingest.unpack.limits import Limits

_REFUSED_KINDS = {
    Kind.LINK: "unpack.entry.link",
    Kind.HARD_LINK: "unpack.entry.hard-link",
    Kind.SPARSE: "unpack.tar.sparse",
}


class Admission:
    """Names of one submission as they come; ``refusals`` counts those that make the whole submission refused."""

    def __init__(self, limits: Limits, problems: list[Problem]) -> None:
        self._limits = limits
        self._problems = problems
        self._files: set[str] = set()
        self._directories: dict[str, None] = {}
        self.refusals = 0

    def file(self, entry: Entry) -> RelPath | None:
        """The path of a file that may come in, or None: a directory, or refused with its reason."""
        name = entry.name.removeprefix("./")
        if entry.kind is Kind.DIRECTORY:
            self._directory(name.rstrip("/"))
            return None
        if entry.kind is not Kind.FILE:
            code = _REFUSED_KINDS.get(entry.kind, "unpack.entry.special")
            self._refuse(problem(code, name, kind=entry.kind.value))
            return None
        path = self._path(name)
        if path is None:
            return None
        if path in self._files:
            self._refuse(problem("unpack.name.duplicate", path))
            return None
        if len(self._files) >= self._limits.members:
            raise refused("unpack.limit.members", limit=self._limits.members)
        self._files.add(path)
        return path

    def empty_directories(self) -> list[str]:
        """Directories that hold no file, in the order they came."""
        filled = {parent for path in self._files for parent in _parents(path)}
        return [name for name in self._directories if name not in filled]

    def collisions(self) -> list[Problem]:
        """Names that some file system takes for one, and names that are a file here and a folder there."""
        groups: dict[str, list[str]] = defaultdict(list)
        for path in self._files:
            groups[RelPath.collapsed(RelPath(path))].append(path)
        found = [_collision(sorted(names)) for names in groups.values() if len(names) > 1]
        folders = {parent for path in self._files for parent in _parents(path)} | set(self._directories)
        both = sorted(folders & self._files)
        return sorted(found, key=lambda item: item.name or "") + [
            problem("unpack.name.file-and-folder", name) for name in both
        ]

    def _directory(self, name: str) -> None:
        if name and name != "." and self._path(name) is not None:
            self._directories[name] = None
            if len(self._directories) > self._limits.members:
                raise refused("unpack.limit.members", limit=self._limits.members)

    def _path(self, name: str) -> RelPath | None:
        try:
            path = RelPath(name)
        except PathRefusedError as error:
            self._refuse(problem(f"unpack.name.{error.rule}", name))
            return None
        limits = self._limits
        segments = path.split("/")
        longest = max(len(unicodedata.normalize("NFC", segment)) for segment in segments)
        if longest > limits.name_chars:
            self._refuse(problem("unpack.name.too-long", path, limit=limits.name_chars))
        elif len(path.encode("utf-8")) > limits.path_bytes:
            self._refuse(problem("unpack.name.path-too-long", path, limit=limits.path_bytes))
        elif len(segments) > limits.depth:
            self._refuse(problem("unpack.name.too-deep", path, limit=limits.depth))
        else:
            return path
        return None

    def _refuse(self, fault: Problem) -> None:
        self.refusals += 1
        self._problems.append(fault)
        if self.refusals > self._limits.members:
            raise refused("unpack.limit.members", limit=self._limits.members)


def _collision(names: list[str]) -> Problem:
    one_form = len({unicodedata.normalize("NFC", name) for name in names}) == 1
    code = "unpack.name.unicode-collision" if one_form else "unpack.name.case-collision"
    return problem(code, names[0], names=", ".join(names))


def _parents(path: str) -> Iterable[str]:
    at = path.rfind("/")
    while at > 0:
        yield path[:at]
        at = path.rfind("/", 0, at)
