"""Questions about destruction rounds: persons, lines, votes, opinions, decisions, papers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, tuple_

from archive.catalogue import disposal_tables as t
from archive.catalogue.columns import Instant
from archive.catalogue.disposal_rows import (
    decision_of,
    line_of,
    opinion_of,
    paper_of,
    round_of,
    session_of,
    vote_of,
)
from archive.catalogue.ledger_reading import LedgerReading
from archive.disposal.model import Decision, Line, Opinion, Paper, Round, Session, Vote
from archive.disposal.refusals import refusal
from archive.disposal.round_state import RoundState
from archive.disposal.words import LineState

PAGE = 1000


def destruction_round(view: LedgerReading, round_id: str) -> Round:
    """With its persons. Raises a refusal ``round.missing``."""
    row = view.rows(select(t.rounds).where(t.rounds.c.id == round_id)).first()
    if row is None:
        raise refusal("round.missing", round_id)
    c = t.round_persons.c
    persons = view.rows(select(t.round_persons).where(c.round_id == round_id).order_by(c.ordinal)).all()
    return round_of(row, persons)


def round_coded(view: LedgerReading, code: str) -> Round | None:
    """By what people call it."""
    found = view.rows(select(t.rounds.c.id).where(t.rounds.c.code == code)).scalar()
    return None if found is None else destruction_round(view, found)


def rounds_listed(
    view: LedgerReading,
    *,
    states: Collection[RoundState] = (),
    account_id: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> tuple[Round, ...]:
    """The newest first, from behind ``before`` (``opened_at``, ``id``) on.

    Only those in one of ``states``, and those in which ``account_id`` has a duty, when given.
    """
    c = t.rounds.c
    query = select(c.id).order_by(c.opened_at.desc(), c.id.desc()).limit(limit)
    if states:
        query = query.where(c.state.in_(sorted(states)))
    if account_id is not None:
        p = t.round_persons.c
        query = query.where(c.id.in_(select(p.round_id).where(p.account_id == account_id)))
    if before is not None:
        query = query.where(tuple_(c.opened_at, c.id) < tuple_(literal(before[0], Instant), before[1]))
    return tuple(destruction_round(view, found) for found in view.rows(query).scalars().all())


def abandoned_with_lines(view: LedgerReading, *, limit: int = 100) -> tuple[str, ...]:
    """Ids of abandoned rounds of which some hồ sơ are still to be sent back."""
    c, n = t.rounds.c, t.round_lines.c
    listed = select(n.round_id).where(n.round_id == c.id, n.state == LineState.LISTED.value).exists()
    query = select(c.id).where(c.state == RoundState.ABANDONED.value, listed).order_by(c.id).limit(limit)
    return tuple(view.rows(query).scalars())


def line_of_file(view: LedgerReading, round_id: str, file_id: str) -> Line | None:
    c = t.round_lines.c
    row = view.rows(select(t.round_lines).where(c.round_id == round_id, c.file_id == file_id)).first()
    return None if row is None else line_of(row)


def lines_of_files(view: LedgerReading, round_id: str, file_ids: Collection[str]) -> Mapping[str, Line]:
    """The lines of those of these hồ sơ (some hundred at most) that are on the list."""
    c = t.round_lines.c
    query = select(t.round_lines).where(c.round_id == round_id, c.file_id.in_(list(file_ids)))
    return {row.file_id: line_of(row) for row in view.rows(query)}


def lines(view: LedgerReading, round_id: str, *, after: int = 0) -> Iterator[Line]:
    """Every line in the order of the list, from behind ``after`` on; flat memory."""
    c = t.round_lines.c
    query = select(t.round_lines).where(c.round_id == round_id).order_by(c.ordinal).limit(PAGE)
    while page := view.rows(query.where(c.ordinal > after)).all():
        yield from map(line_of, page)
        after = page[-1].ordinal


def lines_page(
    view: LedgerReading, round_id: str, *, states: Collection[LineState] = (), after: int = 0, limit: int = 100
) -> tuple[Line, ...]:
    """Some lines in the order of the list, from behind ``after`` on; only those in one of ``states``, when given."""
    c = t.round_lines.c
    query = select(t.round_lines).where(c.round_id == round_id, c.ordinal > after).order_by(c.ordinal).limit(limit)
    if states:
        query = query.where(c.state.in_(sorted(states)))
    return tuple(map(line_of, view.rows(query)))


def line_counts(view: LedgerReading, round_id: str) -> Mapping[LineState, int]:
    """Lines by state; a state without any is absent."""
    c = t.round_lines.c
    query = select(c.state, func.count()).where(c.round_id == round_id).group_by(c.state)
    return {LineState(state): int(count) for state, count in view.rows(query)}


def line_digests(view: LedgerReading, round_id: str) -> tuple[str, ...]:
    """The digests of the lines that were frozen, in the order of the list."""
    c = t.round_lines.c
    query = select(c.line_sha256).where(c.round_id == round_id, c.line_sha256.is_not(None))
    return tuple([digest for (digest,) in view.rows(query.order_by(c.ordinal)).all()])


def sessions(view: LedgerReading, round_id: str) -> tuple[Session, ...]:
    c = t.round_sessions.c
    return tuple(map(session_of, view.rows(select(t.round_sessions).where(c.round_id == round_id).order_by(c.number))))


def votes_of_lines(view: LedgerReading, round_id: str, ordinals: Collection[int]) -> Mapping[int, tuple[Vote, ...]]:
    """Every vote ever cast on these lines (some hundred at most), by line, then by session."""
    c = t.round_votes.c
    query = select(t.round_votes).where(c.round_id == round_id, c.line.in_(list(ordinals)))
    return _by_line(view, query)


def votes(view: LedgerReading, round_id: str, first: int, last: int) -> Mapping[int, tuple[Vote, ...]]:
    """The votes on the lines from ``first`` to ``last``, by line."""
    c = t.round_votes.c
    return _by_line(view, select(t.round_votes).where(c.round_id == round_id, c.line.between(first, last)))


def _by_line(view: LedgerReading, query: Select[Any]) -> Mapping[int, tuple[Vote, ...]]:
    c = t.round_votes.c
    found: dict[int, list[Vote]] = {}
    for row in view.rows(query.order_by(c.line, c.session, c.account_id)):
        found.setdefault(row.line, []).append(vote_of(row))
    return {line: tuple(cast) for line, cast in found.items()}


def opinions(view: LedgerReading, round_id: str) -> tuple[Opinion, ...]:
    """In the order they were recorded; the last one counts."""
    c = t.round_opinions.c
    query = select(t.round_opinions).where(c.round_id == round_id).order_by(c.ordinal)
    return tuple(map(opinion_of, view.rows(query)))


def decisions(view: LedgerReading, round_id: str) -> tuple[Decision, ...]:
    """In the order they were made; the last one counts."""
    c = t.round_decisions.c
    query = select(t.round_decisions).where(c.round_id == round_id).order_by(c.ordinal)
    return tuple(map(decision_of, view.rows(query)))


def papers(view: LedgerReading, round_id: str) -> tuple[Paper, ...]:
    """Every paper ever attached, by kind; of a kind the last one counts."""
    c = t.round_papers.c
    query = select(t.round_papers).where(c.round_id == round_id).order_by(c.kind, c.ordinal)
    return tuple(map(paper_of, view.rows(query)))


def known_papers(view: LedgerReading, object_keys: Collection[str]) -> set[str]:
    """Those of these object keys (some hundred at most) under which a paper of a round lies."""
    c = t.round_papers.c
    return set(view.rows(select(c.object_key).where(c.object_key.in_(list(object_keys)))).scalars())
