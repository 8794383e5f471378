"""Why something about a hold or a destruction round is refused: one code for each reason, its text looked up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archive.errors import LuutruError
from schemas.disposal_rules import refusal_texts


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. ``about``: the duty, paper or hồ sơ it is about, as its code or id; never content."""

    code: str
    message: str
    remedy: str
    about: str = ""


class DisposalRefusedError(LuutruError):
    """Refused, with every reason at once. ``code`` is that of the one reason, or ``round.not-ready`` of several."""

    code = "round.not-ready"

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = tuple(reasons)
        first = self.reasons[0]
        if len({item.code for item in self.reasons}) == 1:
            self.code = first.code
        message = " ".join(dict.fromkeys(item.message for item in self.reasons))
        remedy = " ".join(dict.fromkeys(item.remedy for item in self.reasons))
        detail = "; ".join(f"{item.code} {item.about}".rstrip() for item in self.reasons)
        super().__init__(message, remedy=remedy, detail=detail)


def reason(code: str, about: str = "", **named: object) -> Reason:
    """The reason with this code; ``named`` fills its text. An unknown code is a defect of ours and raises KeyError."""
    text = refusal_texts()[code]
    return Reason(code, text.message.format(**named), text.remedy, about)


def refusal(code: str, about: str = "", **named: object) -> DisposalRefusedError:
    """The error of one reason."""
    return DisposalRefusedError([reason(code, about, **named)])
