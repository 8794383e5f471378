"""Every code of a refusal stands in the table, is used by the program, and is explained to people; so is every paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.disposal.papers import STAGES
from archive.disposal.refusals import DisposalRefusedError, reason
from schemas.disposal_rules import PROFILES, disposal_rules, refusal_texts

ROOT = Path(__file__).parents[2]


def used_codes() -> set[str]:
    paths = [*(ROOT / "archive" / "disposal").glob("*.py"), *(ROOT / "archive" / "catalogue").glob("*.py")]
    found: set[str] = set()
    for path in paths:
        found |= set(re.findall(r'"((?:hold|round|paper|line)\.[a-z-]+)"', path.read_text(encoding="utf-8")))
    return found


def test_the_table_has_exactly_the_codes_the_program_uses() -> None:
    assert used_codes() == set(refusal_texts())


@pytest.mark.parametrize("code", refusal_texts())
def test_every_code_is_explained(code: str) -> None:
    text = refusal_texts()[code]
    assert all((text.message, text.remedy, text.english))
    assert f"| `{code}` |" in (ROOT / "docs" / "disposal.md").read_text(encoding="utf-8")


def test_several_reasons_have_a_code_of_their_own_and_one_has_its_own() -> None:
    one, other = reason("round.list-empty"), reason("line.missing", "x")
    assert DisposalRefusedError([one]).code == "round.list-empty"
    assert DisposalRefusedError([one, other]).code == "round.not-ready"
    assert "line.missing x" in DisposalRefusedError([one, other]).detail


def test_an_unknown_code_is_a_defect_of_ours() -> None:
    with pytest.raises(KeyError):
        reason("round.no-such-code")
    with pytest.raises(KeyError):
        disposal_rules("no profile")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_papers_of_a_profile_are_numbered_and_each_is_needed_somewhere(profile: str) -> None:
    rules = disposal_rules(profile)
    assert [paper.number for paper in rules.papers] == list(range(1, len(rules.papers) + 1))
    assert len({paper.kind for paper in rules.papers}) == len(rules.papers)
    assert {paper.stage for paper in rules.papers} == set(STAGES)
    assert all(paper.needed in ("always", "historical", "submitting", "optional") for paper in rules.papers)
    assert rules.dossier_years >= 20 and 0 < rules.quorum[0] <= rules.quorum[1]
    assert all(re.fullmatch(r"[a-z][a-z-]{0,30}", paper.kind) for paper in rules.papers)


def test_the_ten_papers_of_the_law_of_2011_are_there() -> None:
    assert len([paper for paper in disposal_rules("ND01-TT02").papers if paper.needed != "optional"]) == 10
    assert [paper.kind for paper in disposal_rules("ND01-TT02").papers if paper.needed == "historical"] == [
        "verification-minutes"
    ]
    assert (disposal_rules("ND01-TT02").days_to_execute, disposal_rules("LLT2024-TT05").days_to_execute) == (0, 15)
