"""Where samples are made: prints and signs documents with one test PKI, each thing once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from samples.documents import Document
from samples.pki import Pki
from samples.rendering import Rendered
from samples.signing import Appearance, add_revocation_data, sign_pdf

PERSON_AND_AGENCY = ("person", "agency")
THREE_SIGNATURES = ("person2", "person", "agency")
OLD_DOCUMENTS_SIGNED_AT = datetime(2025, 4, 15, 2, 0, tzinfo=UTC)
"""The seeds are older than the test PKI: their electronic versions were signed on this day."""


def signing_time(document: Document) -> datetime:
    """Nine o'clock in Việt Nam on the day of issue; for documents older than the PKI the day they were signed anew."""
    if document.issued.year < 2024:
        return OLD_DOCUMENTS_SIGNED_AT
    return datetime.combine(document.issued, time(2, 0), tzinfo=UTC)


@dataclass
class Workshop:
    """One PKI, and every standard document that was signed with it so far."""

    pki: Pki
    _signed: dict[tuple[str, str, tuple[str, ...]], bytes] = field(default_factory=dict)

    def signed(self, document: Document, signers: Sequence[str] = PERSON_AND_AGENCY) -> bytes:
        """The document as it should be: signed in turn, each signature time-stamped, revocation data embedded."""
        key = (document.key, document.number, tuple(signers))
        if key not in self._signed:
            self._signed[key] = self.signed_as(document.printed(), signers, at=signing_time(document))
        return self._signed[key]

    def signed_as(
        self,
        printed: Rendered,
        signers: Sequence[str],
        *,
        at: datetime,
        timestamp: bool = True,
        evidence_at: datetime | None = None,
        evidence: bool = True,
        **more: Any,
    ) -> bytes:
        """Signatures five minutes apart from ``at`` on, then the revocation data of ``evidence_at``; ``more`` goes to
        every ``sign_pdf``."""
        pdf = printed.pdf
        for turn, label in enumerate(signers):
            moment = at + timedelta(minutes=5 * turn)
            look = self._appearance(printed, label, signers)
            pdf = sign_pdf(pdf, self.pki, label, at=moment, timestamp=timestamp, appearance=look, **more)
        if evidence:
            labels = [*signers, "tsa"] if timestamp else list(signers)
            pdf = add_revocation_data(pdf, self.pki, labels, evidence_at or at + timedelta(minutes=30))
        return pdf

    def _appearance(self, printed: Rendered, label: str, signers: Sequence[str]) -> Appearance | None:
        """The agency shows its seal, the last person who signs a signature; one who signs before in the second place
        where there is one, else without a picture (ký nháy)."""
        if self.pki[label].spec.kind == "agency":
            return printed.place.of_agency()
        persons = [item for item in signers if self.pki[item].spec.kind == "person"]
        if label == persons[-1]:
            return printed.place.of_person()
        return printed.second_place.of_person() if printed.second_place else None
