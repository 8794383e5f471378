"""Fetches missing revocation evidence, only when asked to, and only from where a trusted path points."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from asn1crypto import x509
from cryptography import x509 as pyca_x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from ingest.checks.signatures.evidence import EvidencePool
from ingest.checks.signatures.reading import MALFORMED

ONLINE = "online"
_TIMEOUT_SECONDS = 10.0
_MAX_BYTES = 64 << 20
_KEEP_SECONDS = 900.0
_lists: dict[str, tuple[float, bytes]] = {}


def fetch_missing(pool: EvidencePool, path: Sequence[x509.Certificate], hosts: Mapping[str, str]) -> None:
    """Adds to ``pool`` the CRL, else the OCSP response, for each certificate of ``path`` below its anchor.

    ``path`` must be verified up to an anchor: URLs of strangers are never called. ``hosts`` maps host names that only
    the authority's own network knows to addresses that answer here. What cannot be had is left out: the verdict then
    says that evidence is missing. One list is fetched once in a quarter of an hour by each process.
    """
    for subject, issuer in pairwise(path):
        if not any(_fetched_list(pool, url, hosts) for url in _list_urls(subject)):
            request = _ocsp_request(subject, issuer)
            for url in subject.ocsp_urls:
                data = _answer(url, hosts, request)
                if data is not None:
                    pool.add(data, ONLINE, ("ocsp",))
                    break


def _fetched_list(pool: EvidencePool, url: str, hosts: Mapping[str, str]) -> bool:
    kept = _lists.get(url)
    if kept is None or time.monotonic() - kept[0] > _KEEP_SECONDS:
        data = _answer(url, hosts, None)
        if data is None:
            return False
        kept = _lists[url] = (time.monotonic(), data)
    pool.add(kept[1], ONLINE, ("crl",))
    return True


def _list_urls(certificate: x509.Certificate) -> list[str]:
    found: list[str] = []
    for point in certificate.crl_distribution_points:
        try:
            found += [str(name.native) for name in point["distribution_point"].chosen]
        except MALFORMED:
            continue
    return found


def _ocsp_request(subject: x509.Certificate, issuer: x509.Certificate) -> bytes:
    certificate, above = (pyca_x509.load_der_x509_certificate(item.dump()) for item in (subject, issuer))
    # SHA-1 only names the issuer here (RFC 6960 4.1.1); it is what every responder understands.
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, above, hashes.SHA1()).build()
    return request.public_bytes(serialization.Encoding.DER)


def _answer(url: str, hosts: Mapping[str, str], body: bytes | None) -> bytes | None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    target = urlunsplit(parts._replace(netloc=hosts.get(parts.hostname, parts.netloc)))
    headers = {} if body is None else {"Content-Type": "application/ocsp-request"}
    request: Any = urllib.request.Request(target, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            data: bytes = response.read(_MAX_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return data if len(data) <= _MAX_BYTES else None
