"""What authentic evidence says about one certificate, read apart from pyHanko's own path validation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from ingest.checks.signatures.evidence import Evidence, EvidencePool, RevocationList, StatusResponse

_TOLERANCE = timedelta(minutes=5)
_OCSP_WITHOUT_NEXT = timedelta(minutes=30)


@dataclass(frozen=True)
class Standing:
    """One certificate in the light of the evidence about it.

    ``good``: evidence usable for time T that does not list it; ``revoked_at``: the earliest revocation date that any
    authentic evidence of any date states. Only evidence signed by its issuer, or a responder the issuer appointed,
    counts; what was issued after the certificate expired does not clear it (authorities forget expired ones).
    """

    good: tuple[Evidence, ...]
    revoked_at: datetime | None
    revoked_by: Evidence | None
    stale: bool


def standing(certificate: bytes, issuer: bytes, at: datetime, pool: EvidencePool) -> Standing:
    """The standing of ``certificate`` (DER), issued by ``issuer`` (DER), for a signature that existed at ``at``."""
    subject, authority = _certificate(certificate), _certificate(issuer)
    good: list[Evidence] = []
    revoked: list[tuple[datetime, Evidence]] = []
    stale = False
    for item in pool.items():
        said = _statement(item, subject, authority)
        if said is None:
            continue
        revoked_at, this_update, next_update = said
        if revoked_at is not None:
            revoked.append((revoked_at, item))
            if revoked_at <= at:
                continue
        if this_update <= subject.not_valid_after_utc and next_update + _TOLERANCE >= at:
            good.append(item)
        else:
            stale = True
    first = min(revoked, key=lambda pair: pair[0], default=None)
    if first is None:
        return Standing(tuple(good), None, None, stale)
    return Standing(tuple(good), first[0], first[1], stale)


def _statement(
    item: Evidence, subject: x509.Certificate, issuer: x509.Certificate
) -> tuple[datetime | None, datetime, datetime] | None:
    """(revocation date or None, thisUpdate, nextUpdate) when ``item`` speaks authentically of ``subject``."""
    if isinstance(item, RevocationList):
        return _from_list(item, subject, issuer)
    return _from_response(item, subject, issuer)


def _from_list(
    item: RevocationList, subject: x509.Certificate, issuer: x509.Certificate
) -> tuple[datetime | None, datetime, datetime] | None:
    if item.parsed.issuer != issuer.subject or not _list_authentic(item.der, _bytes(issuer)):
        return None
    entry = item.parsed.get_revoked_certificate_by_serial_number(subject.serial_number)
    revoked_at = None
    if entry is not None and not _removed(entry):
        revoked_at = entry.revocation_date_utc
    return revoked_at, item.this_update, item.next_update or item.this_update + _OCSP_WITHOUT_NEXT


def _removed(entry: x509.RevokedCertificate) -> bool:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.remove_from_crl
    except x509.ExtensionNotFound:
        return False


def _from_response(
    item: StatusResponse, subject: x509.Certificate, issuer: x509.Certificate
) -> tuple[datetime | None, datetime, datetime] | None:
    for single in item.parsed.responses:
        if single.serial_number != subject.serial_number or not _same_issuer(single, issuer):
            continue
        if not _response_authentic(item.der, _bytes(issuer)):
            return None
        if single.certificate_status == ocsp.OCSPCertStatus.UNKNOWN:
            return None
        following = single.next_update_utc or single.this_update_utc + _OCSP_WITHOUT_NEXT
        return single.revocation_time_utc, single.this_update_utc, following
    return None


def _same_issuer(single: ocsp.OCSPSingleResponse, issuer: x509.Certificate) -> bool:
    try:
        digest = hashes.Hash(single.hash_algorithm)
    except (UnsupportedAlgorithm, ValueError):
        return False
    digest.update(issuer.subject.public_bytes())
    return digest.finalize() == single.issuer_name_hash


@lru_cache(maxsize=256)
def _list_authentic(der: bytes, issuer: bytes) -> bool:
    """Cached: one list speaks for the thousands of signers of one authority."""
    key = _certificate(issuer).public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return False
    return x509.load_der_x509_crl(der).is_signature_valid(key)


@lru_cache(maxsize=1024)
def _response_authentic(der: bytes, issuer: bytes) -> bool:
    response, authority = ocsp.load_der_ocsp_response(der), _certificate(issuer)
    candidates = [authority, *(item for item in response.certificates if _may_answer_for(item, authority))]
    return any(_signed_by(response, item) for item in candidates)


def _may_answer_for(responder: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        responder.verify_directly_issued_by(authority)
        usages = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages


def _signed_by(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, algorithm = signer.public_key(), response.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=1024)
def issued(certificate: bytes, issuer: bytes) -> bool:
    """Whether ``certificate`` names and verifies under ``issuer`` (both DER)."""
    try:
        _certificate(certificate).verify_directly_issued_by(_certificate(issuer))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


@lru_cache(maxsize=512)
def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def _bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
