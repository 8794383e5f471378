"""What an attached paper must be: its kind, its list, and whose signatures it must bear."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from archive.papers.paper import PaperKind


@dataclass(frozen=True, slots=True)
class RequiredSigner:
    """One signature that must be there. What is not empty must all fit; with nothing given any signer of the role does.

    ``name``: common name of the certificate, compared without regard to case, spaces and Unicode form. ``user_id``: as
    certificates write it (``CCCD:…``, ``MDD:…``). ``role``: person, agency, or any.
    """

    label: str
    role: Literal["person", "agency", "any"] = "any"
    name: str = ""
    user_id: str = ""
    certificate_sha256: str = ""

    def fits(self, signer: Mapping[str, Any]) -> bool:
        """Whether these facts of a signer (``ingest.checks.signatures``) are of whom is meant."""
        return (
            self.role in ("any", signer.get("role"))
            and (not self.name or _bare(self.name) == _bare(str(signer.get("common_name") or "")))
            and (not self.user_id or self.user_id == signer.get("user_id"))
            and (not self.certificate_sha256 or self.certificate_sha256 == signer.get("sha256"))
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """``list_sha256`` is empty for a paper that need not be bound to a list; so is ``round_code``. ``required`` is empty
    for a paper that need not be signed: signatures it bears must be valid all the same. ``may_name``: the one list that a
    paper which need not be bound may be bound to all the same; empty: any."""

    kind: PaperKind
    list_sha256: str = ""
    round_code: str = ""
    required: tuple[RequiredSigner, ...] = ()
    may_name: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's explicit act: the hash read on a scan is ``list_sha256``. Who and when go into the record."""

    by: str
    at: datetime
    list_sha256: str


def _bare(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
