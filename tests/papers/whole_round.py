"""A round with real packages whose papers are printed, signed and judged one by one, as far as a test wants it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Installation, now, opened
from api.destroying import destroy_round
from api.initialising import initialise
from api.jobs.package_forms import reforming
from api.printed_certificate import print_certificate
from api.proving_absence import prove_absence
from api.receiving_papers import receive_paper
from api.round_papers import carry_out_paper_orders
from api.settings import load_settings
from archive.catalogue.paper_orders import PaperOrder, order_dossier, order_print, orders_of
from archive.catalogue.round_deciding import complete_papers, hand_over, make_minutes, start_executing
from archive.catalogue.round_reading import papers
from archive.disposal.model import Choice
from archive.disposal.paper_keeping import read_paper
from archive.disposal.round_state import RoundState
from archive.disposal.words import ArchiveKind, Outcome
from archive.local_time import VIETNAM
from archive.papers.paper_states import PaperState, round_papers
from archive.storage.key import is_sealed
from samples.clamd import clamd_program, running_clamd
from samples.holdings import store_packages
from samples.pki import Pki
from samples.signing import add_revocation_data, sign_pdf
from tests.disposal import world
from tests.disposal.world import World

AGREEMENT = Path(__file__).parents[2] / "samples" / "agreement.toml"
ARCHIVE = "Lưu trữ lịch sử tỉnh Bình Minh"
GIVEN = {"place": "Bình Minh", "superior": "Ủy ban nhân dân tỉnh Bình Minh", "witnesses": ["Vũ Thị Thu Hằng"]}
OPTIONAL = ("submission-statement", "retained-list")


@dataclass(frozen=True)
class Case:
    """``sealed``: every package lies sealed under the key of its hồ sơ before the round begins."""

    profile: str
    sealed: bool
    kind: ArchiveKind = ArchiveKind.CURRENT
    submitting: bool = True


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
        order = receive_paper(
            self.installation,
            self.world.next_id(),
            self.round_id,
            kind,
            io.BytesIO(pdf),
            {},
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
        at = world.AT.replace(microsecond=0)
        for label in ("person", "agency"):
            pdf = sign_pdf(pdf, self.pki, label, at=at, timestamp=True)
        return add_revocation_data(pdf, self.pki, ["person", "agency", "tsa"], at)

    def states(self) -> dict[str, PaperState]:
        with self.world.read() as view:
            return {item.rule.kind: item.state for item in round_papers(view, self.world.get(self.round_id))}

    def destroyed(self, optional: tuple[str, ...] = ()) -> None:
        """From the decision to the certificate on sheets, every paper the rules ask for on the way, and ``optional``."""
        by, installation = self.world.by, self.installation
        for rule in self.world.required(self.round_id, "papers"):
            self.printed_and_signed(rule.kind)
        for kind in optional:
            self.printed_and_signed(kind)
        with self.world.transaction() as tx:
            complete_papers(tx, self.round_id, by=by("proposer"), at=now())
            hand_over(tx, self.round_id, by=by("proposer"), at=now())
        for rule in self.world.required(self.round_id, "execution"):
            if rule.stage == "execution":
                self.printed_and_signed(rule.kind)
        with self.world.transaction() as tx:
            start_executing(tx, self.round_id, by=by("executor"), at=now())
        done = destroy_round(installation, self.round_id, by=by("executor"))
        assert done.refused == () and done.progress.settled, done
        proof = prove_absence(
            installation,
            self.round_id,
            verifier_id=self.world.id("auditor"),
            executor_id=self.world.id("executor"),
            actor=by("auditor").actor,
        )
        assert proof.certificate is not None, proof.run.report
        assert print_certificate(installation, self.round_id) is not None
        for rule in self.world.required(self.round_id, "minutes"):
            if rule.stage == "minutes":
                self.printed_and_signed(rule.kind, "executor")

    def minutes_made(self) -> None:
        with self.world.transaction() as tx:
            make_minutes(tx, self.round_id, by=self.world.by("executor"), at=now())

    def dossier_asked(self) -> PaperOrder:
        with self.world.transaction() as tx:
            new = self.world.next_id()
            return order_dossier(tx, new, self.round_id, GIVEN, by=self.world.by("executor"), at=now())


@contextmanager
def whole_round(folder: Path, pki: Pki, trust_file: Path, case: Case, *, count: int = 5) -> Iterator[WholeRound]:
    """Decided on a minute ago, by the clock of the machine: all hồ sơ with packages to destroy, but the last, which is to
    be kept longer. Nothing else uses the place for what is temporary, so that the look for traces meets nothing of others.
    """
    assert clamd_program(), "clamd is needed (Debian: clamav-daemon)"
    temporary, at = folder / "temporary", now() - timedelta(minutes=1)
    temporary.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch, running_clamd(folder / "clamd") as socket:
        patch.setattr(tempfile, "tempdir", str(temporary))
        patch.setattr(world, "AT", at)
        patch.setattr(world, "TODAY", at.astimezone(VIETNAM).date())
        initialise(
            folder / "home",
            name=ARCHIVE,
            code="H99.12",
            stores=[folder / "kho-1", folder / "kho-2"],
            trust_list=trust_file,
            agreement=AGREEMENT,
            clamd=str(socket),
            database="",
            sealing=case.sealed,
        )
        with opened(replace(load_settings(folder / "home"), workers=1)) as installation:
            people = World(installation.catalogue)
            files = people.filed(
                store_packages(installation.catalogue, list(installation.stores), count, size_bytes=4000)
            )
            if case.sealed:
                _sealed(installation)
            round_id = people.round(
                files,
                RoundState.DECIDED,
                profile=case.profile,
                kind=case.kind,
                submitting=case.submitting,
                choices={files[-1]: Choice(Outcome.EXTEND, 5)},
                decided_on=world.TODAY,
            )
            yield WholeRound(installation, people, round_id, pki)


def _sealed(installation: Installation) -> None:
    """As the job does it that follows the periods; without the time it leaves to those who read."""
    forms = reforming(installation)
    assert forms is not None
    told = [item.error for item in replace(forms, grace=timedelta(0)).run()]
    assert told and set(told) == {None}, told
    for store in installation.stores:
        assert all(is_sealed(str(key)) for key in store.keys("aip"))
