"""What lies in a PDF's objects that a record should not hold: scripts, actions, embedded files, forms of XML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pikepdf

DEFAULT_OBJECT_LIMIT = 300_000
"""Indirect objects looked at; a longer document is said not to have been looked through."""

ACTIVE_KINDS = frozenset({
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToR", "/GoToE", "/URI", "/Rendition",
    "/Movie", "/Sound", "/RichMediaExecute", "/Hide", "/SetOCGState", "/Trans", "/GoTo3DView",
})  # fmt: skip
_NUMBERS = frozenset({"/W", "/W2", "/Widths", "/Rect", "/BBox", "/Matrix", "/MediaBox", "/CropBox", "/QuadPoints"})
_DEPTH_LIMIT = 100
_NAMES_SHOWN = 50
_RANGES_SHOWN = 1_000
_TEXT_LIMIT = 200


def object_facts(pdf: pikepdf.Pdf, object_limit: int = DEFAULT_OBJECT_LIMIT) -> dict[str, Any]:
    """Counts over every object of every revision still reachable by number; ``complete`` is false beyond the limit."""
    actions: Counter[str] = Counter()
    embedded: list[str] = []
    files = 0
    ranges: list[list[int]] = []
    complete = True
    for number, item in enumerate(pdf.objects):
        if number >= object_limit:
            complete = False
            break
        for dictionary in _dictionaries(item):
            kind = dictionary.get("/S")
            if "/JS" in dictionary:
                actions["/JavaScript"] += 1
            elif isinstance(kind, pikepdf.Name) and str(kind) in ACTIVE_KINDS:
                actions[str(kind)] += 1
            if "/EF" in dictionary:
                files += 1
                if len(embedded) < _NAMES_SHOWN:
                    embedded.append(_name(dictionary))
            if "/ByteRange" in dictionary and "/Contents" in dictionary and len(ranges) < _RANGES_SHOWN:
                ranges.append(_integers(dictionary["/ByteRange"]))
    return {
        "complete": complete,
        "objects": len(pdf.objects),
        "actions": {kind.lstrip("/"): count for kind, count in sorted(actions.items())},
        "embedded_files": files,
        "embedded_names": embedded,
        "byte_ranges": ranges,
        "xfa": _has_xfa(pdf),
    }


def _dictionaries(item: pikepdf.Object) -> Iterator[pikepdf.Dictionary | pikepdf.Stream]:
    """The dictionary of an indirect object and those written inside it; references are not followed."""
    waiting: list[tuple[Any, int]] = [(item, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
            yield value
            children = [child for key, child in value.items() if key not in _NUMBERS]
        elif isinstance(value, pikepdf.Array):
            children = list(value)
        else:
            continue
        if depth < _DEPTH_LIMIT:
            waiting += [(child, depth + 1) for child in children if _is_nested(child)]


def _is_nested(child: Any) -> bool:
    return isinstance(child, (pikepdf.Dictionary, pikepdf.Array)) and not child.is_indirect


def _integers(value: Any) -> list[int]:
    """The numbers of an array; empty when it is anything else, or holds one that no file is long enough for."""
    numbers: list[Any] = list(value) if isinstance(value, pikepdf.Array) and len(value) <= 16 else []
    return numbers if all(isinstance(item, int) and abs(item) < 1 << 53 for item in numbers) else []


def _name(specification: pikepdf.Dictionary | pikepdf.Stream) -> str:
    said = specification.get("/UF", specification.get("/F"))
    return str(said)[:_TEXT_LIMIT] if isinstance(said, pikepdf.String) else "?"


def _has_xfa(pdf: pikepdf.Pdf) -> bool:
    form = pdf.Root.get("/AcroForm")
    return isinstance(form, pikepdf.Dictionary) and "/XFA" in form
