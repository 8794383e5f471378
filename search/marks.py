"""Marks where they mean something: most Vietnamese words are two syllables, and one of them alone is another word.

asked:  công tác văn thư
found:  <mark>Công</mark> <mark>tác</mark> <mark>văn</mark> <mark>thư</mark> …      a run: kept
        <mark>Công</mark> khai                                                    the same syllable alone: no mark
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from search.notation import folded

_MARK = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)
_RUN = re.compile(r"<mark>[^<]*</mark>(?:\s+<mark>[^<]*</mark>)+")


def meant(highlights: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The fragments with marks only where they say something, the words themselves untouched.

    A syllable that stands among other marked ones somewhere in the hit is not marked where it stands alone, and a
    fragment left without marks goes. Where no two marks stand together, everything stays as it was.
    """
    in_runs = {
        folded(html.unescape(word))
        for fragments in highlights.values()
        for fragment in fragments
        for run in _RUN.findall(fragment)
        for word in _MARK.findall(run)
    }
    if not in_runs:
        return {name: tuple(fragments) for name, fragments in highlights.items()}
    kept = {
        name: tuple(done for fragment in fragments if "<mark>" in (done := _settled(fragment, in_runs)))
        for name, fragments in highlights.items()
    }
    return {name: fragments for name, fragments in kept.items() if fragments}


def _settled(fragment: str, in_runs: set[str]) -> str:
    pieces, at = [], 0
    for run in _RUN.finditer(fragment):
        pieces += [_alone(fragment[at : run.start()], in_runs), run.group()]
        at = run.end()
    return "".join([*pieces, _alone(fragment[at:], in_runs)])


def _alone(text: str, in_runs: set[str]) -> str:
    return _MARK.sub(lambda found: found[1] if folded(html.unescape(found[1])) in in_runs else found[0], text)
