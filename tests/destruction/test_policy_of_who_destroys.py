"""Who runs by an older storage policy neither begins, nor looks, nor certifies; a store that came since is due too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

import api.destroying as destroying
from api.bootstrap import now
from api.destroying import destroy_round, go_on
from api.destruction_places import place_names
from api.proving_absence import finish_proof, prove_absence
from archive.access import Author
from archive.catalogue.absence_proof import proving_run
from archive.catalogue.destruction_model import AbsenceVerdict, ItemState
from archive.catalogue.destruction_progress import absence_runs_of
from archive.catalogue.destruction_reading import certificate, counted_items
from archive.catalogue.policy_tables import storage_policies
from archive.storage_policy import PolicyStaleError
from tests.destruction.round_at_work import ACTOR, EXECUTOR, ROUND_ID, VERIFIER
from tests.destruction.whole_archive import WholeArchive, whole_archive


@pytest.fixture
def archive(system_tmp: Path, tmp_path: Path) -> Iterator[WholeArchive]:
    with whole_archive(tmp_path, 1) as made:
        yield made


def newer_policy(archive: WholeArchive) -> None:
    """Adopted by another machine."""
    policy = archive.installation.policy
    version = policy.version + 1
    with archive.installation.catalogue.transaction() as tx:
        tx.rows(
            insert(storage_policies).values(
                version=version,
                sha256="0" * 64,
                text=policy.text,
                adopted_at=now() + timedelta(1),
                adopted_by="user:root",
            )
        )


def test_nothing_is_begun_proven_or_certified_by_an_older_policy(archive: WholeArchive) -> None:
    archive.begin()
    assert archive.go_on().settled
    run = archive.look(1)
    assert run.verdict is AbsenceVerdict.ABSENT, run.report
    newer_policy(archive)
    with pytest.raises(PolicyStaleError):
        go_on(archive.installation, ROUND_ID)
    with pytest.raises(PolicyStaleError):
        destroy_round(archive.installation, ROUND_ID, by=Author(ACTOR, EXECUTOR))
    with pytest.raises(PolicyStaleError):
        prove_absence(archive.installation, ROUND_ID, verifier_id=VERIFIER, executor_id=EXECUTOR, actor=ACTOR)
    with pytest.raises(PolicyStaleError):
        finish_proof(archive.installation, ROUND_ID, actor=ACTOR)
    with archive.installation.catalogue.read() as view:
        assert len(absence_runs_of(view, ROUND_ID, limit=9)) == 1 and certificate(view, ROUND_ID) is None


def test_a_run_by_an_older_policy_proves_nothing_to_who_knows_the_newer(archive: WholeArchive) -> None:
    archive.begin()
    assert archive.go_on().settled
    assert archive.look(1).verdict is AbsenceVerdict.ABSENT
    with archive.installation.catalogue.read() as view:
        assert proving_run(view, ROUND_ID)[0] is not None
    newer_policy(archive)
    with archive.installation.catalogue.read() as view:
        assert proving_run(view, ROUND_ID)[0] is None


def test_a_place_that_came_since_is_due_for_what_was_begun_before(
    archive: WholeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.begin()
    assert archive.go_on().settled
    names = place_names(archive.installation)
    monkeypatch.setattr(destroying, "place_names", lambda _installation: names | {"store:kho-3"})
    progress = archive.go_on()
    assert progress.waiting["store:kho-3"] == 1 and not progress.settled
    with archive.installation.catalogue.read() as view:
        items = counted_items(view, ROUND_ID)
    assert items["store:kho-3"] == {ItemState.DUE: 1}
    assert items["checkpoints"] == {ItemState.DUE: 1}, "what is done once for the round is done again, with it"
