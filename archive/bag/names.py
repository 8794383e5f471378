"""Names in a manifest against names of files: exact first, and one Unicode form for another only when one file fits."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from archive.finding import Finding, finding


@dataclass(frozen=True, slots=True)
class Match:
    """``actual`` is the file a listed name means, or None; ``ambiguous`` when several could be meant."""

    actual: str | None
    ambiguous: bool = False


class FileNames:
    """The exact names of a bag's files, and which of them a listed name means."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._by_form: dict[str, list[str]] | None = None

    def match(self, listed: str, others: Collection[str]) -> Match:
        """The file ``listed`` means. ``others``: all names of the same list, so that a file listed under its own exact
        name is not taken for another's when there is a choice."""
        if listed in self._names:
            return Match(listed)
        candidates = self._forms().get(unicodedata.normalize("NFC", listed), [])
        free = [name for name in candidates if name not in others]
        for choice in (free, candidates):
            if len(choice) == 1:
                return Match(choice[0])
        return Match(None, ambiguous=len(candidates) > 1)

    def _forms(self) -> dict[str, list[str]]:
        if self._by_form is None:
            forms: dict[str, list[str]] = defaultdict(list)
            for name in self._names:
                forms[unicodedata.normalize("NFC", name)].append(name)
            self._by_form = dict(forms)
        return self._by_form


def collision_faults(names: Iterable[str]) -> list[Finding]:
    """A warning for each set of names that some file system would take for one."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())].append(name)
    findings = []
    for group in groups.values():
        if len(group) > 1:
            one_form = len({unicodedata.normalize("NFC", name) for name in group}) == 1
            code = "bag.name.unicode-collision" if one_form else "bag.name.case-collision"
            findings.append(finding(code, sorted(group)[0], names=", ".join(sorted(group))))
    return findings
