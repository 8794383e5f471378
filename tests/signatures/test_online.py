"""Fetching is off unless asked for, and then calls only what a trusted path points to (a server in this process)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from samples.pki import Pki
from samples.pki_entities import utc
from samples.pki_revocation import crl
from samples.signing import sign_pdf

SIGNED_AT = utc(2025, 3, 10, 2)


@pytest.fixture
def authority(pki: Pki) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Serves the CRLs of every authority by its host name; gives the map of hosts and the list of calls."""
    calls: list[str] = []
    now = datetime.now(UTC).replace(microsecond=0)
    hosts = {f"{label.replace('_', '-')}.pki.invalid": label for label in pki.entities}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            label = self.path.strip("/").split("/")[0]
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(crl(pki, hosts[label], now))

        def log_message(self, *_args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # The address may carry a path prefix, so that one server can stand for many hosts.
    yield {host: f"127.0.0.1:{server.server_port}/{host}" for host in hosts}, calls
    server.shutdown()
    server.server_close()


def test_missing_evidence_is_fetched_when_asked_for(
    judge: Any, pki: Pki, base: bytes, authority: tuple[dict[str, str], list[str]]
) -> None:
    hosts, calls = authority
    signed = sign_pdf(base, pki, at=SIGNED_AT, timestamp=True)
    assert "signatures.no-revocation-evidence" in judge(signed, online_hosts=hosts).codes
    assert calls == []
    seen = judge(signed, online=True, online_hosts=hosts)
    assert seen.all_passed
    assert {item["origin"] for item in seen.signatures[0]["revocation"]} == {"online"}
    assert len(calls) == 2


def test_the_urls_of_an_unknown_authority_are_never_called(
    judge: Any, pki: Pki, base: bytes, authority: tuple[dict[str, str], list[str]]
) -> None:
    hosts, calls = authority
    seen = judge(sign_pdf(base, pki, "unknown", at=SIGNED_AT), online=True, online_hosts=hosts)
    assert "signatures.unknown-authority" in seen.codes
    assert calls == []


def test_authorities_that_do_not_answer_leave_the_verdict_open(judge: Any, pki: Pki, base: bytes) -> None:
    nowhere = {f"{label.replace('_', '-')}.pki.invalid": "127.0.0.1:9" for label in ("agency_ca_g1", "root_g1")}
    seen = judge(sign_pdf(base, pki, "person_g1", at=SIGNED_AT), online=True, online_hosts=nowhere)
    assert "signatures.no-revocation-evidence" in seen.codes
