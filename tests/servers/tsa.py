"""A real time-stamp authority: ``openssl ts`` with a key of its own, behind an HTTP server on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

_CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = {name}
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[signer]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa_config
[tsa_config]
dir = .
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """``url`` to ask, ``ca`` to prove by; ``answers`` False: it says 503 to everybody."""

    url: str
    ca: Path
    answers: bool = True
    asked: int = 0


@contextmanager
def running_tsa(folder: Path) -> Iterator[Authority]:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "tsa.cnf"

    def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
        done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, cwd=folder)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", config)
    config.write_text(_CONFIG.format(name="Test Root", folder=folder))
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-extensions", "ca")
    config.write_text(_CONFIG.format(name="Test TSA", folder=folder))
    openssl("req", *new_key, "-keyout", "signer.key", "-out", "signer.csr")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7", "-days", "30")
    openssl(
        "x509", "-req", "-in", "signer.csr", *signed, "-extfile", config, "-extensions", "signer", "-out", "signer.pem"
    )
    (folder / "serial").write_text("01\n")
    authority = Authority("", folder / "ca.pem")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["content-length"]))
            authority.asked += 1
            if not authority.answers:
                self.send_error(503)
                return
            (folder / "request.tsq").write_bytes(request)
            answer = openssl("ts", "-reply", "-config", config, "-section", "tsa_config", "-queryfile", "request.tsq")
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        authority.url = f"http://127.0.0.1:{server.server_port}/"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield authority
        finally:
            server.shutdown()
            thread.join()
