"""Modes of use, grants and the confirmation of changes of rights: decided by heads, each with its record."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.access import Grant, Mode, Role, Scope
from archive.access.errors import (
    AccountMissingError,
    AuthorityMissingError,
    GrantMissingError,
    GrantRefusedError,
    LuutruError,
    ModeRefusedError,
    OwnRightsError,
    RecordMissingError,
    RightsChangeMissingError,
)
from archive.catalogue import Catalogue, ChangeKind, GivenGrant, NewGrant, NewToken, Transaction
from archive.events import Event
from archive.ledger import verify_chain

sys.path.insert(0, str(Path(__file__).parent))
from builders import AT, sha, stored_package
from people import MACHINE, account, by, new_account

DAY = timedelta(days=1)


def grant(aip_id: str, account_id: str, number: int = 1, **changes: Any) -> NewGrant:
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "account_id": account_id,
        "aip_id": aip_id,
        "ordinal": None,
        "reason": "Xác minh lý lịch",
        "valid_from": AT,
        "valid_until": AT + 30 * DAY,
        "decision_number": "12/QĐ-LTLS",
    }
    return NewGrant(**(values | changes))


def test_a_decided_mode_stands_with_its_record_and_is_shown_until_confirmed(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    head = account(catalogue, 1, Role.HEAD)
    with catalogue.read() as view:
        seen = (view.ledger_end() or (0, ""))[0]
        assert view.decided_modes(aip_id) == {} and view.decided_modes_of([aip_id, "x"]) == {}
    for _ in range(2):
        with catalogue.transaction() as tx:
            decided = tx.decide_mode(
                aip_id, 2, Mode.RESTRICTED, reason="Bí mật đời tư", by=by(head), at=AT, review_on=date(2027, 1, 1)
            )
    with catalogue.transaction() as tx:
        tx.decide_mode(aip_id, None, Mode.OPEN, reason="Hết hạn", by=by(head), at=AT, decision_number="9/QĐ")
    with catalogue.read() as view:
        assert view.decided_modes(aip_id) == {2: Mode.RESTRICTED, None: Mode.OPEN}
        assert view.decided_modes_of([aip_id, "x"]) == {aip_id: {2: Mode.RESTRICTED, None: Mode.OPEN}}
        assert view.mode_decision(aip_id, 2) == decided and decided.decided_by == head.id
        assert view.modes_decided_after(seen) == ((aip_id, 2, Mode.RESTRICTED), (aip_id, None, Mode.OPEN))
        assert view.modes_decided_after(decided.changed_seq) == ((aip_id, None, Mode.OPEN),)
        assert view.modes_to_review(date(2026, 12, 31)) == ()
        assert view.modes_to_review(date(2027, 1, 1)) == (decided,)
        first, second = view.records(event=Event.RECORD_MODE_DECIDED)
        changes = view.rights_changes(after=seen)
    assert (first.subject, first.actor) == (aip_id, "account:head1")
    assert first.data == {
        "aip_id": aip_id,
        "ordinal": 2,
        "mode": "restricted",
        "reason": "Bí mật đời tư",
        "decision_number": "",
        "review_on": "2027-01-01",
        "decided_by": head.id,
    }
    assert (second.data["ordinal"], second.data["mode"]) == (None, "open")
    assert [(change.kind, change.subject, change.before["mode"], change.after) for change in changes] == [
        (ChangeKind.MODE_DECIDED, aip_id, None, {"ordinal": 2, "mode": "restricted"}),
        (ChangeKind.MODE_DECIDED, aip_id, None, {"ordinal": None, "mode": "open"}),
    ]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.HEAD}))
def test_only_an_active_head_decides(catalogue: Catalogue, role: Role) -> None:
    aip_id = stored_package(catalogue).aip_id
    other, person = account(catalogue, 1, role), account(catalogue, 2, Role.ARCHIVIST)
    disabled = account(catalogue, 3, Role.HEAD)
    account(catalogue, 4, Role.HEAD)
    with catalogue.transaction() as tx:
        tx.disable_account(disabled.id, by=MACHINE, at=AT)
        before = tx.ledger_end()
    for author in (by(other), by(disabled), MACHINE):
        with pytest.raises(AuthorityMissingError), catalogue.transaction() as tx:
            tx.decide_mode(aip_id, None, Mode.OPEN, reason="x", by=author, at=AT)
        with pytest.raises(AuthorityMissingError), catalogue.transaction() as tx:
            tx.give_grant(grant(aip_id, person.id), by=author, at=AT)
        with pytest.raises(AuthorityMissingError), catalogue.transaction() as tx:
            tx.confirm_rights_change(tx.rights_changes()[0].seq, by=author, at=AT)
    with catalogue.read() as view:
        assert view.ledger_end() == before


def test_a_decision_needs_a_reason_and_something_to_decide_on(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    head = account(catalogue, 1, Role.HEAD)
    for error, arguments, reason in (
        (ModeRefusedError, (aip_id, None), "  "),
        (RecordMissingError, ("x", None), "x"),
        (RecordMissingError, (aip_id, 4), "x"),
    ):
        with pytest.raises(error), catalogue.transaction() as tx:
            tx.decide_mode(*arguments, Mode.OPEN, reason=reason, by=by(head), at=AT)


def test_a_grant_is_with_its_person_on_every_request_while_it_lives(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    head, person = account(catalogue, 1, Role.HEAD), account(catalogue, 2, Role.ARCHIVIST)
    with catalogue.transaction() as tx:
        scopes = frozenset({Scope.READ})
        tx.issue_token(NewToken("t", person.id, "", sha("t"), scopes, AT + 90 * DAY), by=MACHINE, at=AT)
        given_one = tx.give_grant(grant(aip_id, person.id, 1, ordinal=2), by=by(head), at=AT)
        given_two = tx.give_grant(
            grant(aip_id, person.id, 2, valid_from=AT + DAY, valid_until=AT + 2 * DAY), by=by(head), at=AT
        )
        (record, _) = tx.records(event=Event.RECORD_GRANT_GIVEN)
    assert (given_one.granted_by, given_one.reason, given_one.withdrawn_at) == (head.id, "Xác minh lý lịch", None)
    assert (record.subject, record.data["account_id"], record.data["ordinal"]) == (aip_id, person.id, 2)
    held = {given_one.grant, given_two.grant}
    for at, live in ((AT, {given_one.grant}), (AT + DAY, held), (AT + 2 * DAY, {given_one.grant}), (AT + 30 * DAY, ())):
        with catalogue.read() as view:
            found, again = view.authenticated(sha("t"), at), view.principal(person.id, at)
            assert found is not None and again is not None
            assert set(found.principal.grants) == set(again.grants) == set(live)
            assert {item.grant for item in view.grants(account_id=person.id, live_at=at)} == set(live)
    with catalogue.transaction() as tx:
        withdrawn = tx.withdraw_grant(given_one.id, by=by(head), at=AT + DAY)
        assert tx.withdraw_grant(given_one.id, by=by(head), at=AT + 2 * DAY) == withdrawn
        found = tx.authenticated(sha("t"), AT + DAY)
        assert found is not None and found.principal.grants == (given_two.grant,)
        assert tx.grants(aip_id=aip_id) == (withdrawn, given_two)
        kinds = [change.kind for change in tx.rights_changes()][2:]
    assert (withdrawn.withdrawn_by, withdrawn.withdrawn_at) == (head.id, AT + DAY)
    assert kinds == [ChangeKind.GRANT_GIVEN, ChangeKind.GRANT_GIVEN, ChangeKind.GRANT_WITHDRAWN]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reason": " "}, GrantRefusedError),
        ({"valid_until": AT}, GrantRefusedError),
        ({"valid_from": AT - 9 * DAY, "valid_until": AT}, GrantRefusedError),
        ({"valid_from": AT + DAY, "valid_until": AT + DAY}, GrantRefusedError),
        ({"valid_until": AT + 366 * DAY + timedelta(microseconds=1)}, GrantRefusedError),
        ({"account_id": f"{1:032x}"}, OwnRightsError),
        ({"account_id": f"{3:032x}"}, GrantRefusedError),
        ({"account_id": f"{4:032x}"}, GrantRefusedError),
        ({"account_id": "x"}, AccountMissingError),
        ({"aip_id": "x"}, RecordMissingError),
        ({"ordinal": 9}, RecordMissingError),
    ],
)
def test_a_grant_without_reason_end_person_or_record_is_refused(
    catalogue: Catalogue, changes: dict[str, Any], error: type[LuutruError]
) -> None:
    aip_id = stored_package(catalogue).aip_id
    head, person = account(catalogue, 1, Role.HEAD), account(catalogue, 2, Role.ARCHIVIST)
    account(catalogue, 3, Role.ADMINISTRATOR)
    disabled = account(catalogue, 4, Role.AUDITOR)
    with catalogue.transaction() as tx:
        tx.disable_account(disabled.id, by=MACHINE, at=AT)
    with pytest.raises(error), catalogue.transaction() as tx:
        tx.give_grant(grant(**({"aip_id": aip_id, "account_id": person.id} | changes)), by=by(head), at=AT)
    with catalogue.read() as view:
        assert view.grants() == ()
        with pytest.raises(GrantMissingError):
            view.grant("x")


def test_a_change_is_confirmed_once_by_a_head_who_did_not_make_it(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    one, two = account(catalogue, 1, Role.HEAD), account(catalogue, 2, Role.HEAD)
    with catalogue.transaction() as tx:
        seq = tx.decide_mode(aip_id, None, Mode.RESTRICTED, reason="x", by=by(one), at=AT).changed_seq
        with pytest.raises(OwnRightsError):
            tx.confirm_rights_change(seq, by=by(one), at=AT)
        confirmed = tx.confirm_rights_change(seq, by=by(two), at=AT)
        assert tx.confirm_rights_change(seq, by=by(one), at=AT + DAY) == confirmed
        assert seq not in [change.seq for change in tx.rights_changes()]
        assert tx.rights_changes(confirmed=True) == (confirmed,)
        assert len(tx.rights_changes(confirmed=None)) == 3
        (record,) = tx.records(event=Event.RIGHTS_CHANGE_CONFIRMED)
        with pytest.raises(RightsChangeMissingError):
            tx.confirm_rights_change(10**6, by=by(two), at=AT)
    assert (confirmed.confirmed_by, confirmed.confirmed_at, confirmed.self_confirmed) == (two.id, AT, False)
    assert (record.subject, record.actor) == (aip_id, "account:head2")
    assert record.data == {"ledger_seq": seq, "confirmed_by": two.id, "self_confirmed": False}


def test_the_only_head_confirms_his_own_change_and_the_ledger_says_so(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    only = account(catalogue, 1, Role.HEAD)
    with catalogue.transaction() as tx:
        tx.decide_mode(aip_id, None, Mode.RESTRICTED, reason="x", by=by(only), at=AT)
        seqs = [change.seq for change in tx.rights_changes()]
        assert [tx.confirm_rights_change(seq, by=by(only), at=AT).self_confirmed for seq in seqs] == [True, True]
        records = tx.records(event=Event.RIGHTS_CHANGE_CONFIRMED)
    assert [record.data["self_confirmed"] for record in records] == [True, True]


def test_whose_rights_changed_does_not_confirm_it_while_a_third_head_is_there(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    maker, gainer = account(catalogue, 1, Role.HEAD), account(catalogue, 2, Role.HEAD)

    def given(tx: Transaction, number: int) -> int:
        tx.give_grant(grant(aip_id, gainer.id, number), by=by(maker), at=AT)
        return tx.rights_changes()[-1].seq

    with catalogue.transaction() as tx:
        first = given(tx, 1)
        with pytest.raises(OwnRightsError):
            tx.confirm_rights_change(first, by=by(maker), at=AT)
        assert tx.confirm_rights_change(first, by=by(gainer), at=AT).self_confirmed
    third = account(catalogue, 3, Role.HEAD)
    with catalogue.transaction() as tx:
        second = given(tx, 2)
        for nobody in (maker, gainer):
            with pytest.raises(OwnRightsError):
                tx.confirm_rights_change(second, by=by(nobody), at=AT)
        assert not tx.confirm_rights_change(second, by=by(third), at=AT).self_confirmed


instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(windows=st.lists(st.tuples(instants, instants), max_size=4), at=instants)
def test_grants_are_live_in_the_database_exactly_when_they_are_in_the_rules(
    catalogue: Catalogue, windows: list[tuple[datetime, datetime]], at: datetime
) -> None:
    with catalogue.read() as view:
        ready = view.account_named("head1") is not None
    if not ready:
        stored_package(catalogue)
        account(catalogue, 1, Role.HEAD)
    wanted = set()
    with catalogue.transaction() as tx:
        head = tx.account(f"{1:032x}")
        number = 1000 + len(tx.accounts())
        person = tx.create_account(new_account(number, Role.ARCHIVIST), by=MACHINE, at=AT)
        aip_id = next(iter(tx.aips())).id
        for index, (begin, end) in enumerate(windows):
            new = grant(aip_id, person.id, number * 10 + index, valid_from=begin, valid_until=end)
            try:
                given_one = tx.give_grant(new, by=by(head), at=datetime(2026, 1, 1, tzinfo=UTC))
            except GrantRefusedError:
                assert not begin < end <= begin + timedelta(days=366) or end <= datetime(2026, 1, 1, tzinfo=UTC)
                continue
            assert given_one.grant == Grant(aip_id, None, begin, end)
            if given_one.grant.opens(aip_id, 7, at):
                wanted.add(given_one)
            assert given_one.live(at) == given_one.grant.opens(aip_id, None, at)
        principal = tx.principal(person.id, at)
        live: set[GivenGrant] = set(tx.grants(account_id=person.id, live_at=at))
    assert live == wanted
    assert principal is not None and set(principal.grants) == {item.grant for item in wanted}


def test_every_change_of_rights_stands_in_one_unbroken_chain(catalogue: Catalogue) -> None:
    aip_id = stored_package(catalogue).aip_id
    head, person = account(catalogue, 1, Role.HEAD), account(catalogue, 2, Role.ARCHIVIST)
    with catalogue.transaction() as tx:
        tx.decide_mode(aip_id, 1, Mode.RESTRICTED, reason="x", by=by(head), at=AT)
        tx.withdraw_grant(tx.give_grant(grant(aip_id, person.id), by=by(head), at=AT).id, by=by(head), at=AT)
        tx.disable_account(person.id, by=by(head), at=AT)
    with catalogue.read() as view:
        records = view.records()
        assert verify_chain(records) is None
        told = {change.seq: change for change in view.rights_changes(confirmed=None)}
    assert all(told[seq].actor == records[seq - 1].actor and told[seq].at == records[seq - 1].at for seq in told)
    assert {records[seq - 1].event for seq in told} == {
        "account.record.created",
        "record.mode.decided",
        "record.grant.given",
        "record.grant.withdrawn",
        "account.rights.changed",
    }
