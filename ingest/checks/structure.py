"""Structure of one PDF, seen by pikepdf in a worker process: part ``structure`` of the inspector. Facts only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pikepdf

from ingest.checks.pdf_access import access_mode
from ingest.checks.pdf_claim import claim_facts
from ingest.checks.pdf_objects import DEFAULT_OBJECT_LIMIT, object_facts
from ingest.checks.pdf_revisions import covers_revision, revisions
from ingest.checks.pdf_version import catalogue_version, effective_version, header_facts

_TROUBLES_SHOWN = 20
_TEXT_LIMIT = 200


def facts(path: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """What kind of PDF it is; ``{"is_pdf": false}`` when the content has no PDF header in its first 1,024 bytes.

    ``opens``: could be read at all. ``damaged``: only after repair, or in part. ``encryption``: null, ``owner`` (opens
    without a password) or ``user`` (does not). Options: ``object_limit``.
    """
    seen: dict[str, Any] = header_facts(path)
    if not seen["is_pdf"]:
        return seen
    seen |= {"opens": False, "damaged": False, "encryption": None, "troubles": []}
    seen["tools"] = {"pikepdf": pikepdf.__version__, "qpdf": pikepdf.__libqpdf_version__}
    saved = revisions(path, seen["header_offset"])
    seen["revisions"] = saved.count
    pdf = _opened(path, seen)
    if pdf is not None:
        with pdf:
            _look(path, pdf, seen, int(options.get("object_limit", DEFAULT_OBJECT_LIMIT)))
    ranges = seen.get("byte_ranges") or []
    seen["ranges_cover_revisions"] = [covers_revision(path, item, saved.ends) for item in ranges]
    seen["troubles"] = seen["troubles"][:_TROUBLES_SHOWN]
    seen["damaged"] = seen["damaged"] or not (seen["opens"] or seen["encryption"])
    return seen


def _opened(path: Path, seen: dict[str, Any]) -> pikepdf.Pdf | None:
    """Open as it stands, else with the repairs a lenient reader makes, which is then said."""
    for repairing in (False, True):
        try:
            pdf = pikepdf.open(
                path,
                attempt_recovery=repairing,
                suppress_warnings=True,
                inherit_page_attributes=False,
                access_mode=access_mode(path),
            )
        except pikepdf.PasswordError:
            seen["encryption"] = "user"
            return None
        except (pikepdf.PdfError, ValueError, OSError) as error:
            seen["damaged"] = True
            seen["troubles"].append(_said(path, error))
            continue
        seen["opens"] = True
        seen["encryption"] = "owner" if pdf.is_encrypted else None
        return pdf
    return None


def _look(path: Path, pdf: pikepdf.Pdf, seen: dict[str, Any], object_limit: int) -> None:
    def version() -> dict[str, Any]:
        said = catalogue_version(pdf)
        return {"catalogue_version": said, "version": effective_version(seen["header_version"], said)}

    views: tuple[Callable[[], dict[str, Any]], ...] = (
        version,
        lambda: {"claim": claim_facts(pdf)},
        lambda: {"pages": len(pdf.pages)},
        lambda: object_facts(pdf, object_limit),
    )
    for view in views:
        try:
            seen |= view()
        except (MemoryError, RecursionError):
            raise
        except Exception as error:  # hostile bytes make the library raise anything; the other views still count
            seen["damaged"] = True
            seen["troubles"].append(_said(path, error))
    warnings = [str(warning) for warning in pdf.get_warnings()]  # asking empties the list
    if any("bad_alloc" in warning for warning in warnings):
        raise MemoryError  # qpdf calls its own lack of memory a fault of the document
    seen["troubles"] += [_without(path, warning) for warning in warnings]


def _said(path: Path, error: Exception) -> str:
    return _without(path, f"{type(error).__name__}: {error}")


def _without(path: Path, text: str) -> str:
    """The library's words without our path in them."""
    return text.replace(f"{path}: ", "").replace(f"{path} ", "").replace(str(path), "?")[:_TEXT_LIMIT]
