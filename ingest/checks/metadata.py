"""Is the metadata complete, well-typed and free of contradictions, by the rules of its profile?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from archive.agency_code import agency_code_syntax
from archive.finding import Finding, finding
from ingest.checks.field_rules import Where, check_fields
from ingest.metadata.lists import read_list
from ingest.metadata.parsing import parse_metadata
from ingest.metadata.strict_json import LIMIT_BYTES
from ingest.metadata.values import empty, integer, iso_date
from ingest.report import CheckReport
from ingest.subject import Member, Record, Subject
from schemas.fields import PROFILES, fields_by_name

_MOST_OF_A_KIND = 20
"""So many documents are named for one fault in one field; the rest are counted."""


def check(subject: Subject, profile: str | None = None, owner: str = "") -> CheckReport:
    """The report on the record of a subject under the profile the record names; never raises for bad content.

    ``profile`` is the one agreed upon; a record under the other one is judged by its own and the difference reported.
    ``owner`` is the agency whose account handed it in ("": none did); a record of another one is a person's to decide.
    Without a record, what stands in the way of reading the listing is reported.
    """
    begun = time.perf_counter()
    faults = _Faults()
    if subject.record is None:
        faults.extend(_unread(subject.listing))
    else:
        _check_record(subject.record, profile, faults)
        _check_owner(subject.record.agency, owner, faults)
    return CheckReport.of(
        "metadata",
        faults.reported(),
        tools={"jsonschema": version("jsonschema"), "openpyxl": version("openpyxl")},
        seconds=time.perf_counter() - begun,
        facts={"": {"profile": subject.record.profile if subject.record else None}},
    )


class _Faults:
    """Findings as they come, at most so many of one kind: a hồ sơ of 100,000 documents must stay readable."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._seen: Counter[tuple[str, str]] = Counter()

    def add(self, item: Finding) -> None:
        key = (item.code, str(item.details.get("field", "")))
        self._seen[key] += 1
        if item.document is None or self._seen[key] <= _MOST_OF_A_KIND:
            self._kept.append(item)

    def extend(self, items: tuple[Finding, ...]) -> None:
        for item in items:
            self.add(item)

    def reported(self) -> list[Finding]:
        more = [
            finding("metadata.findings.more", count=count - _MOST_OF_A_KIND, of=code, field=field or "–")
            for (code, field), count in self._seen.items()
            if count > _MOST_OF_A_KIND
        ]
        return [*self._kept, *more]


def _unread(listing: Member | None) -> tuple[Finding, ...]:
    if listing is None:
        return (finding("metadata.file.missing"),)
    if listing.digests.size_bytes > LIMIT_BYTES:
        return (finding("metadata.file.too-large", size_bytes=listing.digests.size_bytes, limit_bytes=LIMIT_BYTES),)
    data = listing.blob.read_bytes()
    if listing.path.suffix in (".xlsx", ".csv", ".tsv", ".txt"):
        return read_list(data, listing.path.name)[1]
    return parse_metadata(data)[1]


def _check_record(record: Record, agreed: str | None, faults: _Faults) -> None:
    if record.profile not in PROFILES:
        faults.add(finding("metadata.profile.unknown", profile=record.profile[:40], expected=", ".join(PROFILES)))
        return
    if agreed is not None and agreed != record.profile:
        faults.add(finding("metadata.profile.other", profile=record.profile, agreed=agreed))
    _check_agency(record.agency, faults)
    for fault in check_fields(record.file, Where("hoso", record.profile)):
        faults.add(fault)
    _check_order(record.file, ("startDate", "endDate"), "hoso", None, faults)
    for entry in record.documents:
        where = Where("document", record.profile, kind=entry.kind, document=entry.path)
        for fault in check_fields(entry.fields, where):
            faults.add(fault)
        _check_order(entry.fields, ("issuedDate", "arrivalDate"), "document", entry.path, faults)
        _check_against_file(record.file, entry.fields, entry.path, faults)
    _check_ordinals(record, faults)


def _check_agency(agency: Mapping[str, Any], faults: _Faults) -> None:
    code = agency.get("code")
    if not isinstance(code, str) or agency_code_syntax(code.strip()) is None:
        faults.add(finding("metadata.agency.code-invalid", value=str(code or "")[:40]))
    if empty(agency.get("name")):
        faults.add(finding("metadata.field.missing", label="Tên cơ quan", field="agency.name", because=""))


def _check_owner(agency: Mapping[str, Any], owner: str, faults: _Faults) -> None:
    code = agency.get("code")
    if owner and isinstance(code, str) and code.strip() and code.strip() != owner:
        faults.add(finding("metadata.agency.foreign", value=code.strip()[:40], owner=owner))


def _check_order(
    values: Mapping[str, Any], names: tuple[str, str], table: str, document: str | None, faults: _Faults
) -> None:
    first, second = (iso_date(values.get(name)) for name in names)
    if first is None or second is None or not _before(second, first):
        return
    fields = fields_by_name(table)
    faults.add(
        finding(
            "metadata.date.out-of-order",
            document,
            field=names[1],
            label=fields[names[1]].label,
            value=second,
            other_label=fields[names[0]].label,
            other_value=first,
        )
    )


def _check_against_file(file: Mapping[str, Any], fields: Mapping[str, Any], document: str, faults: _Faults) -> None:
    file_code, own_code = file.get("fileCode"), fields.get("fileCode")
    if not empty(own_code) and not empty(file_code) and str(own_code).strip() != str(file_code).strip():
        faults.add(finding("metadata.document.other-file", document, field="fileCode"))
    ordinal, doc_code = integer(fields.get("docOrdinal")), fields.get("docCode")
    if ordinal is not None and not empty(doc_code) and isinstance(file_code, str) and not empty(file_code):
        digits = f"{ordinal:07}"
        # The annex joins code and ordinal; packages of the state archive put a point between them.
        if str(doc_code).strip() not in (f"{file_code.strip()}{digits}", f"{file_code.strip()}.{digits}"):
            faults.add(
                finding("metadata.document.code-mismatch", document, field="docCode", expected=f"{file_code}.{digits}")
            )
    start, end, issued = (
        iso_date(value) for value in (file.get("startDate"), file.get("endDate"), fields.get("issuedDate"))
    )
    if start and end and issued and not _before(end, start) and (_before(issued, start) or _before(end, issued)):
        faults.add(
            finding("metadata.date.outside-file", document, field="issuedDate", value=issued, start=start, end=end)
        )


def _before(one: str, other: str) -> bool:
    """Whether ``one`` certainly lies before ``other``; dates known to the month or year are compared that far."""
    known = min(len(one), len(other))
    return one[:known] < other[:known]


def _check_ordinals(record: Record, faults: _Faults) -> None:
    given = [(integer(entry.fields.get("docOrdinal")), entry.path) for entry in record.documents]
    seen: set[int] = set()
    for ordinal, path in given:
        if ordinal is None:
            continue
        if ordinal in seen:
            faults.add(finding("metadata.document.ordinal-repeated", path, field="docOrdinal", value=ordinal))
        seen.add(ordinal)
    if seen and len(seen) == len(given) and seen != set(range(1, len(given) + 1)):
        faults.add(finding("metadata.document.ordinal-gap", field="docOrdinal", expected=len(given)))
