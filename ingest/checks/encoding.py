"""Is the text Unicode, and does nothing bear a mark of secrecy?"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from archive.finding import Finding, finding
from archive.paths import RelPath
from ingest.checks.secrecy import mark_of_value, secrecy_mark
from ingest.legacy_encodings import decoded, legacy_reading
from ingest.report import CheckReport
from ingest.subject import Subject
from schemas.fields import code_list

__all__ = ["check", "secrecy_mark"]

_GUESS_CHARACTERS = 120
_MOST_OF_A_KIND = 20
_NOTHING: Mapping[RelPath, str] = MappingProxyType({})
_REASONS = {
    "bomb": "giải nén ra quá lớn",
    "encrypted": "tệp bị mã hóa",
    "malformed": "cấu trúc tệp hỏng",
    "unsupported": "chưa có bộ đọc cho loại tệp này",
    "too-many-pages": "quá nhiều trang",
    "timeout": "quá thời hạn đọc",
    "out-of-memory": "cần quá nhiều bộ nhớ",
    "stack-overflow": "lồng nhau quá sâu",
    "worker-died": "bộ đọc dừng đột ngột",
    "tool-unavailable": "bộ đọc không chạy được",
}


def check(subject: Subject, heads: Mapping[RelPath, str], unread: Mapping[RelPath, str] = _NOTHING) -> CheckReport:
    """The report on the metadata, the names, and the heads of first pages (``heads``, by document path).

    ``unread`` says of documents with text why their head could not be read (``examiner.Text.problem``): what was not
    seen is not free of marks. When a mark of secrecy is found no finding quotes any content: reports and logs outlive what is refused.
    """
    begun = time.perf_counter()
    leaves = list(_leaves(subject))
    marks = [*_marks_in_metadata(leaves), *_marks_in_heads(heads)]
    others = (
        []
        if marks
        else [*_legacy_metadata(leaves), *_legacy_names(subject), *_legacy_heads(heads), *_forms(subject, leaves)]
    )
    found = [*_bounded(marks), *_bounded(list(_unread(unread))), *_bounded(others)]
    return CheckReport.of("encoding", found, seconds=time.perf_counter() - begun)


def _leaves(subject: Subject) -> Iterator[tuple[str, str | None, str]]:
    """Every string of the metadata: its field, the document it belongs to, its text."""
    if subject.record is None:
        return
    yield from _strings(subject.record.agency, "agency", None)
    yield from _strings(subject.record.file, "", None)
    for entry in subject.record.documents:
        yield from _strings(entry.fields, "", entry.path)


def _strings(values: Mapping[str, Any], prefix: str, document: str | None) -> Iterator[tuple[str, str | None, str]]:
    level: list[tuple[str, Any]] = [(f"{prefix}.{name}" if prefix else name, value) for name, value in values.items()]
    while level:
        name, value = level.pop(0)
        if isinstance(value, str):
            yield name, document, value
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, document, str(value)
        elif isinstance(value, dict):
            level[:0] = [(f"{name}.{key}", item) for key, item in value.items()]
        elif isinstance(value, list):
            level[:0] = [(name, item) for item in value]


def _marks_in_metadata(leaves: list[tuple[str, str | None, str]]) -> Iterator[Finding]:
    for name, document, text in leaves:
        mark = mark_of_value(text)
        if mark is None and name == "mode" and code_list("mode").code_of(text) == "03":
            mark = "MẬT"
        if mark is not None:
            yield finding("encoding.secrecy-mark", document, mark=mark, place="trong dữ liệu đặc tả", field=name)


def _marks_in_heads(heads: Mapping[RelPath, str]) -> Iterator[Finding]:
    for path, head in heads.items():
        if (mark := secrecy_mark(head)) is not None:
            yield finding("encoding.secrecy-mark", path, mark=mark, place="ở đầu trang thứ nhất")


def _unread(unread: Mapping[RelPath, str]) -> Iterator[Finding]:
    for path, problem in unread.items():
        if problem == "doctype":
            yield finding("encoding.document.doctype", path)
        else:
            yield finding("encoding.head.unread", path, reason=_REASONS.get(problem, "bộ đọc gặp lỗi"))


def _legacy_metadata(leaves: list[tuple[str, str | None, str]]) -> Iterator[Finding]:
    """Fields that convince by themselves, and short ones that read as Vietnamese in the scheme of the others."""
    schemes: dict[str, int] = {}
    read = []
    for name, document, text in leaves:
        reading = legacy_reading(text) if text else None
        read.append((name, document, text, reading))
        if reading is not None:
            schemes[reading.scheme] = schemes.get(reading.scheme, 0) + 1
        if "\ufffd" in text:
            yield finding("encoding.metadata.lost-characters", document, field=name)
    if not schemes:
        joined = " ".join(dict.fromkeys(text for _, _, text, _ in read if not text.isascii()))
        whole = legacy_reading(joined)
        if whole is None:
            return
        schemes[whole.scheme] = 1
    leading = max(schemes, key=lambda scheme: schemes[scheme])
    for name, document, text, reading in read:
        guess = reading.text if reading else decoded(text, leading)
        if reading is not None or (not text.isascii() and guess != text and not _unicode_vietnamese(text)):
            scheme = reading.scheme if reading else leading
            yield finding(
                "encoding.metadata.legacy", document, scheme=scheme, field=name, guess=guess[:_GUESS_CHARACTERS]
            )


def _unicode_vietnamese(text: str) -> bool:
    return any(char > "\u00ff" and char.isalpha() for char in text)


def _legacy_names(subject: Subject) -> Iterator[Finding]:
    for path in subject.documents:
        if (reading := legacy_reading(re.sub(r"[_\-./]+", " ", path))) is not None:
            yield finding(
                "encoding.name.legacy",
                path,
                scheme=reading.scheme,
                guess=decoded(path, reading.scheme)[:_GUESS_CHARACTERS],
            )


def _legacy_heads(heads: Mapping[RelPath, str]) -> Iterator[Finding]:
    for path, head in heads.items():
        if (reading := legacy_reading(head)) is not None:
            guess = " ".join(reading.text.split())[:_GUESS_CHARACTERS]
            yield finding("encoding.document.legacy", path, scheme=reading.scheme, guess=guess)


def _forms(subject: Subject, leaves: list[tuple[str, str | None, str]]) -> Iterator[Finding]:
    texts = (text for _, _, text in leaves)
    if any(not unicodedata.is_normalized("NFC", text) for text in (*texts, *subject.documents)):
        yield finding("encoding.text.decomposed")


def _bounded(found: list[Finding]) -> Iterator[Finding]:
    """At most so many of one code; the rest are counted."""
    counts: dict[str, int] = {}
    for item in found:
        counts[item.code] = counts.get(item.code, 0) + 1
        if counts[item.code] <= _MOST_OF_A_KIND:
            yield item
    for code, count in counts.items():
        if count > _MOST_OF_A_KIND:
            yield finding("encoding.findings.more", count=count - _MOST_OF_A_KIND, of=code)
