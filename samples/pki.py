"""A test PKI that mimics the state's, with Vietnamese names, made in a folder within seconds and kept there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from samples.pki_entities import ENTITIES, EntitySpec

_POLICY = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1.2")


@dataclass(frozen=True, slots=True)
class Entity:
    """One holder: what it is, its certificate and its private key."""

    spec: EntitySpec
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass(frozen=True, slots=True)
class Pki:
    """Every holder by label (see ``samples.pki_entities``); files lie in ``folder`` as ``<label>.crt`` and ``.key``."""

    folder: Path
    entities: Mapping[str, Entity]

    def __getitem__(self, label: str) -> Entity:
        return self.entities[label]

    def issuer_of(self, label: str) -> Entity | None:
        issuer = self.entities[label].spec.issuer
        return None if issuer is None else self.entities[issuer]

    def chain(self, label: str) -> list[Entity]:
        """The holder and those above it, root last."""
        found = [self.entities[label]]
        while (above := self.issuer_of(found[-1].spec.label)) is not None:
            found.append(above)
        return found


def create_pki(folder: Path) -> Pki:
    """The PKI of ``folder``: read back when it is there, made and written when it is not. Names, serial numbers and
    dates are always the same; keys are made once per folder."""
    folder.mkdir(parents=True, exist_ok=True)
    entities: dict[str, Entity] = {}
    for spec in ENTITIES:
        entities[spec.label] = _load(folder, spec) or _issue(folder, spec, entities)
    return Pki(folder, entities)


def _load(folder: Path, spec: EntitySpec) -> Entity | None:
    certificate_file, key_file = folder / f"{spec.label}.crt", folder / f"{spec.label}.key"
    if not certificate_file.exists() or not key_file.exists():
        return None
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return Entity(spec, x509.load_pem_x509_certificate(certificate_file.read_bytes()), key)


def _issue(folder: Path, spec: EntitySpec, entities: Mapping[str, Entity]) -> Entity:
    key = rsa.generate_private_key(65537, spec.key_bits)
    issuer = None if spec.issuer is None else entities[spec.issuer]
    certificate = _certificate(spec, key, issuer)
    (folder / f"{spec.label}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / f"{spec.label}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Entity(spec, certificate, key)


def _certificate(spec: EntitySpec, key: rsa.RSAPrivateKey, issuer: Entity | None) -> x509.Certificate:
    issuer_key = key if issuer is None else issuer.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject_name(spec))
        .issuer_name(subject_name(spec if issuer is None else issuer.spec))
        .public_key(key.public_key())
        .serial_number(serial_number(spec.label))
        .not_valid_before(spec.not_before)
        .not_valid_after(spec.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    for extension, critical in _extensions(spec):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _extensions(spec: EntitySpec) -> list[tuple[x509.ExtensionType, bool]]:
    return [*_usage(spec), *(_pointers(spec) if spec.issuer and spec.kind != "ocsp" else [])]


def _pointers(spec: EntitySpec) -> list[tuple[x509.ExtensionType, bool]]:
    """Where the authority would answer: names that resolve nowhere (``.invalid``), since nothing here is fetched."""
    host = f"http://{str(spec.issuer).replace('_', '-')}.pki.invalid"
    responder = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{host}/ocsp")
    )
    lists = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{host}/ca.crl")], None, None, None)
    return [
        (x509.AuthorityInformationAccess([responder]), False),
        (x509.CRLDistributionPoints([lists]), False),
    ]


def _usage(spec: EntitySpec) -> list[tuple[x509.ExtensionType, bool]]:
    if spec.kind in ("root", "ca"):
        path_length = None if spec.kind == "root" else 0
        return [(x509.BasicConstraints(True, path_length), True), (_key_usage(cert_sign=True), True)]
    shared: list[tuple[x509.ExtensionType, bool]] = [(x509.BasicConstraints(False, None), True)]
    if spec.kind == "tsa":
        return [
            *shared,
            (_key_usage(sign=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
        ]
    if spec.kind == "ocsp":
        return [
            *shared,
            (_key_usage(sign=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
            (x509.OCSPNoCheck(), False),
        ]
    return [
        *shared,
        (_key_usage(sign=True, non_repudiation=True), True),
        (x509.CertificatePolicies([x509.PolicyInformation(_POLICY, None)]), False),
    ]


def _key_usage(*, sign: bool = False, non_repudiation: bool = False, cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(sign, non_repudiation, False, False, False, cert_sign, cert_sign, False, False)


def subject_name(spec: EntitySpec) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, spec.organization),
    ]
    if spec.unit:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, spec.unit))
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, spec.common_name))
    if spec.user_id:
        attributes.append(x509.NameAttribute(NameOID.USER_ID, spec.user_id))
    return x509.Name(attributes)


def serial_number(label: str) -> int:
    """Positive, at most 16 octets, the same for a label for ever."""
    return int.from_bytes(hashlib.sha256(label.encode()).digest()[:15], "big") | 1
