"""A paper that comes back signed from the signer's own tool: is it whole, signed by whom it must be, of the same list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from archive.finding import Answer, Finding, answer_of, finding
from archive.local_time import local_text
from archive.papers.paper import PAPER_NAMES, PAPER_SCHEMA, PaperKind
from ingest.checks.signatures.versions import tool_versions
from ingest.inspector.client import Asked, Outcome, inspection
from ingest.papers.expectation import Confirmation, Expected, RequiredSigner

SignatureState = Literal["valid", "invalid", "indeterminate", "unsigned"]
Binding = Literal["embedded", "keywords", "printed", "confirmed", "none"]
_CHANGED = frozenset({"signatures.changed-after-signing", "signatures.tail-bytes"})
_PARTLY = frozenset({"signatures.partial-coverage", "signatures.byte-range-beyond-file"})
_MISREAD = 8
"""A printed hash that differs in no more digits than this was misread by a machine, not taken from another list."""


@dataclass(frozen=True, slots=True)
class PaperSigner:
    """Who signed, by the certificate. ``indication`` and times as the signature check gives them."""

    name: str
    user_id: str
    organization: str
    role: str
    certificate_sha256: str
    indication: str
    claimed_at: str
    proven_at: str


@dataclass(frozen=True, slots=True)
class PaperJudgement:
    """``answer`` is of all findings; ``signature`` of the signatures alone; ``list_sha256`` is the one list the paper is
    bound to, by ``binding``, or empty."""

    kind: PaperKind
    findings: tuple[Finding, ...]
    answer: Answer
    signature: SignatureState
    signers: tuple[PaperSigner, ...]
    list_sha256: str
    binding: Binding
    confirmation: Confirmation | None
    tools: Mapping[str, str]
    sheets: int = 0
    head: Mapping[str, str] = field(default_factory=dict)
    """The formal parts the archive printed it with (``agency``, ``number``, ``notation``, ``issued``); empty for another's."""

    def as_json(self) -> dict[str, Any]:
        confirmed = self.confirmation
        return {
            "kind": self.kind.value,
            "answer": self.answer.value,
            "signature": self.signature,
            "list_sha256": self.list_sha256 or None,
            "binding": self.binding,
            "confirmation": None
            if confirmed is None
            else {"by": confirmed.by, "at": local_text(confirmed.at), "list_sha256": confirmed.list_sha256},
            "signers": [
                {
                    "name": signer.name,
                    "user_id": signer.user_id,
                    "organization": signer.organization,
                    "role": signer.role,
                    "certificate_sha256": signer.certificate_sha256,
                    "indication": signer.indication,
                    "claimed_at": signer.claimed_at,
                    "proven_at": signer.proven_at,
                }
                for signer in self.signers
            ],
            "findings": [item.as_json() for item in self.findings],
            "tools": dict(self.tools),
        }


def judge_paper(
    path: Path,
    expected: Expected,
    *,
    inspectors: Asked,
    trust_list: Path | None,
    at: datetime,
    document: str = "",
    confirmation: Confirmation | None = None,
    timeout_seconds: float = 60.0,
    options: Mapping[str, Any] | None = None,
) -> PaperJudgement:
    """The judgement on the file at ``path``, received ``at``; its bytes are only read, by a worker. Never raises for
    anything in the file. ``document``: the name findings give it. ``options``: further ones of the signature check.

    ``confirmation`` answers for a hash no machine can read, and for nothing else: it never outweighs what is read.
    """
    name = document or PAPER_NAMES[expected.kind]
    seen = inspection(inspectors, "paper", path, {"list_sha256": expected.list_sha256}, timeout_seconds=timeout_seconds)
    if seen.outcome is not Outcome.OK:
        return _judged(expected, [finding("paper.not-examined", name, reason=seen.reason)])
    if not seen.facts.get("is_pdf"):
        return _judged(expected, [finding("paper.not-a-pdf", name)])
    if not seen.facts.get("readable"):
        return _judged(expected, [finding("paper.unreadable", name)])
    binding = _Binding(name, expected, seen.facts, confirmation)
    said = [*binding.findings()]
    signed = _Signed(name, expected, {}, False)
    if trust_list is None:
        said.append(finding("paper.no-trust-list", name))
    else:
        asked = {
            **(options or {}),
            "trust_list": str(trust_list),
            "at": at.isoformat(),
            "deadline_seconds": timeout_seconds * 0.8,
        }
        found = inspection(inspectors, "signatures", path, asked, timeout_seconds=timeout_seconds)
        if found.outcome is not Outcome.OK or "timed_out" in found.facts:
            reason = found.reason or str(found.facts.get("timed_out"))
            said.append(finding("paper.not-examined", name, reason=reason))
        else:
            signed = _Signed(name, expected, found.facts, True)
            said += signed.findings()
    return _judged(expected, said, signed, binding)


def _judged(
    expected: Expected, said: Iterable[Finding], signed: _Signed | None = None, binding: _Binding | None = None
) -> PaperJudgement:
    findings = tuple(said)
    return PaperJudgement(
        expected.kind,
        findings,
        answer_of(findings),
        signed.state if signed else "indeterminate",
        signed.signers if signed else (),
        binding.list_sha256 if binding else "",
        binding.how if binding else "none",
        binding.confirmation if binding and binding.how == "confirmed" else None,
        tool_versions(),
        binding.sheets if binding else 0,
        binding.head if binding else {},
    )


class _Binding:
    """What the paper says of its list, in all three places together."""

    def __init__(
        self, name: str, expected: Expected, facts: Mapping[str, Any], confirmation: Confirmation | None
    ) -> None:
        self._name, self._expected, self._facts, self.confirmation = name, expected, facts, confirmation
        self.sheets = int(facts.get("pages") or 0)
        self.head: Mapping[str, str] = next((row["head"] for row in facts["embedded"] if row.get("head")), {})
        embedded = [row["list_sha256"] for row in facts["embedded"] if row.get("list_sha256")]
        keywords = list(facts["keywords"].get("list-sha256", ()))
        printed = list(facts["printed"])
        wanted = expected.list_sha256
        if facts["mentions"] and wanted not in printed:
            printed.append(wanted)
        self._said = list(dict.fromkeys([*embedded, *keywords, *printed]))
        self.list_sha256 = self._said[0] if len(self._said) == 1 else ""
        self.how: Binding = "none"
        if self.list_sha256:
            self.how = "embedded" if embedded else ("keywords" if keywords else "printed")
        # A machine misreads a digit of a scan; data and keywords are not read by eye.
        self._unclear = not embedded and not keywords and bool(wanted) and self._misread(printed)
        if self._unclear or (self.how == "keywords" and not facts["has_text"]):
            # Keywords alone prove nothing: nobody who signed a picture has seen them.
            self.list_sha256, self.how, self._unclear = "", "none", True
        if not wanted and expected.may_name and not embedded and not keywords and self._misread(printed):
            self._said, self.list_sha256, self.how = [], "", "none"

    def _misread(self, printed: list[str]) -> bool:
        wanted = self._expected.list_sha256 or self._expected.may_name
        return bool(printed) and all(
            0 < sum(one != other for one, other in zip(item, wanted, strict=True)) <= _MISREAD for item in printed
        )

    def findings(self) -> Iterator[Finding]:
        yield from self._data()
        wanted, allowed = self._expected.list_sha256, self._expected.may_name
        if not wanted:
            if allowed and self._said and self._said != [allowed]:
                yield finding("paper.list-hash-other", self._name, found=self._said[0], expected=allowed)
            return
        if self._unclear or (not self._said and not self._facts["has_text"]):
            yield from self._by_eye(wanted)
        elif not self._said:
            yield finding("paper.list-hash-absent", self._name)
        elif len(self._said) > 1:
            yield finding("paper.list-hash-contradictory", self._name, found=", ".join(self._said))
        elif self._said != [wanted]:
            yield finding("paper.list-hash-other", self._name, found=self._said[0], expected=wanted)

    def _by_eye(self, wanted: str) -> Iterator[Finding]:
        given = self.confirmation
        if given is None:
            yield finding("paper.list-hash-unread", self._name)
        elif given.list_sha256 != wanted:
            yield finding("paper.confirmation-void", self._name, by=given.by, found=given.list_sha256)
        else:
            self.list_sha256, self.how = wanted, "confirmed"
            yield finding("paper.list-hash-confirmed", self._name, by=given.by, at=local_text(given.at))

    def _data(self) -> Iterator[Finding]:
        rows = self._facts["embedded"]
        digests = self._facts["keywords"].get("paper-sha256", ())
        altered = len(rows) > 1 or any(row.get("problem") or row.get("schema") != PAPER_SCHEMA for row in rows)
        if altered or (rows and digests and digests != [rows[0].get("sha256")]):
            yield finding("paper.data-altered", self._name)
            return
        for row in rows:
            if row["kind"] != self._expected.kind.value:
                known = row["kind"] in PaperKind._value2member_map_
                found = PAPER_NAMES[PaperKind(row["kind"])] if known else row["kind"]
                yield finding("paper.kind-other", self._name, found=found, expected=PAPER_NAMES[self._expected.kind])
            if self._expected.round_code and row["round_code"] not in ("", self._expected.round_code):
                yield finding(
                    "paper.round-other", self._name, found=row["round_code"], expected=self._expected.round_code
                )


class _Signed:
    """What its signatures come to."""

    def __init__(self, name: str, expected: Expected, facts: Mapping[str, Any], examined: bool) -> None:
        self._name, self._expected, self._facts, self._examined = name, expected, facts, examined
        self._rows = [row for row in facts.get("signatures", ()) if row["kind"] == "signature"]
        self.signers = tuple(_signer(row) for row in self._rows)

    @property
    def state(self) -> SignatureState:
        if not self._examined:
            return "indeterminate"
        if not self._rows and not self._facts.get("unlisted"):
            return "unsigned"
        answer = answer_of(self.findings())
        return {Answer.PASSED: "valid", Answer.FAILED: "invalid", Answer.INDETERMINATE: "indeterminate"}[answer]  # type: ignore[return-value]

    def findings(self) -> list[Finding]:
        facts = self._facts
        if "unreadable" in facts or not facts.get("applicable", True):
            return [finding("paper.unreadable", self._name)]
        said = []
        if not facts.get("strict", True):
            said.append(finding("paper.structure-irregular", self._name))
        if facts.get("unlisted"):
            said.append(
                finding("paper.signature-invalid", self._name, signer="?", reason="chữ ký không thuộc trường nào")
            )
        elif not self._rows and self._expected.required:
            said.append(finding("paper.unsigned", self._name))
        for row in facts["signatures"]:
            said += _faults(self._name, row)
        if self._rows:
            said += self._people()
        return said

    def _people(self) -> Iterator[Finding]:
        """One signer stands for one requirement, however often he signs; whether it is good is said elsewhere. Where nobody
        is named, no signer is unexpected."""
        signers = _each_once(row.get("signer") or {} for row in self._rows)
        met = _met(self._expected.required, signers)
        for number, wanted in enumerate(self._expected.required):
            if number not in met.values():
                yield finding("paper.signer-missing", self._name, signer=wanted.label)
        named = any(item.name or item.user_id or item.certificate_sha256 for item in self._expected.required)
        for place, signer in enumerate(signers):
            if named and signer and place not in met:
                yield finding("paper.signer-unexpected", self._name, signer=signer.get("common_name") or "?")


def _each_once(signers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each signer once, by who he is, else by his certificate; of whom nothing is known counts for himself."""
    found: dict[object, Mapping[str, Any]] = {}
    for number, signer in enumerate(signers):
        found.setdefault(signer.get("user_id") or signer.get("sha256") or number, signer)
    return list(found.values())


def _met(required: Sequence[RequiredSigner], signers: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Signer → requirement, so that as many requirements as can be are met by different signatures."""
    met: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for at, signer in enumerate(signers):
            if at in tried or not required[wanted].fits(signer):
                continue
            tried.add(at)
            if at not in met or place(met[at], tried):
                met[at] = wanted
                return True
        return False

    for wanted in range(len(required)):
        place(wanted, set())
    return met


def _faults(name: str, row: Mapping[str, Any]) -> Iterator[Finding]:
    codes = [fault["code"] for fault in row["faults"]]
    signer = (row.get("signer") or {}).get("common_name") or row["field"]
    if _CHANGED.intersection(codes):
        yield finding("paper.changed-after-signing", name, signer=signer)
    if _PARTLY.intersection(codes):
        yield finding("paper.partly-signed", name, signer=signer)
    if row["indication"] == "TOTAL-PASSED":
        return
    wanted = {"TOTAL-FAILED": "error"}.get(row["indication"], "indeterminate")
    reasons = [finding(fault["code"], name, **fault["details"]) for fault in row["faults"]]
    weighty = [item for item in reasons if item.severity.value == wanted and item.code not in _CHANGED | _PARTLY]
    if weighty or not (_CHANGED | _PARTLY).intersection(codes):
        code = "paper.signature-invalid" if wanted == "error" else "paper.signature-unproven"
        yield finding(
            code,
            name,
            signer=signer,
            reason=" ".join(item.message for item in weighty) or str(row.get("sub_indication") or ""),
            codes=[item.code for item in weighty],
        )


def _signer(row: Mapping[str, Any]) -> PaperSigner:
    signer = row.get("signer") or {}
    return PaperSigner(
        str(signer.get("common_name") or ""),
        str(signer.get("user_id") or ""),
        str(signer.get("organization") or ""),
        str(signer.get("role") or "unknown"),
        str(signer.get("sha256") or ""),
        str(row["indication"]),
        str(row.get("claimed_time") or ""),
        str(row.get("proven_time") or ""),
    )


__all__ = ["Confirmation", "Expected", "PaperJudgement", "PaperSigner", "RequiredSigner", "judge_paper"]
