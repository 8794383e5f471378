"""Health is told also when every thread the other requests share hangs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

HANGING = 41
"""One more than the threads that routes share."""


@pytest.fixture
def authenticated(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secrets that were looked up."""
    found: list[str] = []
    monkeypatch.setattr(fresh.app.state.service, "authenticated", lambda secret, _at: found.append(secret))
    return found


def test_health_is_told_beside_41_requests_that_hang(fresh: Any) -> None:
    over, hung = threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        hung.release()
        over.wait(120)

    fresh.app.add_api_route("/hang", hang)
    with ThreadPoolExecutor(HANGING + 1) as pool:
        try:
            hanging = [pool.submit(fresh.client.get, "/hang") for _ in range(HANGING)]
            for _ in range(HANGING - 1):
                assert hung.acquire(timeout=60)
            answer = pool.submit(fresh.client.get, "/api/v1/health").result(timeout=60)
            assert not any(item.done() for item in hanging)
        finally:
            over.set()
    assert {part["part"] for part in answer.json()["parts"]} >= {"catalogue", "worker", "store:kho-1"}


def test_no_token_is_looked_up_for_health(fresh: Any, authenticated: list[str]) -> None:
    answer = fresh.client.get("/api/v1/health", headers={"Authorization": "Bearer luutru_x"})
    assert answer.json()["parts"] and authenticated == []
    assert fresh.client.get("/api/v1/me", headers={"Authorization": "Bearer luutru_x"}).status_code == 401
    assert authenticated == ["luutru_x"]
