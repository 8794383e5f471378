"""The tag files of a bag 1.0 as bytes: pure functions, the same input always gives the same bytes (RFC 8493)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archive.bag.algorithms import algorithm_named

BAG_VERSION = "1.0"
TAG_ENCODING = "UTF-8"

_HEXADECIMAL = re.compile(r"[0-9a-f]+")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_ENCODED = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_TO_ENCODE = re.compile("[%\r\n]")


def bagit_txt() -> bytes:
    """The bag declaration: exactly two lines, UTF-8, no byte order mark (RFC 8493, 2.1.1)."""
    return f"BagIt-Version: {BAG_VERSION}\nTag-File-Character-Encoding: {TAG_ENCODING}\n".encode()


def percent_encoded(path: str) -> str:
    """``path`` as it stands in a manifest: CR, LF and % encoded, and only those (RFC 8493, 2.1.3)."""
    return _TO_ENCODE.sub(lambda match: _ENCODED[match[0]], path)


def manifest_name(algorithm: str, *, tag: bool = False) -> str:
    return f"{'tagmanifest' if tag else 'manifest'}-{algorithm_named(algorithm).name}.txt"


def manifest_text(entries: Iterable[tuple[str, str]], algorithm: str) -> bytes:
    """A payload or tag manifest of ``(path in the bag, hexadecimal digest)`` pairs, sorted by path.

    Paths are from the root of the bag (``data/…`` for a payload file) and are encoded here. Raises ValueError for a
    digest that ``algorithm`` cannot give and for a path named twice: both would be defects of ours.
    """
    digits = algorithm_named(algorithm).hex_digits
    lines: list[str] = []
    last = None
    for path, digest in sorted(entries):
        value = digest.lower()
        if len(value) != digits or not _HEXADECIMAL.fullmatch(value):
            raise ValueError(f"not a {algorithm} digest: {digest!r}")
        if path == last:
            raise ValueError(f"named twice: {path!r}")
        last = path
        lines.append(f"{value}  {percent_encoded(path)}\n")
    return "".join(lines).encode("utf-8")


def bag_info_text(pairs: Iterable[tuple[str, str]]) -> bytes:
    """``bag-info.txt`` of ``(label, value)`` pairs in their order; labels may repeat (RFC 8493, 2.2.2).

    A line break inside a value becomes a continuation line, which readers give back as a line break. Long values are
    not folded: the standard only recommends it, and readers disagree on what a fold means. White space at both ends of
    each line of a value is not kept by the format and is dropped. Raises ValueError for a label that cannot be written.
    """
    return "".join(_element(label, value) for label, value in pairs).encode("utf-8")


def _element(label: str, value: str) -> str:
    if not label or label != label.strip() or re.search(r"[:\r\n]", label):
        raise ValueError(f"not a label: {label!r}")
    lines = [line.strip(" \t") for line in _LINE_BREAK.split(value.strip())]
    return f"{label}: " + "\n  ".join(lines) + "\n"


def payload_oxum(size_bytes: int, file_count: int) -> str:
    """The value of ``Payload-Oxum``: octets, a dot, streams."""
    return f"{size_bytes}.{file_count}"
