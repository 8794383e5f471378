"""Words that several papers share: legal bases, amounts and hours as official Vietnamese writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from archive.local_time import VIETNAM
from ingest.papers.blocks import Text
from schemas.papers import PaperTerms, paper_terms


def terms_of(profile: str) -> PaperTerms:
    """The words of a rule profile. An unknown profile is a defect of ours and raises KeyError."""
    return paper_terms()[profile]


def bases(names: Sequence[str], closing: str = "") -> list[Text]:
    """``Căn cứ …;`` line by line; the last, or ``closing``, ends with a full stop."""
    lines = [f"Căn cứ {name};" for name in names]
    if closing:
        lines.append(closing)
    elif lines:
        lines[-1] = f"{lines[-1][:-1]}."
    return [Text(line, "basis") for line in lines]


def amount(number: int) -> str:
    """``10.000``: thousands apart by points."""
    return f"{number:,}".replace(",", ".")


def clock(at: datetime) -> str:
    """``14 giờ 05 phút, ngày 08/5/2026`` in Việt Nam."""
    local = at.astimezone(VIETNAM)
    return f"{local:%H} giờ {local:%M} phút, ngày {local:%d/%m/%Y}"


def brief(at: datetime) -> str:
    """``09:05 12/10/2026`` in Việt Nam, for cells."""
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"


def size(size_bytes: int) -> str:
    """Bytes exactly, with the nearest larger unit beside them."""
    value, unit = float(size_bytes), "byte"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    exact = f"{amount(size_bytes)} byte"
    return exact if unit == "byte" else f"{exact} ({f'{value:.1f}'.replace('.', ',')} {unit})"
