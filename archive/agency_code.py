"""Identification codes of agencies, in both syntaxes that are about; always strings, their leading zeros mean something."""

from __future__ import annotations

import re
from typing import Literal

_OLD = re.compile(r"\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}", re.ASCII)
_NEW = re.compile(r"[A-Z]\d{2}(\.[0-9A-Z]{1,4})*", re.ASCII)
LONGEST_NEW = 35

Syntax = Literal["qcvn102-2016", "qd20-2020"]


def agency_code_syntax(text: str) -> Syntax | None:
    """``qcvn102-2016``: 13 characters in four groups (000.00.01.H54); ``qd20-2020``: up to 35 (H49.64.33); else None."""
    if _OLD.fullmatch(text):
        return "qcvn102-2016"
    if len(text) <= LONGEST_NEW and _NEW.fullmatch(text):
        return "qd20-2020"
    return None


class AgencyCode(str):
    """An agency's identification code of valid syntax. Raises ValueError for any other text."""

    __slots__ = ()

    def __new__(cls, text: str) -> AgencyCode:
        if agency_code_syntax(text) is None:
            raise ValueError("not the code of an agency")
        return super().__new__(cls, text)

    @property
    def syntax(self) -> str:
        return agency_code_syntax(self) or ""
