"""Where the package begins: wrapping folders are not part of it, so a ZIP of a folder and the folder are one thing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

CLUTTER = "__MACOSX/"


def package_root(paths: Collection[str]) -> tuple[str, int]:
    """The prefix (``""`` or ``…/``) all files share as single wrapping folders, and how many files beside it are what
    macOS adds to archives: those are not counted as content, and only when content is left without them."""
    content: Iterable[str] = [path for path in paths if not path.startswith(CLUTTER)]
    names = list(content)
    clutter = len(paths) - len(names)
    if not names:
        return "", 0
    first, last = min(names), max(names)
    shared = 0
    for a, b in zip(first, last, strict=False):
        if a != b:
            break
        shared += 1
    root = first[:shared]
    return root[: root.rfind("/") + 1], clutter
