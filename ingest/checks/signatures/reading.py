"""Opens a hostile PDF and finds every filled signature field; one broken field never hides the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

MALFORMED: tuple[type[Exception], ...] = (Exception,)
"""What hostile bytes make pyHanko raise has no common base: PdfReadError, ValueError, TypeError, KeyError, OSError,
RecursionError, CMSExtractionError, AssertionError … Each becomes a verdict of its own, never a pass."""

_MAX_FIELDS, _MAX_DEPTH = 10_000, 32


@dataclass(frozen=True)
class SignatureField:
    """A filled signature field: readable (``embedded``) or not (``problem``), with the field dictionary if any."""

    name: str
    field: generic.DictionaryObject | None
    embedded: EmbeddedPdfSignature | None
    problem: str = ""


@dataclass(frozen=True)
class OpenedPdf:
    """A PDF under pyHanko's reader; ``strict`` is False when only the lax reader could make sense of it."""

    reader: PdfFileReader
    strict: bool
    strict_problem: str
    fields: tuple[SignatureField, ...]


class UnreadablePdfError(Exception):
    """Neither the strict nor the lax reader could open it; the reason is the message."""


def open_pdf(stream: IO[bytes]) -> OpenedPdf:
    """``stream`` opened strictly, or laxly when that fails; every filled signature field in order of revision."""
    try:
        return _opened(stream, strict=True, strict_problem="")
    except MALFORMED as strict_error:
        problem = reason_of(strict_error)
    try:
        return _opened(stream, strict=False, strict_problem=problem)
    except MALFORMED as error:
        raise UnreadablePdfError(reason_of(error)) from error


def _opened(stream: IO[bytes], *, strict: bool, strict_problem: str) -> OpenedPdf:
    stream.seek(0)
    reader = PdfFileReader(stream, strict=strict)
    if strict and reader.xrefs.hybrid_xrefs_present:
        raise ValueError("hybrid cross-reference sections")
    if reader.encrypted:
        _unlock(reader)
    found = list(_fields(reader))
    if strict and any(item.embedded is None for item in found):
        # The lax reader may make sense of what the strict one refuses; if not, the same verdict comes from there.
        raise ValueError(next(item.problem for item in found if item.embedded is None))
    found.sort(key=lambda item: -1 if item.embedded is None else item.embedded.signed_revision)
    return OpenedPdf(reader, strict, strict_problem, tuple(found))


def _unlock(reader: PdfFileReader) -> None:
    """Many official files are encrypted with the empty user password only to forbid changes."""
    result: Any = reader.decrypt("")
    if getattr(getattr(result, "status", None), "name", "") == "FAILED":
        raise ValueError("encrypted")


def _fields(reader: PdfFileReader) -> Iterator[SignatureField]:
    root = reader.root
    if "/AcroForm" not in root:
        return
    fields = pdf_value(root["/AcroForm"], "/Fields", generic.ArrayObject())
    if not isinstance(fields, generic.ArrayObject):
        raise ValueError("/Fields is no array")
    walk = _Walk(reader, set())
    for index in range(len(fields)):
        yield from walk.below(fields, index, "", None, 0)


@dataclass(frozen=True)
class _Walk:
    reader: PdfFileReader
    seen: set[int]

    def below(
        self, array: generic.ArrayObject, index: int, parent: str, inherited_type: Any, depth: int
    ) -> Iterator[SignatureField]:
        name = f"{parent}[{index}]"
        try:
            field = array[index]
            if not isinstance(field, generic.DictionaryObject):
                return
            if id(field) in self.seen or depth > _MAX_DEPTH or len(self.seen) > _MAX_FIELDS:
                raise ValueError("form fields nested without end")
            self.seen.add(id(field))
            own = str(field["/T"]) if "/T" in field else ""
            name = ".".join(part for part in (parent, own) if part) or name
            field_type = pdf_value(field, "/FT", inherited_type)
            kids = pdf_value(field, "/Kids")
            filled = field_type == "/Sig" and "/V" in field and not isinstance(field["/V"], generic.NullObject)
        except MALFORMED as error:
            yield SignatureField(name, None, None, reason_of(error))
            return
        if filled:
            yield self.signature(field, name)
        elif isinstance(kids, generic.ArrayObject):
            for number in range(len(kids)):
                yield from self.below(kids, number, name, field_type, depth + 1)

    def signature(self, field: generic.DictionaryObject, name: str) -> SignatureField:
        try:
            embedded = EmbeddedPdfSignature(self.reader, field, name)
            signer = embedded.signer_info["signature"].native
            embedded.signer_info["signed_attrs"].native  # noqa: B018 - the lazy parser must fail here, not later
            if not isinstance(signer, bytes):
                raise ValueError("no signature value")
        except MALFORMED as error:
            return SignatureField(name, field, None, reason_of(error))
        return SignatureField(name, field, embedded)


def pdf_value(dictionary: generic.DictionaryObject, key: str, default: Any = None) -> Any:
    """The value of ``key`` with references followed (pyHanko's own ``get`` gives the bare reference)."""
    try:
        return dictionary[key]
    except KeyError:
        return default


def reason_of(error: BaseException) -> str:
    """``error`` in a line. MemoryError goes on: it is about this process, and no verdict on the file."""
    if isinstance(error, MemoryError):
        raise error
    return f"{type(error).__name__}: {error}"[:300]
