"""Every signature of one PDF judged, as JSON facts: the part that runs inside a worker process."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from ingest.checks.signatures.appearance import appearance_faults, appearance_of
from ingest.checks.signatures.chain import ChainJudge, ChainVerdict, PathStep
from ingest.checks.signatures.deadline import Deadline, DeadlinePassedError
from ingest.checks.signatures.etsi_report import etsi_report
from ingest.checks.signatures.evidence import EvidencePool, collect, utc
from ingest.checks.signatures.integrity import Integrity, Tail, integrity_of, tail_of
from ingest.checks.signatures.material import Material, prefix_digests
from ingest.checks.signatures.online import fetch_missing
from ingest.checks.signatures.proof import Token, document_token, raw_tokens, signature_tokens
from ingest.checks.signatures.reading import MALFORMED, SignatureField, UnreadablePdfError, open_pdf, reason_of
from ingest.checks.signatures.signer import algorithm_facts, certificate_facts, premis_facts, signer_facts
from ingest.checks.signatures.trust import TrustList, load_trust_list
from ingest.checks.signatures.verdict import Fault, chain_faults, conclude, integrity_faults, token_faults

_HEAD_BYTES = 1024
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*\d+\s+\d+\s+\d+\s+\d+\s*\]")


@dataclass(frozen=True)
class Request:
    """What a validation is asked for. ``at`` is the time of receipt, used where nothing proves an earlier one."""

    trust: TrustList
    at: datetime
    material_dir: Path | None
    beside: tuple[Path, ...]
    deadline_seconds: float | None
    online: bool = False
    hosts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Request:
        folder = options.get("material_dir")
        seconds = options.get("deadline_seconds")
        return cls(
            load_trust_list(Path(options["trust_list"])),
            utc(datetime.fromisoformat(options["at"])),
            Path(folder) if folder else None,
            tuple(Path(item) for item in options.get("beside") or ()),
            None if seconds is None else float(seconds),
            bool(options.get("online")),
            dict(options.get("online_hosts") or {}),
        )


@dataclass
class _Seen:
    """One field while it is being judged."""

    number: int
    source: SignatureField
    integrity: Integrity | None = None
    problem: str = ""
    tokens: tuple[Token, ...] = ()
    proofs: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def embedded(self) -> EmbeddedPdfSignature | None:
        return None if self.problem else self.source.embedded

    @property
    def is_timestamp(self) -> bool:
        return self.source.embedded is not None and self.source.embedded.sig_object_type == "/DocTimeStamp"


def facts(path: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Facts about every signature in the PDF at ``path``; its bytes are only read.

    ``options``: ``trust_list`` (path), ``at`` (ISO time of receipt), and if wanted ``material_dir``, ``beside`` (files
    with certificates, CRLs, OCSP responses), ``deadline_seconds``, ``online`` (fetch missing revocation evidence; off
    unless asked for) with ``online_hosts`` (host name → address and port). Raises TrustListError; for the file never.
    """
    # Its warnings carry a traceback for each untrusted certificate; every one of them is a finding of ours.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    request = Request.of(options)
    deadline = Deadline(request.deadline_seconds)
    answer: dict[str, Any] = {"trust_list": request.trust.as_json(), "at": request.at.isoformat(), "signatures": []}
    with path.open("rb") as stream:
        if b"%PDF-" not in stream.read(_HEAD_BYTES):
            return {**answer, "applicable": False}
        answer["applicable"] = True
        try:
            with deadline.enforced():
                opened = open_pdf(stream)
        except UnreadablePdfError as error:
            return {**answer, "unreadable": str(error)}
        except DeadlinePassedError:
            return {**answer, "timed_out": "reading"}
        answer["strict"] = opened.strict
        answer["strict_problem"] = opened.strict_problem or None
        seen = [_Seen(number, item) for number, item in enumerate(opened.fields, 1)]
        return {**answer, **_Examination(path, stream, opened.reader, request, deadline, seen).facts()}


@dataclass
class _Examination:
    path: Path
    stream: IO[bytes]
    reader: PdfFileReader
    request: Request
    deadline: Deadline
    seen: list[_Seen]

    def facts(self) -> dict[str, Any]:
        size = os.fstat(self.stream.fileno()).st_size
        for item in self.seen:
            self._measure(item, size)
        last = next((item for item in reversed(self.seen) if item.integrity is not None), None)
        tail = self._tail(last)
        material = Material(self.request.material_dir)
        try:
            with self.deadline.enforced():
                rows = asyncio.run(self._rows(last, tail, material))
        except DeadlinePassedError:
            return {"timed_out": "validation", "signatures": [], "fields": [item.source.name for item in self.seen]}
        listed = material.written()
        answer: dict[str, Any] = {"signatures": rows, "tail": {"kind": tail.kind, "size_bytes": tail.size_bytes}}
        if not self.seen and _has_byte_range(self.path):
            answer["unlisted"] = True
        if rows:
            report = etsi_report(rows, listed)
            material.add("report", report)
            listed = material.written()
            answer["report"] = next(row["name"] for row in listed if row["kind"] == "report")
        return {**answer, "material": listed}

    def _measure(self, item: _Seen, size: int) -> None:
        if item.source.embedded is None:
            item.problem = item.source.problem or "unreadable"
            return
        try:
            item.integrity = integrity_of(item.source.embedded, size, self.deadline)
        except MALFORMED as error:
            item.problem = reason_of(error)

    def _tail(self, last: _Seen | None) -> Tail:
        if last is None or last.embedded is None or last.integrity is None:
            return Tail("none")
        try:
            return tail_of(self.stream, self.reader, last.embedded, last.integrity)
        except MALFORMED as error:
            return Tail("foreign", 0, type(error).__name__)

    async def _rows(self, last: _Seen | None, tail: Tail, material: Material) -> list[dict[str, Any]]:
        readable = [item for item in self.seen if item.embedded is not None and item.integrity is not None]
        judge = ChainJudge(self.request.trust, self._pool(readable))
        if self.request.online:
            self._fetch(readable, judge)
        await self._prove(readable, judge)
        ends = [item.integrity.signed_length for item in readable if item.integrity is not None]
        digests = prefix_digests(self.path, ends)
        rows = []
        for item in self.seen:
            row, faults = await self._row(item, judge, material)
            if item is last and tail.kind == "foreign" and not any(_is_change(fault) for fault in faults):
                code = "signatures.changed-after-signing" if tail.reason == "content" else "signatures.tail-bytes"
                faults.append(
                    Fault(code, {"field": item.source.name, "size_bytes": tail.size_bytes, "reason": tail.reason})
                )
            if item.integrity is not None:
                length = item.integrity.signed_length
                row["signed_revision"] = {"sha256": digests.get(length), "length": length}
            row.update(conclude(faults, row.pop("chain_sub_indication", "") or ""))
            row["faults"] = [{"code": fault.code, "details": fault.details} for fault in faults]
            rows.append(row)
        return rows

    def _pool(self, readable: Sequence[_Seen]) -> EvidencePool:
        blobs: list[cms.SignedData] = []
        for item in readable:
            assert item.embedded is not None
            blobs.append(item.embedded.signed_data)
            for token in raw_tokens(item.embedded):
                try:
                    blobs.append(token["content"])
                except MALFORMED:
                    continue
        return collect(self.reader, blobs, self.request.beside, self.request.at)

    def _fetch(self, readable: Sequence[_Seen], judge: ChainJudge) -> None:
        """Whatever each signer's and each time-stamp authority's path points to, as far as an anchor vouches for it."""
        for item in readable:
            assert item.embedded is not None
            signed = [(item.embedded.signed_data, item.is_timestamp)]
            signed += [(token["content"], True) for token in raw_tokens(item.embedded)]
            for data, timestamps in signed:
                try:
                    path = judge.ascent(extract_certificate_info(data).signer_cert, timestamps=timestamps)
                except MALFORMED:
                    continue
                if judge.trust.anchor_of(path[-1], timestamps=timestamps) is not None:
                    fetch_missing(judge.pool, path, self.request.hosts)

    async def _prove(self, readable: Sequence[_Seen], judge: ChainJudge) -> None:
        """From the newest to the oldest: a believed document time stamp proves all that its revision covers."""
        known_by = self.request.at
        for item in reversed(readable):
            assert item.embedded is not None and item.integrity is not None
            if item.is_timestamp:
                token = await document_token(item.embedded, item.integrity, judge, known_by)
                item.tokens = (token,)
                if not token.problem and token.time is not None:
                    known_by = min(known_by, token.time)
                    item.proofs.append((token.time, "document-timestamp"))
                continue
            item.tokens = await signature_tokens(item.embedded, judge, known_by)
            item.proofs = [(token.time, "timestamp") for token in item.tokens if not token.problem and token.time]
            if known_by < self.request.at:
                item.proofs.append((known_by, "document-timestamp"))

    async def _row(self, item: _Seen, judge: ChainJudge, material: Material) -> tuple[dict[str, Any], list[Fault]]:
        name = item.source.name
        row: dict[str, Any] = {"number": item.number, "field": name, "kind": "signature"}
        if item.embedded is None or item.integrity is None:
            return {**row, "problem": item.problem}, [Fault("signatures.unreadable", {"field": name})]
        row["kind"] = "document-timestamp" if item.is_timestamp else "signature"
        later = any(other.number > item.number and other.embedded is not None for other in self.seen)
        faults = integrity_faults(
            item.integrity, name, is_last=not later, changed_fields=_changed_fields(item.embedded, self.seen)
        )
        row["coverage"] = item.integrity.coverage
        row["changes"] = {
            "level": item.integrity.modification,
            "detail": item.integrity.modification_detail or None,
            "docmdp": item.integrity.docmdp,
            "docmdp_ok": item.integrity.docmdp_ok,
        }
        row["timestamps"] = [token.as_json() for token in item.tokens]
        for token in item.tokens:
            material.add("timestamp", token.der, "cms" if token.kind == "signature" else "document")
            _keep(material, token.steps)
        faults += token_faults(item.tokens, name)
        if item.is_timestamp:
            token = item.tokens[0]
            proven = item.proofs[0][0] if item.proofs else None
            row["proven_time"] = None if proven is None else proven.isoformat()
            row["path"] = [certificate_facts(step.certificate) for step in token.steps]
            return row, faults
        if item.integrity.digest is None or (faults and faults[0].code == "signatures.byte-range-beyond-file"):
            return row, faults
        try:
            return await self._judged(item, item.embedded, item.integrity.digest, judge, material, row, faults)
        except MALFORMED as error:
            row["problem"] = reason_of(error)
            return row, [*faults, Fault("signatures.unreadable", {"field": name})]

    async def _judged(
        self,
        item: _Seen,
        embedded: EmbeddedPdfSignature,
        digest: bytes,
        judge: ChainJudge,
        material: Material,
        row: dict[str, Any],
        faults: list[Fault],
    ) -> tuple[dict[str, Any], list[Fault]]:
        name, trust = item.source.name, self.request.trust
        claimed = _claimed(embedded)
        proven, rule = min(item.proofs, default=(None, "receipt"))
        at = proven or self.request.at
        verdict = await judge.signature(embedded.signed_data, digest, at)
        signed = chain_faults(verdict, name, claimed, proven)
        if not verdict.steps:
            # Not even the signer's certificate could be told; what is said of the bytes stands.
            row["chain_sub_indication"] = verdict.sub_indication
            return row, [*faults, *signed]
        certificates = [step.certificate for step in verdict.steps]
        algorithms = algorithm_facts(embedded.signer_info, certificates)
        if algorithms["weak"] and not any(fault.code == "signatures.weak-algorithm" for fault in signed):
            signed.append(Fault("signatures.weak-algorithm", {"field": name, "algorithms": algorithms["weak"]}))
        signer = signer_facts(certificates[0], trust)
        look = appearance_of(self.reader, item.source.field)
        signed += [Fault(code, {"field": name}) for code in appearance_faults(look, signer["role"])]
        if proven is None:
            signed.append(Fault("signatures.time-claimed-only", {"field": name, "validation_time": at.isoformat()}))
        _keep(material, verdict.steps)
        row |= {
            "signer": signer,
            "role": signer["role"],
            "path": [certificate_facts(certificate) for certificate in certificates],
            "authority_class": None if verdict.anchor is None else verdict.anchor.kind,
            "claimed_time": None if claimed is None else claimed.isoformat(),
            "proven_time": None if proven is None else proven.isoformat(),
            "validation_time": at.isoformat(),
            "validation_time_rule": rule,
            "algorithms": algorithms,
            "pades_level": _level(item, embedded, verdict),
            "subfilter": str(embedded.sig_object.get("/SubFilter", ""))[1:],
            "revocation": _revocation_facts(verdict),
            "appearance": look,
            "premis": premis_facts(embedded, certificates[0]),
            "chain_sub_indication": verdict.sub_indication,
        }
        # What broke the bytes weighs before who signed them.
        broken = [fault for fault in signed if fault.code in ("signatures.tampered", "signatures.invalid")]
        return row, [*broken, *faults, *(fault for fault in signed if fault not in broken)]


def _has_byte_range(path: Path) -> bool:
    """Whether a signature dictionary lies in the file although no field leads to it (it cannot be compressed)."""
    kept = b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if _BYTE_RANGE.search(kept + chunk):
                return True
            kept = chunk[-64:]
    return False


def _is_change(fault: Fault) -> bool:
    return fault.code in ("signatures.changed-after-signing", "signatures.byte-range-beyond-file", "signatures.timeout")


def _changed_fields(embedded: EmbeddedPdfSignature, seen: Sequence[_Seen]) -> list[str]:
    """Form fields filled after signing that are no signatures, unless the signature itself allows filling in."""
    difference: object = embedded.diff_result
    if not isinstance(difference, DiffResult) or embedded.docmdp_level is not None:
        return []
    signatures = {item.source.name for item in seen}
    return [name for name in difference.changed_form_fields if name not in signatures]


def _claimed(embedded: EmbeddedPdfSignature) -> datetime | None:
    try:
        claimed = embedded.self_reported_timestamp
    except MALFORMED:
        return None
    return None if claimed is None else utc(claimed)


def _keep(material: Material, steps: Sequence[PathStep]) -> None:
    for step in steps:
        material.add("certificate", step.certificate.dump())
        if step.standing is None:
            continue
        used = [*step.standing.good, *([step.standing.revoked_by] if step.standing.revoked_by else [])]
        for item in used:
            material.add("ocsp" if hasattr(item, "containers") else "crl", item.der, item.origin)


def _revocation_facts(verdict: ChainVerdict) -> list[dict[str, Any]]:
    return [
        {
            "certificate": format(step.certificate.serial_number, "x"),
            "kind": "ocsp" if hasattr(item, "containers") else "crl",
            "sha256": item.sha256,
            "origin": item.origin,
            "this_update": item.this_update.isoformat(),
            "next_update": None if item.next_update is None else item.next_update.isoformat(),
        }
        for step in verdict.steps
        if step.standing is not None
        for item in step.standing.good
    ]


def _level(item: _Seen, embedded: EmbeddedPdfSignature, verdict: ChainVerdict) -> str:
    """The PAdES baseline level that the file really reaches, or the CMS family for other subfilters."""
    pades = embedded.sig_object.get("/SubFilter") == "/ETSI.CAdES.detached"
    level = "B" if not item.proofs else "T"
    steps = [step for step in verdict.steps[:-1] if step.standing is not None]
    if level == "T" and steps and all(any(e.origin != "beside" for e in s.standing.good) for s in steps if s.standing):
        level = "LT"
        if any(rule == "document-timestamp" for _, rule in item.proofs):
            level = "LTA"
    return f"PAdES-B-{level}" if pades else f"PKCS7-{level}"
