"""Who signed, by what the certificate says: names, role by the trust list's rules, algorithms and their weakness."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from asn1crypto import cms, x509
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from ingest.checks.signatures.evidence import utc
from ingest.checks.signatures.reading import MALFORMED
from ingest.checks.signatures.trust import TrustList

UNKNOWN = "unknown"
_MIN_RSA_BITS, _MIN_EC_BITS = 2048, 224
_WEAK_DIGESTS = frozenset({"md2", "md5", "sha1"})


def certificate_facts(certificate: x509.Certificate) -> dict[str, Any]:
    der = certificate.dump()
    return {
        "subject": certificate.subject.human_friendly,
        "issuer": certificate.issuer.human_friendly,
        "serial": format(certificate.serial_number, "x"),
        "sha256": hashlib.sha256(der).hexdigest(),
        "not_before": utc(certificate.not_valid_before).isoformat(),
        "not_after": utc(certificate.not_valid_after).isoformat(),
    }


def subject_attributes(certificate: x509.Certificate) -> dict[str, list[str]]:
    """The subject's attributes by asn1crypto's names, each with all its values."""
    found: dict[str, list[str]] = {}
    for name in certificate.subject.chosen:
        for item in name:
            native = item["value"].native
            found.setdefault(str(item["type"].native), []).append(str(native))
    # userId (0.9.2342.19200300.100.1.1) has no name in every version of the table.
    for oid in ("0.9.2342.19200300.100.1.1",):
        if oid in found:
            found.setdefault("user_id", []).extend(found.pop(oid))
    return found


def signer_facts(certificate: x509.Certificate, trust: TrustList) -> dict[str, Any]:
    attributes = subject_attributes(certificate)
    return {
        **certificate_facts(certificate),
        "common_name": _first(attributes, "common_name"),
        "organization": _first(attributes, "organization_name"),
        "unit": _first(attributes, "organizational_unit_name"),
        "user_id": _first(attributes, "user_id"),
        "role": role_of(attributes, trust),
    }


def role_of(attributes: Mapping[str, Sequence[str]], trust: TrustList) -> str:
    """person, agency, or unknown when no rule of the trust list matches; the first match wins."""
    for rule in trust.roles:
        if any(rule.pattern.search(value) for value in attributes.get(rule.attribute, ())):
            return rule.role
    return UNKNOWN


def algorithm_facts(info: cms.SignerInfo, certificates: Sequence[x509.Certificate]) -> dict[str, Any]:
    """Algorithms of the signature and every weakness of it or of its path; the anchor's own signature proves nothing
    and is not looked at."""
    digest = str(info["digest_algorithm"]["algorithm"].native)
    weaknesses = [f"digest:{digest}"] if digest in _WEAK_DIGESTS else []
    mechanism = _hash_of(info["signature_algorithm"])
    if mechanism in _WEAK_DIGESTS and mechanism != digest:
        weaknesses.append(f"digest:{mechanism}")
    for certificate in certificates:
        key = certificate.public_key
        if key.algorithm in ("rsa", "rsassa_pss") and key.bit_size < _MIN_RSA_BITS:
            weaknesses.append(f"key:rsa-{key.bit_size}")
        elif key.algorithm == "ec" and key.bit_size < _MIN_EC_BITS:
            weaknesses.append(f"key:ec-{key.bit_size}")
    weaknesses += [
        f"certificate-digest:{_hash_of(certificate['signature_algorithm'])}"
        for certificate in certificates[:-1]
        if _hash_of(certificate["signature_algorithm"]) in _WEAK_DIGESTS
    ]
    key = certificates[0].public_key
    return {
        "digest": digest,
        "signature": str(info["signature_algorithm"]["algorithm"].native),
        "key": f"{key.algorithm}-{key.bit_size}",
        "weak": sorted(set(weaknesses)),
    }


def premis_facts(embedded: EmbeddedPdfSignature, certificate: x509.Certificate) -> dict[str, Any]:
    """What PREMIS 3.0 signatureInformation asks for: encoding, signer, method, value and keyInformation."""
    info = embedded.signer_info
    attributes = subject_attributes(certificate)
    return {
        "encoding": "base64",
        "signer": _first(attributes, "common_name") or certificate.subject.human_friendly,
        "method": f"{info['signature_algorithm']['algorithm'].native} {info['digest_algorithm']['algorithm'].native}",
        "value": base64.b64encode(info["signature"].native).decode(),
        "key_information": {
            "issuer": certificate.issuer.human_friendly,
            "serial": format(certificate.serial_number, "x"),
            "certificate_sha256": hashlib.sha256(certificate.dump()).hexdigest(),
            "certificate": base64.b64encode(certificate.dump()).decode(),
        },
    }


def _hash_of(algorithm: Any) -> str:
    try:
        return str(algorithm.hash_algo)
    except MALFORMED:
        return ""


def _first(attributes: Mapping[str, Sequence[str]], name: str) -> str | None:
    return next(iter(attributes.get(name, ())), None)
