"""``bagit.txt``: two lines, to the letter, on which the reading of every other tag file rests (RFC 8493, 2.1.1)."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from archive.finding import Finding, finding

FILE = "bagit.txt"
KNOWN_VERSIONS = frozenset({(0, 93), (0, 94), (0, 95), (0, 96), (0, 97), (1, 0)})

_DECLARATION = re.compile(
    rb"BagIt-Version: (\d+)\.(\d+)(?:\r\n|\r|\n)Tag-File-Character-Encoding: ([!-~]+)(?:\r\n|\r|\n)?"
)
_VERSION = re.compile(rb"BagIt-Version[ \t]*:[ \t]*(\d+)\.(\d+)")
_ENCODING = re.compile(rb"Tag-File-Character-Encoding[ \t]*:[ \t]*([!-~]+)")
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")
# Codecs of Python that are no character encodings a bag could mean.
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})


@dataclass(frozen=True, slots=True)
class Declaration:
    """``version`` is (major, minor); ``encoding`` a codec Python knows, for every tag file but this one."""

    version: tuple[int, int] = (1, 0)
    encoding: str = "utf-8"

    @property
    def version_text(self) -> str:
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def strict(self) -> bool:
        """Whether the rules of 1.0 apply; earlier versions were laxer in several places."""
        return self.version >= (1, 0)


def read_declaration(data: bytes) -> tuple[Declaration, list[Finding]]:
    """What ``bagit.txt`` declares, guessed as well as can be when it is malformed, with everything wrong about it."""
    findings: list[Finding] = []
    if data.startswith(codecs.BOM_UTF8):
        findings.append(finding("bag.declaration.bom", FILE))
        data = data[len(codecs.BOM_UTF8) :]
    if _DECLARATION.fullmatch(data) is None:
        findings.append(finding("bag.declaration.malformed", FILE, reason=_reason(data)))
    version = Declaration().version
    if match := _VERSION.search(data):
        version = (int(match[1][:9]), int(match[2][:9]))
        if version not in KNOWN_VERSIONS:
            stated = f"{match[1].decode()}.{match[2].decode()}"
            findings.append(finding("bag.declaration.version-unknown", FILE, version=stated[:40]))
        elif version < (0, 97):
            findings.append(finding("bag.declaration.version-old", FILE, version=f"0.{version[1]}"))
    encoding = Declaration().encoding
    if match := _ENCODING.search(data):
        stated = match[1].decode("ascii")
        known = charset(stated)
        if known is None:
            findings.append(finding("bag.declaration.encoding-unknown", FILE, encoding=stated[:80]))
        else:
            encoding = known
    return Declaration(version, encoding), findings


def charset(name: str) -> str | None:
    """The codec for a character set name, or None when it names none (hex, rot13 and their like are none)."""
    try:
        info = codecs.lookup(name)
        b"\0\0\0\0".decode(name)  # not b"": for that no codec is asked
    except UnicodeError:
        pass  # a character set that cannot say four zeros is one all the same
    except (LookupError, ValueError):
        return None
    return None if info.name.replace("_", "-") in _NOT_CHARSETS else info.name


def _reason(data: bytes) -> str:
    lines = _LINE_BREAK.split(data)
    if lines and not lines[-1]:
        lines.pop()
    if len(lines) != 2:
        return f"có {len(lines)} dòng"
    if lines[0].startswith(b"Tag-File") and lines[1].startswith(b"BagIt"):
        return "hai dòng bị đảo"
    return "sai nhãn, khoảng trắng hoặc giá trị"
