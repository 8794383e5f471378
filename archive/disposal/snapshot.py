"""What a hồ sơ was when it was listed, as four digests; compared again in the transaction that begins its destruction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``file``: description and papers. ``period``: how long it is kept, and why. ``packages``: which it is made of.

    ``rights``: decided modes of use, and permissions given and withdrawn. Digests alone: nothing they were made of
    is in them.
    """

    file: str
    period: str
    packages: str
    rights: str


def changes(listed: Snapshot, now: Snapshot) -> tuple[str, ...]:
    """The code of each part that is not what it was; none when the hồ sơ is what was listed."""
    parts = (
        ("line.file-changed", listed.file, now.file),
        ("line.period-changed", listed.period, now.period),
        ("line.packages-changed", listed.packages, now.packages),
        ("line.rights-changed", listed.rights, now.rights),
    )
    return tuple(code for code, then, is_now in parts if then != is_now)
