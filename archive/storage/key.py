"""Names inside a store: ours alone, never made from a name that came from outside."""

from __future__ import annotations

import re

from archive.errors import KeyRefusedError

_FOLDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}")
_OBJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}(\.[a-z0-9]{1,16}){1,2}")
_LONGEST = 180
"""A whole key, written flat, is still the larger part of one file name (255 bytes): see ``aside_folder``."""


class Key(str):
    """The name of one object: lower-case ASCII folders, then a name with an extension, e.g. ``aip/3f/3f…c.tar``.

    A folder's name never has a dot and an object's always has one, so no object can stand where a folder is needed,
    and no two keys differ by letter case alone. Anything else raises KeyRefusedError.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Key:
        *folders, name = text.split("/")
        if len(text) > _LONGEST or not _OBJECT.fullmatch(name) or not all(map(_FOLDER.fullmatch, folders)):
            raise KeyRefusedError(f"Tên đối tượng trong kho không hợp lệ: {text!r}")
        return super().__new__(cls, text)

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.split("/"))


def folder_segments(folder: str) -> tuple[str, ...]:
    """The segments of a folder's name; ``""`` is the whole store. Raises KeyRefusedError."""
    if not folder:
        return ()
    segments = tuple(folder.rstrip("/").split("/"))
    if not all(map(_FOLDER.fullmatch, segments)):
        raise KeyRefusedError(f"Tên thư mục trong kho không hợp lệ: {folder!r}")
    return segments


def aip_key(aip_id: str) -> Key:
    """Where the one object of an AIP lies in every store: spread over 256 folders by the first two digits of its id."""
    return Key(f"aip/{aip_id[:2]}/{aip_id}.tar")


SEALED_SUFFIX = ".age"


def sealed_aip_key(aip_id: str) -> Key:
    """Where the one object of a sealed AIP lies: beside where it would lie open."""
    return Key(f"{aip_key(aip_id)}{SEALED_SUFFIX}")


def is_sealed(key: str) -> bool:
    """Whether the object under ``key`` is sealed, by its name."""
    return key.endswith(SEALED_SUFFIX)
