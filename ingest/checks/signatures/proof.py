"""When a signature is known to have existed: its own time stamps and the document time stamps over it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import cms
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.validation.generic_cms import message_imprint_checker
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from ingest.checks.signatures.chain import ChainJudge, ChainVerdict, PathStep, token_time
from ingest.checks.signatures.evidence import utc
from ingest.checks.signatures.integrity import Integrity
from ingest.checks.signatures.reading import MALFORMED
from ingest.checks.signatures.signer import algorithm_facts

_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class Token:
    """One RFC 3161 token: the time it states, and ``problem`` ("" when it may be believed)."""

    der: bytes
    kind: str
    time: datetime | None
    problem: str
    steps: tuple[PathStep, ...] = ()
    broken: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "time": None if self.time is None else self.time.isoformat(),
            "believed": not self.problem,
            "problem": self.problem or None,
            "authority": self.steps[0].certificate.subject.human_friendly if self.steps else None,
            "sha256": self.sha256,
        }


async def signature_tokens(embedded: EmbeddedPdfSignature, judge: ChainJudge, known_by: datetime) -> tuple[Token, ...]:
    """The time stamps inside a signature, each judged; ``known_by`` is when the tokens surely existed (a later
    document time stamp, else the time of validation)."""
    tokens = []
    for info in raw_tokens(embedded):
        try:
            verdict = await judge.token(info["content"], message_imprint_checker(embedded.signer_info))
        except MALFORMED as error:
            tokens.append(Token(info.dump(), "signature", None, f"unreadable:{type(error).__name__}", broken=True))
            continue
        tokens.append(_token(info, "signature", verdict, known_by))
    return tuple(tokens)


async def document_token(
    embedded: EmbeddedPdfSignature, integrity: Integrity, judge: ChainJudge, known_by: datetime
) -> Token:
    """A document time stamp; one that does not cover its whole revision proves nothing."""
    info = cms.ContentInfo.load(embedded.pkcs7_content)
    try:
        verdict = await judge.token(embedded.signed_data, lambda name: embedded.compute_digest(name))
    except MALFORMED as error:
        return Token(info.dump(), "document", None, f"unreadable:{type(error).__name__}", broken=True)
    token = _token(info, "document", verdict, known_by)
    if integrity.coverage not in ("whole-file", "whole-revision"):
        return Token(token.der, "document", token.time, "coverage", token.steps, True)
    return token


def raw_tokens(embedded: EmbeddedPdfSignature) -> Sequence[cms.ContentInfo]:
    try:
        attributes = embedded.signer_info["unsigned_attrs"]
        return list(find_cms_attribute_iter(attributes, "signature_time_stamp_token"))
    except MALFORMED:
        return []


def _token(info: cms.ContentInfo, kind: str, verdict: ChainVerdict, known_by: datetime) -> Token:
    """A token is believed when its authority was in order at the time it states, and has neither expired nor been
    revoked before the token was surely there: after that, anyone with the old key could back-date."""
    stated = token_time(info["content"])
    problem = verdict.problem
    if not problem:
        signer = info["content"]["signer_infos"][0]
        for step in verdict.steps[:-1]:
            revoked_at = step.standing.revoked_at if step.standing is not None else None
            if known_by > utc(step.certificate.not_valid_after):
                problem = "authority-expired-since"
            elif revoked_at is not None and revoked_at <= known_by:
                problem = "authority-revoked-since"
        if stated > known_by + _AHEAD:
            problem = "from-the-future"
        elif algorithm_facts(signer, [step.certificate for step in verdict.steps])["weak"]:
            problem = "weak-algorithm"
    broken = verdict.problem in ("intact", "crypto", "structure")
    return Token(info.dump(), kind, stated, problem, verdict.steps, broken)
