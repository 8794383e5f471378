"""One round with real packages, from the decision to the dossier: every paper from the catalogue, signed, judged, proven."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from typer.testing import CliRunner

from api.bootstrap import Installation, now, opened
from api.cli import app
from api.destroying import destroy_round
from api.initialising import initialise
from api.printed_certificate import print_certificate
from api.proving_absence import prove_absence
from api.round_dossier import dossier_key
from api.round_papers import carry_out_paper_orders, keep_incoming
from api.settings import load_settings
from api.submitting import carry
from archive.catalogue.file_writing import add_package, close_file, open_file
from archive.catalogue.paper_orders import last_dossier_order, order_dossier, order_judgement, order_print, orders_of
from archive.catalogue.round_deciding import complete_papers, hand_over, make_minutes, start_executing
from archive.catalogue.round_reading import papers
from archive.disposal.model import Choice
from archive.disposal.paper_keeping import read_paper
from archive.disposal.round_state import RoundState
from archive.disposal.words import Outcome
from archive.finding import Answer
from archive.papers.dossier_proof import verify_dossier
from archive.papers.paper import DATA_NAME
from archive.papers.paper_states import PaperState, round_papers
from archive.retention.file import NewFile
from ingest.verapdf.client import VeraPool, Verdict
from samples.clamd import clamd_program, running_clamd
from samples.holdings import store_packages
from samples.pki import Pki
from samples.signing import add_revocation_data, sign_pdf
from tests.disposal.world import AT, ND01, TEN_YEARS, World

AGREEMENT = Path(__file__).parents[2] / "samples" / "agreement.toml"
ARCHIVE = "Lưu trữ lịch sử tỉnh Bình Minh"
GIVEN = {"place": "Bình Minh", "superior": "Ủy ban nhân dân tỉnh Bình Minh", "witnesses": ["Vũ Thị Thu Hằng"]}


@dataclass
class WholeRound:
    installation: Installation
    world: World
    round_id: str
    pki: Pki
    printed: dict[str, bytes] = field(default_factory=dict)

    def worked(self) -> None:
        trouble = carry_out_paper_orders(self.installation, at_once=True)
        assert trouble is None, (trouble.code, trouble.message, trouble.detail)

    def printed_and_signed(self, kind: str, by: str = "proposer") -> None:
        """From the order to a good paper."""
        with self.world.transaction() as tx:
            order = order_print(tx, self.world.next_id(), self.round_id, kind, GIVEN, by=self.world.by(by), at=now())
        self.worked()
        assert self.outcome(order.id).get("refused") is None, self.outcome(order.id)
        with self.world.read() as view:
            paper = [item for item in papers(view, self.round_id) if item.kind == kind][-1]
        self.printed[kind] = read_paper(self.installation.stores, paper.object_key, paper.sha256)
        self.attached(kind, self.signed(self.printed[kind]), by)

    def attached(self, kind: str, pdf: bytes, by: str = "proposer") -> dict[str, Any]:
        kept = keep_incoming(self.installation, self.round_id, kind, pdf)
        with self.world.transaction() as tx:
            order = order_judgement(
                tx,
                self.world.next_id(),
                self.round_id,
                kind,
                {},
                object_key=kept.object_key,
                sha256=kept.sha256,
                size_bytes=kept.size_bytes,
                by=self.world.by(by),
                at=now(),
            )
        self.worked()
        return self.outcome(order.id)

    def outcome(self, order_id: str) -> dict[str, Any]:
        with self.world.read() as view:
            order = next(item for item in orders_of(view, self.round_id) if item.id == order_id)
        assert order.outcome is not None, order.problem
        return dict(order.outcome)

    def signed(self, pdf: bytes) -> bytes:
        for label in ("person", "agency"):
            pdf = sign_pdf(pdf, self.pki, label, at=AT, timestamp=True)
        return add_revocation_data(pdf, self.pki, ["person", "agency", "tsa"], AT)

    def states(self) -> dict[str, PaperState]:
        with self.world.read() as view:
            return {item.rule.kind: item.state for item in round_papers(view, self.world.get(self.round_id))}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, pki: Pki, trust_file: Path) -> Iterator[WholeRound]:
    """Decided on: four hồ sơ with packages to destroy, one to be kept longer. Nothing else uses the place for what is
    temporary, so that the look for traces meets nothing of others."""
    folder = tmp_path_factory.mktemp("whole-round")
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    assert clamd_program(), "clamd is needed (Debian: clamav-daemon)"
    try:
        with running_clamd(folder / "clamd") as socket:
            initialise(
                folder / "home",
                name=ARCHIVE,
                code="H99.12",
                stores=[folder / "kho-1", folder / "kho-2"],
                trust_list=trust_file,
                agreement=AGREEMENT,
                clamd=str(socket),
                sealing=False,
            )
            with opened(replace(load_settings(folder / "home"), workers=1)) as installation:
                world = World(installation.catalogue)
                files = packaged_files(installation, world, 5)
                kept = {files[4]: Choice(Outcome.EXTEND, 5)}
                round_id = world.round(files, RoundState.DECIDED, profile=ND01, choices=kept)
                yield WholeRound(installation, world, round_id, pki)
    finally:
        tempfile.tempdir = before


def packaged_files(installation: Installation, world: World, count: int) -> list[str]:
    made = []
    for held in store_packages(installation.catalogue, list(installation.stores), count, size_bytes=4000):
        with world.transaction() as tx:
            submission = tx.submission(held.submission_id)
            code, title = submission.description.file_code, submission.description.title
            new = NewFile(
                held.submission_id,
                "H01.02",
                code,
                title,
                ND01,
                "1",
                ended_year=2010,
                period=TEN_YEARS,
                period_basis="TT",
            )
            open_file(tx, new, actor="luutru", at=AT)
            add_package(tx, new.id, held.aip_id, actor="luutru", at=AT)
            close_file(tx, new.id, ended_year=2010, actor="luutru", at=AT)
        made.append(held.submission_id)
    return made


def test_from_the_decision_to_a_dossier_that_proves_itself(
    whole: WholeRound, verapdf: VeraPool, tmp_path: Path
) -> None:
    world, round_id = whole.world, whole.round_id
    installation = whole.installation
    assert set(whole.states().values()) == {PaperState.MISSING, PaperState.NOT_NEEDED}
    # before the hand-over
    for rule in world.required(round_id, "papers"):
        whole.printed_and_signed(rule.kind)
    for kind in ("submission-statement", "retained-list"):
        whole.printed_and_signed(kind)
    with world.transaction() as tx:
        complete_papers(tx, round_id, by=world.by("proposer"), at=AT)
        hand_over(tx, round_id, by=world.by("proposer"), at=AT)
    whole.printed_and_signed("hand-over-minutes")
    with world.transaction() as tx:
        start_executing(tx, round_id, by=world.by("executor"), at=AT)
    # the destruction, and somebody else's look
    done = destroy_round(installation, round_id, by=world.by("executor"))
    assert done.refused == () and done.progress.settled, done
    proof = prove_absence(
        installation,
        round_id,
        verifier_id=world.id("auditor"),
        executor_id=world.id("executor"),
        actor=world.by("auditor").actor,
    )
    assert proof.certificate is not None, proof.run.report
    assert print_certificate(installation, round_id) is not None
    # minutes and dossier
    whole.printed_and_signed("destruction-minutes", "executor")
    states = whole.states()
    assert states.pop("verification-minutes") is PaperState.NOT_NEEDED
    assert set(states.values()) == {PaperState.GOOD}, states
    with world.transaction() as tx:
        make_minutes(tx, round_id, by=world.by("executor"), at=now())
        unsigned = order_print(
            tx, world.next_id(), round_id, "list", {"place": "Hà Nội"}, by=world.by("proposer"), at=AT, anew=True
        )
        refused = order_dossier(tx, world.next_id(), round_id, GIVEN, by=world.by("executor"), at=now())
    whole.worked()
    # what was printed after the minutes were made takes no unsigned paper into the dossier
    assert "ordinal" in whole.outcome(unsigned.id)
    assert [item["code"] for item in whole.outcome(refused.id)["refused"]] == ["paper.unsigned"]
    whole.attached("list", whole.signed(whole.printed["list"]))
    world.sql("UPDATE round_papers SET list_sha256 = :other WHERE kind = 'submission-statement'", other="f" * 64)
    with world.transaction() as tx:
        order_dossier(tx, world.next_id(), round_id, GIVEN, by=world.by("executor"), at=now())
    whole.worked()
    with world.read() as view:
        order = last_dossier_order(view, round_id)
        assert order is not None and order.waits
        submission = view.submission_of_client(dossier_key(order.id), "")
    assert submission is not None
    assert carry(installation, [submission.id]) == {}
    whole.worked()
    stored = world.get(round_id)
    assert stored.state is RoundState.DOSSIER_STORED, order
    with world.read() as view:
        assert stored.dossier_aip_id is not None
        aip = view.aip(stored.dossier_aip_id)
    assert aip is not None
    package = tmp_path / "ho-so-huy.tar"
    package.write_bytes(b"".join(installation.reading_stores[0].read(aip.object_key)))
    with package.open("rb") as file:
        verdict = verify_dossier(file, [installation.key.private.public_key()])
    assert verdict.answer is Answer.PASSED, [item.message for item in verdict.findings]
    assert (verdict.facts["lines"], verdict.facts["destroyed"]) == (5, 4)
    assert verdict.facts["papers"] == 11, "the submission statement of another list is not among them"
    told = CliRunner().invoke(
        app, ["papers", "verify-dossier", str(package), "--home", str(installation.settings.home), "--json"]
    )
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["answer"] == "passed"
    # every paper as it was printed
    assert len(whole.printed) == 11
    for kind, pdf in whole.printed.items():
        path = tmp_path / f"{kind}.pdf"
        path.write_bytes(pdf)
        with pikepdf.open(path) as read:
            judged = verapdf.judge(path, "3u", timeout_seconds=120, pages=len(read.pages))
            said = json.loads(read.attachments[DATA_NAME].get_file().read_bytes())
        assert judged.verdict is Verdict.JUDGED and judged.compliant, (kind, judged.rules)
        assert said["list"] == {"round_code": stored.code, "sha256": stored.list_sha256, "lines": 5}
        assert said["paper"]["head"]["place"] == "Bình Minh"
