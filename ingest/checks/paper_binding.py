"""Which list an official paper is bound to: part ``paper`` of the inspector. Facts only, whatever the file is.

Three places may say so: the data inside (``giay-to.json``), the keywords of the XMP, and the text on the sheets.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf

from archive.papers.paper import DATA_NAME
from ingest.checks.pdf_version import header_facts
from ingest.checks.text_of_pdf import pdf_pages
from ingest.checks.text_page import TextRefusedError

_LABELLED = re.compile("(?:sha-256củadanhmục|mãbămsha-256):?([0-9a-f]{64})")
_KEYWORD = re.compile(r"luutru-(list-sha256|paper-sha256|paper):([0-9a-z_]+)")
_MOST_INSIDE = 20
_MOST_HASHES = 50
_LETTERS_OF_A_TEXT = 200
"""Fewer letters than this on all sheets together are a stamp, a number, a time of signing: the paper is a picture."""


def facts(path: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """``is_pdf``, ``readable``; ``embedded`` (what each data file inside says), ``keywords``, ``printed`` (labelled hashes
    in the text, each once), ``mentions`` (whether the text has the hash that is looked for), ``letters``, ``pages``.

    ``options``: ``list_sha256``, the hash that is looked for.
    """
    seen: dict[str, Any] = {"is_pdf": bool(header_facts(path)["is_pdf"]), "readable": False}
    if not seen["is_pdf"]:
        return seen
    try:
        with pikepdf.open(path, suppress_warnings=True) as pdf:
            seen |= {"readable": True, "embedded": list(_embedded(pdf)), "keywords": _keywords(pdf)}
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, OSError) as error:
        return {**seen, "reason": type(error).__name__}
    return seen | _text(path, str(options.get("list_sha256", "")))


def _embedded(pdf: pikepdf.Pdf) -> Iterator[dict[str, Any]]:
    """Every file inside that bears the name of a paper's data, however it is listed."""
    for number, (name, spec) in enumerate(pdf.attachments.items()):
        if number >= _MOST_INSIDE:
            return
        if name != DATA_NAME and getattr(spec, "filename", "") != DATA_NAME:
            continue
        try:
            data = bytes(spec.get_file().read_bytes())
            value = json.loads(data)
        except (pikepdf.PdfError, ValueError, KeyError, RecursionError) as error:
            yield {"problem": type(error).__name__}
            continue
        yield {"sha256": hashlib.sha256(data).hexdigest(), **_said(value)}


def _said(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {"problem": "shape"}
    bound = value.get("list")
    reference = bound if isinstance(bound, dict) else {}
    return {
        "schema": _line(value.get("schema"), 80),
        "kind": _line(value.get("kind"), 80),
        "profile": _line(value.get("profile"), 80),
        "round_code": _line(reference.get("round_code", ""), 200),
        "list_sha256": _line(reference.get("sha256", ""), 64),
        "head": _head(value),
    }


def _head(value: dict[str, Any]) -> dict[str, str]:
    """Who issued it, its number and day, as the archive printed them; what was left open, or is no day, is empty."""
    paper = value.get("paper")
    head = paper.get("head") if isinstance(paper, dict) else None
    told = head if isinstance(head, dict) else {}
    said = {name: _line(told.get(name) or "", 255) for name in ("agency", "number", "notation", "issued")}
    return {**said, "issued": said["issued"] if _is_day(said["issued"]) else ""}


def _line(value: Any, most: int) -> str:
    """Text that can be stored and shown anywhere: what has no place in a line (NUL, half a character …) is told as such."""
    return "".join(one if one.isprintable() else "\ufffd" for one in str(value)[:most])


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _keywords(pdf: pikepdf.Pdf) -> dict[str, list[str]]:
    try:
        words = str(pdf.open_metadata(set_pikepdf_as_editor=False).get("pdf:Keywords") or "")
    except Exception:  # hostile XMP makes lxml and pikepdf raise what has no common base; then nothing is said there
        return {}
    found: dict[str, list[str]] = {}
    for name, value in _KEYWORD.findall(words[:100_000]):
        if value not in found.setdefault(name, []):
            found[name].append(value)
    return found


def _text(path: Path, wanted: str) -> dict[str, Any]:
    printed: dict[str, None] = {}
    mentions, letters, pages, problem = False, 0, 0, None
    try:
        for page in pdf_pages(path):
            pages += 1
            # Line ends and spaces fall where the layout puts them; a hash in the midst of a sentence is broken anywhere.
            bare = "".join(unicodedata.normalize("NFC", page.text).casefold().split())
            letters += sum(one.isalpha() for one in bare)
            mentions = mentions or bool(wanted and wanted in bare)
            for found in _LABELLED.findall(bare):
                if len(printed) < _MOST_HASHES:
                    printed[found] = None
    except TextRefusedError as error:
        problem = str(error)
    return {
        "pages": pages,
        "letters": letters,
        "has_text": letters >= _LETTERS_OF_A_TEXT,
        "printed": list(printed),
        "mentions": mentions,
        "text_problem": problem,
    }
