"""A SHA-256 whose state can be kept in a file: for single files too long to be read again from their beginning.

``hashlib`` cannot do that, the C library below it can: its context is a plain structure. Where the library or these
functions are not there, or do not give what ``hashlib`` gives, there is no such hasher, and long files are begun anew.
A state is only a shortcut to a digest that is compared in the end: a wrong one can never make a wrong copy right.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import sys
from functools import cache

_CONTEXT_BYTES = 112
"""Eight words of state, two of length, sixteen of data not yet used, two counters."""
_ROOM_BYTES = 512


class KeptSha256:
    """``update`` and ``hexdigest`` of hashlib, and ``state``."""

    def __init__(self, library: ctypes.CDLL, state: bytes | None = None) -> None:
        self._library = library
        self._context = ctypes.create_string_buffer(_ROOM_BYTES)
        if state is None:
            self._require(library.SHA256_Init(self._context))
        elif len(state) == _CONTEXT_BYTES:
            ctypes.memmove(self._context, state, _CONTEXT_BYTES)
        else:
            raise ValueError("not a state of SHA-256")

    def update(self, data: memoryview, /) -> None:
        if not len(data):
            return
        begin: object = bytes(data) if data.readonly else ctypes.byref(ctypes.c_char.from_buffer(data))
        self._require(self._library.SHA256_Update(self._context, begin, ctypes.c_size_t(len(data))))

    def hexdigest(self) -> str:
        ended, digest = ctypes.create_string_buffer(self._context.raw, _ROOM_BYTES), ctypes.create_string_buffer(32)
        self._require(self._library.SHA256_Final(digest, ended))
        return digest.raw.hex()

    def state(self) -> bytes:
        return self._context.raw[:_CONTEXT_BYTES]

    def _require(self, result: int) -> None:
        if result != 1:
            raise OSError("SHA-256 of the C library failed")


def kept_sha256(state: bytes | None = None) -> KeptSha256 | None:
    """A new one, or one that goes on from ``state``; None where there is none to be had."""
    library = _library()
    return None if library is None else KeptSha256(library, state)


@cache
def _library() -> ctypes.CDLL | None:
    """Believed only after it has given what hashlib gives, across a state kept and taken up."""
    name = ctypes.util.find_library("crypto") if sys.platform == "linux" else None
    if name is None:
        return None
    try:
        library = ctypes.CDLL(name)
        data = bytearray(range(256)) * 5
        for cut in (0, 1, 63, 64, 65, 777):
            first = KeptSha256(library)
            first.update(memoryview(data)[:cut])
            second = KeptSha256(library, first.state())
            second.update(memoryview(data)[cut:])
            if second.hexdigest() != hashlib.sha256(data).hexdigest():
                return None
    except (OSError, AttributeError):
        return None
    return library
