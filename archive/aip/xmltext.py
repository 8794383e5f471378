"""What METS, EAD and PREMIS share: namespaces, safe text, references and times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import IO, Any
from urllib.parse import quote, unquote

from lxml import etree

VIETNAM = timezone(timedelta(hours=7))
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text_of(value: str) -> str:
    """``value`` as XML 1.0 can hold it: a character it forbids is written as the % codes of its UTF-8 bytes."""
    return _NOT_XML.sub(lambda match: quote(match[0], safe=""), value)


def href_of(path: str) -> str:
    """A relative reference to ``path``: every byte but unreserved characters and ``/`` as % code, so it is exact."""
    return quote(path, safe="/-._~")


def path_of(href: str) -> str:
    return unquote(href, errors="strict")


def time_of(moment: datetime) -> str:
    """ISO 8601 with the offset of Vietnam, to the second; an aware time is required."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return moment.astimezone(VIETNAM).isoformat(timespec="seconds")


@contextmanager
def document(
    file: IO[bytes], root: str, namespaces: dict[str | None, str], attributes: dict[str, str]
) -> Iterator[Any]:
    """An XML file written element by element: memory does not grow with it. No DOCTYPE."""
    with etree.xmlfile(file, encoding="UTF-8") as xml:
        xml.write_declaration()
        with xml.element(root, attributes, nsmap=namespaces):
            xml.write("\n")
            yield xml
    file.write(b"\n")


class Builder:
    """Small trees in one namespace (prefixes of ``others`` declared): ``build("div", {"ID": "x"}, child)``."""

    def __init__(self, namespace: str, others: dict[str, str] | None = None) -> None:
        self._namespace = namespace
        self._prefixes: dict[Any, str] = {None: namespace, **(others or {})}

    def name(self, local: str) -> str:
        return f"{{{self._namespace}}}{local}"

    def __call__(self, local: str, *parts: etree._Element | str | dict[str, str] | None) -> etree._Element:
        element = etree.Element(self.name(local), nsmap=self._prefixes)
        for part in parts:
            if isinstance(part, dict):
                for key, value in part.items():
                    element.set(key, text_of(value))
            elif isinstance(part, str):
                element.text = text_of(part)
            elif part is not None:
                element.append(part)
        return element
