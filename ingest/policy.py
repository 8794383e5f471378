"""The submission agreement: a pure, versioned policy from findings to a decision. Checks never decide; this does."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

from archive.errors import LuutruError
from archive.finding import Finding, Severity
from schemas.findings import finding_kinds


class Consequence(StrEnum):
    """What one finding leads to, from the mildest to the hardest."""

    ACCEPT = "accept"
    NOTE = "note"
    REVIEW = "review"
    RETURN = "return"
    REFUSE = "refuse"


_ORDER = tuple(Consequence)


class AgreementError(LuutruError):
    """The submission agreement cannot be read or says something unknown; nothing is decided under it."""

    code = "agreement.invalid"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of a submission agreement (thỏa thuận nộp lưu); ``sha256`` is over its exact bytes."""

    name: str
    version: str
    sha256: str
    severities: Mapping[Severity, Consequence]
    codes: Mapping[str, Consequence] = field(default_factory=dict)
    further_formats: frozenset[str] = frozenset()
    returned_days: int = 30

    def consequence(self, finding: Finding) -> Consequence:
        """By code when the agreement names it (``list.*`` names a whole check), else by severity."""
        for key in (finding.code, f"{finding.check}.*"):
            if key in self.codes:
                return self.codes[key]
        return self.severities[finding.severity]


@dataclass(frozen=True, slots=True)
class Decision:
    """``consequence`` is the hardest of all findings; ``reasons`` are the findings that led there."""

    consequence: Consequence
    reasons: tuple[Finding, ...] = ()


def decide(findings: Iterable[Finding], agreement: Agreement) -> Decision:
    """The hardest consequence of any finding, with exactly the findings that carry it. No finding: accept."""
    weighed = [(agreement.consequence(item), item) for item in findings]
    hardest = max((one for one, _ in weighed), key=_ORDER.index, default=Consequence.ACCEPT)
    reasons = tuple(item for one, item in weighed if one is hardest) if hardest is not Consequence.ACCEPT else ()
    return Decision(hardest, reasons)


_KEYS: Mapping[str, frozenset[str]] = {
    "": frozenset({"name", "version", "title", "severity", "codes", "formats", "content"}),
    "severity": frozenset(Severity),
    "formats": frozenset({"further"}),
    "content": frozenset({"returned_days"}),
}


def parse_agreement(data: bytes, known_codes: Collection[str] | None = None) -> Agreement:
    """The agreement these TOML bytes state. Raises AgreementError when a key or value is unknown or missing.

    With ``known_codes`` every code named must be one of them, or a whole check of theirs: a slip of the pen in a code
    would otherwise leave what it was to say unsaid.
    """
    try:
        table: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
        for name, keys in _KEYS.items():
            if unknown := set(table.get(name, {}) if name else table) - keys:
                raise ValueError(f"khóa lạ: {', '.join(sorted(unknown))}")
        if known_codes is not None:
            named = {*known_codes, *(f"{code.split('.', 1)[0]}.*" for code in known_codes)}
            if unknown := set(table.get("codes", {})) - named:
                raise ValueError(f"mã ghi nhận lạ: {', '.join(sorted(unknown))}")
        further = table.get("formats", {}).get("further", [])
        days = table.get("content", {}).get("returned_days", 30)
        if not isinstance(further, list) or not isinstance(days, int) or days < 0:
            raise ValueError("formats.further là danh sách, content.returned_days là số ngày")
        severities = {item: Consequence(table["severity"][item.value]) for item in Severity}
        codes = {code: Consequence(value) for code, value in table.get("codes", {}).items()}
        return Agreement(
            str(table["name"]),
            str(table["version"]),
            hashlib.sha256(data).hexdigest(),
            severities,
            codes,
            frozenset(map(str, further)),
            days,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AgreementError(
            f"Thỏa thuận nộp lưu không hợp lệ: {error}",
            remedy="Sửa tệp thỏa thuận theo mẫu schemas/agreements/default.toml.",
        ) from error


def load_agreement(path: Path | None = None) -> Agreement:
    """The agreement in ``path``, or the default one that comes with the archive."""
    if path is None:
        return parse_agreement(
            resources.files("schemas").joinpath("agreements/default.toml").read_bytes(), finding_kinds()
        )
    try:
        return parse_agreement(path.read_bytes(), finding_kinds())
    except OSError as error:
        raise AgreementError(
            "Không đọc được tệp thỏa thuận nộp lưu.",
            remedy="Kiểm tra mục [agreement] trong luutru.toml.",
            detail=str(error),
        ) from error
