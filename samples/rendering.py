"""HTML → PDF/A-2u with the fonts inside: the same page gives the same bytes, and says where signatures belong."""

from __future__ import annotations

import hashlib
import io
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from samples.layout import SECOND_SIGNATURE_SPACE, SIGNATURE_SPACE, Page, html_of
from samples.signing import Appearance

with warnings.catch_warnings():
    # It asks for a library that later versions will need (HarfBuzz-Subset); this one does without.
    warnings.simplefilter("ignore", DeprecationWarning)
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

_POINTS_PER_PIXEL = 0.75
_MM = 72 / 25.4
SPACE_MM = (70.0, 31.0)
_IMAGE_MM, _SEAL_MM = (48.0, 20.6), 33.0
VARIANT = "pdf/a-2u"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signature belongs: page (0 first) and the lower left corner of the empty space, in points."""

    page: int
    left: float
    bottom: float

    def of_person(self) -> Appearance:
        """The image of a handwritten signature, in the middle between office and name."""
        width, height = _IMAGE_MM
        return Appearance.of_person(self.page, self._box((SPACE_MM[0] - width) / 2, width, height))

    def of_agency(self) -> Appearance:
        """The seal, covering a third of the person's signature on its left (NĐ 30/2020 Phụ lục I)."""
        left = (SPACE_MM[0] - _IMAGE_MM[0]) / 2 + _IMAGE_MM[0] / 3 - _SEAL_MM
        return Appearance.of_agency(self.page, self._box(left, _SEAL_MM, _SEAL_MM))

    def _box(self, left_mm: float, width_mm: float, height_mm: float) -> tuple[int, int, int, int]:
        left = self.left + left_mm * _MM
        bottom = self.bottom + (SPACE_MM[1] - height_mm) / 2 * _MM
        return round(left), round(bottom), round(left + width_mm * _MM), round(bottom + height_mm * _MM)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A printed document: its bytes, how many pages, and the place of its signature (and of a second person's)."""

    pdf: bytes
    pages: int
    place: Place
    second_place: Place | None = None


@cache
def rendered(page: Page) -> Rendered:
    """``page`` as PDF/A-2u with Noto Serif embedded. Printed once: a copy is kept under ``build`` of a checkout, named
    by all it was made from."""
    html = html_of(page)
    name = hashlib.sha256(f"{weasyprint.__version__}\n{SPACE_MM}\n{html}".encode()).hexdigest()[:32]
    return _kept(name) or _keep(name, _printed(html))


def _printed(html: str) -> Rendered:
    document = weasyprint.HTML(string=html, base_url=None).render(font_config=_fonts())
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    out = io.BytesIO()
    with _no_clock_in_fonts():
        document.write_pdf(out, pdf_variant=VARIANT, pdf_identifier=identifier)
    place = _place(document, SIGNATURE_SPACE)
    assert place is not None, "every document has a place to sign"
    return Rendered(out.getvalue(), len(document.pages), place, _place(document, SECOND_SIGNATURE_SPACE))


_PROJECT = Path(__file__).parent.parent


def _cache_folder() -> Path | None:
    return _PROJECT / "build" / "samples" if (_PROJECT / "pyproject.toml").exists() else None


def _kept(name: str) -> Rendered | None:
    folder = _cache_folder()
    if folder is None:
        return None
    try:
        about = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        pdf = (folder / f"{name}.pdf").read_bytes()
    except (OSError, ValueError):
        return None
    if hashlib.sha256(pdf).hexdigest() != about["sha256"]:
        return None
    second = about["second_place"]
    return Rendered(pdf, about["pages"], Place(**about["place"]), Place(**second) if second else None)


def _keep(name: str, made: Rendered) -> Rendered:
    folder = _cache_folder()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        about = asdict(made)
        sha256 = hashlib.sha256(about.pop("pdf")).hexdigest()
        _put(folder / f"{name}.pdf", made.pdf)
        # Written last: it says that the PDF beside it is whole.
        _put(folder / f"{name}.json", json.dumps(about | {"sha256": sha256}).encode())
    return made


def _put(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    temporary.write_bytes(content)
    temporary.replace(path)


@contextmanager
def _no_clock_in_fonts() -> Iterator[None]:
    """A subset font carries the time it was made, unless this variable names another."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = "1735689600"
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


def _place(document: weasyprint.Document, anchor: str) -> Place | None:
    for number, page in enumerate(document.pages):
        if anchor in page.anchors:
            left, top = page.anchors[anchor][:2]
            height = page.height * _POINTS_PER_PIXEL
            return Place(number, left * _POINTS_PER_PIXEL, height - top * _POINTS_PER_PIXEL - SPACE_MM[1] * _MM)
    return None
