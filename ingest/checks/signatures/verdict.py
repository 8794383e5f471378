"""From what was seen of one signature to its faults, and from these to the indication and the conclusion in law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.finding import Answer, answer_of, finding
from ingest.checks.signatures.chain import ChainVerdict
from ingest.checks.signatures.evidence import utc
from ingest.checks.signatures.integrity import Integrity
from ingest.checks.signatures.proof import Token

CONCLUSIONS = {
    Answer.PASSED: "hợp lệ",
    Answer.FAILED: "không hợp lệ",
    Answer.INDETERMINATE: "không đủ căn cứ",
}
_INDICATIONS = {
    Answer.PASSED: "TOTAL-PASSED",
    Answer.FAILED: "TOTAL-FAILED",
    Answer.INDETERMINATE: "INDETERMINATE",
}

_SUB_INDICATIONS = {
    "signatures.unreadable": "FORMAT_FAILURE",
    "signatures.byte-range-beyond-file": "FORMAT_FAILURE",
    "signatures.partial-coverage": "FORMAT_FAILURE",
    "signatures.changed-after-signing": "SIG_CONSTRAINTS_FAILURE",
    "signatures.tail-bytes": "SIG_CONSTRAINTS_FAILURE",
    "signatures.tampered": "HASH_FAILURE",
    "signatures.expired-at-signing": "EXPIRED",
    "signatures.not-yet-valid": "NOT_YET_VALID",
    "signatures.revoked": "REVOKED",
    "signatures.weak-algorithm": "CRYPTO_CONSTRAINTS_FAILURE",
    "signatures.timeout": "GENERIC",
    "signatures.no-revocation-evidence": "REVOCATION_OUT_OF_BOUNDS_NO_POE",
}
_HARMLESS = frozenset({"NONE", "LTA_UPDATES", "FORM_FILLING"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding to be: its code and details (JSON values)."""

    code: str
    details: dict[str, Any] = field(default_factory=dict)


def integrity_faults(seen: Integrity, name: str, *, is_last: bool, changed_fields: Sequence[str] = ()) -> list[Fault]:
    """What coverage and later changes say of one signature; cryptography is not looked at here."""
    if seen.coverage == "beyond-file":
        return [Fault("signatures.byte-range-beyond-file", {"field": name})]
    if seen.coverage not in ("whole-file", "whole-revision"):
        return [Fault("signatures.partial-coverage", {"field": name, "coverage": seen.coverage})]
    if seen.timed_out:
        return [Fault("signatures.timeout", {"field": name, "step": "difference"})]
    harmless = seen.modification in _HARMLESS and not changed_fields
    if is_last and seen.modification == "FORM_FILLING":
        # After the last signature nothing may come but data for validating it.
        harmless = False
    if not harmless or seen.docmdp_ok is False:
        details: dict[str, Any] = {"field": name, "modification": seen.modification, "docmdp": seen.docmdp}
        if changed_fields:
            details["changed_fields"] = sorted(changed_fields)
        return [Fault("signatures.changed-after-signing", details)]
    return []


def chain_faults(verdict: ChainVerdict, name: str, claimed: datetime | None, proven: datetime | None) -> list[Fault]:
    """What the signature value, its path and its time say. The claimed time is used against the signer only."""
    signer = verdict.steps[0].certificate.subject.native.get("common_name") if verdict.steps else None
    details: dict[str, Any] = {"field": name, "signer": signer if isinstance(signer, str) else None}
    if verdict.problem in _PLAIN:
        extra = {"reason": verdict.sub_indication} if verdict.problem in ("structure", "chain") else {}
        return [Fault(_PLAIN[verdict.problem], {**details, **extra})]
    if verdict.problem == "structure":
        code = "signatures.no-signer-certificate" if "CERTIFICATE" in verdict.sub_indication else "signatures.invalid"
        return [Fault(code, {**details, "reason": verdict.sub_indication})]
    if verdict.problem == "not-yet-valid":
        code = "signatures.not-yet-valid" if proven is not None else "signatures.chain-fault"
        return [Fault(code, {**details, "reason": "NOT_YET_VALID"})]
    if verdict.problem == "expired":
        expiry = min(utc(step.certificate.not_valid_after) for step in verdict.steps[:-1])
        by_own_account = claimed is not None and claimed > expiry
        code = "signatures.expired-at-signing" if by_own_account else "signatures.expired-unproven"
        return [Fault(code, {**details, "expired_at": expiry.isoformat()})]
    if verdict.problem == "revoked":
        assert verdict.revoked_at is not None
        by_own_account = claimed is not None and claimed >= verdict.revoked_at
        code = "signatures.revoked" if by_own_account else "signatures.revoked-unproven"
        return [Fault(code, {**details, "revoked_at": verdict.revoked_at.isoformat()})]
    later = verdict.steps[0].standing.revoked_at if verdict.steps and verdict.steps[0].standing else None
    if later is not None:
        return [Fault("signatures.revoked-after", {**details, "revoked_at": later.isoformat()})]
    return []


_PLAIN = {
    "intact": "signatures.tampered",
    "crypto": "signatures.invalid",
    "authority": "signatures.unknown-authority",
    "anchor-dates": "signatures.authority-not-trusted-then",
    "no-evidence": "signatures.no-revocation-evidence",
    "algorithm": "signatures.weak-algorithm",
    "chain": "signatures.chain-fault",
}


def token_faults(tokens: Sequence[Token], name: str) -> list[Fault]:
    """A broken token is an error even where another one serves; one that is only not believed is a warning."""
    faults = []
    for token in tokens:
        if token.broken:
            faults.append(Fault("signatures.timestamp-broken", {"field": name, "reason": token.problem}))
        elif token.problem:
            faults.append(Fault("signatures.timestamp-not-believed", {"field": name, "reason": token.problem}))
    return faults


def conclude(faults: Sequence[Fault], sub_indication: str = "") -> dict[str, str | None]:
    """Indication and sub-indication (ETSI EN 319 102-1) and the Vietnamese conclusion; only no error and nothing
    indeterminate is ``hợp lệ``. The first fault of the worst severity gives the sub-indication."""
    findings = [finding(item.code, None, **item.details) for item in faults]
    answer = answer_of(findings)
    sub: str | None = None
    if answer is not Answer.PASSED:
        wanted = "error" if answer is Answer.FAILED else "indeterminate"
        worst = next(item for item in findings if item.severity.value == wanted)
        sub = _SUB_INDICATIONS.get(worst.code) or sub_indication or "GENERIC"
    return {"indication": _INDICATIONS[answer], "sub_indication": sub, "conclusion": CONCLUSIONS[answer]}
