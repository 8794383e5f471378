"""The table of finding codes: what each means, how bad it is, which clause it rests on, and what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

SEVERITIES = ("error", "indeterminate", "warning", "info")


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One row: ``message`` is Vietnamese with ``{placeholders}``; ``remedy`` says what the sender or archivist can do."""

    code: str
    severity: str
    message: str
    remedy: str
    clause: str

    @property
    def check(self) -> str:
        return self.code.split(".", 1)[0]


@cache
def finding_kinds() -> Mapping[str, FindingKind]:
    """Every code of every table under ``schemas/findings``; a code stands in the file named for its check."""
    kinds: dict[str, FindingKind] = {}
    for entry in sorted(resources.files("schemas").joinpath("findings").iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        for code, row in tomllib.loads(entry.read_text(encoding="utf-8")).items():
            if code.split(".", 1)[0] != entry.name.removesuffix(".toml"):
                raise ValueError(f"{entry.name}: {code} stands in the wrong file")
            if row["severity"] not in SEVERITIES:
                raise ValueError(f"{code}: unknown severity {row['severity']}")
            kinds[code] = FindingKind(
                code, row["severity"], row["message"], row.get("remedy", ""), row.get("clause", "")
            )
    return kinds
