"""A grant opens exactly what it names, to the microsecond of its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archive.access import Grant, Principal, Role

START = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(min_value=0, max_value=10**12).map(lambda count: START + timedelta(microseconds=count))
packages = st.sampled_from(["a", "b"])
ordinals = st.one_of(st.none(), st.integers(min_value=1, max_value=3))
grants = st.builds(Grant, packages, ordinals, instants, instants)


@given(grants, packages, ordinals, instants)
def test_a_grant_opens_its_own_record_from_its_first_moment_until_before_its_last(
    grant: Grant, aip_id: str, ordinal: int | None, at: datetime
) -> None:
    same = grant.aip_id == aip_id and (grant.ordinal is None or grant.ordinal == ordinal)
    assert grant.opens(aip_id, ordinal, at) == (same and grant.valid_from <= at < grant.valid_until)


@given(grants)
def test_a_grant_is_shut_before_it_begins_and_from_the_moment_it_ends(grant: Grant) -> None:
    assert not grant.opens(grant.aip_id, grant.ordinal, grant.valid_from - timedelta(microseconds=1))
    assert not grant.opens(grant.aip_id, grant.ordinal, grant.valid_until)
    if grant.valid_from < grant.valid_until:
        assert grant.opens(grant.aip_id, grant.ordinal, grant.valid_from)
        assert grant.opens(grant.aip_id, grant.ordinal, grant.valid_until - timedelta(microseconds=1))


@given(st.lists(grants, max_size=5), packages, ordinals, instants)
def test_a_person_is_let_in_by_any_one_of_his_grants_and_by_nothing_else(
    held: list[Grant], aip_id: str, ordinal: int | None, at: datetime
) -> None:
    person = Principal("1", "ai.do", Role.ARCHIVIST, grants=tuple(held))
    assert person.granted(aip_id, ordinal, at) == any(grant.opens(aip_id, ordinal, at) for grant in held)
    assert set(person.live_grants(at)) == {grant for grant in held if grant.valid_from <= at < grant.valid_until}


@given(ordinals.filter(bool), instants, instants)
def test_a_grant_on_one_document_opens_neither_its_hoso_nor_its_siblings(
    ordinal: int, begin: datetime, end: datetime
) -> None:
    grant = Grant("a", ordinal, min(begin, end), max(begin, end) + timedelta(seconds=1))
    at = grant.valid_from
    assert grant.opens("a", ordinal, at)
    assert not grant.opens("a", None, at)
    assert not grant.opens("a", ordinal + 1, at)
