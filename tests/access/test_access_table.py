"""The access rules over their full product, against a matrix written out by hand from the decisions of the archive."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from archive.access import Mode, Operation, Principal, Role, Scope, Target, Verdict, decide, scope_of, visible_modes
from archive.access.rules import scopes_of_role

OURS, THEIRS = "H01.02", "H99.34"

# -  forbidden              +  allowed, whatever it is about
# o  only what the own agency handed in, else unknown
# k  what may be known of, else unknown
# c  what may be known of and is open to this person, else unknown, forbidden, or a purpose is missing
OPERATIONS = """
                          agency  archivist  head  auditor  administrator  nobody
health.read               +       +          +     +        +              +
presence.verify           +       +          +     +        +              +
session.open              +       +          +     +        +              +
own-account.use           +       +          +     +        +              -
metrics.read              -       -          -     +        +              -
submission.hand-in        +       +          -     -        -              -
submission.read           o       +          +     +        -              -
submission.review         -       +          +     -        -              -
record.search             +       +          +     +        -              -
record.read               k       k          k     k        -              -
content.read              c       c          c     c        -              -
aip.copy                  c       c          c     c        -              -
dip.export                c       c          c     c        -              -
list.export               +       +          +     +        -              -
ledger.read               -       -          +     +        -              -
mode.decide               -       -          k     -        -              -
grant.read                -       -          +     +        -              -
grant.decide              -       -          k     -        -              -
rights-change.read        -       -          +     +        +              -
rights-change.confirm     -       -          +     -        -              -
account.administer        -       -          -     -        +              -
audit.read                -       -          +     +        +              -
alert.acknowledge         -       -          +     -        +              -
file.read                 o       k          k     k        -              -
file.keep                 -       k          k     -        -              -
plan.read                 o       +          +     +        -              -
plan.import               o       +          -     -        -              -
plan.approve              -       -          +     -        -              -
schedule.read             +       +          +     +        -              -
schedule.adopt            -       -          +     -        -              -
period-review.read        -       k          k     k        -              -
period-review.decide      -       -          k     -        -              -
hold.read                 -       +          +     +        -              -
hold.place                -       k          k     -        -              -
hold.release              -       -          +     -        -              -
retention-report.read     o       +          +     +        -              -
activity-report.read      -       +          +     +        -              -
activity-report.keep      -       +          +     -        -              -
round.read                o       +          +     +        -              -
round.propose             -       +          -     -        -              -
round.act                 o       +          +     +        -              -
round.decide              -       -          +     -        -              -
absence.verify            -       +          +     +        -              -
tombstone.read            o       k          k     k        -              -
"""
# Without a grant: may it be known of? (first letter), may its content be read without stating a purpose? with one?
RECORDS = """
                          open  conditional  restricted
agency own                yyy   yyy          ynn
agency foreign            nnn   nnn          nnn
archivist own             yyy   yny          nnn
archivist foreign         yyy   yny          nnn
head own                  yyy   yny          ynn
head foreign              yyy   yny          ynn
auditor own               yyy   yyy          ynn
auditor foreign           yyy   yyy          ynn
"""
# The scope a token needs; * any
SCOPES = """
health.read *            presence.verify *         session.open *            own-account.use *
metrics.read administer  submission.hand-in submit submission.read read      submission.review review
record.search read       record.read read          content.read read         aip.copy read
dip.export read          list.export read          ledger.read read          mode.decide decide
grant.read decide        grant.decide decide       rights-change.read read   rights-change.confirm decide
account.administer administer audit.read read          alert.acknowledge administer
file.read read           file.keep review          plan.read read            plan.import submit
plan.approve decide      schedule.read read        schedule.adopt decide     period-review.read read
period-review.decide decide hold.read read          hold.place review         hold.release decide
activity-report.read read activity-report.keep review
retention-report.read read  round.read read            round.propose review      round.act review
round.decide decide      absence.verify review    tombstone.read read
"""
ROLE_SCOPES = {
    "agency": "submit read review",
    "archivist": "submit read review",
    "head": "read review decide administer",
    "auditor": "read review decide administer",
    "administrator": "read administer",
}


def read_matrix(text: str, labels: int = 1) -> dict[tuple[str, str], str]:
    head, *rows = [line.split() for line in text.strip().splitlines()]
    return {
        (" ".join(row[:labels]), column): cell for row in rows for column, cell in zip(head, row[labels:], strict=True)
    }


TABLE = read_matrix(OPERATIONS)
KNOWN = read_matrix(RECORDS, labels=2)


def expected(role: str, operation: str, owner: str, mode: str, granted: bool, purpose: bool) -> str:
    rule = TABLE[operation, role]
    if rule in "+-":
        return "allowed" if rule == "+" else "forbidden"
    if rule == "o":
        return "allowed" if owner == "own" else "unknown"
    if granted:
        return "allowed"
    known, without, with_purpose = KNOWN[f"{role} {owner}", mode]
    if known == "n":
        return "unknown"
    if rule == "k" or (with_purpose if purpose else without) == "y":
        return "allowed"
    return "purpose_missing" if with_purpose == "y" else "forbidden"


def person(role: Role, scopes: frozenset[Scope] = frozenset(Scope)) -> Principal:
    return Principal("1", "ai.do", role, OURS if role is Role.AGENCY else "", scopes)


def everything() -> Iterator[tuple[Role, Operation, str, Mode, bool, bool]]:
    return itertools.product(Role, Operation, ("own", "foreign"), Mode, (False, True), (False, True))


def test_the_table_written_by_hand_speaks_of_every_operation_and_role() -> None:
    assert {row for row, _ in TABLE} == {operation.value for operation in Operation}
    assert {column for _, column in TABLE} == {*(role.value for role in Role), "nobody"}
    assert {column for _, column in KNOWN} == {mode.value for mode in Mode}


def test_every_role_operation_owner_mode_grant_and_purpose_is_answered_as_written() -> None:
    wrong = []
    for role, operation, owner, mode, granted, purpose in everything():
        target = Target(OURS if owner == "own" else THEIRS, mode, granted, purpose)
        answer = decide(person(role), operation, target).value
        wanted = expected(role.value, operation.value, owner, mode.value, granted, purpose)
        if answer != wanted:
            wrong.append((role.value, operation.value, owner, mode.value, granted, purpose, answer, wanted))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_asking_without_a_record_is_refused_only_to_whom_the_operation_is_never_allowed(role: Role) -> None:
    for operation in Operation:
        refused = TABLE[operation.value, role.value] == "-"
        assert decide(person(role), operation) is (Verdict.FORBIDDEN if refused else Verdict.ALLOWED)


def test_who_is_not_logged_in_may_do_what_is_public_and_nothing_else() -> None:
    for operation, mode, granted in itertools.product(Operation, Mode, (False, True)):
        wanted = "allowed" if TABLE[operation.value, "nobody"] == "+" else "forbidden"
        assert decide(None, operation).value == wanted
        assert decide(None, operation, Target(OURS, mode, granted, True)).value == wanted


def test_a_token_does_nothing_outside_its_scopes_and_inside_them_what_its_role_may() -> None:
    words = SCOPES.split()
    needed = {Operation(name): scope for name, scope in zip(words[::2], words[1::2], strict=True)}
    assert set(needed) == set(Operation)
    for role, operation in itertools.product(Role, Operation):
        scope = needed[operation]
        assert (scope_of(operation) or "*") == scope
        for size in range(len(Scope) + 1):
            for scopes in map(frozenset, itertools.combinations(Scope, size)):
                reached = scope == "*" or Scope(scope) in scopes
                wanted = decide(person(role), operation) if reached else Verdict.FORBIDDEN
                assert decide(person(role, scopes), operation) is wanted


def test_a_role_has_the_scopes_its_operations_need_and_no_others() -> None:
    for role in Role:
        assert scopes_of_role(role) == {Scope(word) for word in ROLE_SCOPES[role.value].split()}


def test_the_modes_a_role_may_know_of_are_those_the_rules_let_it_know() -> None:
    for role, mode in itertools.product(Role, Mode):
        known = decide(person(role), Operation.RECORD_READ, Target(OURS, mode)) is Verdict.ALLOWED
        assert (mode in visible_modes(role)) is known


def test_a_package_is_known_by_its_hoso_and_open_only_when_everything_in_it_is() -> None:
    for role, operation, known, granted, purpose in itertools.product(
        Role, (Operation.AIP_COPY, Operation.DIP_EXPORT), Mode, (False, True), (False, True)
    ):
        for inside in list(Mode)[list(Mode).index(known) :]:
            answer = decide(person(role), operation, Target(OURS, inside, granted, purpose, known_mode=known)).value
            wanted = expected(role.value, operation.value, "own", inside.value, granted, purpose)
            if wanted == "unknown" and not granted and KNOWN[f"{role.value} own", known.value][0] == "y":
                wanted = "forbidden"
            assert answer == wanted


def test_what_no_agency_owns_is_foreign_to_every_agency() -> None:
    nameless = Principal("1", "ai.do", Role.AGENCY, "")
    for operation in (Operation.SUBMISSION_READ, Operation.RECORD_READ, Operation.CONTENT_READ):
        for who in (nameless, person(Role.AGENCY)):
            assert decide(who, operation, Target("", Mode.OPEN)) is Verdict.UNKNOWN


def test_a_grant_opens_no_submission() -> None:
    """Receipt, findings and reasons of return are for the agency that handed it in."""
    target = Target(THEIRS, Mode.OPEN, granted=True, purpose=True)
    assert decide(person(Role.AGENCY), Operation.SUBMISSION_READ, target) is Verdict.UNKNOWN


def test_an_administrator_reads_no_content_and_decides_nothing_even_with_a_grant() -> None:
    who, target = person(Role.ADMINISTRATOR), Target(OURS, Mode.OPEN, granted=True, purpose=True)
    assert {operation.value for operation in Operation if decide(who, operation, target) is Verdict.ALLOWED} == {
        "health.read",
        "presence.verify",
        "session.open",
        "own-account.use",
        "metrics.read",
        "rights-change.read",
        "account.administer",
        "audit.read",
        "alert.acknowledge",
    }
