"""Whose signatures a paper must bear: the rule says how many, and whoever attaches it at most who they are."""

from __future__ import annotations

from typing import Any

import pytest

from api.round_papers import required_signers
from ingest.papers.judging import _each_once
from schemas.disposal_rules import PaperRule, disposal_rules


def rule(kind: str) -> PaperRule:
    found = disposal_rules("ND01-TT02").paper(kind)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "named", "labels"),
    [
        ("hand-over-minutes", None, ["bên giao", "bên nhận"]),
        ("hand-over-minutes", ["Nguyễn Văn An"], ["Nguyễn Văn An", "bên nhận"]),
        ("hand-over-minutes", ["A", "B", "C"], ["A", "B", "C"]),
        ("list", [], ["người lập danh mục"]),
        ("submission-statement", [], []),
        ("submission-statement", ["A"], ["A"]),
    ],
)
def test_names_fill_the_places_of_the_rule_and_never_take_one_away(kind: str, named: Any, labels: list[str]) -> None:
    required = required_signers(rule(kind), {} if named is None else {"signers": named})
    assert [item.label for item in required] == labels
    assert [item.name for item in required if item.name] == (named or [])


def test_who_signs_twice_is_one_signer() -> None:
    first, again = {"user_id": "CCCD:1", "sha256": "a"}, {"user_id": "CCCD:1", "sha256": "b"}
    stamp: dict[str, Any] = {"user_id": "", "sha256": "c"}
    assert _each_once([first, again, stamp, stamp, {}, {}]) == [first, stamp, {}, {}]
