"""What the authorities of the test PKI say about revocation at any date: CRLs and OCSP responses, made in process."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp
from cryptography.x509.name import Name

from samples.pki import Entity, Pki

LIFETIME = timedelta(days=7)


def crl(pki: Pki, issuer: str, at: datetime, *, lifetime: timedelta = LIFETIME) -> bytes:
    """The DER CRL that ``issuer`` would publish at ``at``: it knows every revocation up to then and none later."""
    authority = pki[issuer]
    revoked = tuple(
        (entity.certificate.serial_number, entity.spec.revoked_at)
        for entity in pki.entities.values()
        if entity.spec.issuer == issuer and entity.spec.revoked_at is not None and entity.spec.revoked_at <= at
    )
    return _crl(authority.certificate.subject, authority.key, at, lifetime, revoked)


@lru_cache(maxsize=512)
def _crl(
    issuer: Name,
    key: rsa.RSAPrivateKey,
    at: datetime,
    lifetime: timedelta,
    revoked: tuple[tuple[int, datetime], ...],
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(at)
        .next_update(at + lifetime)
        .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    for serial, revoked_at in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(revoked_at)
            .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            .build()
        )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def ocsp_response(pki: Pki, label: str, at: datetime, *, lifetime: timedelta = LIFETIME) -> bytes:
    """The DER OCSP response about ``label`` at ``at``, by the delegated responder of its CA or the CA itself."""
    subject, issuer = pki[label], pki.issuer_of(label)
    assert issuer is not None, "nobody answers for a root"
    responder = _responder(pki, issuer)
    revoked_at = subject.spec.revoked_at
    revoked = revoked_at is not None and revoked_at <= at
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=subject.certificate,
            issuer=issuer.certificate,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + lifetime,
            revocation_time=revoked_at if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _responder(pki: Pki, issuer: Entity) -> Entity:
    delegated = [item for item in pki.entities.values() if item.spec.kind == "ocsp"]
    return next((item for item in delegated if item.spec.issuer == issuer.spec.label), issuer)


def crls_for(pki: Pki, labels: list[str], at: datetime) -> list[bytes]:
    """One CRL for each authority above ``labels``."""
    issuers = {item.spec.issuer for label in labels for item in pki.chain(label)} - {None}
    return [crl(pki, issuer, at) for issuer in sorted(str(item) for item in issuers)]


def asn1_crls(ders: list[bytes]) -> list[asn1_crl.CertificateList]:
    return [asn1_crl.CertificateList.load(der) for der in ders]


def asn1_ocsps(ders: list[bytes]) -> list[asn1_ocsp.OCSPResponse]:
    return [asn1_ocsp.OCSPResponse.load(der) for der in ders]
