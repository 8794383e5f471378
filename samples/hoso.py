"""One hồ sơ to submit, as a value: its documents with their metadata, and the payload files it comes to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from samples.documents import AGENCY_CODE, AGENCY_NAME, Document

METADATA = "metadata.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a hồ sơ: its path, its bytes, and its line in the list (canonical names of fields)."""

    path: str
    content: bytes
    fields: Mapping[str, Any]
    kind: str = "outgoing"

    @classmethod
    def of(cls, document: Document, content: bytes, path: str | None = None, **other: Any) -> Entry:
        """The line that tells the truth about a document, with ``other`` fields beside or instead."""
        return cls(path or document.name, content, {**document.fields(), **other}, document.kind)

    def with_fields(self, **changed: Any) -> Entry:
        return replace(self, fields={**self.fields, **changed})

    def without(self, name: str) -> Entry:
        return replace(self, fields={key: value for key, value in self.fields.items() if key != name})


@dataclass(frozen=True, slots=True)
class Hoso:
    """``code`` is unique among all samples. ``about`` overrides fields of the hồ sơ, ``agency`` those of the sender."""

    code: str
    title: str
    entries: tuple[Entry, ...]
    about: Mapping[str, Any] = field(default_factory=dict)
    agency: Mapping[str, str] = field(default_factory=lambda: {"code": AGENCY_CODE, "name": AGENCY_NAME})
    profile: str = "LLT2024-TT05"

    def with_entry(self, at: int, entry: Entry) -> Hoso:
        return replace(self, entries=(*self.entries[:at], entry, *self.entries[at + 1 :]))

    def with_content(self, at: int, content: bytes) -> Hoso:
        return self.with_entry(at, replace(self.entries[at], content=content))

    def metadata(self) -> dict[str, Any]:
        """The submission's metadata: totals agree with the documents unless ``about`` says otherwise."""
        years = sorted(_ordered(entry.fields["issuedDate"]) for entry in self.entries if "issuedDate" in entry.fields)
        file: dict[str, Any] = {
            "fileCode": self.code,
            "title": self.title,
            "maintenance": "02",
            "mode": "01",
            "language": "01",
            "startDate": _shown(years[0]),
            "endDate": _shown(years[-1]),
            "totalDoc": len(self.entries),
            "numberOfPaper": 0,
            "numberOfPage": sum(int(entry.fields.get("numberOfPage", 0)) for entry in self.entries),
            "confidenceLevel": "01",
            "riskRecovery": "0",
            **self.about,
        }
        documents = [
            {
                "path": entry.path,
                "kind": entry.kind,
                "docOrdinal": ordinal,
                "docCode": f"{self.code}.{ordinal:07}",
                **entry.fields,
            }
            for ordinal, entry in enumerate(self.entries, 1)
        ]
        return {
            "schema": "luutru-submission/1",
            "profile": self.profile,
            "agency": dict(self.agency),
            "file": file,
            "documents": documents,
        }

    def payload(self) -> dict[str, bytes]:
        """Payload path → bytes: every document and the metadata file."""
        return {**{entry.path: entry.content for entry in self.entries}, METADATA: as_json(self.metadata())}


def as_json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _ordered(day: str) -> tuple[int, int, int]:
    day_of_month, month, year = (int(part) for part in day.split("/"))
    return year, month, day_of_month


def _shown(day: tuple[int, int, int]) -> str:
    return f"{day[2]:02}/{day[1]:02}/{day[0]}"
