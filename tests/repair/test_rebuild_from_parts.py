"""No copy is whole: good parts make up the right object exactly, or nothing is changed and people are told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from damaged import Change, World, cut, flipped, zeroed

from archive.events import Event
from archive.fixity import CopyState
from archive.repair import Outcome, repair_due


def rebuilt(world: World) -> None:
    """Both copies are right again: one from parts, the other from it."""
    first, second = world.repair("a"), world.repair("b")
    assert (first.outcome, second.outcome) == (Outcome.REBUILT, Outcome.REPAIRED), (first, second)
    assert world.is_right("a") and world.is_right("b")
    assert [world.state(store) for store in "ab"] == [CopyState.OK, CopyState.OK]
    (event,) = world.events(Event.AIP_COPY_REBUILT)
    assert event.data["from_stores"] == list(first.sources)
    assert world.open_incidents() == []
    assert len(world.kept()) == sum(
        1 for there in (world.shelves["a"], world.shelves["b"]) for _ in there.store.aside()
    )
    world.assert_ledger_whole()


@pytest.mark.parametrize("kind", ["directory", "memory"])
def test_copies_damaged_in_different_files_make_one_right_package(worlds: Callable[..., World], kind: str) -> None:
    world = worlds(kind)
    one, two = world.member("tài liệu 1.pdf")[0], world.member("tài liệu 2.pdf")[0]
    world.damage("a", flipped(one + 5))
    world.damage("b", zeroed(two + 100, two + 5000))
    rebuilt(world)


PARTS: dict[str, tuple[Callable[[World], Change], Callable[[World], Change]]] = {
    "one file, two places": (
        lambda w: flipped(w.member("tài liệu 1.pdf")[0] + 5),
        lambda w: flipped(w.member("tài liệu 1.pdf")[0] + 9000),
    ),
    "one page, two bytes": (
        lambda w: flipped(w.member("tài liệu 1.pdf")[0] + 5),
        lambda w: flipped(w.member("tài liệu 1.pdf")[0] + 300),
    ),
    "bytes side by side": (
        lambda w: flipped(w.member("tài liệu 1.pdf")[0] + 5),
        lambda w: flipped(w.member("tài liệu 1.pdf")[0] + 6),
    ),
    "a header and a file": (
        lambda w: flipped(w.member("tài liệu 1.pdf")[0] - 400),
        lambda w: flipped(w.member("tài liệu 2.pdf")[0] + 1),
    ),
    "two headers": (
        lambda w: flipped(w.member("tài liệu 1.pdf")[0] - 400),
        lambda w: flipped(w.member("METS.xml".join(["/urn_uuid_" + w.aip_id + "/", ""]))[0] - 300),
    ),
    "the very first header and the end": (lambda w: flipped(3), lambda w: flipped(len(w.right[w.aip_id]) - 9)),
    "a manifest and its tag manifest": (
        lambda w: flipped(w.member("/manifest-sha256.txt")[0] + 7),
        lambda w: flipped(w.member("/tagmanifest-sha256.txt")[0] + 7),
    ),
    "both tag manifests": (
        lambda w: flipped(w.member("/tagmanifest-sha256.txt")[0] + 70),
        lambda w: flipped(w.member("/tagmanifest-sha512.txt")[0] + 70),
    ),
    "one tag manifest in two places": (
        lambda w: flipped(w.member("/tagmanifest-sha256.txt")[0] + 7),
        lambda w: flipped(w.member("/tagmanifest-sha256.txt")[0] + 90),
    ),
    "padding and padding": (
        lambda w: flipped(sum(w.member("/bagit.txt")) + 3),
        lambda w: flipped(sum(w.member("/bag-info.txt")) + 3),
    ),
    "the first half and the second": (
        lambda w: zeroed(0, len(w.right[w.aip_id]) // 2),
        lambda w: cut(len(w.right[w.aip_id]) // 2 + 100),
    ),
    "one page and the next": (
        lambda w: zeroed(
            w.member("tài liệu 1.pdf")[0] // 4096 * 4096 + 4096, w.member("tài liệu 1.pdf")[0] // 4096 * 4096 + 8192
        ),
        lambda w: zeroed(
            w.member("tài liệu 1.pdf")[0] // 4096 * 4096 + 8192, w.member("tài liệu 1.pdf")[0] // 4096 * 4096 + 12288
        ),
    ),
    "half and a bit elsewhere": (
        lambda w: cut(len(w.right[w.aip_id]) // 2),
        lambda w: flipped(1000),
    ),
}


@pytest.mark.parametrize("case", list(PARTS))
def test_whatever_is_good_in_some_copy_is_put_together(world: World, case: str) -> None:
    first, second = PARTS[case]
    world.damage("a", first(world))
    world.damage("b", second(world))
    rebuilt(world)


def test_three_damaged_copies_give_one_whole(worlds: Callable[..., World]) -> None:
    world = worlds(names=("a", "b", "c"))
    one = world.member("tài liệu 1.pdf")[0]
    for store, place in zip("abc", (5, 6000, 11000), strict=True):
        world.damage(store, flipped(one + place, one + place + 2000))
    made = repair_due(world.catalogue, world.stores, world.terms)
    assert [item.outcome for item in made.repaired] == [Outcome.REBUILT, Outcome.REPAIRED, Outcome.REPAIRED]
    assert all(world.is_right(store) for store in "abc")


def test_a_package_without_a_layout_digest_is_put_together_by_its_whole_digest(world: World) -> None:
    """Recorded before there was one: ledger and catalogue both say none."""
    from dataclasses import replace

    from archive.repair.proof import proof_of
    from archive.repair.rebuild import Puzzle

    world.damage("a", PARTS["two headers"][0](world))
    world.damage("b", PARTS["two headers"][1](world))
    with world.catalogue.read() as view:
        proof = replace(proof_of(view, world.aip_id), layout_sha256=None)
        documents = list(view.documents(world.aip_id))
    with Puzzle(proof, world.stores, documents, world.terms) as puzzle:
        found = puzzle.examined()
        assert found.plan is not None
        assert b"".join(puzzle.pieces(found.plan)) == world.right[world.aip_id]


def test_the_same_bytes_damaged_in_both_copies_change_nothing_and_are_told_loudly(world: World) -> None:
    one, _ = world.member("tài liệu 1.pdf")
    there = {"a": world.damage("a", zeroed(one + 8, one + 20)), "b": world.damage("b", zeroed(one + 10, one + 30))}
    assert world.repair("a").outcome is Outcome.INCIDENT
    assert world.repair("b").outcome is Outcome.INCIDENT
    for store, data in there.items():
        assert world.shelves[store].bytes_of(world.held[0].key) == data
        assert list(world.shelves[store].store.aside()) == []
    (incident,) = world.open_incidents()
    assert incident.subject == world.aip_id
    report = incident.report
    (lost,) = [row for row in report["members"] if not row["had"]]
    assert lost["path"].endswith("tài liệu 1.pdf") and lost["ordinal"] == 1 and lost["good_in"] == []
    assert report["files_lost"] == 1 and report["copies"] == {"a": "mismatch", "b": "mismatch"}
    assert json.loads(json.dumps(report)) == report
    (event,) = world.events(Event.AIP_INCIDENT_OPENED)
    assert event.data["incident_id"] == incident.id and "members" not in event.data["report"]
    with world.catalogue.read() as view:
        from archive.catalogue.alert_reading import open_alerts

        (alert,) = open_alerts(view, {"incident.opened"})
    assert (alert.subject, alert.severity.value) == (world.aip_id, "red")


def test_the_report_says_which_file_is_still_good_in_which_copy(world: World) -> None:
    one, two = world.member("tài liệu 1.pdf")[0], world.member("tài liệu 2.pdf")[0]
    world.damage("a", zeroed(one, one + 100))
    world.damage("b", lambda data: bytes(zeroed(one, one + 100)(data) or b"")[: two + 10])
    world.repair("a")
    (incident,) = world.open_incidents()
    rows = {row["path"].rpartition("/")[2]: row for row in incident.report["members"]}
    assert rows["tài liệu 1.pdf"]["good_in"] == [] and not rows["tài liệu 1.pdf"]["had"]
    assert rows["tài liệu 2.pdf"]["good_in"] == ["a"] and rows["tài liệu 2.pdf"]["had"]


def test_an_incident_ends_by_itself_when_a_good_copy_comes_back(world: World) -> None:
    one, _ = world.member("tài liệu 1.pdf")
    world.damage("a", zeroed(one + 8, one + 20))
    world.damage("b", zeroed(one + 8, one + 20))
    repair_due(world.catalogue, world.stores, world.terms)
    assert len(world.open_incidents()) == 1
    assert repair_due(world.catalogue, world.stores, world.terms).repaired == [], "it rests before it is tried again"
    world.shelves["a"].put(world.held[0].key, world.right[world.aip_id])  # from a backup, by hand
    world.later(days=1, seconds=1)
    made = repair_due(world.catalogue, world.stores, world.terms)
    assert [item.outcome for item in made.repaired] == [Outcome.WHOLE, Outcome.REPAIRED]
    assert world.is_right("b") and world.open_incidents() == []
    (closed,) = world.events(Event.AIP_INCIDENT_CLOSED)
    assert closed.data["outcome"] == "healed"


def test_all_copies_gone_is_an_incident(world: World) -> None:
    world.damage("a", "gone")
    world.damage("b", "gone")
    assert world.repair("a").outcome is Outcome.INCIDENT
    (incident,) = world.open_incidents()
    assert incident.report["copies"] == {"a": "missing", "b": "missing"} and incident.report["files_lost"] == 2


def test_the_bytes_of_another_package_never_take_part(worlds: Callable[..., World]) -> None:
    world = worlds(packages=2)
    other = world.right[world.held[1].aip_id]
    world.damage("a", lambda data: other)
    world.damage("b", "one bit")
    world.repair("a"), world.repair("b")
    (incident,) = world.open_incidents()
    assert incident.report["sizes"]["a"] == len(other)
    assert world.shelves["a"].bytes_of(world.held[0].key) == other


def test_a_header_lost_in_both_copies_hides_no_other_file_from_the_report(world: World) -> None:
    place = world.member("/bag-info.txt")[0] - 300
    for store in "ab":
        world.damage(store, flipped(place))
    assert world.repair("a").outcome is Outcome.INCIDENT
    (incident,) = world.open_incidents()
    report = incident.report
    assert report["files"] == len(world.members()) - 1 and report["files_lost"] == 0 and not report["structure_good"]
