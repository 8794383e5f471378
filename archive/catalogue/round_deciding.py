"""From the frozen list to the hand-over and the end: decision, papers, executor, and the last steps of a round."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from archive.access import Author, Role
from archive.catalogue import disposal_tables as t
from archive.catalogue.file_list_reading import files_with_ids
from archive.catalogue.file_reading import file as file_of_id
from archive.catalogue.file_writing import move_file, set_period
from archive.catalogue.pieces import pieces
from archive.catalogue.round_authority import appoint, require_account, require_duty
from archive.catalogue.round_fitting import fit_reasons
from archive.catalogue.round_readiness import decision_reasons, opinion_reasons, require_ready
from archive.catalogue.round_reading import (
    PAGE,
    decisions,
    destruction_round,
    line_counts,
    lines,
    papers,
)
from archive.catalogue.round_writing import enter, mark_void_lines, require_round, settle
from archive.catalogue.writing import Transaction
from archive.disposal.clock import today
from archive.disposal.extension import extended
from archive.disposal.frozen_list import line_sha256, list_sha256
from archive.disposal.model import Decision, Line, NewPaper, Paper, Round
from archive.disposal.papers import wrong_with_papers
from archive.disposal.refusals import DisposalRefusedError, Reason, reason, refusal
from archive.disposal.round_state import VIETNAMESE, RoundState
from archive.disposal.words import Duty, LineState, Outcome, Signature
from archive.events import Event
from archive.retention.file import File
from archive.retention.file_state import FileState
from archive.retention.period import PERMANENT
from schemas.disposal_rules import disposal_rules

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DECIDED = (RoundState.DECIDED, RoundState.PAPERS_COMPLETE, RoundState.HANDED_OVER, RoundState.EXECUTING)
_PAPERED = frozenset(RoundState) - {RoundState.COMPLETED, RoundState.ABANDONED}


def freeze_list(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """The list as it will be decided on: one hash over its canonical lines. By its proposer. Frozen already: as it is.

    Hồ sơ that changed meanwhile are void first, and not on it. Raises refusals ``round.opinion-missing``,
    ``round.opinion-objects``, ``round.list-empty``, and those of lines that do not fit the round (any more).
    """
    of = destruction_round(tx, round_id)
    require_duty(tx, of, by, Duty.PROPOSER)
    if of.state is RoundState.FROZEN:
        return of
    of = require_round(tx, round_id, RoundState.APPRAISED)
    wrong = opinion_reasons(tx, of)
    if wrong:
        raise DisposalRefusedError(wrong)
    mark_void_lines(tx, round_id, actor=by.actor, at=at)
    listed = [line for line in lines(tx, round_id) if line.state is LineState.LISTED]
    if not listed:
        raise refusal("round.list-empty", round_id)
    _require_fit(tx, of, listed)
    c, digests = t.round_lines.c, [line_sha256(line) for line in listed]
    frozen = update(t.round_lines).where(c.round_id == round_id, c.ordinal == bindparam("line"))
    rows = [{"line": line.ordinal, "digest": one} for line, one in zip(listed, digests, strict=True)]
    tx.rows(frozen.values(line_sha256=bindparam("digest")), rows)
    digest = list_sha256(of, digests)
    data = {"list_sha256": digest, "lines": len(digests)}
    values = {"list_sha256": digest, "frozen_at": at}
    return enter(tx, of, RoundState.FROZEN, by=by, at=at, data=data, values=values)


def _require_fit(tx: Transaction, of: Round, listed: Sequence[Line]) -> None:
    """That a historical archive took hồ sơ of the agency, say, may have become known only since they were listed."""
    wrong: list[Reason] = []
    for some in pieces(listed, PAGE):
        held = files_with_ids(tx, [line.file_id for line in some])
        fit = fit_reasons(tx, of, [(held[line.file_id], line.came_from) for line in some if line.file_id in held])
        wrong += [item for reasons in fit.values() for item in reasons]
    if wrong:
        raise DisposalRefusedError(wrong)


def decide_round(
    tx: Transaction,
    round_id: str,
    list_sha256: str,
    *,
    number: str,
    decided_on: date,
    by: Author,
    at: datetime,
    titles_stay: bool = True,
) -> Decision:
    """The decision of the head to destroy, on exactly the frozen list; the term counts from ``decided_on``.

    Decided already, a new decision takes the place of the one before (its term is over, say), on the same list. The
    same again: as it stands; of the same number and day, but another about titles, is refused: no decision says two
    things. Raises refusals ``round.decision-other-list``, ``round.decision-refused``, ``round.decision-stands``,
    ``round.same-person``.
    """
    account = require_account(tx, by, (Role.HEAD,))
    of = require_round(tx, round_id, RoundState.FROZEN, *_DECIDED)
    made = decisions(tx, round_id)
    if list_sha256 != of.list_sha256:
        raise refusal("round.decision-other-list", round_id)
    if made and (made[-1].number, made[-1].decided_on) == (number.strip(), decided_on):
        if made[-1].titles_stay is not titles_stay:
            raise refusal("round.decision-stands", round_id)
        return made[-1]
    assert of.frozen_at is not None
    if not number.strip() or not today(of.frozen_at) <= decided_on <= today(at):
        raise refusal("round.decision-refused", round_id)
    appoint(tx, of, account.id, Duty.APPROVER, by=account.id, at=at)
    values = {
        "ordinal": len(made) + 1,
        "number": number.strip(),
        "decided_on": decided_on,
        "list_sha256": list_sha256,
        "titles_stay": titles_stay,
        "decided_by": account.id,
        "duty": Duty.APPROVER.value,
        "recorded_at": at,
    }
    tx.rows(insert(t.round_decisions).values(round_id=round_id, **values))
    data = {
        "list_sha256": list_sha256,
        "number": number.strip(),
        "decided_on": decided_on.isoformat(),
        "decided_by": account.id,
        "ordinal": len(made) + 1,
        "titles_stay": titles_stay,
    }
    if of.state is RoundState.FROZEN:
        enter(tx, of, RoundState.DECIDED, by=by, at=at, data=data)
    else:
        tx.append(Event.ROUND_DECISION_MADE, round_id, actor=by.actor, at=at, data=data)
    return decisions(tx, round_id)[-1]


def keep_lines(tx: Transaction, round_id: str, *, by: Author, at: datetime, limit: int = 200) -> int:
    """The decided outcomes other than destruction are carried out, some lines at a time; tells how many are left.

    A hồ sơ extended by n years is kept for at least n more from this year on; a permanent one for ever. It leaves the
    round. By the approver, the proposer or the secretary.
    """
    of = require_round(tx, round_id, *_DECIDED)
    require_duty(tx, of, by, Duty.APPROVER, Duty.PROPOSER, Duty.SECRETARY)
    decision = decisions(tx, round_id)[-1]
    pending = [
        line
        for line in lines(tx, round_id)
        if line.state is LineState.LISTED and line.choice is not None and line.choice.outcome is not Outcome.DESTROY
    ]
    for line in pending[:limit]:
        held = file_of_id(tx, line.file_id)
        if held is not None and held.state is FileState.IN_ROUND and held.round_id == round_id:
            move_file(tx, line.file_id, line.came_from, actor=by.actor, at=at, round_id=round_id)
            _keep(tx, line, held, decision, by, at)
        settle(tx, line, LineState.KEPT, by=by, at=at, why=decision.number)
    if pending:
        data = {"lines": min(limit, len(pending)), "left": max(0, len(pending) - limit), "decision": decision.number}
        tx.append(Event.ROUND_LINES_KEPT, round_id, actor=by.actor, at=at, data=data)
    return max(0, len(pending) - limit)


def appoint_executor(tx: Transaction, round_id: str, account_id: str, *, by: Author, at: datetime) -> Round:
    """Who carries the destruction out; appointed by the head who decided, or another. Replaces the one before: then the
    minutes of the hand-over are made anew."""
    account = require_account(tx, by, (Role.HEAD,))
    of = require_round(tx, round_id, *_DECIDED)
    if of.holder(Duty.EXECUTOR) == account_id:
        return of
    appoint(tx, of, account_id, Duty.EXECUTOR, by=account.id, at=at)
    data = {"executor": account_id}
    tx.append(Event.ROUND_EXECUTOR_APPOINTED, round_id, actor=by.actor, at=at, data=data)
    return destruction_round(tx, round_id)


def attach_paper(tx: Transaction, round_id: str, new: NewPaper, *, by: Author, at: datetime) -> Paper:
    """A paper of the dossier, whose bytes lie in the stores already (``archive.disposal.paper_keeping``).

    By any person of the round, an archivist or a head. The same bytes for the same list again: as it stands, also when
    what proved their signatures once cannot be asked now. Whether it is what the round needs is asked when that matters.
    Raises refusals ``paper.unknown``, ``paper.refused``.
    """
    of = destruction_round(tx, round_id)
    account = require_account(tx, by)
    if of.duty_of(account.id) is None and account.role not in (Role.ARCHIVIST, Role.HEAD):
        raise refusal("round.authority-missing", by.actor)
    if of.state not in _PAPERED:
        raise refusal("round.state", round_id, state=VIETNAMESE[of.state])
    rule = disposal_rules(of.profile).paper(new.kind)
    if rule is None:
        raise refusal("paper.unknown", new.kind)
    digests = bool(_SHA256.fullmatch(new.sha256)) and (
        bool(_SHA256.fullmatch(new.list_sha256)) if new.list_sha256 else (of.list_sha256 is None or not rule.list_bound)
    )
    if not digests or new.size_bytes < 1 or new.object_key != paper_key(round_id, new.kind, new.sha256):
        raise refusal("paper.refused", new.kind)
    made, standing = decisions(tx, round_id), [paper for paper in papers(tx, round_id) if paper.kind == new.kind]
    decision_ordinal = made[-1].ordinal if rule.of_decision and made else None
    same = (new.object_key, new.list_sha256, new.signature, decision_ordinal)
    for paper in standing[-1:]:
        if (paper.object_key, paper.list_sha256, paper.signature, paper.decision_ordinal) == same:
            return paper
        proven = paper.signature is Signature.VALID and new.signature is Signature.INDETERMINATE
        if proven and (paper.object_key, paper.list_sha256, paper.decision_ordinal) == (same[0], same[1], same[3]):
            return paper
    values = {
        "object_key": new.object_key,
        "sha256": new.sha256,
        "size_bytes": new.size_bytes,
        "list_sha256": new.list_sha256,
        "decision_ordinal": decision_ordinal,
        "signature": new.signature.value,
        "signers": list(new.signers),
        "attached_by": account.id,
        "attached_at": at,
    }
    ordinal = len(standing) + 1
    tx.rows(insert(t.round_papers).values(round_id=round_id, kind=new.kind, ordinal=ordinal, **values))
    data = {
        "kind": new.kind,
        "ordinal": ordinal,
        "sha256": new.sha256,
        "size_bytes": new.size_bytes,
        "list_sha256": new.list_sha256,
        "signature": new.signature.value,
        "decision_ordinal": decision_ordinal,
    }
    tx.append(Event.ROUND_PAPER_ATTACHED, round_id, actor=by.actor, at=at, data=data)
    return next(paper for paper in papers(tx, round_id) if (paper.kind, paper.ordinal) == (new.kind, ordinal))


def paper_key(round_id: str, kind: str, sha256: str) -> str:
    """Where the bytes of a paper lie in the stores: by their digest, so that a new one never takes the place of another."""
    return f"disposal/{round_id}/{kind}-{sha256[:16]}.pdf"


def complete_papers(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """The papers before the hand-over are there, signed, and of the frozen list. Raises every reason why they are not."""
    of = require_round(tx, round_id, RoundState.DECIDED, RoundState.PAPERS_COMPLETE)
    require_duty(tx, of, by, Duty.PROPOSER, Duty.SECRETARY)
    if of.state is RoundState.PAPERS_COMPLETE:
        return of
    decision = decisions(tx, round_id)[-1]
    wrong = [*decision_reasons(of, decision, at), *opinion_reasons(tx, of)]
    wrong += wrong_with_papers(of, papers(tx, round_id), decision, "papers")
    if _pending(tx, round_id):
        wrong.append(reason("round.outcome-pending", round_id))
    if wrong:
        raise DisposalRefusedError(wrong)
    return enter(tx, of, RoundState.PAPERS_COMPLETE, by=by, at=at, data={"papers": _paper_digests(tx, round_id)})


def hand_over(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """The listed hồ sơ are handed over to the executor; the minutes of that follow as a paper. By proposer or secretary.

    Handed over already: as it stands; to who executes now, when that is another since (the destruction may be under way).
    """
    of = require_round(tx, round_id, RoundState.PAPERS_COMPLETE, RoundState.HANDED_OVER, RoundState.EXECUTING)
    require_duty(tx, of, by, Duty.PROPOSER, Duty.SECRETARY)
    executor = of.holder(Duty.EXECUTOR)
    if executor is None:
        raise refusal("round.person-missing", round_id, duty=Duty.EXECUTOR.value)
    data = {"executor": executor, "list_sha256": of.list_sha256}
    if of.state is RoundState.PAPERS_COMPLETE:
        return enter(tx, of, RoundState.HANDED_OVER, by=by, at=at, data=data)
    if tx.records(subject=round_id, event=Event.ROUND_FILES_HANDED_OVER)[-1].data.get("executor") != executor:
        tx.append(Event.ROUND_FILES_HANDED_OVER, round_id, actor=by.actor, at=at, data=data)
    return of


def start_executing(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """Destruction may begin, hồ sơ by hồ sơ, each through ``begin_destroying``. By the executor, and nobody else.

    Started already: as it is. Raises DisposalRefusedError with every reason why it may not start.
    """
    of = destruction_round(tx, round_id)
    account = require_account(tx, by)
    if account.id != of.holder(Duty.EXECUTOR):
        raise refusal("round.not-the-executor", account.id)
    if of.state is RoundState.EXECUTING:
        return of
    require_ready(tx, round_id, at=at)
    data = {"executor": account.id, "list_sha256": of.list_sha256, "papers": _paper_digests(tx, round_id)}
    return enter(tx, of, RoundState.EXECUTING, by=by, at=at, data=data)


def record_verified(
    tx: Transaction, round_id: str, *, actor: str, at: datetime, data: Mapping[str, Any] | None = None
) -> Round:
    """Absence was proven of every hồ sơ begun, and none is left that should be. ``data``: what the verifier states.

    Raises refusals ``round.lines-left`` (held ones keep the round open), ``round.nothing-to-destroy``, ``round.state``.
    """
    of = require_round(tx, round_id, RoundState.EXECUTING, RoundState.VERIFIED)
    left = [line for line in lines(tx, round_id) if not _ended(tx, line)]
    if left:
        raise DisposalRefusedError(reason("round.lines-left", line.file_id) for line in left)
    counts = line_counts(tx, round_id)
    if not counts.get(LineState.DESTROYING):
        raise refusal("round.nothing-to-destroy", round_id)
    told = {"lines": {state.value: counts[state] for state in sorted(counts)}, **(data or {})}
    return enter(tx, of, RoundState.VERIFIED, by=Author(actor), at=at, data=told)


def make_minutes(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """Every paper of the profile is there, the minutes of the destruction signed. By the executor."""
    of = require_round(tx, round_id, RoundState.VERIFIED, RoundState.MINUTES_MADE)
    require_duty(tx, of, by, Duty.EXECUTOR)
    wrong = wrong_with_papers(of, papers(tx, round_id), decisions(tx, round_id)[-1], "minutes")
    if wrong:
        raise DisposalRefusedError(wrong)
    return enter(tx, of, RoundState.MINUTES_MADE, by=by, at=at, data={"papers": _paper_digests(tx, round_id)})


def record_dossier(tx: Transaction, round_id: str, aip_id: str, *, actor: str, at: datetime) -> Round:
    """The dossier of the round (hồ sơ hủy) is a package of its own. Raises a refusal ``round.dossier-missing``."""
    of = require_round(tx, round_id, RoundState.MINUTES_MADE, RoundState.DOSSIER_STORED)
    if tx.aip(aip_id) is None:
        raise refusal("round.dossier-missing", aip_id)
    data, values = {"aip_id": aip_id}, {"dossier_aip_id": aip_id}
    return enter(tx, of, RoundState.DOSSIER_STORED, by=Author(actor), at=at, data=data, values=values)


def complete_round(tx: Transaction, round_id: str, *, by: Author, at: datetime) -> Round:
    """The round is over. By the approver."""
    of = require_round(tx, round_id, RoundState.DOSSIER_STORED, RoundState.COMPLETED)
    require_duty(tx, of, by, Duty.APPROVER)
    data = {"dossier_aip_id": of.dossier_aip_id, "list_sha256": of.list_sha256}
    return enter(tx, of, RoundState.COMPLETED, by=by, at=at, data=data)


def _keep(tx: Transaction, line: Line, held: File, decision: Decision, by: Author, at: datetime) -> None:
    assert line.choice is not None
    permanent = line.choice.outcome is Outcome.PERMANENT
    period = PERMANENT if permanent else extended(held, line.choice.years or 1, today(at).year)
    kept = (held.schedule_id, held.schedule_version, held.schedule_row)
    schedule = (kept[0], kept[1], kept[2]) if kept[0] and kept[1] and kept[2] else None
    basis = f"Kết luận của Hội đồng, Quyết định {decision.number}"
    data = {"round_id": line.round_id, "line": line.ordinal}
    set_period(tx, held, period, basis=basis, actor=by.actor, at=at, schedule=schedule, data=data)


def _pending(tx: Transaction, round_id: str) -> bool:
    c = t.round_lines.c
    kept = (Outcome.EXTEND.value, Outcome.PERMANENT.value)
    where = (c.round_id == round_id, c.state == LineState.LISTED.value, c.outcome.in_(kept))
    return bool(tx.rows(select(func.count()).select_from(t.round_lines).where(*where)).scalar_one())


def _ended(tx: Transaction, line: Line) -> bool:
    if line.state is not LineState.DESTROYING:
        return line.state is not LineState.LISTED
    held = file_of_id(tx, line.file_id)
    return held is None or held.state is FileState.DESTROYED


def _paper_digests(tx: Transaction, round_id: str) -> dict[str, str]:
    """The digest of the paper of each kind that counts."""
    return {paper.kind: paper.sha256 for paper in papers(tx, round_id)}
