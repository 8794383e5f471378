"""How a signature looks (NĐ 30/2020 Phụ lục I): page, place, colour. A matter of form, never of validity."""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from ingest.checks.signatures.integrity import widget_of
from ingest.checks.signatures.reading import MALFORMED, pdf_value

_SAMPLE_BYTES = 1 << 20
_MAX_DEPTH = 4


def appearance_of(reader: PdfFileReader, field: generic.DictionaryObject | None) -> dict[str, Any]:
    """``visible``, ``page`` (1 first), ``box`` in points and ``colour`` (blue, red, other or None) of the widget."""
    try:
        widget = None if field is None else widget_of(field)
        if widget is None:
            return {"visible": False}
        box = [float(item) for item in widget["/Rect"]]
        if abs(box[2] - box[0]) < 1 or abs(box[3] - box[1]) < 1:
            return {"visible": False}
        return {"visible": True, "page": _page(reader, widget), "box": box, "colour": _colour(widget)}
    except MALFORMED:
        return {"visible": None}


def _page(reader: PdfFileReader, widget: generic.DictionaryObject) -> int | None:
    if "/P" not in widget:
        return None
    target = widget.raw_get("/P")
    kids: Any = reader.root["/Pages"]["/Kids"]
    for index in range(len(kids)):
        if kids.raw_get(index) == target:
            return index + 1
    return None


def _colour(widget: generic.DictionaryObject) -> str | None:
    """The dominant colour of the first picture in the normal appearance."""
    picture = _picture(widget["/AP"]["/N"], 0)
    if (
        picture is None
        or pdf_value(picture, "/ColorSpace") != "/DeviceRGB"
        or pdf_value(picture, "/BitsPerComponent", 8) != 8
    ):
        return None
    mask = pdf_value(picture, "/SMask")
    samples = picture.data[:_SAMPLE_BYTES]
    alpha = mask.data[: len(samples) // 3] if isinstance(mask, generic.StreamObject) else None
    return dominant_colour(samples, alpha)


def _picture(form: Any, depth: int) -> generic.StreamObject | None:
    if not isinstance(form, generic.StreamObject) or depth > _MAX_DEPTH:
        return None
    if pdf_value(form, "/Subtype") == "/Image":
        return form
    resources = pdf_value(form, "/Resources", {})
    objects = pdf_value(resources, "/XObject", {})
    for name in objects:
        found = _picture(objects[name], depth + 1)
        if found is not None:
            return found
    return None


def dominant_colour(rgb: bytes, alpha: bytes | None) -> str | None:
    """blue, red or other over the opaque pixels; None when nothing is drawn."""
    blue = red = other = 0
    for place in range(0, len(rgb) - 2, 3):
        if alpha is not None and (place // 3 >= len(alpha) or alpha[place // 3] < 128):
            continue
        r, g, b = rgb[place : place + 3]
        if min(r, g, b) > 230:
            continue
        if b > r + 40 and b > g + 20:
            blue += 1
        elif r > b + 40 and r > g + 40:
            red += 1
        else:
            other += 1
    counted = {"blue": blue, "red": red, "other": other}
    best = max(counted, key=lambda name: counted[name])
    return best if counted[best] else None


def appearance_faults(seen: dict[str, Any], role: str) -> list[str]:
    """The codes of form rules that a signature of ``role`` breaks."""
    if seen.get("visible") is not True or role == "unknown":
        return []
    wanted = "blue" if role == "person" else "red"
    faults = []
    if seen.get("colour") not in (None, wanted):
        faults.append("signatures.appearance-colour")
    if seen.get("page") is None:
        faults.append("signatures.appearance-page")
    return faults
