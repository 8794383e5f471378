"""Payload and tag manifests: every line read by the rules of the bag's version, every fault named (RFC 8493, 2.1.3)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from archive.bag.algorithms import ALGORITHMS, Algorithm, normalised_name
from archive.bag.declaration import Declaration
from archive.bag.tagtext import BOM, lines_of
from archive.finding import Finding, finding
from archive.paths import broken_rule

_NAME = re.compile(r"(tag)?manifest-([^/]+)\.txt")
_LINE = re.compile(r"([0-9A-Fa-f]+)[ \t]+(.+)", re.DOTALL)
_ENCODED = re.compile(r"%(25|0[AaDd])")
_ENCODED_BREAK = re.compile(r"%(0[AaDd])")


@dataclass(frozen=True, slots=True)
class ManifestName:
    """A manifest file at the root of the bag; ``algorithm`` is None when it is not known here."""

    file: str
    tag: bool
    spelled: str
    algorithm: Algorithm | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """``entries``: lower-case digest by path, as decoded; lines with a fault are findings instead."""

    name: ManifestName
    entries: Mapping[str, str]
    findings: tuple[Finding, ...]


def manifest_named(file: str) -> ManifestName | None:
    """The manifest a file at the root is by its name, or None; the algorithm's case does not matter."""
    match = _NAME.fullmatch(file)
    if match is None:
        return None
    return ManifestName(file, bool(match[1]), match[2], ALGORITHMS.get(normalised_name(match[2])))


def parsed_manifest(name: ManifestName, text: str, declaration: Declaration, present: Collection[str]) -> Manifest:
    """Every entry and every fault of one manifest. ``present`` are the paths of the bag's files: before 1.0 a ``%0A``
    may be an escape or three plain characters, and only the files can tell."""
    reading = _Reading(name, declaration, present)
    if text.startswith(BOM):
        reading.findings.append(finding("bag.manifest.bom", name.file))
        text = text[1:]
    for number, line in enumerate(lines_of(text), 1):
        reading.line(number, line)
    return reading.manifest()


class _Reading:
    def __init__(self, name: ManifestName, declaration: Declaration, present: Collection[str]) -> None:
        self.name = name
        self.findings: list[Finding] = []
        self._declaration = declaration
        self._present = present
        self._entries: dict[str, str] = {}
        self._asterisks = self._dots = self._blanks = 0

    def manifest(self) -> Manifest:
        file = self.name.file
        for code, count in (
            ("bag.manifest.asterisk", self._asterisks),
            ("bag.manifest.dot-slash", self._dots),
            ("bag.manifest.blank-line", self._blanks),
        ):
            if count:
                self.findings.append(finding(code, file, count=count))
        if not self._entries and not self.findings:
            self.findings.append(finding("bag.manifest.empty", file))
        return Manifest(self.name, self._entries, tuple(self.findings))

    def line(self, number: int, line: str) -> None:
        if not line.strip(" \t"):
            self._blanks += 1
            return
        match = _LINE.fullmatch(line)
        if match is None:
            self._fault("bag.manifest.line", number)
            return
        digest, path = match[1].lower(), self._plain(match[2])
        algorithm = self.name.algorithm
        if algorithm is not None and len(digest) != algorithm.hex_digits:
            self._fault("bag.manifest.checksum-form", number, algorithm=algorithm.name)
        path = self._decoded(number, path)
        rule = "tilde" if path.startswith("~") else broken_rule(path)
        if rule is not None:
            self._fault("bag.manifest.path", number, path=printable(path), rule=rule)
        elif path.startswith("data/") == self.name.tag:
            code = "bag.tagmanifest.payload-file" if self.name.tag else "bag.manifest.outside-payload"
            self._fault(code, number, path=path)
        elif path in self._entries:
            self._repeated(number, path, digest)
        else:
            self._entries[path] = digest

    def _plain(self, path: str) -> str:
        if path.startswith("*"):
            self._asterisks += 1
            path = path[1:]
        if path.startswith("./"):
            self._dots += 1
            path = path[2:]
        return path

    def _decoded(self, number: int, path: str) -> str:
        if "%" not in path:
            return path
        if self._declaration.strict:
            if "%" in _ENCODED.sub("", path):
                self._fault("bag.manifest.percent", number, path=path)
                return path
            return _ENCODED.sub(_character, path)
        return path if path in self._present else _ENCODED_BREAK.sub(_character, path)

    def _repeated(self, number: int, path: str, digest: str) -> None:
        same = self._entries[path] == digest
        lax = same and not self._declaration.strict
        self._fault("bag.manifest.duplicate-same" if lax else "bag.manifest.duplicate", number, path=path)

    def _fault(self, code: str, line: int, **details: str) -> None:
        self.findings.append(finding(code, self.name.file, line=line, **details))


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def printable(path: str) -> str:
    """A path that was refused, fit for a message and for JSON: bounded, and without what UTF-8 cannot carry."""
    return path[:300].encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\0")
