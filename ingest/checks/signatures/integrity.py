"""What a signature covers, what came after it, and whether any byte stands where no revision accounts for it."""

# pyHanko leaves some methods without annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import IO, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from ingest.checks.signatures.deadline import Deadline, DeadlinePassedError
from ingest.checks.signatures.metadata_change import only_stamps_changed
from ingest.checks.signatures.reading import MALFORMED, pdf_value

_COVERAGE = {
    SignatureCoverageLevel.ENTIRE_FILE: "whole-file",
    SignatureCoverageLevel.ENTIRE_REVISION: "whole-revision",
    SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START: "partial",
    SignatureCoverageLevel.UNCLEAR: "unclear",
}
_WHITE = b" \t\r\n\f\0"
_OBJECT_HEADER = re.compile(rb"(?:\A|[\r\n])(\d{1,10})[ \t]+(\d{1,5})[ \t]+obj\b")
_MAX_TAIL_BYTES = 256 << 20


@dataclass(frozen=True)
class Integrity:
    """``coverage``: whole-file, whole-revision, partial, unclear or beyond-file. ``modification``: the pyHanko level of
    what came later (NONE, LTA_UPDATES, FORM_FILLING, ANNOTATIONS, OTHER), SUSPICIOUS when it is on no list of harmless
    changes, UNKNOWN when the analysis could not end. ``signed_length``: the bytes up to the end of the revision."""

    coverage: str
    modification: str
    modification_detail: str
    docmdp: int | None
    docmdp_ok: bool | None
    signed_length: int
    digest: bytes | None
    timed_out: bool = False


def integrity_of(embedded: EmbeddedPdfSignature, file_size: int, deadline: Deadline) -> Integrity:
    """Coverage and difference of one signature, each computed once; the analysis runs only where bytes follow."""
    try:
        numbers = [int(item) for item in embedded.byte_range]
    except MALFORMED:
        return Integrity("unclear", "UNKNOWN", "ByteRange", None, None, 0, None)
    end = numbers[2] + numbers[3] if len(numbers) == 4 else 0
    if len(numbers) != 4 or min(numbers) < 0:
        return Integrity("unclear", "UNKNOWN", "ByteRange", None, None, 0, None)
    if end > file_size or numbers[0] + numbers[1] > file_size:
        return Integrity("beyond-file", "UNKNOWN", "ByteRange", None, None, file_size, None)
    if not _gap_is_contents(embedded, numbers):
        return Integrity("unclear", "UNKNOWN", "gap", None, False, end, embedded.compute_digest())
    docmdp = embedded.docmdp_level
    level = None if docmdp is None else int(docmdp.value)
    embedded.compute_integrity_info(skip_diff=True)
    coverage = _COVERAGE[embedded.evaluate_signature_coverage()]
    if coverage == "whole-file":
        return Integrity(coverage, "NONE", "", level, True, end, embedded.compute_digest())
    if coverage != "whole-revision":
        return Integrity(coverage, "UNKNOWN", "", level, False, end, embedded.compute_digest())
    try:
        with deadline.enforced():
            embedded.compute_integrity_info()
    except DeadlinePassedError:
        return Integrity(coverage, "UNKNOWN", "", level, None, end, embedded.compute_digest(), timed_out=True)
    except MALFORMED as error:
        return Integrity(coverage, "UNKNOWN", type(error).__name__, level, False, end, embedded.compute_digest())
    summary = embedded.summarise_integrity_info()
    difference = summary["diff_result"]
    if isinstance(difference, DiffResult):
        name, detail = difference.modification_level.name, ""
    else:
        name, detail = "SUSPICIOUS", str(difference)[:300]
    return Integrity(coverage, name, detail, level, summary["docmdp_ok"], end, embedded.compute_digest())


def _gap_is_contents(embedded: EmbeddedPdfSignature, numbers: list[int]) -> bool:
    """Whether the only bytes left out are the hexadecimal string of /Contents itself: nothing can hide in the gap."""
    start, end = numbers[1], numbers[2]
    content: bytes = embedded.pkcs7_content
    if numbers[0] != 0 or end - start != 2 * len(content) + 2:
        return False
    stream = embedded.reader.stream
    stream.seek(start)
    gap: bytes = stream.read(end - start)
    return gap[:1] == b"<" and gap[-1:] == b">" and gap[1:-1].lower() == content.hex().encode()


@dataclass(frozen=True)
class Tail:
    """What follows the last signature or document timestamp: ``none``, ``validation-data`` (a pure DSS update) or
    ``foreign`` with the reason and its size."""

    kind: str
    size_bytes: int = 0
    reason: str = ""


def tail_of(stream: IO[bytes], reader: PdfFileReader, last: EmbeddedPdfSignature, seen: Integrity) -> Tail:
    """pyHanko looks at objects only: bytes that no cross-reference section knows pass there (and in EU DSS)."""
    stream.seek(0, os.SEEK_END)
    size = stream.tell() - seen.signed_length
    if size <= 0:
        return Tail("none")
    if size > _MAX_TAIL_BYTES:
        return Tail("foreign", size, "too-long")
    stream.seek(seen.signed_length)
    tail = stream.read(size)
    if not tail.strip(_WHITE):
        return Tail("none", size)
    reason = _foreign(tail, reader, last)
    if not reason and seen.modification not in ("NONE", "LTA_UPDATES"):
        reason = "content"
    return Tail("foreign", size, reason) if reason else Tail("validation-data", size)


def _foreign(tail: bytes, reader: PdfFileReader, last: EmbeddedPdfSignature) -> str:
    xrefs: Any = reader.xrefs
    later = range(last.signed_revision + 1, xrefs.total_revisions)
    if not later:
        return "unreferenced"
    end = tail.rfind(b"%%EOF")
    if end < 0 or tail[end + 5 :].strip(_WHITE):
        return "after-end-of-file"
    if not re.match(rb"(\d+[ \t]+\d+[ \t]+obj\b|xref\b)", tail.lstrip(_WHITE)):
        return "between-revisions"
    if tail.count(b"%%EOF") != len(later):
        return "hidden-revision"
    known = {(ref.idnum, ref.generation) for number in later for ref in xrefs.explicit_refs_in_revision(number)}
    containers = (xrefs.get_xref_container_info(number).stream_ref for number in later)
    known |= {(ref.idnum, ref.generation) for ref in containers if ref is not None}
    headers = [(int(number), int(generation)) for number, generation in _OBJECT_HEADER.findall(tail)]
    if any(header not in known for header in headers) or len(headers) > len(known) + len(later):
        return "unreferenced"
    metadata = reader.root.get_value_as_reference("/Metadata", optional=True)
    if metadata is not None and (metadata.idnum, metadata.generation) in known:
        return "" if only_stamps_changed(reader, last.signed_revision) else "metadata"
    return ""


def widget_of(field: generic.DictionaryObject) -> generic.DictionaryObject | None:
    """The widget that draws a signature: the field itself, or its only kid."""
    if "/Rect" in field:
        return field
    kids = pdf_value(field, "/Kids")
    return kids[0] if isinstance(kids, generic.ArrayObject) and len(kids) == 1 else None
