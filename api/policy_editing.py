"""Small changes to the text of a storage policy: everything a person wrote in it, comments included, stays."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from api.settings_storage import quoted
from archive.storage_policy import PolicyError

_HEAD = re.compile(r"^\[\[\s*stores\s*\]\][^\n]*\n", re.MULTILINE)
_VERSION = re.compile(r"^version\s*=\s*(\d+)", re.MULTILINE)
_PATH = re.compile(r"^(\s*path\s*=\s*)(\"[^\"\n]*\"|'[^'\n]*')", re.MULTILINE)
_MEDIUM = re.compile(r"^(\s*medium\s*=\s*)(\"[^\"\n]*\"|'[^'\n]*')", re.MULTILINE)
_LOCATION = re.compile(r"^(\s*location\s*=\s*)(\"[^\"\n]*\"|'[^'\n]*')", re.MULTILINE)


def with_next_version(text: str, version: int) -> str:
    """The same policy under another version."""
    changed, count = _VERSION.subn(f"version = {version}", text, count=1)
    return changed if count else _refused()


def with_store(text: str, *, name: str, path: str, location: str, medium: str, required: bool) -> str:
    """One more directory store at the end."""
    return (
        f'{text.rstrip()}\n\n[[stores]]\nname = {quoted(name)}\nkind = "directory"\npath = {quoted(path)}\n'
        f"location = {quoted(location)}\nmedium = {quoted(medium)}\nrequired = {'true' if required else 'false'}\n"
    )


def with_place(text: str, name: str, *, path: str, location: str | None = None, medium: str | None = None) -> str:
    """The directory store ``name`` in another folder."""
    for begin, end in _blocks(text):
        block = text[begin:end]
        if _name(block) != name:
            continue
        block, count = _PATH.subn(lambda found: found[1] + quoted(path), block, count=1)
        if not count:
            break
        for pattern, value in ((_LOCATION, location), (_MEDIUM, medium)):
            if value is not None:
                block, count = pattern.subn(lambda found, value=value: found[1] + quoted(value), block, count=1)  # type: ignore[misc]
                if not count:
                    _refused()
        return text[:begin] + block + text[end:]
    return _refused()


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    begins = [found.start() for found in _HEAD.finditer(text)]
    return zip(begins, [*begins[1:], len(text)], strict=True)


def _name(block: str) -> str:
    try:
        (row,) = tomllib.loads(block)["stores"]
    except (tomllib.TOMLDecodeError, KeyError, ValueError):
        return ""
    return str(row.get("name", ""))


def _refused() -> str:
    raise PolicyError(
        "Không tự sửa được tệp chính sách lưu trữ vì cách viết khác thường.",
        remedy="Tự sửa một bản sao của tệp, tăng version, rồi nêu nó ở --policy hoặc chạy «luutru storage adopt».",
    )
