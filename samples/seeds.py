"""The five texts of law the samples are cut from: their wording as it stands, divided into paragraphs of a known kind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

Kind = Literal["basis", "decides", "chapter", "article", "clause"]

_CHAPTER = re.compile(r"^Chương\s+([IVX]+|\d+)\.?\s*(.*)$")
_ARTICLE = re.compile(r"^Điều \d+\.")
_CLAUSE_HEAD = re.compile(r"^([a-zđ]\)|\d+\.|[-+]) ")
_BASIS = re.compile(r"^(Căn cứ|Thực hiện Chỉ thị|Xét đề nghị|Theo đề nghị)")
_SENTENCE_END = (".", ";", ":", "/")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph. ``chapter`` may hold a line break between its number and its title."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Seed:
    """``opening`` runs from the first ground to the last article before the signature; ``annex`` is the regulation it
    promulgates, empty where there is none; ``recipients`` are the lines of Nơi nhận."""

    name: str
    text: str
    opening: tuple[Paragraph, ...]
    recipients: tuple[str, ...]
    annex: tuple[Paragraph, ...]

    def article(self, number: int) -> tuple[Paragraph, ...]:
        """Article ``number`` of the annex (of the opening, without an annex), its heading first."""
        source = self.annex or self.opening
        start = next(at for at, item in enumerate(source) if item.text.startswith(f"Điều {number}."))
        end = next(
            (at for at in range(start + 1, len(source)) if source[at].kind in ("article", "chapter")), len(source)
        )
        return source[start:end]


@cache
def seed(number: int) -> Seed:
    """Seed text ``number`` (0–4), in NFC, its words untouched."""
    folder = resources.files("samples").joinpath("seeds")
    entry = next(item for item in folder.iterdir() if item.name.startswith(f"{number:03}_"))
    text = unicodedata.normalize("NFC", entry.read_text(encoding="utf-8"))
    lines = [line for raw in text.splitlines() if (line := " ".join(raw.replace("**", "").split()))]
    start = next(at for at, line in enumerate(lines) if line.startswith(("Căn cứ", "Trong thời gian qua")))
    end = next(at for at, line in enumerate(lines) if line.startswith(("Nơi nhận", "TM. ")))
    chapters = (at for at, line in enumerate(lines) if at > end and _CHAPTER.match(line))
    annex_start = next(chapters, len(lines))
    annex_end = next((at for at in range(annex_start, len(lines)) if lines[at].startswith("TM. ")), len(lines))
    recipients = []
    for line in lines[end + 1 :]:
        if not line.startswith("- "):
            break
        recipients.append(line)
    return Seed(
        entry.name.split("_")[0],
        text,
        tuple(_paragraphs(lines[start:end])),
        tuple(recipients),
        tuple(_paragraphs(lines[annex_start:annex_end])),
    )


def _paragraphs(lines: Sequence[str]) -> Iterator[Paragraph]:
    pending = list(_whole(lines))
    while pending:
        line = pending.pop(0)
        chapter = _CHAPTER.match(line)
        if chapter:
            title = [chapter.group(2)] if chapter.group(2) else []
            while not chapter.group(2) and pending and pending[0].isupper():
                title.append(pending.pop(0))
            yield Paragraph("chapter", f"Chương {chapter.group(1)}\n{' '.join(title)}")
        else:
            yield Paragraph(_kind(line), line)


def _kind(line: str) -> Kind:
    if _ARTICLE.match(line):
        return "article"
    if line == "QUYẾT ĐỊNH:":
        return "decides"
    return "basis" if _BASIS.match(line) else "clause"


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Lines with those put together that a page break of the source had divided."""
    held = ""
    for line in lines:
        continues = line[0].islower() and not _CLAUSE_HEAD.match(line) and not held.endswith(_SENTENCE_END)
        if held and continues:
            held = f"{held} {line}"
            continue
        if held:
            yield held
        held = line
    if held:
        yield held
