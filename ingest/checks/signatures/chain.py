"""One CMS signature under the trust list as of one moment: what pyHanko says, and the guards it lacks."""

# pyHanko leaves some constructors without annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from asn1crypto import cms, x509
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import (
    AdESBasicValidationResult,
    ades_basic_validation,
    ades_timestamp_validation,
)
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    CMSAlgorithmUsagePolicy,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
    bootstrap_validation_data_handlers,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.fetchers import FetcherBackend, Fetchers
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    DisallowWeakAlgorithmsPolicy,
)
from pyhanko_certvalidator.registry import TrustManager

from ingest.checks.signatures.evidence import EvidencePool, utc
from ingest.checks.signatures.revocation import Standing, issued, standing
from ingest.checks.signatures.trust import Anchor, TrustList

# SHA-1 and short RSA keys are judged by us, with a finding of their own; what stays here can be forged today.
_BROKEN = DisallowWeakAlgorithmsPolicy(weak_hash_algos=frozenset({"md2", "md5"}), rsa_key_size_threshold=1024)
_REVOCATION = CertRevTrustPolicy(REQUIRE_REVINFO, retroactive_revinfo=True)
_MAX_PATH = 8
_KEY_USAGE = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False)


class _NoNetwork(FetcherBackend):
    """Nothing is fetched, and no HTTP session is ever made (pyHanko would make one for each call)."""

    def get_fetchers(self) -> Fetchers:
        raise RuntimeError("fetching is switched off")

    async def close(self) -> None:
        return None


_OFFLINE = RevocationInfoGatheringSpec(
    online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
    fetcher_backend=_NoNetwork(),
    certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
)


@dataclass(frozen=True)
class PathStep:
    """One certificate of the path, signer first; ``standing`` is None for the anchor, which nobody can revoke."""

    certificate: x509.Certificate
    standing: Standing | None


@dataclass(frozen=True)
class ChainVerdict:
    """``problem`` is empty when the signature holds at ``at`` in every respect checked here.

    Otherwise, the first that applies of: ``intact`` (digest differs), ``crypto`` (signature value wrong),
    ``structure``, ``authority`` (no path to an anchor), ``anchor-dates`` (anchor not trusted then),
    ``not-yet-valid``, ``expired``, ``revoked``, ``no-evidence``, ``algorithm``, ``chain`` (any other fault).
    """

    at: datetime
    problem: str
    sub_indication: str
    message: str
    intact: bool
    valid: bool
    steps: tuple[PathStep, ...] = ()
    anchor: Anchor | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class ChainJudge:
    """Judges CMS signatures of one file with one trust list and one pool of evidence."""

    trust: TrustList
    pool: EvidencePool

    async def signature(self, signed: cms.SignedData, digest: bytes, at: datetime) -> ChainVerdict:
        """A document signature as of ``at``."""
        spec = self._spec(self.trust.signing_trust)
        result = await ades_basic_validation(
            signed,
            spec,
            timing_info=_moment(at),
            raw_digest=digest,
            validation_data_handlers=bootstrap_validation_data_handlers(spec, is_historical=True),
        )
        return self._verdict(result, at, timestamps=False)

    async def token(self, signed: cms.SignedData, imprint: Callable[[str], bytes]) -> ChainVerdict:
        """A time-stamp token as of the time it states itself."""
        stated = token_time(signed)
        spec = self._spec(self.trust.timestamp_trust)
        result = await ades_timestamp_validation(
            signed,
            spec,
            imprint,
            timing_info=_moment(stated),
            validation_data_handlers=bootstrap_validation_data_handlers(spec, is_historical=True),
        )
        return self._verdict(result, stated, timestamps=True)

    def _spec(self, anchors: TrustManager) -> SignatureValidationSpec:
        policy = CertValidationPolicySpec(
            trust_manager=anchors,
            revinfo_policy=_REVOCATION,
            time_tolerance=timedelta(minutes=5),
            algorithm_usage_policy=_BROKEN,
        )
        return SignatureValidationSpec(
            cert_validation_policy=policy,
            revinfo_gathering_policy=_OFFLINE,
            local_knowledge=LocalKnowledge(
                known_certs=[*self.trust.intermediates, *self.pool.certificates.values()],
                known_crls=[item.container for item in self.pool.lists.values()],
                known_ocsps=[container for item in self.pool.responses.values() for container in item.containers],
            ),
            key_usage_settings=_KEY_USAGE,
            signature_algorithm_policy=CMSAlgorithmUsagePolicy.lift_policy(_BROKEN),
        )

    def _verdict(self, result: AdESBasicValidationResult[Any], at: datetime, *, timestamps: bool) -> ChainVerdict:
        status, sub = result.api_status, result.ades_subindic.standard_name
        message = result.failure_msg or ""
        if status is None:
            return ChainVerdict(at, "structure", sub, message, False, False)
        path = status.validation_path
        # Where pyHanko stops it often forgets the path; who signed and under whom must be known all the same.
        certificates = (
            self.ascent(status.signing_cert, timestamps=timestamps)
            if path is None
            else list(path.iter_certs(include_root=True))[::-1]
        )
        steps = self._steps(certificates, at)
        anchor = self.trust.anchor_of(steps[-1].certificate, timestamps=timestamps)
        problem, revoked_at = _problem(status, sub, steps, anchor, at)
        # A guard that fires where pyHanko passed has no sub-indication of pyHanko's to show.
        if problem and result.ades_subindic is AdESPassed.OK:
            sub = _SUB_INDICATIONS[problem]
        return ChainVerdict(
            at, problem, sub if problem else "", message, status.intact, status.valid, steps, anchor, revoked_at
        )

    def ascent(self, signer: x509.Certificate, *, timestamps: bool) -> list[x509.Certificate]:
        """Signer first, each certificate verified with the key of the next, up to an anchor as far as it goes."""
        anchors = self.trust.timestamp_anchors if timestamps else self.trust.anchors
        others = [*(item.certificate for item in anchors), *self.trust.intermediates, *self.pool.certificates.values()]
        found = [signer]
        while len(found) < _MAX_PATH and self.trust.anchor_of(found[-1], timestamps=timestamps) is None:
            above = next((item for item in others if item not in found and issued(found[-1].dump(), item.dump())), None)
            if above is None:
                break
            found.append(above)
        return found

    def _steps(self, certificates: Sequence[x509.Certificate], at: datetime) -> tuple[PathStep, ...]:
        steps = [
            PathStep(subject, standing(subject.dump(), issuer.dump(), at, self.pool))
            for subject, issuer in pairwise(certificates)
        ]
        return (*steps, PathStep(certificates[-1], None))


_SUB_INDICATIONS: Mapping[str, str] = {
    "intact": "HASH_FAILURE",
    "crypto": "SIG_CRYPTO_FAILURE",
    "authority": "NO_CERTIFICATE_CHAIN_FOUND",
    "anchor-dates": "NO_CERTIFICATE_CHAIN_FOUND",
    "not-yet-valid": "NOT_YET_VALID",
    "expired": "OUT_OF_BOUNDS_NO_POE",
    "revoked": "REVOKED_NO_POE",
    "no-evidence": "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    "chain": "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "algorithm": "CRYPTO_CONSTRAINTS_FAILURE",
}


def _problem(
    status: Any, sub: str, steps: tuple[PathStep, ...], anchor: Anchor | None, at: datetime
) -> tuple[str, datetime | None]:
    """The first thing that is wrong, and the date of revocation if it is that. Cryptography comes before trust, and
    every certificate's dates and standing are read again here whatever pyHanko said of them."""
    if not status.intact:
        return "intact", None
    if not status.valid:
        return "crypto", None
    if sub.startswith("CRYPTO_CONSTRAINTS_FAILURE"):
        return "algorithm", None
    if anchor is None:
        return "authority", None
    for step in steps[:-1]:
        if at < utc(step.certificate.not_valid_before):
            return "not-yet-valid", None
        if at > utc(step.certificate.not_valid_after):
            return "expired", None
    if not anchor.trusted_at(at):
        return "anchor-dates", None
    for step in steps[:-1]:
        revoked_at = step.standing.revoked_at if step.standing is not None else None
        if revoked_at is not None and revoked_at <= at:
            return "revoked", revoked_at
    if any(step.standing is None or not step.standing.good for step in steps[:-1]):
        return "no-evidence", None
    if status.trust_problem_indic is not None:
        return "chain", None
    return "", None


def token_time(signed: cms.SignedData) -> datetime:
    """The time a token states, before anyone asked whether to believe it."""
    return utc(signed["encap_content_info"]["content"].parsed["gen_time"].native)


def _moment(at: datetime) -> ValidationTimingInfo:
    return ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)
