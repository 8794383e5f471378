"""The council of a round: formed by the head, voting line by line through each member's own account, concluding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice

from sqlalchemy import and_, func, insert, select, update

from archive.access import Author, Role
from archive.catalogue import disposal_tables as t
from archive.catalogue.disposal_rows import vote_of
from archive.catalogue.pieces import pieces
from archive.catalogue.round_authority import appoint, require_account, require_duty, require_person
from archive.catalogue.round_readiness import vote_reasons
from archive.catalogue.round_reading import PAGE, destruction_round, lines, opinions, sessions, votes
from archive.catalogue.round_writing import enter, require_round
from archive.catalogue.writing import Transaction
from archive.disposal.clock import today
from archive.disposal.council import last_votes, majority
from archive.disposal.model import Ballot, Choice, Opinion, Round
from archive.disposal.papers import opinion_needed
from archive.disposal.refusals import DisposalRefusedError, Reason, refusal
from archive.disposal.round_state import VIETNAMESE, RoundState, move
from archive.disposal.words import COUNCIL, Duty, LineState
from archive.events import Event

_AT_ONCE = 500


def form_council(
    tx: Transaction,
    round_id: str,
    members: Iterable[tuple[Duty, str]],
    *,
    number: str,
    decided_on: date,
    by: Author,
    at: datetime,
) -> Round:
    """The council as the head's decision names it: chairman, an archivist as secretary, the unit, an expert, and more.

    Each member is another account than every other person of the round. Formed already, by the same decision: as it
    stands. Raises refusals ``round.council-refused``, ``round.council-stands`` (formed by another decision),
    ``round.same-person``, those of the accounts, and those of the move.
    """
    account = require_account(tx, by, (Role.HEAD,))
    of = destruction_round(tx, round_id)
    named = list(members)
    if of.state is RoundState.COUNCIL_FORMED and {(p.duty, p.account_id) for p in of.members} == set(named):
        if (of.council_number, of.council_decided_on) != (number.strip(), decided_on):
            raise refusal("round.council-stands", round_id)
        return of
    of = require_round(tx, round_id, RoundState.SUBMITTED)
    held = Counter(duty for duty, _ in named)
    complete = all(held[duty] for duty in COUNCIL) and held[Duty.CHAIRMAN] == held[Duty.SECRETARY] == 1
    secretary = next((who for duty, who in named if duty is Duty.SECRETARY), None)
    archivist = secretary is not None and require_person(tx, secretary).role is Role.ARCHIVIST
    if not complete or not archivist or set(held) - set(COUNCIL) or not number.strip() or decided_on > today(at):
        raise refusal("round.council-refused", round_id)
    if len({who for _, who in named}) != len(named):
        raise refusal("round.same-person", round_id)
    for duty, who in named:
        appoint(tx, of, who, duty, by=account.id, at=at)
        of = destruction_round(tx, round_id)
    data = {
        "number": number.strip(),
        "decided_on": decided_on.isoformat(),
        "members": [{"duty": duty.value, "account_id": who} for duty, who in named],
    }
    values = {"council_number": number.strip(), "council_decided_on": decided_on}
    return enter(tx, of, RoundState.COUNCIL_FORMED, by=by, at=at, data=data, values=values)


def open_session(
    tx: Transaction, round_id: str, *, held_on: date, by: Author, at: datetime, number: int | None = None
) -> int:
    """The number of a new session, opened by the chairman or the secretary: votes are cast in the last one.

    ``number``: which one is meant; opened already for that day, it stands and nothing is written. Raises a refusal
    ``round.session-missing`` for a day to come, and for a number that is not the next.
    """
    of = require_round(tx, round_id, RoundState.COUNCIL_FORMED)
    account = require_duty(tx, of, by, Duty.CHAIRMAN, Duty.SECRETARY)
    if held_on > today(at):
        raise refusal("round.session-missing", round_id)
    held = sessions(tx, round_id)
    if number is not None and any((one.number, one.held_on) == (number, held_on) for one in held):
        return number
    if number not in (None, len(held) + 1):
        raise refusal("round.session-missing", round_id)
    number = len(held) + 1
    values = {"held_on": held_on, "opened_by": account.id, "opened_at": at}
    tx.rows(insert(t.round_sessions).values(round_id=round_id, number=number, **values))
    data = {"session": number, "held_on": held_on.isoformat()}
    tx.append(Event.ROUND_SESSION_OPENED, round_id, actor=by.actor, at=at, data=data)
    return number


def cast_votes(tx: Transaction, round_id: str, ballots: Iterable[Ballot], *, by: Author, at: datetime) -> int:
    """The member's own votes in the session under way; tells how many are new. The same votes again: nothing is written.

    A vote is never changed: who thinks better of it votes in a new session. Raises refusals ``round.session-missing``,
    ``round.ballot-refused``, and those of authority. Give some thousand at a time.
    """
    of = require_round(tx, round_id, RoundState.COUNCIL_FORMED)
    account = require_duty(tx, of, by, *COUNCIL)
    held = sessions(tx, round_id)
    if not held:
        raise refusal("round.session-missing", round_id)
    session, duty, cast = held[-1].number, of.duty_of(account.id), list(ballots)
    assert duty is not None
    if len({ballot.line for ballot in cast}) != len(cast):
        raise refusal("round.ballot-refused", round_id)
    new = [ballot for some in pieces(cast, _AT_ONCE) for ballot in _new_of(tx, round_id, session, account.id, some)]
    rows = [
        {
            "round_id": round_id,
            "line": ballot.line,
            "session": session,
            "account_id": account.id,
            "duty": duty.value,
            "outcome": ballot.choice.outcome.value,
            "extend_years": ballot.choice.years,
            "opinion": " ".join(ballot.opinion.split()),
            "cast_at": at,
        }
        for ballot in new
    ]
    if rows:
        tx.rows(insert(t.round_votes), rows)
        counts = Counter(ballot.choice.outcome.value for ballot in new)
        data = {"session": session, "account_id": account.id, "votes": dict(sorted(counts.items()))}
        tx.append(Event.ROUND_VOTES_CAST, round_id, actor=by.actor, at=at, data=data)
    return len(rows)


def cast_rest(
    tx: Transaction,
    round_id: str,
    choice: Choice,
    *,
    first: int,
    last: int,
    by: Author,
    at: datetime,
    opinion: str = "",
    limit: int = 1000,
) -> tuple[int, int | None]:
    """The same vote on every listed line from ``first`` to ``last`` on which the member has not voted in this session.

    At most ``limit`` at a time: tells how many are new, and behind which line there may be more (None: no more).
    """
    of = require_round(tx, round_id, RoundState.COUNCIL_FORMED)
    account = require_duty(tx, of, by, *COUNCIL)
    held = sessions(tx, round_id)
    if not held:
        raise refusal("round.session-missing", round_id)
    n, v = t.round_lines.c, t.round_votes.c
    mine = select(v.line).where(v.round_id == round_id, v.session == held[-1].number, v.account_id == account.id)
    rest = select(n.ordinal).where(
        n.round_id == round_id,
        n.ordinal.between(first, last),
        n.state == LineState.LISTED.value,
        n.ordinal.not_in(mine),
    )
    ordinals = tx.rows(rest.order_by(n.ordinal).limit(limit)).scalars().all()
    new = cast_votes(tx, round_id, [Ballot(ordinal, choice, opinion) for ordinal in ordinals], by=by, at=at)
    return new, ordinals[-1] if len(ordinals) == limit else None


def conclude_sessions(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """Every line has the outcome that more than half of the members voted for. By the secretary, who writes the minutes.

    Raises refusals ``round.no-quorum`` and ``round.no-majority`` with the hồ sơ of each line that has none.
    """
    of = require_round(tx, round_id, RoundState.COUNCIL_FORMED, RoundState.CONCLUDED)
    require_duty(tx, of, by, Duty.SECRETARY)
    if of.state is RoundState.CONCLUDED:
        return of
    wrong: list[Reason] = []
    outcomes: dict[Choice, list[int]] = {}
    listed = (line for line in list(lines(tx, round_id)) if line.state is LineState.LISTED)
    while page := list(islice(listed, PAGE)):
        cast = votes(tx, round_id, page[0].ordinal, page[-1].ordinal)
        for line in page:
            choice = majority(last_votes(cast.get(line.ordinal, ())), len(of.members))
            missing = [
                item
                for item in vote_reasons(of, line, cast.get(line.ordinal, ()))
                if item.code != "round.outcome-not-voted"
            ]
            if missing or choice is None:
                wrong += missing
                continue
            outcomes.setdefault(choice, []).append(line.ordinal)
    if wrong:
        raise DisposalRefusedError(wrong)
    if not outcomes:
        raise refusal("round.list-empty", round_id)
    counts: Counter[str] = Counter()
    for choice, ordinals in outcomes.items():
        _record(tx, round_id, ordinals, choice)
        counts[choice.outcome.value] += len(ordinals)
    data = {"sessions": len(sessions(tx, round_id)), "outcomes": dict(sorted(counts.items()))}
    return enter(tx, of, RoundState.CONCLUDED, by=by, at=at, data=data)


def reopen_sessions(tx: Transaction, round_id: str, *, reason: str, by: Author, at: datetime) -> Round:
    """The council meets again, before the list is frozen: the competent body objects, or something was overlooked."""
    of = require_round(tx, round_id, RoundState.CONCLUDED, RoundState.APPRAISED)
    require_duty(tx, of, by, Duty.CHAIRMAN, Duty.SECRETARY)
    why = " ".join(reason.split())
    if not why:
        raise refusal("round.reason-missing", round_id)
    again = move(of.state, RoundState.COUNCIL_FORMED)
    tx.rows(update(t.rounds).where(t.rounds.c.id == round_id).values(state=again.value, changed_at=at))
    tx.append(Event.ROUND_SESSIONS_REOPENED, round_id, actor=by.actor, at=at, data={"reason": why})
    return destruction_round(tx, round_id)


def record_opinion(tx: Transaction, round_id: str, opinion: Opinion, *, by: Author, at: datetime) -> Round:
    """What the competent body wrote (thẩm định, cho ý kiến). By the secretary. An objection sends the round back later.

    The same again, as long as it is the last word: as it stands.
    """
    of = require_round(tx, round_id, RoundState.CONCLUDED, RoundState.APPRAISED)
    account = require_duty(tx, of, by, Duty.SECRETARY)
    if of.state is RoundState.APPRAISED:
        if opinions(tx, round_id)[-1:] != (_trimmed(opinion),):
            raise refusal("round.state", round_id, state=VIETNAMESE[of.state])
        return of
    if not (opinion.body.strip() and opinion.number.strip()) or opinion.given_on > today(at):
        raise refusal("round.opinion-refused", round_id)
    c = t.round_opinions.c
    last = tx.rows(select(func.coalesce(func.max(c.ordinal), 0)).where(c.round_id == round_id)).scalar_one()
    tx.rows(
        insert(t.round_opinions).values(
            round_id=round_id,
            ordinal=int(last) + 1,
            body=opinion.body.strip(),
            number=opinion.number.strip(),
            given_on=opinion.given_on,
            verdict=opinion.verdict.value,
            note=opinion.note.strip(),
            recorded_by=account.id,
            recorded_at=at,
        )
    )
    data = {
        "needed": True,
        "number": opinion.number.strip(),
        "given_on": opinion.given_on.isoformat(),
        "verdict": opinion.verdict.value,
    }
    return enter(tx, of, RoundState.APPRAISED, by=by, at=at, data=data)


def go_without_opinion(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """The agency decides for itself, where its rule profile lets it. By the secretary."""
    of = require_round(tx, round_id, RoundState.CONCLUDED, RoundState.APPRAISED)
    require_duty(tx, of, by, Duty.SECRETARY)
    if opinion_needed(of) or opinions(tx, round_id):
        raise refusal("round.opinion-missing", round_id)
    return enter(tx, of, RoundState.APPRAISED, by=by, at=at, data={"needed": False})


def _record(tx: Transaction, round_id: str, ordinals: Sequence[int], choice: Choice) -> None:
    c = t.round_lines.c
    for some in pieces(ordinals, _AT_ONCE):
        where = and_(c.round_id == round_id, c.ordinal.in_(some))
        tx.rows(update(t.round_lines).where(where).values(outcome=choice.outcome.value, extend_years=choice.years))


def _trimmed(opinion: Opinion) -> Opinion:
    """As it is kept."""
    body, number, note = opinion.body.strip(), opinion.number.strip(), opinion.note.strip()
    return replace(opinion, body=body, number=number, note=note)


def _new_of(tx: Transaction, round_id: str, session: int, account_id: str, ballots: Iterable[Ballot]) -> list[Ballot]:
    """Those not cast in this session yet. Raises a refusal ``round.ballot-refused`` for another vote, or no such line."""
    asked = {ballot.line: ballot for ballot in ballots}
    v, n = t.round_votes.c, t.round_lines.c
    known = select(n.ordinal).where(
        n.round_id == round_id, n.ordinal.in_(list(asked)), n.state == LineState.LISTED.value
    )
    if set(tx.rows(known).scalars()) != set(asked):
        raise refusal("round.ballot-refused", round_id)
    cast = select(t.round_votes).where(
        v.round_id == round_id, v.session == session, v.account_id == account_id, v.line.in_(list(asked))
    )
    standing = {row.line: vote_of(row).choice for row in tx.rows(cast)}
    if any(asked[line].choice != choice for line, choice in standing.items()):
        raise refusal("round.ballot-refused", round_id)
    return [ballot for line, ballot in asked.items() if line not in standing]
