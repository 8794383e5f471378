"""What metadata, lists and schedules write as a period → ``Period``, and a ``Period`` in the words of the law.

Codes of TT 05/2025 (01 Vĩnh viễn … 06 10 năm, 07 Khác) and free texts («20 năm», «Đến khi văn bản hết hiệu lực»).
"""

from __future__ import annotations

import re
import unicodedata

from archive.retention.period import PERMANENT, UNDETERMINED, Period, PeriodKind
from schemas.fields import code_list, folded

LONGEST_YEARS = 99
"""No law knows a longer period in years; what says more means something else."""
_YEARS = re.compile(r"(?P<years>[0-9]{1,3})(?: năm)?", re.IGNORECASE)
_AT_LEAST = r"(?:,? (?:và )?(?:ít nhất|tối thiểu|không dưới) (?P<least>[0-9]{1,3}) năm)?"
_UNTIL = re.compile(
    rf"(?:cho )?(?:đến|tới) khi (?P<event>.+?)(?:,? và (?P<years>[0-9]{{1,3}}) năm (?:sau đó|tiếp theo))?{_AT_LEAST}",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"(?P<years>[0-9]{{1,3}}) năm (?:sau|kể từ|tính từ)(?: khi| ngày)? (?P<event>.+?){_AT_LEAST}", re.IGNORECASE
)
_PERMANENT = frozenset(map(folded, ("Vĩnh viễn", "Bảo quản vĩnh viễn", "Lưu trữ vĩnh viễn", "VV")))


def stated_period(value: object) -> Period:
    """The period that ``value`` states; UNDETERMINED when it states none that could be counted.

    A single figure without its zero is read as the code, as metadata are: of the two readings it is the longer one.
    """
    text = " ".join(unicodedata.normalize("NFC", str(value if value is not None else "")).split()).strip(" .:*")
    code = code_list("maintenance").code_of(text)
    if code is not None:
        text = code_list("maintenance").names[code]
    if folded(text) in _PERMANENT:
        return PERMANENT
    if found := _YEARS.fullmatch(text):
        years = int(found["years"])
        return Period(PeriodKind.YEARS, years) if 1 <= years <= LONGEST_YEARS else UNDETERMINED
    if found := _UNTIL.fullmatch(text) or _AFTER.fullmatch(text):
        years, least = int(found["years"] or 0), int(found["least"] or 0)
        if years <= LONGEST_YEARS and least <= LONGEST_YEARS:
            return Period(PeriodKind.EVENT, years, found["event"].strip(" .,;"), least)
    return UNDETERMINED


def listed_period(value: object) -> Period:
    """The same, as schedules and danh mục hồ sơ write it: there a bare figure is a number of years, never a code."""
    text = " ".join(str(value if value is not None else "").split())
    bare = text.isascii() and text.isdigit() and not text.startswith("0")
    return stated_period(f"{text} năm" if bare else text)


def period_text(period: Period) -> str:
    """The period as lists and minutes say it; ``stated_period`` reads it back."""
    match period.kind:
        case PeriodKind.PERMANENT:
            return "Vĩnh viễn"
        case PeriodKind.YEARS:
            return f"{period.years} năm"
        case PeriodKind.EVENT:
            after = f" và {period.years} năm sau đó" if period.years else ""
            least = f", ít nhất {period.at_least} năm" if period.at_least else ""
            return f"Đến khi {period.event}{after}{least}"
        case _:
            return "Chưa xác định"
