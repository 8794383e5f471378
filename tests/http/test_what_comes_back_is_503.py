"""What the service only lacks for a time is told as such: 503 and when to ask again, never an error of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import api.http.app  # noqa: F401  everything that can be raised is defined then
from api.http.problems import problem_of
from archive.errors import LuutruError

_FOR_A_TIME = re.compile(r"\.(unreachable|unavailable|busy|not-now|timeout)$")


def kinds(of: type[LuutruError] = LuutruError) -> Iterator[type[LuutruError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


FOR_A_TIME = sorted(
    {kind.code for kind in kinds() if _FOR_A_TIME.search(kind.code) and not hasattr(kind, "http_status")}
)


def test_there_are_such_errors() -> None:
    assert {"catalogue.unreachable", "catalogue.busy"} <= set(FOR_A_TIME)


@pytest.mark.parametrize("code", FOR_A_TIME)
def test_what_is_away_for_a_time_is_503_with_a_time_to_come_again(code: str) -> None:
    error = LuutruError("…")
    error.code = code
    told = problem_of(error)
    assert told.status == 503 and int(told.headers["Retry-After"]) > 0
