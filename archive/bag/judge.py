"""Judges a bag by RFC 8493 (and by the older drafts from 0.93 on): everything wrong with it, never only the first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from archive.bag import declaration as bagit
from archive.bag import fetch
from archive.bag.declaration import Declaration, read_declaration
from archive.bag.files import BagFiles
from archive.bag.info import Pairs, info_faults, info_file, parsed_info
from archive.bag.manifest import Manifest, ManifestName, manifest_named, parsed_manifest
from archive.bag.names import FileNames, collision_faults
from archive.bag.tagtext import tag_text
from archive.finding import Answer, Finding, answer_of, finding

TAG_FILE_BYTES = 256 << 20
_SYSTEM_FILE = re.compile(r"(?:.*/)?(?:\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini|\.Spotlight-V100|\.Trashes)", re.I)

# For each file, the algorithms and digests manifests state; tuples, since there may be a hundred thousand files.
_Expected = dict[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """``answer`` passed means: complete and valid (RFC 8493, 3). ``algorithms`` are those every checksum of which was
    looked at; ``info`` the pairs of bag-info.txt in order."""

    answer: Answer
    findings: tuple[Finding, ...]
    version: str
    encoding: str
    algorithms: tuple[str, ...]
    info: Pairs
    payload_bytes: int
    payload_files: int


def judged(files: BagFiles, *, progress: Callable[[int], None] | None = None) -> Judgement:
    """The verdict on one bag; never raises for what is in it. ``progress`` is told the bytes of each file checked."""
    return _Judging(files, progress or (lambda _: None)).judgement()


class _Judging:
    def __init__(self, files: BagFiles, progress: Callable[[int], None]) -> None:
        self._files = files
        self._sizes = files.sizes()
        self._payload = {path: size for path, size in self._sizes.items() if path.startswith("data/")}
        self._names = FileNames(self._sizes)
        self._progress = progress
        self._findings: list[Finding] = []
        self._info: Pairs = ()
        self._said: set[tuple[str, str | None]] = set()

    def judgement(self) -> Judgement:
        declaration = self._declaration()
        self._payload_directory()
        manifests = self._manifests(declaration)
        payload = [manifest for manifest in manifests if not manifest.name.tag]
        tags = [manifest for manifest in manifests if manifest.name.tag]
        waiting = self._fetch(declaration, payload)
        expected: _Expected = {}
        self._payload_complete(declaration, payload, waiting, expected)
        self._tags_complete(declaration, tags, expected)
        self._checksums(expected)
        self._bag_info(declaration)
        self._findings += collision_faults(self._sizes)
        return Judgement(
            answer_of(self._findings),
            tuple(self._findings),
            declaration.version_text,
            declaration.encoding,
            tuple(sorted({item.name.algorithm.name for item in payload if item.name.algorithm})),
            self._info,
            sum(self._payload.values()),
            len(self._payload),
        )

    def _declaration(self) -> Declaration:
        if bagit.FILE not in self._sizes:
            self._findings.append(finding("bag.declaration.missing"))
            return Declaration()
        data = self._content(bagit.FILE)
        if data is None:
            return Declaration()
        declaration, findings = read_declaration(data)
        self._findings += findings
        return declaration

    def _payload_directory(self) -> None:
        self._findings += [
            finding("bag.file.irregular", path, kind=kind) for path, kind in sorted(self._files.irregular().items())
        ]
        if not self._payload and not any(f"{path}/".startswith("data/") for path in self._files.directories()):
            self._findings.append(finding("bag.payload.no-directory"))
        self._findings += [
            finding("bag.payload.system-file", path) for path in sorted(self._payload) if _SYSTEM_FILE.fullmatch(path)
        ]

    def _manifests(self, declaration: Declaration) -> list[Manifest]:
        names = [name for path in sorted(self._sizes) if "/" not in path and (name := manifest_named(path))]
        if not any(not name.tag for name in names):
            self._findings.append(finding("bag.manifest.none"))
        for tag in (False, True):
            self._algorithms([name for name in names if name.tag is tag])
        manifests = []
        for name in names:
            text = self._text(name.file, declaration)
            if text is not None:
                manifest = parsed_manifest(name, text, declaration, self._sizes)
                self._findings += manifest.findings
                manifests.append(manifest)
        return manifests

    def _algorithms(self, names: list[ManifestName]) -> None:
        by_algorithm: dict[str, list[str]] = defaultdict(list)
        for name in names:
            algorithm = name.algorithm
            if algorithm is None:
                code = "bag.manifest.algorithm-unknown"
                self._findings.append(finding(code, name.file, algorithm=name.spelled[:80]))
                continue
            by_algorithm[algorithm.name].append(name.file)
            if algorithm.weak:
                self._findings.append(finding("bag.manifest.algorithm-weak", name.file, algorithm=algorithm.name))
            if name.spelled != algorithm.name:
                self._findings.append(finding("bag.manifest.algorithm-spelling", name.file, algorithm=algorithm.name))
        for spelled, files in by_algorithm.items():
            if len(files) > 1:
                self._findings.append(
                    finding("bag.manifest.algorithm-twice", algorithm=spelled, files=", ".join(files))
                )

    def _fetch(self, declaration: Declaration, payload: list[Manifest]) -> set[str]:
        """Names to be fetched that are not there: refused once, and not counted again as missing."""
        if fetch.FILE not in self._sizes:
            return set()
        text = self._text(fetch.FILE, declaration)
        if text is None:
            return set()
        paths, findings = fetch.parsed_fetch(text)
        listed = {path for manifest in payload for path in manifest.entries}
        if declaration.strict and payload:
            listed = set.intersection(*(set(manifest.entries) for manifest in payload))
        self._findings += findings + fetch.fetch_faults(paths, bool(findings), listed, self._sizes)
        return {path for path in paths if path not in self._sizes}

    def _payload_complete(
        self,
        declaration: Declaration,
        manifests: list[Manifest],
        waiting: set[str],
        expected: _Expected,
    ) -> None:
        missing: dict[str, list[str]] = defaultdict(list)
        unlisted: dict[str, list[str]] = defaultdict(list)
        for manifest in manifests:
            listed = self._listed(manifest, missing, expected)
            for path in self._payload:
                if path not in listed:
                    unlisted[path].append(manifest.name.file)
        for path in sorted(missing):
            if path not in waiting:
                self._findings.append(finding("bag.payload.missing", path, manifests=", ".join(missing[path])))
        for path in sorted(unlisted):
            # Before 1.0 one manifest was enough for a file.
            if declaration.strict or len(unlisted[path]) == len(manifests):
                self._findings.append(finding("bag.payload.unlisted", path, manifests=", ".join(unlisted[path])))

    def _tags_complete(self, declaration: Declaration, manifests: list[Manifest], expected: _Expected) -> None:
        missing: dict[str, list[str]] = defaultdict(list)
        suffix = "" if declaration.strict else "-old"
        payload_manifests = [
            path for path in sorted(self._sizes) if (name := manifest_named(path)) is not None and not name.tag
        ]
        for manifest in manifests:
            file = manifest.name.file
            listed = self._listed(manifest, missing, expected)
            for path in sorted(listed):
                name = manifest_named(path)
                if name is not None and name.tag:
                    self._findings.append(finding(f"bag.tagmanifest.lists-tagmanifest{suffix}", file, path=path))
            for path in payload_manifests:
                if path not in listed:
                    self._findings.append(finding(f"bag.tagmanifest.manifest-unlisted{suffix}", file, manifest=path))
        for path in sorted(missing):
            self._findings.append(finding("bag.tagfile.missing", path, manifests=", ".join(missing[path])))

    def _listed(self, manifest: Manifest, missing: dict[str, list[str]], expected: _Expected) -> set[str]:
        """The files a manifest speaks of; what it expects of them goes to ``expected``, what is not there to
        ``missing``."""
        listed: set[str] = set()
        algorithm = manifest.name.algorithm
        for path, digest in manifest.entries.items():
            match = self._names.match(path, manifest.entries)
            actual = match.actual
            if actual is None:
                missing[path].append(manifest.name.file)
                if match.ambiguous:
                    self._once(finding("bag.name.ambiguous", path))
                continue
            if actual in listed or (actual != path and actual in manifest.entries):
                self._findings.append(finding("bag.manifest.duplicate-normalised", manifest.name.file, path=path))
            elif actual != path:
                self._once(finding("bag.name.normalised", path, file=actual))
            listed.add(actual)
            if algorithm is not None and len(digest) == algorithm.hex_digits:
                expected[actual] = (*expected.get(actual, ()), (algorithm.name, digest))
        return listed

    def _checksums(self, expected: _Expected) -> None:
        for path in sorted(expected):
            wanted = expected[path]
            try:
                actual = self._files.digests(path, frozenset(name for name, _ in wanted))
            except OSError:
                self._once(finding("bag.file.unreadable", path))
                continue
            wrong = sorted({name for name, digest in wanted if digest != actual[name]})
            if wrong:
                code = "bag.payload.changed" if path in self._payload else "bag.tagfile.changed"
                stated = {name: sorted({digest for stated, digest in wanted if stated == name}) for name in wrong}
                found = {name: actual[name] for name in wrong}
                self._findings.append(finding(code, path, algorithms=", ".join(wrong), stated=stated, found=found))
            self._progress(self._sizes[path])

    def _bag_info(self, declaration: Declaration) -> None:
        file = info_file(declaration)
        if file not in self._sizes:
            return
        text = self._text(file, declaration)
        if text is not None:
            self._info, findings = parsed_info(file, text, declaration)
            self._findings += findings
            self._findings += info_faults(file, self._info, sum(self._payload.values()), len(self._payload))

    def _text(self, file: str, declaration: Declaration) -> str | None:
        data = self._content(file)
        if data is None:
            return None
        text, fault = tag_text(file, data, declaration)
        if fault is not None:
            self._findings.append(fault)
        return text

    def _content(self, file: str) -> bytes | None:
        size = self._sizes[file]
        if size > TAG_FILE_BYTES:
            self._findings.append(finding("bag.tag.too-large", file, size_bytes=size))
            return None
        try:
            return self._files.content(file)
        except OSError:
            self._once(finding("bag.file.unreadable", file))
            return None

    def _once(self, item: Finding) -> None:
        if (item.code, item.document) not in self._said:
            self._said.add((item.code, item.document))
            self._findings.append(item)
