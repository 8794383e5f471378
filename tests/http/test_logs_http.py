"""What is logged says what was done and how it went, never what was in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from starlette.testclient import TestClient

from api.bootstrap import opened
from api.http.app import create_app
from api.settings import load_settings
from tests.http.conftest import Fresh
from tests.servers.elasticsearch import at_server

WORDS = "Nguyễn Văn An kiện đòi đất"


class _Quoting(BaseHTTPRequestHandler):
    """A search server that refuses everything and quotes what it was asked."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.dumps({"error": {"type": "parse_exception", "reason": f"cannot parse [{WORDS}]"}, "status": 400})
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def quoting() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Quoting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_words_that_were_searched_for_are_in_no_log_even_when_the_search_server_quotes_them(
    fresh: Fresh, quoting: str, capsys: pytest.CaptureFixture[str]
) -> None:
    at_server(fresh.home.folder, quoting)
    with (
        opened(load_settings(fresh.home.folder)) as installation,
        TestClient(create_app(installation), raise_server_exceptions=False) as client,
    ):
        for path in ("search", "search/suggest"):
            answer = client.get(f"/api/v1/{path}", params={"q": WORDS}, headers=fresh.bearer("archivist"))
            assert answer.status_code >= 500 and WORDS not in answer.text
    logged = "".join(capsys.readouterr())
    assert "/api/v1/search/suggest" in logged and "parse_exception" in logged
    assert WORDS not in logged and "Nguy" not in logged.replace("nguyen", "")
