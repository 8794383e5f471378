"""A page of text as the readers of the several formats give it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """Its whole text, and the text of its head where the format tells the two apart."""

    text: str
    head: str = ""


class TextRefusedError(Exception):
    """Text that will not or cannot be read; ``rule``: bomb, doctype, encrypted, malformed, too-many-pages."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule
