"""Ledger and catalogue rewritten together by an administrator's hand: repair goes by what was sealed, or by nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from damaged import World, flipped, shelves_of
from sqlalchemy import Connection, text

from archive.alerts import Severity
from archive.catalogue.alert_reading import open_alerts
from archive.catalogue.repair_model import IncidentKind
from archive.checkpoints.sealing import seal
from archive.checkpoints.statement import Kind
from archive.events import Event
from archive.fixity import CopyState
from archive.layout_reading import layout_sha256
from archive.ledger import verify_chain
from archive.repair import Outcome, repair_due
from archive.repair.sealed import SealedLedger
from archive.signing import ArchiveKey
from archive.steady_reading import SteadyReader
from tests.checkpoints.sealed_archive import ARCHIVE, rewritten, unguarded
from tests.servers.postgresql import programs, running_postgresql

KEY = ArchiveKey(Ed25519PrivateKey.generate())


class Sealed(World):
    """A world whose ledger is sealed now and then; ``url`` is where its database lies."""

    def __init__(self, url: str, folder: Path, *, packages: int = 3) -> None:
        super().__init__(url, list(shelves_of("directory", folder)), packages=packages, size_bytes=20_000)
        self.url = url
        self.terms = replace(self.terms, public_keys=[KEY.private.public_key()])

    def seal(self, kind: Kind = Kind.NEWS) -> None:
        self.later(minutes=1)
        assert seal(self.catalogue, self.stores, KEY, ARCHIVE, now=self.clock, kind=kind) is not None

    def forge(self, number: int = 0) -> bytes:
        """Other bytes as the package in store a, and whatever the database says of them made to fit."""
        aip = self.aip(number)
        right = self.right[aip.id]
        forged = right[:-1] + b"\1"
        self.shelves["a"].put(aip.object_key, forged)
        digest = hashlib.sha256(forged).hexdigest()
        with SteadyReader(self.shelves["a"].store, aip.object_key, cold=False, pauses_seconds=()) as reader:
            layout = layout_sha256(len(forged), lambda: reader, threads=1)

        def changed(body: dict[str, object]) -> None:
            data = body["data"]
            assert isinstance(data, dict)
            if data.get("aip_id") == aip.id and data.get("sha256") == aip.sha256:
                data |= {"sha256": digest, "layout_sha256": layout}

        def change(connection: Connection) -> None:
            rewritten(1, changed)(connection)
            connection.execute(
                text("UPDATE aips SET sha256 = :digest, layout_sha256 = :layout WHERE id = :id"),
                {"digest": digest, "layout": layout, "id": aip.id},
            )
            connection.execute(
                text("UPDATE copies SET state = 'mismatch' WHERE aip_id = :id AND store = 'b'"), {"id": aip.id}
            )

        unguarded(self.url, change)
        with self.catalogue.read() as view:
            assert verify_chain(view.records(limit=100_000)) is None  # nothing in the database contradicts it
        return forged

    def require_refused(self, number: int = 0) -> None:
        """Nothing was written, and somebody is told: one incident, with its event and its red alert."""
        assert self.is_right("b", number)
        (incident,) = self.open_incidents()
        assert (incident.kind, incident.subject) == (IncidentKind.PROOF, self.held[number].aip_id)
        assert incident.report["code"] == "repair.seal-contradicted"
        assert len(self.events(Event.AIP_INCIDENT_OPENED)) == 1
        with self.catalogue.read() as view:
            (alert,) = open_alerts(view)
        assert (alert.severity, alert.code, alert.subject) == (Severity.RED, "incident.opened", incident.subject)


@pytest.fixture(params=["sqlite", "postgresql"])
def sealed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sealed]:
    if request.param == "postgresql" and programs() is None:
        pytest.skip("PostgreSQL is not installed")
    url = f"sqlite:///{tmp_path / 'c.sqlite'}" if request.param == "sqlite" else running_postgresql().new_url()
    world = Sealed(url, tmp_path)
    yield world
    world.close()


def test_a_forged_package_is_not_spread_though_ledger_and_catalogue_speak_for_it(sealed: Sealed) -> None:
    sealed.seal()
    sealed.forge()
    made = repair_due(sealed.catalogue, sealed.stores, sealed.terms)
    assert [item.outcome for item in made.repaired] == [Outcome.INCIDENT]
    sealed.require_refused()
    assert sealed.repair("b").outcome is Outcome.INCIDENT  # nor by a person's hand
    sealed.require_refused()


@pytest.mark.parametrize("kinds", [(Kind.NEWS, Kind.DAY), (Kind.NEWS, Kind.FULL, Kind.NEWS), (Kind.NEWS,) * 4])
def test_whatever_kind_of_checkpoint_covers_the_record(sealed: Sealed, kinds: tuple[Kind, ...]) -> None:
    for kind in kinds:
        sealed.damage("a", "one bit", 2)  # something new to seal each time
        assert sealed.repair("a", 2).outcome is Outcome.REPAIRED
        sealed.seal(kind)
    sealed.forge()
    assert sealed.repair("b").outcome is Outcome.INCIDENT
    sealed.require_refused()


def test_other_packages_are_healed_from_proof_all_the_same(sealed: Sealed) -> None:
    """Every record behind the forged one has another hash now; what was sealed of each is read in the stores."""
    sealed.damage("b", "one bit", 0)
    sealed.damage("b", "one bit", 2)
    sealed.seal()
    sealed.forge(1)
    made = {item.aip_id: item.outcome for item in repair_due(sealed.catalogue, sealed.stores, sealed.terms).repaired}
    before, forged, behind = [held.aip_id for held in sealed.held]
    assert made == {before: Outcome.REPAIRED, forged: Outcome.INCIDENT, behind: Outcome.REPAIRED}
    assert sealed.is_right("b", 0) and sealed.is_right("b", 2)
    sealed.require_refused(1)


def test_checkpoints_taken_out_of_the_catalogue_speak_from_the_stores(sealed: Sealed) -> None:
    sealed.seal()
    sealed.forge()
    unguarded(sealed.url, lambda connection: connection.execute(text("DELETE FROM checkpoints")))
    assert sealed.repair("b").outcome is Outcome.INCIDENT
    sealed.require_refused()


def test_when_no_checkpoint_can_be_proven_any_more_nothing_is_healed(sealed: Sealed) -> None:
    sealed.seal()
    for store in "ab":
        sealed.shelves[store].put("checkpoint/0000000001.json", b"{}")
    unguarded(sealed.url, lambda connection: connection.execute(text("UPDATE checkpoints SET document = '{}'")))
    sealed.damage("b", "one bit")
    assert sealed.repair("b").outcome is Outcome.INCIDENT
    assert not sealed.is_right("b")


def test_a_checkpoint_nobody_of_ours_signed_confirms_nothing(sealed: Sealed) -> None:
    other = ArchiveKey(Ed25519PrivateKey.generate())
    sealed.later(minutes=1)
    assert seal(sealed.catalogue, sealed.stores, other, ARCHIVE, now=sealed.clock) is not None
    sealed.damage("b", "one bit")
    assert sealed.repair("b").outcome is Outcome.INCIDENT
    assert not sealed.is_right("b")


def test_a_forged_package_is_not_rebuilt_from_parts_either(sealed: Sealed) -> None:
    sealed.seal()
    forged = sealed.forge()
    key = sealed.aip().object_key
    one, other = (offset for offset, size in list(sealed.members().values())[-2:] if size)
    sealed.shelves["a"].put(key, flipped(one)(bytearray(forged)))
    before = flipped(other)(bytearray(forged))
    assert before is not None
    sealed.shelves["b"].put(key, before)
    assert sealed.repair("b").outcome is Outcome.INCIDENT
    assert sealed.shelves["b"].bytes_of(key) == before
    # Without a key nothing is asked of the seals, and the parts do make up the forged package.
    unasked = replace(sealed.terms, public_keys=())
    assert sealed.repair("b", terms=unasked).outcome is Outcome.REBUILT


def test_records_behind_the_last_seal_must_follow_from_it_to_the_noted_end(sealed: Sealed) -> None:
    sealed.seal()
    sealed.damage("b", "one bit")
    assert sealed.repair("b").outcome is Outcome.REPAIRED
    from samples.holdings import store_packages

    (new,) = store_packages(sealed.catalogue, sealed.stores, 1, size_bytes=20_000, first=50)
    sealed.held.append(new)
    sealed.right[new.aip_id] = sealed.shelves["a"].bytes_of(new.key)
    sealed.damage("b", "gone", 3)
    assert sealed.repair("b", 3).outcome is Outcome.REPAIRED
    sealed.damage("b", "gone", 3)

    def meddled(connection: Connection) -> None:
        """The first record behind the seal no longer follows; those around the package's own are whole."""
        row = connection.execute(text("SELECT MIN(seq) AS seq FROM ledger WHERE event = 'aip.copy.repaired'")).one()
        body = connection.execute(text("SELECT body FROM ledger WHERE seq = :seq"), {"seq": row.seq}).scalar_one()
        changed = {**json.loads(body), "actor": "kẻ xấu"}
        connection.execute(
            text("UPDATE ledger SET body = :body WHERE seq = :seq"), {"body": json.dumps(changed), "seq": row.seq}
        )

    unguarded(sealed.url, meddled)
    assert sealed.repair("b", 3).outcome is Outcome.INCIDENT
    assert sealed.state("b", 3) is CopyState.MISSING


def test_the_ledger_is_read_once_for_a_job_however_many_packages_it_heals(
    sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed.seal()
    for number in range(3):
        sealed.damage("b", "one bit", number)
    looked: list[list[int]] = []
    judge: Callable[..., None] = SealedLedger._judge

    def counted(self: SealedLedger, view: object, way: object, wanted: list[int]) -> None:
        looked.append(list(wanted))
        judge(self, view, way, wanted)

    monkeypatch.setattr(SealedLedger, "_judge", counted)
    made = repair_due(sealed.catalogue, sealed.stores, sealed.terms)
    assert [item.outcome for item in made.repaired] == [Outcome.REPAIRED] * 3
    assert [len(seqs) for seqs in looked] == [3]
