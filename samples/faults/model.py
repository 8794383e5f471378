"""One fault: what was done to an otherwise good submission, and what the archive must say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from samples.documents import Document, documents
from samples.hoso import Entry, Hoso
from samples.parcel import Form, Parcel, bag_of
from samples.workshop import PERSON_AND_AGENCY, Workshop, signing_time

Outcome = Literal["accepted", "accepted-with-findings", "in_review", "returned", "refused"]


@dataclass(frozen=True, slots=True)
class Kit:
    """What a builder works with: a workshop, and two good documents that no other fault has (their numbers follow from
    ``position``)."""

    workshop: Workshop
    position: int

    @property
    def documents(self) -> tuple[Document, Document]:
        first = 1000 + 10 * self.position
        known = documents()
        return known["cong-van"].with_number(first), known["to-trinh"].with_number(first + 1)

    def third_document(self) -> Document:
        return documents()["thong-bao"].with_number(1000 + 10 * self.position + 2)

    def hoso(self) -> Hoso:
        """The good hồ sơ every fault of this kit starts from: two documents, two signatures each."""
        entries = tuple(Entry.of(item, self.workshop.signed(item)) for item in self.documents)
        return Hoso(f"H99.12.2025.F{self.position:03}", "Gửi, nhận và lưu trữ văn bản điện tử", entries)

    def good(self, form: Form = "folder") -> Parcel:
        return bag_of(self.hoso(), form)

    def signed_otherwise(self, signers: Sequence[str] = PERSON_AND_AGENCY, **how: object) -> bytes:
        """The first document signed in another way than it should be; ``how`` goes to ``Workshop.signed_as``."""
        first = self.documents[0]
        return self.workshop.signed_as(first.printed(), signers, **{"at": signing_time(first), **how})  # type: ignore[arg-type]  # keywords of sign_pdf


@dataclass(frozen=True, slots=True)
class Fault:
    """``findings`` must appear; ``also`` may follow from the same mistake; nothing else above an info may.

    ``outcome`` is that of the default agreement when every tool runs and the malware scanner answers. ``before`` is a
    submission that must have been accepted earlier.
    """

    name: str
    title: str
    findings: tuple[str, ...]
    outcome: Outcome
    make: Callable[[Kit], Parcel]
    also: tuple[str, ...] = ()
    before: Callable[[Kit], Parcel] | None = field(default=None)


def content_fault(change: Callable[[Kit, bytes], bytes]) -> Callable[[Kit], Parcel]:
    """A builder that changes the bytes of the first (signed) document before the bag is made."""

    def make(kit: Kit) -> Parcel:
        hoso = kit.hoso()
        return bag_of(hoso.with_content(0, change(kit, hoso.entries[0].content)))

    return make


def hoso_fault(change: Callable[[Kit, Hoso], Hoso]) -> Callable[[Kit], Parcel]:
    """A builder that changes the hồ sơ (documents or metadata) before the bag is made."""
    return lambda kit: bag_of(change(kit, kit.hoso()))
