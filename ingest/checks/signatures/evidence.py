"""Everything that may prove a certificate's state: from the DSS, from inside the CMS, and given beside the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from asn1crypto import cms, crl, ocsp, pem, x509
from cryptography import x509 as pyca_x509
from cryptography.x509 import ocsp as pyca_ocsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from ingest.checks.signatures.reading import MALFORMED, pdf_value

DSS, CMS, BESIDE = "dss", "cms", "beside"
_RECEIVED = frozenset({DSS, CMS, BESIDE})
_MAX_ITEM_BYTES = 64 << 20
_DRIFT = timedelta(minutes=5)


@dataclass(frozen=True)
class RevocationList:
    """One CRL as it came: ``origin`` is dss, cms or beside."""

    der: bytes
    sha256: str
    origin: str
    parsed: pyca_x509.CertificateRevocationList
    container: CRLContainer

    @property
    def this_update(self) -> datetime:
        return self.parsed.last_update_utc

    @property
    def next_update(self) -> datetime | None:
        return self.parsed.next_update_utc


@dataclass(frozen=True)
class StatusResponse:
    """One successful OCSP response as it came."""

    der: bytes
    sha256: str
    origin: str
    parsed: pyca_ocsp.OCSPResponse
    containers: tuple[OCSPContainer, ...]

    @property
    def this_update(self) -> datetime:
        return next(iter(self.parsed.responses)).this_update_utc

    @property
    def next_update(self) -> datetime | None:
        return next(iter(self.parsed.responses)).next_update_utc


Evidence = RevocationList | StatusResponse


@dataclass
class EvidencePool:
    """The material of one file, each item once, by SHA-256; the first place it was seen in is its origin."""

    certificates: dict[str, x509.Certificate] = field(default_factory=dict)
    lists: dict[str, RevocationList] = field(default_factory=dict)
    responses: dict[str, StatusResponse] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    known_at: datetime | None = None
    """What came with the file but was issued later than this (a little drift apart) cannot exist yet, and is not
    believed; what we fetched ourselves can."""

    def items(self) -> Iterator[Evidence]:
        yield from self.lists.values()
        yield from self.responses.values()

    def add(self, data: bytes, origin: str, kinds: Sequence[str] = ("certificate", "crl", "ocsp")) -> None:
        """Take ``data`` as the first of ``kinds`` that it is; PEM for DER is tolerated (CAs answer so)."""
        der = _der(data)
        for kind in kinds:
            try:
                if self._add(der, origin, kind):
                    return
            except MALFORMED:
                continue
        self.unreadable.append(f"{origin}: {hashlib.sha256(data).hexdigest()}")

    def _add(self, der: bytes, origin: str, kind: str) -> bool:
        digest = hashlib.sha256(der).hexdigest()
        if kind == "certificate":
            self.certificates.setdefault(digest, parsed_certificate(der))
        elif kind == "crl":
            if digest not in self.lists:
                item = RevocationList(der, digest, origin, *_parsed_crl(der))
                if origin in _RECEIVED and self._from_the_future(item.this_update):
                    return False
                self.lists[digest] = item
        elif digest not in self.responses:
            parsed, containers = _parsed_ocsp(der)
            if parsed is None:
                return False
            response = StatusResponse(der, digest, origin, parsed, containers)
            if origin in _RECEIVED and self._from_the_future(response.this_update):
                return False
            self.responses[digest] = response
        return True

    def _from_the_future(self, issued_at: datetime) -> bool:
        return self.known_at is not None and issued_at > self.known_at + _DRIFT


@lru_cache(maxsize=512)
def parsed_certificate(der: bytes) -> x509.Certificate:
    """The certificate of ``der``, parsed once per process: authorities come back in every file."""
    certificate = x509.Certificate.load(der, strict=True)
    certificate.public_key.native, certificate.subject.native, certificate.not_valid_after  # noqa: B018
    return certificate


@lru_cache(maxsize=128)
def _parsed_crl(der: bytes) -> tuple[pyca_x509.CertificateRevocationList, CRLContainer]:
    return pyca_x509.load_der_x509_crl(der), CRLContainer(crl.CertificateList.load(der, strict=True))


@lru_cache(maxsize=512)
def _parsed_ocsp(der: bytes) -> tuple[pyca_ocsp.OCSPResponse | None, tuple[OCSPContainer, ...]]:
    parsed = pyca_ocsp.load_der_ocsp_response(der)
    if parsed.response_status != pyca_ocsp.OCSPResponseStatus.SUCCESSFUL:
        return None, ()
    return parsed, tuple(OCSPContainer.load_multi(ocsp.OCSPResponse.load(der, strict=True)))


def collect(
    reader: PdfFileReader, signed: Iterable[cms.SignedData], beside: Iterable[Path], known_at: datetime | None = None
) -> EvidencePool:
    """The pool of one file: its DSS, each CMS in ``signed`` (tokens included), and the files ``beside`` it, as far as
    they can have existed at ``known_at``."""
    pool = EvidencePool(known_at=known_at)
    for data in signed:
        _from_cms(pool, data)
    _from_dss(pool, reader)
    for path in beside:
        try:
            if path.stat().st_size <= _MAX_ITEM_BYTES:
                pool.add(path.read_bytes(), BESIDE)
        except OSError:
            pool.unreadable.append(f"{BESIDE}: {path.name}")
    return pool


def _from_dss(pool: EvidencePool, reader: PdfFileReader) -> None:
    try:
        dss = reader.root["/DSS"]
    except MALFORMED:
        return
    for key, kind in (("/Certs", "certificate"), ("/CRLs", "crl"), ("/OCSPs", "ocsp")):
        try:
            streams = list(pdf_value(dss, key, ()))
        except MALFORMED:
            pool.unreadable.append(f"{DSS}: {key}")
            continue
        for stream in streams:
            try:
                pool.add(stream.get_object().data, DSS, (kind,))
            except MALFORMED:
                pool.unreadable.append(f"{DSS}: {key}")


def _from_cms(pool: EvidencePool, signed: cms.SignedData) -> None:
    for kind, values in (("certificate", _chosen(signed, "certificates")), ("crl", _chosen(signed, "crls"))):
        for value in values:
            pool.add(value.dump(), CMS, (kind,))
    try:
        info = signed["signer_infos"][0]
        for archive in find_cms_attribute_iter(info["signed_attrs"], "adobe_revocation_info_archival"):
            for item in archive["crl"]:
                pool.add(item.dump(), CMS, ("crl",))
            for item in archive["ocsp"]:
                pool.add(item.dump(), CMS, ("ocsp",))
    except MALFORMED:
        return


def _chosen(signed: cms.SignedData, key: str) -> list[Any]:
    try:
        return [item.chosen for item in signed[key]]
    except MALFORMED:
        return []


def _der(data: bytes) -> bytes:
    try:
        return bytes(pem.unarmor(data)[2]) if pem.detect(data) else data
    except MALFORMED:
        return data


def utc(moment: datetime) -> datetime:
    """``moment`` as an aware UTC time; a naive one is taken to be UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
