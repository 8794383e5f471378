"""A worker killed while it makes, hands in, takes in or names the dossier of a round: exactly one is stored, and named."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bootstrap import now
from api.settings import FILE_NAME
from api.verifying import differences
from archive.catalogue.paper_orders import end_order, last_dossier_order
from archive.disposal.round_state import RoundState
from archive.events import Event
from archive.finding import Answer
from archive.lifecycle import State
from archive.papers.dossier_proof import verify_dossier
from archive.storage.key import aip_key, sealed_aip_key
from samples.pki import create_pki
from samples.trust_list import write_trust_list
from tests.disposal.world import LLT
from tests.interruption.order_turns import carried, killed_and_ended
from tests.papers.whole_round import Case, WholeRound, whole_round

_TX = "archive.catalogue.writing:Transaction."
_STEPS = "ingest.steps:Steps."

MAKING = [
    "api.round_dossier:built_dossier:before",
    "api.round_dossier:built_dossier:after",
    "api.round_dossier:read_paper:after",
    "api.round_dossier:write_dossier:before",
    "ingest.papers.dossier_package:paper_pdf:after",
    "ingest.papers.dossier_package:write_bag:after",
    "api.round_dossier:write_dossier:after",
]
HANDING_IN = [
    "ingest.intake:Intake.receive_stream:before",
    "ingest.quarantine:Quarantine.begin:after",
    "ingest.quarantine:Quarantine.complete:before",
    "ingest.quarantine:Quarantine.complete:after",
    f"{_TX}receive:after",
    "ingest.intake:Intake._record:after",
    "api.round_dossier:note_progress:after",
]
"""From ``_record`` on it is received: whoever comes next finds it, and only looks after it."""
TAKING_IN = [
    f"{_STEPS}check:after",
    f"{_STEPS}decide:after",
    "ingest.steps:write_everywhere:after",
    f"{_STEPS}package:after",
    "ingest.steps:read_back:after",
    f"{_STEPS}store:after",
    f"{_TX}issue_receipt:after",
]
NAMING = [
    "api.round_dossier:wrong_with_dossier:after",
    "api.round_dossier:record_dossier:after",
    "api.round_dossier:end_order:after",
    "api.round_dossier:carry_dossier:after",
]


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRound]:
    """Its minutes are made; what was destroyed lay sealed, as the dossier will."""
    folder = tmp_path_factory.mktemp("dossier")
    pki = create_pki(folder / "pki")
    trust_list = write_trust_list(pki, folder / "trust.json")
    with whole_round(folder / "round", pki, trust_list, Case(LLT, sealed=True, submitting=False), count=3) as made:
        made.destroyed()
        made.minutes_made()
        settings = made.installation.settings.home / FILE_NAME
        text = settings.read_text(encoding="utf-8")  # no index listens there, and taking in goes on without it
        settings.write_text(text.replace("hosts = []", 'hosts = ["http://127.0.0.1:9"]'), encoding="utf-8")
        yield made


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_any_step_exactly_one_dossier_is_stored_and_the_round_names_it(of: WholeRound) -> None:
    home, catalogue = of.installation.settings.home, of.installation.catalogue
    with catalogue.read() as view:
        before = {item.id for item in view.submissions_in()}
        packages = {aip.id for aip in view.aips()}
    order = of.dossier_asked()
    assert of.dossier_asked().id == order.id
    killed_and_ended(home, "papers", [*MAKING, *HANDING_IN])
    with catalogue.read() as view:
        (submission,) = [item for item in view.submissions_in() if item.id not in before]
    assert submission.state is State.RECEIVED
    carried(home, "papers")  # not stored yet: it waits
    assert of.world.get(of.round_id).state is RoundState.MINUTES_MADE
    killed_and_ended(home, "ingest", TAKING_IN)
    with catalogue.transaction() as tx:
        end_order(tx, order.id, {"refused": []}, now())
    again = of.dossier_asked()  # the first was given up meanwhile: what it handed in is no reason for a second dossier
    assert again.id != order.id
    killed_and_ended(home, "papers", NAMING)
    named = of.world.get(of.round_id)
    assert named.state is RoundState.DOSSIER_STORED
    with catalogue.read() as view:
        (submission,) = [item for item in view.submissions_in() if item.id not in before]
        (aip_id,) = {aip.id for aip in view.aips()} - packages
        assert submission.state is State.STORED
        assert named.dossier_aip_id == submission.aip_id == aip_id
        assert len(view.records(subject=of.round_id, event=Event.ROUND_DOSSIER_STORED)) == 1
        assert len(view.records(subject=submission.id, event=Event.SUBMISSION_RECEIPT_ISSUED)) == 1
        asked = last_dossier_order(view, of.round_id)
        aip = view.aip(aip_id)
    assert asked is not None and asked.id == again.id and not asked.problem
    assert asked.outcome == {"submission_id": submission.id, "aip_id": aip_id, "state": "stored"}
    assert aip is not None
    for store, reading in zip(of.installation.stores, of.installation.reading_stores, strict=True):
        assert {aip_key(aip_id), sealed_aip_key(aip_id)} & set(store.keys("aip")) == {aip.object_key}
        verdict = verify_dossier(
            io.BytesIO(b"".join(reading.read(aip.object_key))), [of.installation.key.private.public_key()]
        )
        assert verdict.answer is Answer.PASSED, [item.message for item in verdict.findings]
    carried(home, "ingest")
    assert list(differences(of.installation, with_index=False, deep=True)) == []
    left = [path.name for path in Path(home, "quarantine").iterdir()]
    assert left == [], "nothing of what dead ones handed in half stays"
