"""A picture of one page of a document, as a reader would see it. Runs inside a supervised worker.

PDFs are drawn with their annotations and form fields (a stamp or seal may be nothing else); no script runs and nothing
is fetched: the PDF library here has neither a script engine nor a network. Time and memory are the supervisor's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image, ImageOps

from ingest.checks.text_sniffing import kind_of

MOST_WIDTH = 2_400
_MOST_HEIGHT = 16_000
"""The tallest picture: WebP ends at 16,383."""

_MOST_PIXELS = 40_000_000
_MOST_SOURCE_PIXELS = 150_000_000
"""A sheet A0 at 300 dpi has 139 million."""

_FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "TIFF", "WEBP")
"""What is opened as an image; above all nothing that is handed on to another program."""

_MEDIA_TYPES = {"webp": "image/webp", "png": "image/png", "jpeg": "image/jpeg"}
_SAVING: Mapping[str, Mapping[str, Any]] = {
    "webp": {"quality": 80, "method": 2},
    "png": {},
    "jpeg": {"quality": 85, "optimize": True},
}
_ORIENTATION = 0x0112
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})


class PageRefusedError(Exception):
    """There is no picture; ``rule``: page-missing, no-picture, encrypted, malformed or too-large."""

    def __init__(self, rule: str, pages: int | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.pages = pages


def facts(path: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Draws page ``page`` (from 1) into the file ``out``, at most ``width`` pixels wide, as ``format``.

    Tells ``width``, ``height``, ``media_type`` and of how many ``pages`` it is one; or why there is no picture, in
    ``error``. An image is never enlarged; a page of strange proportions becomes less wide than asked.
    """
    number, width = int(options["page"]), min(max(int(options["width"]), 1), MOST_WIDTH)
    kind, form = kind_of(path), str(options.get("format") or "webp")
    try:
        if kind == "pdf":
            picture, pages = _page_of_pdf(path, number, width)
        elif kind == "picture":
            picture, pages = _page_of_image(path, number, width)
        else:
            raise PageRefusedError("no-picture")
    except PageRefusedError as refused:
        return {"error": refused.rule, "pages": refused.pages}
    picture.save(options["out"], form.upper(), **_SAVING[form])
    return {"width": picture.width, "height": picture.height, "pages": pages, "media_type": _MEDIA_TYPES[form]}


def _page_of_pdf(path: Path, number: int, width: int) -> tuple[Image.Image, int]:
    with _pdf(path) as document:
        pages = len(document)
        if not 1 <= number <= pages:
            raise PageRefusedError("page-missing", pages)
        try:
            page = document[number - 1]
            points_wide, points_high = page.get_width(), page.get_height()
            if not (0 < points_wide < math.inf and 0 < points_high < math.inf):
                raise PageRefusedError("malformed", pages)
            # The library rounds up, and 100.00000001 would become 101.
            scale = _scale(points_wide, points_high, width) * (1 - 1e-6)
            bitmap = page.render(scale=scale, may_draw_forms=True, draw_annots=True, rev_byteorder=True)
        except pypdfium2.PdfiumError as error:
            raise PageRefusedError("malformed", pages) from error
        # The picture must own its pixels: those of the bitmap go with the document.
        return bitmap.to_pil().convert("RGB").copy(), pages


@contextmanager
def _pdf(path: Path) -> Iterator[Any]:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise PageRefusedError("encrypted" if "assword" in str(error) else "malformed") from error
    try:
        with suppress(pypdfium2.PdfiumError):  # a broken form does not cost the page
            document.init_forms()
        yield document
    finally:
        document.close()


def _page_of_image(path: Path, number: int, width: int) -> tuple[Image.Image, int]:
    Image.MAX_IMAGE_PIXELS = _MOST_SOURCE_PIXELS
    try:
        with Image.open(path, formats=_FORMATS) as image:
            # Frames of other formats are an animation, and the first one is the picture.
            pages = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
            if not 1 <= number <= pages:
                raise PageRefusedError("page-missing", pages)
            if pages > 1:
                image.seek(number - 1)
            if image.width * image.height > _MOST_SOURCE_PIXELS:
                raise PageRefusedError("too-large", pages)
            return _reduced(image, width), pages
    except Image.DecompressionBombError as error:
        raise PageRefusedError("too-large") from error
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, ZeroDivisionError) as error:
        # What the decoders raise for broken files; lack of memory is said as such by the worker.
        raise PageRefusedError("malformed") from error


def _reduced(image: Image.Image, width: int) -> Image.Image:
    """The image upright, opaque, in RGB, no wider than ``width``; made small as early as possible, to save memory."""
    # A TIFF is turned upright while it is loaded, and tells its size accordingly.
    turned = image.format != "TIFF" and image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
    wide, high = (image.height, image.width) if turned else image.size
    scale = min(1.0, _scale(wide, high, width))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if scale < 1:
        image.draft(image.mode, size)
    image.load()
    orientation = image.getexif().get(_ORIENTATION)
    plain = _plain(image)
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if orientation:
        plain.getexif()[_ORIENTATION] = orientation
        plain = ImageOps.exif_transpose(plain)
    if plain.mode in ("RGBA", "LA"):
        paper = Image.new("RGB", plain.size, "white")
        paper.paste(plain, mask=plain.getchannel("A"))
        return paper
    return plain.convert("RGB")


def _plain(image: Image.Image) -> Image.Image:
    """In a mode that can be resized well, and without the depth a screen has not."""
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("P", "PA"):
        return image.convert("RGBA")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    return image.convert("RGB")


def _scale(wide: float, high: float, width: int) -> float:
    """By how much a page is multiplied to become ``width`` pixels wide, unless it would grow too tall or too large."""
    return min(width / wide, _MOST_HEIGHT / high, math.sqrt(_MOST_PIXELS / (wide * high)))
