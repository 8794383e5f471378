"""Papers of a round by command line: listed by anyone at the machine, asked for and attached by an account of the round."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.accounts import issue_token
from api.bootstrap import opened
from api.exits import Exit
from api.round_papers import carry_out_paper_orders
from api.settings import load_settings
from archive.access import Author
from archive.disposal.round_state import RoundState
from tests.cli.shell import Said, here
from tests.disposal.world import AT, ND01, World


@dataclass
class Papers:
    home: Path
    code: str
    tokens: dict[str, str]
    patch: pytest.MonkeyPatch

    def say(self, who: str, *arguments: object) -> Said:
        self.patch.setenv("LUUTRU_TOKEN", self.tokens.get(who, ""))
        return here("papers", *arguments, "--home", self.home)

    def done(self, who: str, *arguments: object) -> list[dict[str, Any]]:
        said = self.say(who, *arguments, "--json")
        assert said.code == Exit.OK, said.err
        return said.rows

    def worked(self) -> None:
        with opened(load_settings(self.home)) as installation:
            assert carry_out_paper_orders(installation, at_once=True) is None

    def state(self, kind: str) -> str:
        return str(next(row["state"] for row in self.done("", "list", self.code) if row["kind"] == kind))


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Papers]:
    home = tmp_path / "kho"
    assert here("init", "--home", home).code == Exit.OK
    with opened(load_settings(home)) as installation:
        world = World(installation.catalogue)
        round_id = world.round(world.files(2), RoundState.DECIDED, profile=ND01)
        code = world.get(round_id).code
        tokens = {
            name: issue_token(installation.catalogue, name, label="thử", by=Author("kiem-thu"), at=AT).secret
            for name in ("proposer", "executor", "auditor")
        }
    yield Papers(home, code, tokens, monkeypatch)


def test_a_paper_is_asked_for_printed_saved_and_without_a_trust_list_no_signature_counts(
    papers: Papers, tmp_path: Path
) -> None:
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"place": "Bình Minh", "positions": {"proposer": "Lưu trữ viên"}}), encoding="utf-8")
    assert papers.state("list") == "missing"
    assert papers.done("proposer", "print", papers.code, "list", "--given", given)[0]["ended_at"] is None
    papers.worked()
    assert papers.state("list") == "unsigned"
    target = tmp_path / "danh-muc.pdf"
    assert papers.say("", "save", papers.code, "list", target).code == Exit.OK
    assert target.read_bytes().startswith(b"%PDF-")
    assert papers.say("", "save", papers.code, "list", target).code == Exit.USAGE, "nothing is written over"
    papers.done("proposer", "attach", papers.code, "list", target, "--number", "12")
    papers.worked()
    rows = papers.done("", "list", papers.code)
    outcome = next(row["order"]["outcome"] for row in rows if row["kind"] == "list")
    assert {item["code"] for item in outcome["findings"]} == {"paper.no-trust-list"}
    assert papers.state("list") == "signature_not_valid"


def test_who_has_no_part_in_the_round_asks_for_nothing_and_completes_nothing(papers: Papers, tmp_path: Path) -> None:
    for who in ("", "auditor"):
        said = papers.say(who, "print", papers.code, "list")
        assert said.code != Exit.OK and "đợt" not in said.out
    for who, command, code in (
        ("executor", "complete", "round.authority-missing"),
        ("proposer", "complete", "paper.missing"),
        ("executor", "minutes", "round.state"),
    ):
        said = papers.say(who, command, papers.code)
        assert said.code != Exit.OK and code in said.err, (command, said.err)
    assert papers.done("", "dossier", papers.code)[0]["aip_id"] is None
    no_pdf = tmp_path / "x.pdf"
    no_pdf.write_text("x", encoding="utf-8")
    assert papers.say("proposer", "attach", papers.code, "list", no_pdf).code == Exit.USAGE
    wrong = tmp_path / "given.json"
    wrong.write_text('{"city": "x"}', encoding="utf-8")
    assert papers.say("proposer", "print", papers.code, "list", "--given", wrong).code == Exit.USAGE


def test_what_is_no_dossier_does_not_prove_itself(papers: Papers, tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    file.write_bytes(b"no tar at all" * 100)
    said = papers.say("", "verify-dossier", file, "--json")
    assert said.code == Exit.FAILED and said.rows[0]["answer"] == "failed"
