"""All that the catalogue knows of a round for its papers, gathered once: names, lines with their hồ sơ, votes, tombstones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from archive.access.errors import AccountMissingError
from archive.catalogue.destruction_reading import tombstones_of
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.file_plan_reading import agency, fonds_coded
from archive.catalogue.paper_particulars import extents_of
from archive.catalogue.pieces import pieces
from archive.catalogue.reading import Reading
from archive.catalogue.round_reading import decisions, destruction_round, lines, opinions, sessions, votes_of_lines
from archive.disposal.council import last_votes
from archive.disposal.model import Decision, Line, Opinion, Round, Session, Vote
from archive.disposal.words import Duty, LineState, Outcome
from archive.papers.paper import ListReference
from archive.retention.file import File
from archive.retention.stated_period import period_text

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list with what is known of its hồ sơ, or of what remains of it."""

    line: Line
    title: str
    fonds_code: str
    period: str
    first_year: int | None
    last_year: int | None
    documents: int
    size_bytes: int

    @property
    def outcome(self) -> Outcome | None:
        return None if self.line.choice is None else self.line.choice.outcome

    @property
    def time_span(self) -> str:
        return span([self])


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """``listed``: the lines of the list: of a frozen one those that were frozen, before that all that still stand."""

    of: Round
    agency: str
    fonds: str
    listed: tuple[Listed, ...]
    names: Mapping[str, str]
    usernames: Mapping[str, str]
    sessions: tuple[Session, ...]
    votes: Mapping[int, tuple[Vote, ...]]
    opinion: Opinion | None
    decision: Decision | None

    @property
    def bound_to(self) -> ListReference:
        return ListReference(self.of.code, self.of.list_sha256 or "", len(self.listed))

    def name(self, account_id: str | None) -> str:
        return self.names.get(account_id or "", "")

    def holder(self, duty: Duty) -> str:
        """The name of who has this duty; empty when nobody has."""
        return self.name(self.of.holder(duty))

    @property
    def head(self) -> str:
        """Who decides, or who formed the council before there is a decision."""
        if self.decision is not None:
            return self.name(self.decision.decided_by)
        formed = [person.appointed_by for person in self.of.members]
        return self.name(formed[0]) if formed else ""

    def with_outcome(self, *outcomes: Outcome) -> tuple[Listed, ...]:
        return tuple(item for item in self.listed if item.outcome in outcomes)


def round_facts(view: Reading, round_id: str, *, archive_name: str) -> RoundFacts:
    """Raises a refusal ``round.missing``. Memory grows with the list: some hundred bytes for a line."""
    of = destruction_round(view, round_id)
    named = agency(view, of.agency_code) if of.agency_code else None
    owner = named.name if named else (of.agency_code or archive_name)
    found, votes = list[Listed](), dict[int, tuple[Vote, ...]]()
    remains = {item.file_id: item for item in tombstones_of(view, round_id)}
    for some in pieces(_standing(view, of), _AT_ONCE):
        ids = [line.file_id for line in some]
        files, extents = files_with_ids(view, ids), extents_of(view, ids)
        for line in some:
            stone, extent, file = remains.get(line.file_id), extents.get(line.file_id), files.get(line.file_id)
            first, last = _years(file)
            found.append(
                Listed(
                    line,
                    (stone.title or "") if stone else (file.title if file else ""),
                    file.fonds_code if file else "",
                    stone.period_text if stone else (period_text(file.period) if file else ""),
                    stone.ended_year if stone else first,
                    stone.ended_year if stone else last,
                    stone.documents if stone else (extent.documents if extent else 0),
                    stone.size_bytes if stone else (extent.size_bytes if extent else 0),
                )
            )
        votes |= {number: last_votes(cast) for number, cast in _votes(view, of, [x.ordinal for x in some])}
    made, given = decisions(view, round_id), opinions(view, round_id)
    people = {person.account_id for person in of.persons} | {person.appointed_by for person in of.persons}
    names, usernames = _people(view, people)
    fonds = dict.fromkeys(item.fonds_code for item in found if item.fonds_code)
    return RoundFacts(
        of,
        owner,
        "; ".join(_fonds(view, code) for code in fonds) or owner,
        tuple(found),
        names,
        usernames,
        sessions(view, round_id),
        votes,
        given[-1] if given else None,
        made[-1] if made else None,
    )


def span(items: Iterable[Listed]) -> str:
    """``2009 – 2014``: from the first to the last year any of them tells; empty when none does."""
    years = [year for item in items for year in (item.first_year, item.last_year) if year is not None]
    if not years:
        return ""
    return str(min(years)) if min(years) == max(years) else f"{min(years)} – {max(years)}"


def day(on: date) -> str:
    return f"{on:%d/%m/%Y}"


def _standing(view: Reading, of: Round) -> Iterable[Line]:
    for line in lines(view, of.id):
        if (line.line_sha256 is not None) if of.list_sha256 is not None else (line.state is LineState.LISTED):
            yield line


def _votes(view: Reading, of: Round, ordinals: list[int]) -> Iterable[tuple[int, tuple[Vote, ...]]]:
    return votes_of_lines(view, of.id, ordinals).items()


def _years(file: File | None) -> tuple[int | None, int | None]:
    if file is None:
        return None, None
    first = file.opened_on.year if file.opened_on and file.ended_year else file.ended_year
    return (min(first, file.ended_year) if first and file.ended_year else first), file.ended_year


def _fonds(view: Reading, code: str) -> str:
    found = fonds_coded(view, code)
    return found.name if found else code


def _people(view: Reading, account_ids: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    names, usernames = {}, {}
    for account_id in account_ids:
        try:
            account = view.account(account_id)
        except AccountMissingError:  # A catalogue rebuilt without its people still shows what they did.
            continue
        names[account_id], usernames[account_id] = account.name, account.username
    return names, usernames
