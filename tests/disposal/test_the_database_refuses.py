"""What the database itself refuses, whoever asks and by whatever statement: T10 and T17 are no convention."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

import archive
from archive.catalogue.destroying import begin_destroying
from archive.catalogue.file_reading import require_file
from archive.catalogue.file_writing import move_file
from archive.disposal.round_state import RoundState
from archive.disposal.words import Duty
from archive.retention.file_state import FileState
from tests.disposal.world import AT, World

ROOT = Path(archive.__file__).parents[1]
DUTIES = {
    Duty.PROPOSER: "proposer",
    Duty.SECRETARY: "secretary",
    Duty.APPROVER: "head",
    Duty.EXECUTOR: "executor",
}


@pytest.fixture(scope="module")
def executing(lasting: World) -> tuple[World, str, str]:
    file_id, other = lasting.files(2)
    return lasting, lasting.round([file_id, other]), file_id


@contextmanager
def refused(world: World) -> Iterator[None]:
    with pytest.raises(DatabaseError), world.catalogue.transaction() as tx:
        world._undone = tx
        try:
            yield
        finally:
            world._undone = None


@pytest.mark.parametrize(("one", "other"), list(permutations(DUTIES, 2)))
def test_T10_no_account_has_two_duties_in_a_round(executing: tuple[World, str, str], one: Duty, other: Duty) -> None:
    world, round_id, _ = executing
    values = {"round": round_id, "one": world.id(DUTIES[one]), "duty": other.value, "other": world.id(DUTIES[other])}
    with refused(world):
        world.sql(
            "INSERT INTO round_persons (round_id, account_id, duty, ordinal, appointed_by, appointed_at) "
            "VALUES (:round, :one, :duty, 99, :other, '2026-11-21T01:30:00.000000Z')",
            **values,
        )
    with refused(world):
        world.sql(
            "UPDATE round_persons SET account_id = :one WHERE round_id = :round AND duty = :duty",
            **{key: values[key] for key in ("round", "one", "duty")},
        )


@pytest.mark.parametrize("name", ["proposer", "secretary", "executor", "chairman", "archivist"])
def test_T10_a_decision_of_anybody_but_the_approver_is_refused(executing: tuple[World, str, str], name: str) -> None:
    world, round_id, _ = executing
    for duty in ("approver", "proposer", "executor"):
        with refused(world):
            world.sql(
                "UPDATE round_decisions SET decided_by = :who, duty = :duty WHERE round_id = :round",
                who=world.id(name),
                duty=duty,
                round=round_id,
            )


@pytest.mark.parametrize("name", ["proposer", "head", "executor", "archivist"])
def test_T10_a_vote_from_outside_the_council_is_refused(executing: tuple[World, str, str], name: str) -> None:
    world, round_id, _ = executing
    with refused(world):
        world.sql(
            "UPDATE round_votes SET account_id = :who WHERE round_id = :round AND duty = 'expert'",
            who=world.id(name),
            round=round_id,
        )
    duty = {"proposer": "proposer", "head": "approver", "executor": "executor"}.get(name, "unit")
    with refused(world):
        world.sql(
            "UPDATE round_votes SET account_id = :who, duty = :duty WHERE round_id = :round AND duty = 'expert'",
            who=world.id(name),
            duty=duty,
            round=round_id,
        )


@pytest.mark.parametrize("name", ["proposer", "secretary", "head", "archivist"])
def test_T10_a_line_begun_by_anybody_but_the_executor_is_refused(executing: tuple[World, str, str], name: str) -> None:
    world, round_id, file_id = executing
    statement = (
        "UPDATE round_lines SET state = 'destroying', settled_by = :who, settled_duty = {}, "
        "settled_at = '2026-11-21T01:30:00.000000Z' WHERE round_id = :round AND file_id = :file"
    )
    for duty in ("'executor'", "'approver'", "NULL"):
        with refused(world):
            world.sql(statement.format(duty), who=world.id(name), round=round_id, file=file_id)


def test_T17_no_statement_enters_destroying_without_a_begun_line(executing: tuple[World, str, str]) -> None:
    world, _, file_id = executing
    for state in ("destroying", "destroyed"):
        with refused(world):
            world.sql("UPDATE files SET state = :state WHERE id = :id", state=state, id=file_id)


def test_T17_the_function_that_moves_files_cannot_enter_destroying(executing: tuple[World, str, str]) -> None:
    world, round_id, file_id = executing
    outside = world.file()
    for asked, of in ((file_id, round_id), (file_id, "another"), (outside, round_id)):
        for to in (FileState.DESTROYING, FileState.DESTROYED):
            with pytest.raises(Exception), world.catalogue.transaction() as tx:  # noqa: B017 (whichever of us says no)
                move_file(tx, asked, to, actor="luutru", at=AT, round_id=of)
            with world.read() as view:
                assert require_file(view, asked).state in (FileState.IN_ROUND, FileState.CLOSED)


def begun_line(world: World, round_id: str, file_id: str) -> None:
    world.sql(
        "UPDATE round_lines SET state = 'destroying', settled_by = :who, settled_duty = 'executor', "
        "settled_at = '2026-11-21T01:30:00.000000Z' WHERE round_id = :round AND file_id = :file",
        who=world.id("executor"),
        round=round_id,
        file=file_id,
    )


@pytest.mark.parametrize("spread", [True, False])
def test_T3_even_a_begun_line_does_not_get_past_a_hold(executing: tuple[World, str, str], spread: bool) -> None:
    world, round_id, file_id = executing
    with refused(world):
        world.hold(file_id)
        if not spread:
            world.sql("DELETE FROM hold_files")
            world.sql("INSERT INTO hold_pieces SELECT id, 1, :ids FROM holds", ids=f"\n{file_id}\n")
        begun_line(world, round_id, file_id)
        world.sql("UPDATE files SET state = 'destroying' WHERE id = :id", id=file_id)
    with world.undone() as tx:
        begun_line(world, round_id, file_id)
        world.sql("UPDATE files SET state = 'destroying' WHERE id = :id", id=file_id)
        assert require_file(tx, file_id).state is FileState.DESTROYING


def test_nothing_comes_back_from_destroying(executing: tuple[World, str, str]) -> None:
    world, round_id, file_id = executing
    for back in ("open", "closed", "transferred", "in_round"):
        with refused(world):
            begin_destroying(world._undone, round_id, file_id, by=world.by("executor"), at=AT)  # type: ignore[arg-type]
            world.sql("UPDATE files SET state = :state WHERE id = :id", state=back, id=file_id)
        with refused(world):
            begin_destroying(world._undone, round_id, file_id, by=world.by("executor"), at=AT)  # type: ignore[arg-type]
            world.sql("UPDATE files SET state = 'destroyed' WHERE id = :id", id=file_id)
            world.sql("UPDATE files SET state = :state WHERE id = :id", state=back, id=file_id)


def test_T17_the_source_has_one_place_that_enters_destroying() -> None:
    """Whoever names the state as where something goes to is found here: only ``begin_destroying`` may."""
    found = set()
    for folder in ("archive", "api", "ingest", "search"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and any(_destroying(item) for item in _given(node)):
                    found.add(path.relative_to(ROOT).as_posix())
    assert found == {"archive/catalogue/destroying.py"}


def _given(call: ast.Call) -> list[ast.expr]:
    """What a call that writes is given: the target of a move, or a value of a row."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in ("move_file", "values", "_change", "settle"):
        return []
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return [inner for value in values for inner in ([value] if not isinstance(value, ast.Dict) else value.values)]


def _destroying(value: ast.expr) -> bool:
    if isinstance(value, ast.Attribute) and value.attr == "value":
        value = value.value
    named = isinstance(value, ast.Attribute) and value.attr == "DESTROYING"
    return named or (isinstance(value, ast.Constant) and value.value == "destroying")


def test_T12_neither_holds_nor_rounds_are_ever_deleted_by_the_program() -> None:
    """Only a line that was never submitted, and pieces of a list that are in the index, are."""
    deleted: list[tuple[str, str]] = []
    for path in (ROOT / "archive" / "catalogue").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "delete" and node.args:
                name = ast.unparse(node.args[0]).rsplit(".", 1)[-1]
                if name.startswith(("hold", "round")):
                    deleted.append((path.name, name))
    assert sorted(deleted) == [("hold_writing.py", "hold_pieces"), ("round_writing.py", "round_lines")]


def test_a_round_in_its_own_right_has_each_duty_filled(executing: tuple[World, str, str]) -> None:
    """What the refusals above are worth: the good round has four different accounts."""
    world, round_id, _ = executing
    of = world.get(round_id)
    assert len({of.holder(duty) for duty in DUTIES}) == len(DUTIES) and of.state is RoundState.EXECUTING


def test_the_guard_stands_in_every_database(executing: tuple[World, str, str]) -> None:
    world, _, _ = executing
    query = {
        "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'files_guard_destruction'",
        "postgresql": "SELECT count(*) FROM pg_trigger WHERE tgname = 'files_guard_destruction'",
    }
    with world.read() as view:
        found: Any = view.rows(text(query[world.catalogue_kind])).scalar()
    assert found == 1
