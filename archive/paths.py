"""Names from outside become a ``RelPath`` or are refused; they are kept exactly, in whatever Unicode form they came."""

from __future__ import annotations

import re
import unicodedata

from archive.errors import PathRefusedError

_DRIVE = re.compile(r"^[A-Za-z]:")


class RelPath(str):
    """A relative path of ``/``-separated names that cannot leave its root; the exact characters are kept.

    Refused with ``PathRefusedError`` (``rule``): ``empty``, ``absolute``, ``traversal`` (``..``), ``dot`` (``.`` or an
    empty segment), ``windows`` (drive letter or backslash), ``control`` (NUL), ``not-unicode`` (undecodable bytes).
    """

    __slots__ = ()

    def __new__(cls, text: str) -> RelPath:
        rule = broken_rule(text)
        if rule is not None:
            raise PathRefusedError(f"Đường dẫn không được chấp nhận: {text!r}", rule=rule)
        return super().__new__(cls, text)

    @property
    def name(self) -> str:
        return self.rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """The extension in lower case with its dot, or ``""``."""
        stem, dot, extension = self.name.rpartition(".")
        return f".{extension.lower()}" if dot and stem else ""

    def below(self, folder: str) -> RelPath | None:
        """This path relative to ``folder`` when it lies inside it (whole segments, never a string prefix)."""
        head = folder.rstrip("/") + "/"
        return RelPath(self[len(head) :]) if self.startswith(head) and len(self) > len(head) else None

    def nfc(self) -> str:
        return unicodedata.normalize("NFC", self)

    def collapsed(self) -> str:
        """The form under which two names are indistinguishable on some file system: NFC, case-folded."""
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", self).casefold())


def broken_rule(text: str) -> str | None:
    """The first rule of ``RelPath`` that ``text`` breaks, or None."""
    if not text:
        return "empty"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "not-unicode"
    if "\0" in text:
        return "control"
    if text.startswith("/"):
        return "absolute"
    if _DRIVE.match(text) or "\\" in text:
        return "windows"
    segments = text.split("/")
    if ".." in segments:
        return "traversal"
    if "." in segments or "" in segments:
        return "dot"
    return None
