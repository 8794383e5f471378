"""``fetch.txt``: read so that the refusal can say what was wrong with it; nothing is ever fetched (RFC 8493, 2.2.3)."""

from __future__ import annotations

import re
from collections.abc import Collection

from archive.bag.manifest import printable
from archive.bag.tagtext import BOM, lines_of
from archive.finding import Finding, finding
from archive.paths import broken_rule

FILE = "fetch.txt"
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:[^ \t]+)[ \t]+([^ \t]+)[ \t]+(.+)", re.DOTALL)
_ENCODED = re.compile(r"%(25|0[AaDd])")


def parsed_fetch(text: str) -> tuple[dict[str, int], list[Finding]]:
    """The payload paths to be fetched with the line that names each, and every malformed line."""
    findings: list[Finding] = []
    paths: dict[str, int] = {}
    for number, line in enumerate(lines_of(text.removeprefix(BOM)), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            findings.append(finding("bag.fetch.line", FILE, line=number))
            continue
        length, path = match[2], _ENCODED.sub(lambda code: chr(int(code[1], 16)), match[3].removeprefix("./"))
        if length != "-" and not (length.isascii() and length.isdigit()):
            findings.append(finding("bag.fetch.length", FILE, line=number, length=length[:80]))
        rule = "tilde" if path.startswith("~") else broken_rule(path)
        if rule is not None:
            findings.append(finding("bag.fetch.path", FILE, line=number, path=printable(path), rule=rule))
        elif not path.startswith("data/"):
            findings.append(finding("bag.fetch.tag-file", FILE, line=number, path=path))
        else:
            paths.setdefault(path, number)
    return paths, findings


def fetch_faults(
    paths: dict[str, int], malformed: bool, listed: Collection[str], present: Collection[str]
) -> list[Finding]:
    """Why a bag with these paths in ``fetch.txt`` is refused, or a warning when every file is already there."""
    findings = [
        finding("bag.fetch.unlisted", FILE, line=number, path=path)
        for path, number in paths.items()
        if path not in listed
    ]
    waiting = [path for path in paths if path not in present]
    if waiting:
        findings.append(finding("bag.fetch.refused", FILE, count=len(waiting), paths=sorted(waiting)[:100]))
    elif not malformed:
        findings.append(finding("bag.fetch.resolved", FILE))
    return findings
