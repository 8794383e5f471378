"""An archive with people and hồ sơ, and a destruction round taken as far as a test wants it, good in everything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from archive.access import Author, Role
from archive.catalogue import Account, Catalogue, NewAccount, Reading, Transaction
from archive.catalogue.council_writing import (
    cast_votes,
    conclude_sessions,
    form_council,
    open_session,
    record_opinion,
)
from archive.catalogue.file_writing import add_package, close_file, open_file
from archive.catalogue.hold_writing import place_hold
from archive.catalogue.round_deciding import (
    appoint_executor,
    attach_paper,
    complete_papers,
    decide_round,
    freeze_list,
    hand_over,
    keep_lines,
    paper_key,
    start_executing,
)
from archive.catalogue.round_reading import destruction_round, lines
from archive.catalogue.round_writing import add_lines, open_round, submit_round
from archive.disposal.model import (
    Ballot,
    Choice,
    NewHold,
    NewLine,
    NewPaper,
    NewRound,
    Opinion,
    PlacedHold,
    Round,
)
from archive.disposal.papers import required_papers
from archive.disposal.round_state import RoundState
from archive.disposal.words import ArchiveKind, Duty, HoldKind, ListingReason, Outcome, Signature, Verdict
from archive.retention.file import NewFile
from archive.retention.period import Period, PeriodKind
from samples.holdings import Held
from schemas.disposal_rules import PaperRule

AT = datetime(2026, 11, 21, 1, 30, 0, 123456, tzinfo=UTC)
TODAY = date(2026, 11, 21)
TEN_YEARS = Period(PeriodKind.YEARS, 10)
DESTROY = Choice(Outcome.DESTROY)
PERMANENT = Choice(Outcome.PERMANENT)
LLT, ND01 = "LLT2024-TT05", "ND01-TT02"

PEOPLE = {
    "proposer": Role.ARCHIVIST,
    "secretary": Role.ARCHIVIST,
    "archivist": Role.ARCHIVIST,
    "chairman": Role.ARCHIVIST,
    "unit": Role.AGENCY,
    "expert": Role.AGENCY,
    "head": Role.HEAD,
    "other_head": Role.HEAD,
    "executor": Role.ARCHIVIST,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMINISTRATOR,
    "other_admin": Role.ADMINISTRATOR,
}
COUNCIL = (
    (Duty.CHAIRMAN, "chairman"),
    (Duty.SECRETARY, "secretary"),
    (Duty.UNIT, "unit"),
    (Duty.EXPERT, "expert"),
)


class _Undo(Exception):
    pass


def _file(tx: Transaction, file_id: str, aip_id: str, values: Mapping[str, Any]) -> str:
    """What ended before the law of 2024: it may be destroyed by the papers of either profile."""
    basis = {"profile": ND01, "profile_version": "1", "period_basis": "TT 10/2022/TT-BNV"}
    open_file(tx, NewFile(file_id, **(basis | dict(values))), actor="luutru", at=AT)
    add_package(tx, file_id, aip_id, actor="luutru", at=AT)
    return file_id


class World:
    """``number``: counts what is made, so that ids never depend on chance."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.number = 0
        self._undone: Transaction | None = None
        self.people: dict[str, Account] = {}
        with catalogue.transaction() as tx:
            for index, (name, role) in enumerate(PEOPLE.items(), 1):
                agency = "H01.02" if role is Role.AGENCY else ""
                new = NewAccount(f"{index:032x}", name.replace("_", "-"), name, role, agency)
                self.people[name] = tx.create_account(new, by=Author("user:root"), at=AT)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One of its own; inside ``undone`` the one that is undone."""
        if self._undone is not None:
            yield self._undone
            return
        with self.catalogue.transaction() as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Reading]:
        if self._undone is not None:
            yield self._undone
            return
        with self.catalogue.read() as view:
            yield view

    @contextmanager
    def undone(self) -> Iterator[Transaction]:
        """Everything in it happens in one transaction, and then never happened: one round serves many cases."""
        number = self.number
        with suppress(_Undo), self.catalogue.transaction() as tx:
            self._undone = tx
            try:
                yield tx
            finally:
                self._undone = None
                self.number = number
            raise _Undo

    @property
    def catalogue_kind(self) -> str:
        with self.read() as view:
            return view.dialect

    def by(self, name: str) -> Author:
        return Author(self.people[name].actor, self.people[name].id)

    def id(self, name: str) -> str:
        return self.people[name].id

    def next_id(self) -> str:
        self.number += 1
        return f"{self.number:032x}"

    def file(self, *, period: Period = TEN_YEARS, ended_year: int = 2010, closed: bool = True, **changes: Any) -> str:
        """The id of one more hồ sơ with a package, over since 1 January 2021."""
        return self.files(1, period=period, ended_year=ended_year, closed=closed, **changes)[0]

    def files(
        self, count: int, *, period: Period = TEN_YEARS, ended_year: int = 2010, closed: bool = True, **changes: Any
    ) -> list[str]:
        made = []
        with self.transaction() as tx:
            for _ in range(count):
                file_id = self.next_id()
                values: dict[str, Any] = {
                    "agency_code": "H01.02",
                    "file_code": f"H01.{self.number}",
                    "title": "Hồ sơ đê điều",
                    "ended_year": ended_year,
                    "period": period,
                }
                made.append(_file(tx, file_id, f"{self.number:08x}-aip", values | changes))
                if closed:
                    close_file(tx, file_id, ended_year=ended_year, actor="luutru", at=AT)
        return made

    def filed(self, held: Iterable[Held]) -> list[str]:
        """The ids of one closed hồ sơ for each of these packages, named as its submission."""
        made = []
        for item in held:
            with self.transaction() as tx:
                described = tx.submission(item.submission_id).description
                values = {
                    "agency_code": described.agency_code,
                    "file_code": described.file_code,
                    "title": described.title,
                    "ended_year": 2010,
                    "period": TEN_YEARS,
                }
                made.append(_file(tx, item.submission_id, item.aip_id, values))
                close_file(tx, item.submission_id, ended_year=2010, actor="luutru", at=AT)
        return made

    def hold(self, *file_ids: str, at: datetime = AT, by: str = "head", **changes: Any) -> PlacedHold:
        values: dict[str, Any] = {
            "id": self.next_id(),
            "kind": HoldKind.FILE if len(file_ids) == 1 else HoldKind.CASE,
            "case_code": "Vụ án 12/2026",
            "reason": "Phục vụ điều tra",
            "basis": "Công văn 15/CQĐT",
        }
        with self.transaction() as tx:
            return place_hold(tx, NewHold(**(values | changes)), file_ids, by=self.by(by), at=at)

    def opened(self, **changes: Any) -> str:
        round_id = self.next_id()
        values: dict[str, Any] = {"id": round_id, "code": f"2026/{self.number}", "profile": LLT}
        with self.transaction() as tx:
            open_round(tx, NewRound(**(values | changes)), by=self.by("proposer"), at=AT)
        return round_id

    def add(self, round_id: str, file_ids: Iterable[str], **changes: Any) -> dict[str, list[str]]:
        """The codes of the refused."""
        values: dict[str, Any] = {"reason": ListingReason.EXPIRED, "explanation": "Đã hết thời hạn bảo quản"}
        new = [NewLine(file_id, **(values | changes)) for file_id in file_ids]
        with self.transaction() as tx:
            refused = add_lines(tx, round_id, new, by=self.by("proposer"), at=AT)
        return {file_id: [reason.code for reason in reasons] for file_id, reasons in refused.items()}

    def vote(self, round_id: str, choices: dict[str, Choice] | None = None, *, members: Sequence[str] = ()) -> None:
        """One session in which these members (all) vote for destruction, or for what ``choices`` says of a hồ sơ."""
        with self.transaction() as tx:
            open_session(tx, round_id, held_on=TODAY, by=self.by("secretary"), at=AT)
            cast = [
                Ballot(line.ordinal, (choices or {}).get(line.file_id, DESTROY))
                for line in lines(tx, round_id)
                if line.state.value == "listed"
            ]
            for name in members or [name for _, name in COUNCIL]:
                cast_votes(tx, round_id, cast, by=self.by(name), at=AT)

    def round(
        self,
        file_ids: Iterable[str],
        until: RoundState = RoundState.EXECUTING,
        *,
        profile: str = LLT,
        kind: ArchiveKind = ArchiveKind.CURRENT,
        submitting: bool = True,
        choices: dict[str, Choice] | None = None,
        decided_on: date = TODAY,
    ) -> str:
        """A round good in everything, as far as ``until``."""
        round_id = self.opened(profile=profile, archive_kind=kind, submitting=submitting)
        assert self.add(round_id, file_ids) == {}
        self.go_on(round_id, until, choices=choices, decided_on=decided_on)
        return round_id

    def go_on(
        self,
        round_id: str,
        until: RoundState,
        *,
        choices: dict[str, Choice] | None = None,
        decided_on: date = TODAY,
    ) -> None:
        steps = (
            (RoundState.SUBMITTED, lambda: self._submit(round_id)),
            (RoundState.COUNCIL_FORMED, lambda: self._council(round_id)),
            (RoundState.CONCLUDED, lambda: self._conclude(round_id, choices)),
            (RoundState.APPRAISED, lambda: self.opinion(round_id)),
            (RoundState.FROZEN, lambda: self._freeze(round_id)),
            (RoundState.DECIDED, lambda: self._decide(round_id, decided_on)),
            (RoundState.PAPERS_COMPLETE, lambda: self._papers(round_id)),
            (RoundState.HANDED_OVER, lambda: self._hand_over(round_id)),
            (RoundState.EXECUTING, lambda: self._start(round_id)),
        )
        order = [state for state, _ in steps]
        standing = self.get(round_id).state
        begun = order.index(standing) + 1 if standing in order else 0
        for state, step in steps[begun : order.index(until) + 1 if until in order else 0]:
            step()
            assert self.get(round_id).state is state

    def get(self, round_id: str) -> Round:
        with self.read() as view:
            return destruction_round(view, round_id)

    def sql(self, statement: str, **values: Any) -> None:
        """Past every rule of the program."""
        with self.transaction() as tx:
            tx.rows(text(statement), [values] if values else None)

    def opinion(self, round_id: str, verdict: Verdict = Verdict.AGREES) -> None:
        given = Opinion("Chi cục Văn thư - Lưu trữ", "45/CCVTLT", TODAY, verdict)
        with self.transaction() as tx:
            record_opinion(tx, round_id, given, by=self.by("secretary"), at=AT)

    def paper(
        self, round_id: str, kind: str, *, by: str = "proposer", at: datetime | None = None, **changes: Any
    ) -> None:
        """Attached, signed and bound to the frozen list unless ``changes`` says otherwise."""
        sha256 = hashlib.sha256(f"{kind}{self.next_id()}".encode()).hexdigest()
        values: dict[str, Any] = {
            "kind": kind,
            "object_key": paper_key(round_id, kind, sha256),
            "sha256": sha256,
            "size_bytes": 1000,
            "list_sha256": self.get(round_id).list_sha256,
            "signature": Signature.VALID,
            "signers": ["Nguyễn Văn An"],
        }
        with self.transaction() as tx:
            attach_paper(tx, round_id, NewPaper(**(values | changes)), by=self.by(by), at=at or AT)

    def required(self, round_id: str, stage: str) -> tuple[PaperRule, ...]:
        return required_papers(self.get(round_id), stage)

    def _submit(self, round_id: str) -> None:
        with self.transaction() as tx:
            submit_round(tx, round_id, by=self.by("proposer"), at=AT)

    def _council(self, round_id: str) -> None:
        members = [(duty, self.id(name)) for duty, name in COUNCIL]
        with self.transaction() as tx:
            form_council(tx, round_id, members, number="11/QĐ", decided_on=TODAY, by=self.by("head"), at=AT)

    def _conclude(self, round_id: str, choices: dict[str, Choice] | None) -> None:
        self.vote(round_id, choices)
        with self.transaction() as tx:
            conclude_sessions(tx, round_id, by=self.by("secretary"), at=AT)

    def _freeze(self, round_id: str) -> None:
        with self.transaction() as tx:
            freeze_list(tx, round_id, by=self.by("proposer"), at=AT)

    def _decide(self, round_id: str, decided_on: date) -> None:
        digest = self.get(round_id).list_sha256 or ""
        at = AT + timedelta(days=(decided_on - TODAY).days)
        with self.transaction() as tx:
            decide_round(tx, round_id, digest, number="99/QĐ", decided_on=decided_on, by=self.by("head"), at=at)
            appoint_executor(tx, round_id, self.id("executor"), by=self.by("head"), at=at)
            while keep_lines(tx, round_id, by=self.by("head"), at=at):
                pass

    def _papers(self, round_id: str) -> None:
        for rule in self.required(round_id, "papers"):
            self.paper(round_id, rule.kind)
        with self.transaction() as tx:
            complete_papers(tx, round_id, by=self.by("proposer"), at=AT)

    def _hand_over(self, round_id: str) -> None:
        with self.transaction() as tx:
            hand_over(tx, round_id, by=self.by("proposer"), at=AT)
        for rule in self.required(round_id, "execution"):
            if rule.stage == "execution":
                self.paper(round_id, rule.kind)

    def _start(self, round_id: str) -> None:
        with self.transaction() as tx:
            start_executing(tx, round_id, by=self.by("executor"), at=AT)
