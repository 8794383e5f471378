"""Stopped anywhere behind the proof, what follows it goes on; nobody looks again by what is gone, and nothing stays open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import api.destruction_orders as orders
import api.proving_absence as proving
from api.destruction_orders import finish_rounds
from api.destruction_places import marker_file
from api.proving_absence import prove_absence, standing_proof
from archive.catalogue.absence_proof import certified_executing
from archive.catalogue.destruction_model import AbsenceVerdict
from archive.catalogue.destruction_progress import absence_runs_of
from archive.catalogue.destruction_reading import certificate
from archive.catalogue.destruction_writing import AlreadyCertifiedError
from archive.catalogue.round_reading import destruction_round
from archive.disposal.round_state import RoundState
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER
from tests.destruction.whole_archive import WholeArchive, whole_archive

ACTOR = "account:verifier"


class Killed(BaseException):
    """As nothing else is: nobody catches it."""


@pytest.fixture
def proven(system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WholeArchive]:
    """A round of which everything is gone, and not looked for yet."""
    monkeypatch.setattr(orders, "print_certificate", lambda *_: None)
    with whole_archive(tmp_path, 1) as made:
        made.begin()
        assert made.go_on().settled
        yield made


def killed_at(archive: WholeArchive, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def dies(*_args: Any, **_options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(proving, name, dies)
        with pytest.raises(Killed):
            prove_absence(archive.installation, ROUND_ID, verifier_id=VERIFIER, executor_id=EXECUTOR, actor=ACTOR)


def ended(archive: WholeArchive) -> None:
    """Certified by the one run there was, verified, and nothing it was known by is left."""
    with archive.installation.catalogue.read() as view:
        assert [run.verdict for run in absence_runs_of(view, ROUND_ID, limit=9)] == [AbsenceVerdict.ABSENT]
        assert certificate(view, ROUND_ID) is not None and certified_executing(view) == []
        assert destruction_round(view, ROUND_ID).state is RoundState.VERIFIED
    assert not marker_file(archive.installation, ROUND_ID).path.exists()


def test_killed_before_the_certificate_whoever_looks_next_only_finishes(
    proven: WholeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at(proven, monkeypatch, "certify")
    assert marker_file(proven.installation, ROUND_ID).path.exists(), "needed until the certificate stands"
    proof = standing_proof(proven.installation, ROUND_ID)
    assert proof is not None and proof.certificate is not None
    ended(proven)


def test_a_certified_round_that_is_still_executing_is_taken_up(
    proven: WholeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at(proven, monkeypatch, "record_verified")
    with proven.installation.catalogue.read() as view:
        assert certified_executing(view) == [ROUND_ID]
    with pytest.raises(AlreadyCertifiedError):
        proven.look(2)
    assert finish_rounds(proven.installation) is None
    ended(proven)
    with proven.installation.catalogue.read() as view:
        assert len(absence_runs_of(view, ROUND_ID, limit=9)) == 1
