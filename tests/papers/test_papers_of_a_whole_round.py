"""One round with real packages, from the decision to the dossier: every paper from the catalogue, signed, judged, proven."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from typer.testing import CliRunner

from api.bootstrap import now
from api.cli import app
from api.proving_dossier import wrong_with_dossier
from api.round_dossier import dossier_key
from api.submitting import carry
from api.verifying import differences
from archive.catalogue.paper_orders import last_dossier_order, order_print
from archive.disposal.papers import required_papers
from archive.disposal.round_state import RoundState
from archive.disposal.words import ArchiveKind
from archive.errors import CopyDamagedError
from archive.finding import Answer
from archive.papers.dossier_proof import verify_dossier
from archive.papers.paper import DATA_NAME
from archive.papers.paper_states import PaperState
from archive.storage.key import is_sealed
from ingest.verapdf.client import VeraPool, Verdict
from samples.pki import Pki
from tests.disposal.world import LLT, ND01
from tests.papers.whole_round import OPTIONAL, Case, WholeRound, whole_round

CASES = {
    "2013 and 2020, open": Case(ND01, sealed=False),
    "2024, sealed": Case(LLT, sealed=True),
    "2024, deciding for itself": Case(LLT, sealed=False, submitting=False),
    "2013 and 2020, historical archive, sealed": Case(ND01, sealed=True, kind=ArchiveKind.HISTORICAL),
}
NOT_NEEDED = {
    "2013 and 2020, open": {"verification-minutes"},
    "2024, sealed": set(),
    "2024, deciding for itself": {"opinion-request", "opinion"},
    "2013 and 2020, historical archive, sealed": set(),
}


@pytest.fixture(params=list(CASES))
def whole(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pki: Pki, trust_file: Path
) -> Iterator[tuple[str, WholeRound]]:
    with whole_round(tmp_path_factory.mktemp("whole-round"), pki, trust_file, CASES[request.param]) as made:
        yield request.param, made


@pytest.mark.slow
def test_from_the_decision_to_a_dossier_that_proves_itself(
    whole: tuple[str, WholeRound], verapdf: VeraPool, tmp_path: Path
) -> None:
    name, of = whole
    world, round_id, installation = of.world, of.round_id, of.installation
    assert set(of.states().values()) <= {PaperState.MISSING, PaperState.NOT_NEEDED}
    of.destroyed(OPTIONAL)
    # every paper the rules of the profile ask for, and no other, is good
    states = of.states()
    assert {kind for kind, state in states.items() if state is PaperState.NOT_NEEDED} == NOT_NEEDED[name]
    assert {state for state in states.values() if state is not PaperState.NOT_NEEDED} == {PaperState.GOOD}, states
    asked = {rule.kind for rule in required_papers(world.get(round_id))}
    assert set(of.printed) == asked | set(OPTIONAL)
    of.minutes_made()
    # what was printed after the minutes were made takes no unsigned paper into the dossier
    with world.transaction() as tx:
        new, by = world.next_id(), world.by("proposer")
        unsigned = order_print(tx, new, round_id, "list", {"place": "Hà Nội"}, by=by, at=now(), anew=True)
    refused = of.dossier_asked()
    of.worked()
    assert "ordinal" in of.outcome(unsigned.id)
    assert [item["code"] for item in of.outcome(refused.id)["refused"]] == ["paper.unsigned"]
    of.attached("list", of.signed(of.printed["list"]))
    world.sql("UPDATE round_papers SET list_sha256 = :other WHERE kind = 'submission-statement'", other="f" * 64)
    of.dossier_asked()
    of.worked()
    with world.read() as view:
        order = last_dossier_order(view, round_id)
        assert order is not None and order.waits
        submission = view.submission_of_client(dossier_key(order.id), "")
    assert submission is not None
    assert carry(installation, [submission.id]) == {}
    of.worked()
    stored = world.get(round_id)
    assert stored.state is RoundState.DOSSIER_STORED, order
    with world.read() as view:
        assert stored.dossier_aip_id is not None
        aip = view.aip(stored.dossier_aip_id)
    assert aip is not None
    assert is_sealed(aip.object_key) is CASES[name].sealed
    package = tmp_path / "ho-so-huy.tar"
    package.write_bytes(b"".join(installation.reading_stores[0].read(aip.object_key)))
    with package.open("rb") as file:
        verdict = verify_dossier(file, [installation.key.private.public_key()])
    assert verdict.answer is Answer.PASSED, [item.message for item in verdict.findings]
    assert (verdict.facts["lines"], verdict.facts["destroyed"]) == (5, 4)
    in_it = len(asked) + 2
    assert verdict.facts["papers"] == in_it, (
        "with retained list and certificate; the statement of another list is not among them"
    )
    told = CliRunner().invoke(
        app, ["papers", "verify-dossier", str(package), "--home", str(installation.settings.home), "--json"]
    )
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["answer"] == "passed"
    world.sql("UPDATE round_papers SET list_sha256 = :own WHERE kind = 'submission-statement'", own=stored.list_sha256)
    assert list(differences(installation, with_index=False, deep=True)) == []
    # damaged in one store, it still proves itself by the other
    (copy,) = installation.settings.stores[0].path.rglob(Path(aip.object_key).name)
    data = bytearray(copy.read_bytes())
    data[len(data) // 2] ^= 1
    data[data.find(b"luutru-dossier/1")] ^= 1  # of a sealed one: its last byte
    copy.chmod(0o600)
    copy.write_bytes(data)
    assert wrong_with_dossier(installation, stored, aip.id) == []
    # and with the other away the damage says nothing against the dossier: the order waits, no second one is made
    second = installation.settings.stores[1].path
    second.rename(tmp_path / "away")
    with pytest.raises(CopyDamagedError):
        wrong_with_dossier(installation, stored, aip.id)
    (tmp_path / "away").rename(second)
    # every paper as it was printed
    for kind, pdf in of.printed.items():
        path = tmp_path / f"{kind}.pdf"
        path.write_bytes(pdf)
        with pikepdf.open(path) as read:
            judged = verapdf.judge(path, "3u", timeout_seconds=120, pages=len(read.pages))
            said = json.loads(read.attachments[DATA_NAME].get_file().read_bytes())
        assert judged.verdict is Verdict.JUDGED and judged.compliant, (kind, judged.rules)
        assert said["list"] == {"round_code": stored.code, "sha256": stored.list_sha256, "lines": 5}
        assert said["paper"]["head"]["place"] == "Bình Minh"
