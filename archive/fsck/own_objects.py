"""Who claims an object in a store: one question for each folder at the top; what nobody claims is extra.

The folders of checkpoints hold what signed statements name: there an object is claimed when its name has the right form, and
those statements are compared with it by ``Holdings.further``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from archive.catalogue.audit_reading import claimed
from archive.catalogue.destruction_reading import lingering
from archive.catalogue.fsck_reading import canaries_lying, known_audits
from archive.catalogue.paper_orders import waiting_papers
from archive.catalogue.printed_certificates import known_certificates
from archive.catalogue.reading import Reading
from archive.catalogue.round_reading import known_papers
from archive.storage.key import Key

Claim = Callable[[Reading, str, Sequence[Key]], set[Key]]
"""Of these keys in the store of this name, those that are known."""


def _formed(pattern: str) -> Claim:
    form = re.compile(pattern)
    return lambda _view, _store, keys: {key for key in keys if form.fullmatch(key)}


def _packages(view: Reading, store: str, keys: Sequence[Key]) -> set[Key]:
    """Also of destroyed ones, where it is known that they are not gone yet."""
    return claimed(view, keys) | lingering(view, store, keys)


def _canaries(view: Reading, store: str, keys: Sequence[Key]) -> set[Key]:
    return canaries_lying(view, store, keys)


def _audits(view: Reading, _store: str, keys: Sequence[Key]) -> set[Key]:
    """Reports of audits, by the id of the run."""
    formed = {key: key.segments[1].partition(".")[0] for key in keys if re.fullmatch(r"audit/[^/]+\.(json|pdf)", key)}
    runs = known_audits(view, set(formed.values()))
    return {key for key, run in formed.items() if run in runs}


def _papers(view: Reading, _store: str, keys: Sequence[Key]) -> set[Key]:
    """Papers of destruction rounds, their certificates among them, by their rows."""
    named = [str(key) for key in keys]
    known = known_papers(view, named) | waiting_papers(view, named) | known_certificates(view, named)
    return {key for key in keys if str(key) in known}


CLAIMS: Mapping[str, Claim] = {
    "aip": _packages,
    "audit": _audits,
    "canary": _canaries,
    "backup": _formed(r"backup/.+"),
    "disposal": _papers,
    "checkpoint": _formed(r"checkpoint/\d{10}\.(json|tsr)"),
    "inbox": _formed(r"inbox/[0-9a-f]{32}/(slot|checks)\.tar"),
    "report": _formed(r"report/\d{4}-(first-half|second-half|year)-[0-9a-f]{16}\.pdf"),
    "ledger": _formed(r"ledger/\d{12}-\d{12}\.jsonl"),
    "rows": _formed(r"rows/\d{10}[0-9a-z-]*\.jsonl"),
    "upload": _formed(r"upload/[0-9a-f]{32}/\d{16}-[0-9a-f]{8}\.bin"),
}
"""By the first folder of the key. A module with a table of its own objects adds, or sharpens, one line."""
