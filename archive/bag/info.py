"""``bag-info.txt``: labels and values in order, by the rules of the bag's version (RFC 8493, 2.2.2)."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from archive.bag.declaration import Declaration
from archive.bag.tagtext import BOM, lines_of
from archive.finding import Finding, finding

_OXUM = re.compile(r"(\d{1,30})\.(\d{1,30})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ONCE = frozenset({"bagging-date", "bag-size", "bag-count", "bag-group-identifier"})

Pairs = tuple[tuple[str, str], ...]


def info_file(declaration: Declaration) -> str:
    """The file's name: ``package-info.txt`` before version 0.96."""
    return "package-info.txt" if declaration.version < (0, 96) else "bag-info.txt"


def parsed_info(file: str, text: str, declaration: Declaration) -> tuple[Pairs, list[Finding]]:
    """Label and value pairs in their order, a folded value joined by line breaks, and every malformed line."""
    findings: list[Finding] = []
    pairs: list[tuple[str, list[str]]] = []
    if text.startswith(BOM):
        findings.append(finding("bag.tag.bom", file))
        text = text[1:]
    blank = False
    for number, line in enumerate(lines_of(text), 1):
        if not line:
            blank = True
        elif line[0] in " \t":
            if pairs:
                pairs[-1][1].append(line.strip(" \t"))
            elif line.strip(" \t"):
                findings.append(finding("bag.info.line", file, line=number))
        elif element := _element(line, declaration.strict):
            label, value = element
            if not value.strip():
                findings.append(finding("bag.info.value-empty", file, line=number, label=label))
            elif declaration.strict and value[1] in " \t":
                findings.append(finding("bag.info.padding", file, line=number))
            pairs.append((label, [value.strip(" \t")]))
        else:
            findings.append(finding("bag.info.line", file, line=number))
    if blank:
        findings.append(finding("bag.info.blank-line", file))
    return tuple((label, "\n".join(value).strip()) for label, value in pairs), findings


def _element(line: str, strict: bool) -> tuple[str, str] | None:
    """Label and value with its leading white space; before 1.0 white space around the colon is free."""
    label, colon, value = line.partition(":")
    plain = label.rstrip(" \t")
    if not colon or not plain or (strict and (plain != label or (value and value[0] not in " \t"))):
        return None
    return plain, value


def info_faults(file: str, pairs: Pairs, payload_bytes: int, payload_files: int) -> list[Finding]:
    """What the reserved labels say that cannot be, or is not so."""
    findings: list[Finding] = []
    counts = Counter(label.lower() for label, _ in pairs)
    names = {label.lower(): label for label, _ in reversed(pairs)}
    findings += [finding("bag.info.repeated", file, label=names[key]) for key in sorted(_ONCE) if counts[key] > 1]
    if counts["payload-oxum"] > 1:
        findings.append(finding("bag.info.oxum-repeated", file))
    for label, value in pairs:
        if label.lower() == "payload-oxum":
            findings += _oxum_faults(file, value, payload_bytes, payload_files)
        elif label.lower() == "bagging-date" and not _is_date(value):
            findings.append(finding("bag.info.date-form", file, value=value[:80]))
    return findings


def _oxum_faults(file: str, value: str, payload_bytes: int, payload_files: int) -> list[Finding]:
    match = _OXUM.fullmatch(value)
    if match is None:
        return [finding("bag.info.oxum-form", file, value=value[:80])]
    if (int(match[1]), int(match[2])) != (payload_bytes, payload_files):
        return [finding("bag.info.oxum-mismatch", file, stated=value, actual=f"{payload_bytes}.{payload_files}")]
    return []


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
