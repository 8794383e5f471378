"""What is to be healed, what lies aside and which incidents are open: the same on both databases."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from archive.catalogue import Catalogue, Copy
from archive.catalogue.fsck_reading import expected_objects
from archive.catalogue.repair_model import FsckRun, Incident, IncidentKind, IncidentOutcome, KeptAside, Repair
from archive.catalogue.repair_reading import (
    asides_due,
    begun_repairs,
    due_repairs,
    fsck_runs,
    has_copies,
    incident,
    incidents,
    known_asides,
    open_incident,
    open_repair,
    red_copies,
    repairs_of,
    whole_copies,
)
from archive.catalogue.repair_writing import (
    begin_repair,
    confirm_incident,
    end_incident,
    end_repair,
    keep_aside,
    note_attempt,
    note_dropped,
    note_intent,
    note_seen,
    record_fsck_run,
    record_incident,
)
from archive.fixity import CopyState

sys.path.insert(0, str(Path(__file__).parent))
from builders import AT, accept, receive, stored_package


def repair(aip_id: str, name: str = "r1") -> Repair:
    return Repair(name, aip_id, "b", CopyState.MISMATCH, "0" * 64, 3, ("x",), None, AT, 0, AT, "")


def test_damaged_copies_of_stored_packages_are_due_until_they_rest(catalogue: Catalogue) -> None:
    ids = [stored_package(catalogue, number).aip_id for number in range(1, 6)]
    with catalogue.transaction() as tx:
        waiting = receive(tx, 9)
        accept(tx, waiting)
        states = [CopyState.MISMATCH, CopyState.MISSING, CopyState.UNREADABLE, CopyState.AWAITED]
        tx.record_copies(Copy(aip_id, "b", state, AT) for aip_id, state in zip(ids, states, strict=False))
        note_seen(tx, waiting.aip_id, "b", CopyState.MISSING, AT)
    with catalogue.read() as view:
        assert due_repairs(view, "b", AT, 10) == ids[:3]
        assert due_repairs(view, "b", AT, 2) == ids[:2]
        assert due_repairs(view, "a", AT, 10) == [] and view.copies(waiting.aip_id) == ()
        assert red_copies(view, "b") == 3 and has_copies(view, "b", 4) and not has_copies(view, "b", 5)
        assert [aip.id for aip in whole_copies(view, "b", "", 10)] == ids[4:]
        assert [item.aip_id for item in expected_objects(view, "b", "", 10)] == [*ids[:3], ids[4]]
        assert [item.aip_id for item in expected_objects(view, "b", ids[0], 1)] == [ids[1]]
    with catalogue.transaction() as tx:
        begin_repair(tx, repair(ids[0]))
        note_attempt(tx, "r1", attempts=1, retry_at=AT + timedelta(hours=1), problem="đầy")
    with catalogue.read() as view:
        assert due_repairs(view, "b", AT, 10) == ids[1:3]
        assert due_repairs(view, "b", AT + timedelta(hours=1), 10) == ids[:3]
        assert begun_repairs(view, "b", AT, 10) == []
        assert [item.id for item in begun_repairs(view, "b", AT + timedelta(hours=2), 10)] == ["r1"]
        assert begun_repairs(view, "a", AT + timedelta(hours=2), 10) == []
    with catalogue.transaction() as tx:
        record_incident(tx, Incident("i1", IncidentKind.PROOF, ids[1], AT, {}))
        record_incident(tx, Incident("i2", IncidentKind.COPIES, ids[2], AT, {}))
    with catalogue.read() as view:
        assert due_repairs(view, "b", AT, 10) == ids[2:3]
        assert due_repairs(view, "b", AT, 10, contested_from="") == ids[1:2]
        assert due_repairs(view, "b", AT, 10, contested_from=ids[2]) == []


def test_a_copy_has_one_open_repair_and_it_ends_once(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    with catalogue.transaction() as tx:
        begin_repair(tx, repair(aip_id))
    with pytest.raises(IntegrityError), catalogue.transaction() as tx:
        begin_repair(tx, repair(aip_id, "r2"))
    with catalogue.transaction() as tx:
        note_intent(tx, "r1", outcome="rebuilt", from_store="a, b")
    with catalogue.transaction() as tx:
        standing = open_repair(tx, aip_id, "b")
        assert standing is not None and (standing.outcome, standing.from_store) == ("rebuilt", "a, b")
        assert list(standing.asides_before) == ["x"] and standing.ended_at is None
        assert end_repair(tx, "r1", outcome="repaired", from_store="a", at=AT)
        assert not end_repair(tx, "r1", outcome="rebuilt", from_store="b", at=AT)
        begin_repair(tx, repair(aip_id, "r2"))
    with catalogue.read() as view:
        assert [(item.id, item.outcome) for item in repairs_of(view, aip_id)] == [("r1", "repaired"), ("r2", None)]


def test_what_lies_aside_is_due_when_its_time_is_over_and_nothing_of_it_is_bad(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    later = AT + timedelta(days=90)
    kept = KeptAside("b", "name", aip_id, "aip/00/x.tar", 3, None, None, AT, later)
    with catalogue.transaction() as tx:
        keep_aside(tx, kept)
        keep_aside(tx, replace(kept, drop_after=AT))
    made = Incident("i1", IncidentKind.COPIES, aip_id, AT, {})
    with catalogue.read() as view:
        assert known_asides(view, "b") == {"name"} and asides_due(view, "b", AT, 10) == []
        assert asides_due(view, "b", later, 10) == [kept] and asides_due(view, "a", later, 10) == []
    with catalogue.transaction() as tx:
        record_incident(tx, made)
    with catalogue.read() as view:
        assert asides_due(view, "b", later, 10) == []
    with catalogue.transaction() as tx:
        assert end_incident(tx, "i1", outcome=IncidentOutcome.DECIDED, by="x", reason="y", at=AT)
        assert not end_incident(tx, "i1", outcome=IncidentOutcome.HEALED, by="z", reason="y", at=AT)
        tx.record_copies([Copy(aip_id, "a", CopyState.MISMATCH, AT)])
    with catalogue.read() as view:
        assert asides_due(view, "b", later, 10) == []
    with catalogue.transaction() as tx:
        tx.record_copies([Copy(aip_id, "a", CopyState.OK, AT)])
        assert [item.name for item in asides_due(tx, "b", later, 10)] == ["name"]
        assert note_dropped(tx, "b", "name", later) and not note_dropped(tx, "b", "name", later)
        assert asides_due(tx, "b", later, 10) == [] and known_asides(tx, "b") == set()


def test_a_subject_has_one_open_incident_of_a_kind(catalogue: Catalogue) -> None:
    with catalogue.transaction() as tx:
        record_incident(tx, Incident("i1", IncidentKind.STORE, "b", AT, {"bad": 60}))
        record_incident(tx, Incident("i2", IncidentKind.STORE, "a", AT + timedelta(seconds=1), {}))
    with pytest.raises(IntegrityError), catalogue.transaction() as tx:
        record_incident(tx, Incident("i3", IncidentKind.STORE, "b", AT, {}))
    with catalogue.transaction() as tx:
        confirm_incident(tx, "i1", by="cán bộ", at=AT)
        confirm_incident(tx, "i1", by="người khác", at=AT)
        end_incident(tx, "i2", outcome=IncidentOutcome.OVER, by="luutru", reason="hết", at=AT)
        record_incident(tx, Incident("i4", IncidentKind.STORE, "a", AT + timedelta(seconds=2), {}))
    with catalogue.read() as view:
        standing = open_incident(view, IncidentKind.STORE, "b")
        assert standing is not None and (standing.confirmed_by, standing.report) == ("cán bộ", {"bad": 60})
        assert [item.id for item in incidents(view)] == ["i4", "i1"]
        assert [item.id for item in incidents(view, closed_too=True)] == ["i4", "i2", "i1"]
        ended = incident(view, "i2")
        assert ended is not None and ended.outcome is IncidentOutcome.OVER


def test_runs_of_fsck_are_kept_the_newest_first(catalogue: Catalogue) -> None:
    runs = [
        FsckRun(f"f{n}", "light", AT + timedelta(days=n), AT + timedelta(days=n), n, [{"code": "x"}]) for n in (1, 2)
    ]
    with catalogue.transaction() as tx:
        for run in runs:
            record_fsck_run(tx, run)
    with catalogue.read() as view:
        assert fsck_runs(view) == runs[::-1]
