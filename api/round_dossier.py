"""The dossier of a round: built from everything the catalogue and the stores have, handed in, followed until it is stored."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.bootstrap import Installation, now
from api.proving_dossier import wrong_with_dossier
from api.scratch import scratch_of
from archive.absence.certificate import line_of
from archive.catalogue import Submission
from archive.catalogue.destruction_model import Tombstone
from archive.catalogue.destruction_reading import certificate, tombstone_packages_of, tombstones_of
from archive.catalogue.paper_orders import PaperOrder, Work, end_order, note_progress, orders_of
from archive.catalogue.paper_particulars import Particulars, particulars_of
from archive.catalogue.pieces import pieces
from archive.catalogue.printed_certificates import printed_certificate
from archive.catalogue.reading import Reading
from archive.catalogue.round_deciding import record_dossier
from archive.catalogue.round_reading import destruction_round, papers, votes
from archive.disposal.frozen_list import line_content
from archive.disposal.model import Decision, Paper, Round
from archive.disposal.paper_keeping import read_paper
from archive.disposal.papers import needed_of, wrong_with, wrong_with_papers
from archive.disposal.refusals import DisposalRefusedError, refusal
from archive.disposal.round_state import VIETNAMESE as ROUND_STATES
from archive.disposal.words import ArchiveKind, LineState, Outcome
from archive.ledger import read_instant, written_instant
from archive.lifecycle import VIETNAMESE, State
from archive.local_time import VIETNAM
from archive.papers.dossier import DestroyedFile, Dossier, DossierPaper, DossierPerson, DossierVote, SparedFile
from archive.papers.formal_parts import OPEN_PLACE
from archive.papers.given import given_of
from archive.papers.paper import PAPER_NAMES, Letterhead, PaperKind, SignatureBlock, paper_kind
from archive.papers.round_facts import round_facts
from ingest.papers.dossier_package import write_dossier
from schemas.disposal_rules import disposal_rules

ACTOR = "luutru"
_PERSON = "Người phụ trách lưu trữ"
_CHUNK = 1 << 20


def carry_dossier(installation: Installation, order: PaperOrder) -> None:
    """One turn: made and handed in when it was not yet, else looked after. The order ends when it is stored or returned.

    A package that does not prove itself never becomes the dossier of the round: the order ends with the findings.
    """
    with installation.catalogue.read() as view:
        of = destruction_round(view, order.round_id)
        submission = _under_way(view, order)
    if of.dossier_aip_id is not None:
        _end(installation, order, {"aip_id": of.dossier_aip_id, "state": State.STORED.value})
        return
    if submission is None:
        submission = _handed_in(installation, of, order)
    if submission.state is State.STORED:
        wrong = wrong_with_dossier(installation, of, submission.aip_id)
        if wrong:
            _end(installation, order, {**_outcome(submission), "findings": wrong})
            return
        with installation.catalogue.transaction() as tx:
            record_dossier(tx, of.id, submission.aip_id, actor=ACTOR, at=now())
            end_order(tx, order.id, _outcome(submission), now())
    elif submission.state in (State.RETURNED, State.REFUSED):
        _end(installation, order, _outcome(submission))
    else:
        with installation.catalogue.transaction() as tx:
            note_progress(tx, order.id, f"{submission.id}: {VIETNAMESE[submission.state]}")


def _under_way(view: Reading, order: PaperOrder) -> Submission | None:
    """What was handed in for this order, or for one before that ended without it (given up meanwhile): as long as it was not
    returned, and was not found to be no dossier of the round, no second one is made."""
    for asked in orders_of(view, order.round_id, work=Work.DOSSIER):
        found = view.submission_of_client(dossier_key(asked.id), "")
        if found is None or (asked.id != order.id and _came_to_nothing(found, asked)):
            continue
        return found
    return None


def _came_to_nothing(submission: Submission, asked: PaperOrder) -> bool:
    return submission.state in (State.RETURNED, State.REFUSED) or "findings" in (asked.outcome or {})


def built_dossier(view: Reading, installation: Installation, round_id: str) -> tuple[Dossier, Mapping[str, str]]:
    """All of a finished round, and the object key of each paper by its file name.

    Its papers are judged in this view: others may have been attached since the minutes were made. Raises refusals
    ``round.missing``, ``round.state``, and every reason why they are not complete.
    """
    settings = installation.settings
    facts = round_facts(view, round_id, archive_name=settings.archive_name)
    of, opinion, decision = facts.of, facts.opinion, facts.decision
    document = certificate(view, round_id)
    remains = list(tombstones_of(view, round_id))
    if decision is None or document is None or not remains:
        raise refusal("round.state", round_id, state=ROUND_STATES[of.state])
    attached = papers(view, round_id)
    wrong = wrong_with_papers(of, attached, decision, "minutes")
    if wrong:
        raise DisposalRefusedError(wrong)
    frozen = [item.line for item in facts.listed]
    listed, objects = _papers(view, of, decision, attached, facts.agency)
    last = max(item.destroyed_at for item in remains if item.destroyed_at is not None)
    code = of.agency_code or settings.archive_code
    on = last.astimezone(VIETNAM).date()
    dossier = Dossier(
        file_code=f"{code}.{on.year}.HUY-{re.sub(r'[^0-9A-Za-z]+', '-', of.code).strip('-')}",
        title=f"Hồ sơ hủy tài liệu hết giá trị của {facts.agency}, đợt {of.code}",
        agency_code=code,
        agency_name=facts.agency,
        archive_name=settings.archive_name,
        profile=of.profile,
        profile_version=of.profile_version,
        round_id=of.id,
        round_code=of.code,
        historical=of.archive_kind is ArchiveKind.HISTORICAL,
        submitting=of.submitting,
        list_sha256=of.list_sha256 or "",
        lines=tuple(line_content(line) for line in frozen),
        persons=tuple(
            DossierPerson(person.account_id, person.duty.value, facts.name(person.account_id)) for person in of.persons
        ),
        votes=_votes(view, of, frozen[-1].ordinal),
        opinion=None
        if opinion is None
        else {
            "body": opinion.body,
            "number": opinion.number,
            "given_on": opinion.given_on.isoformat(),
            "verdict": opinion.verdict.value,
            "note": opinion.note,
        },
        decision={
            "number": decision.number,
            "decided_on": decision.decided_on.isoformat(),
            "list_sha256": decision.list_sha256,
            "decided_by": decision.decided_by,
            "titles_stay": decision.titles_stay,
        },
        papers=listed,
        destroyed=_destroyed(view, remains),
        spared=tuple(
            SparedFile(line.file_id, line.ordinal, line.settled_reason or line.state.value)
            for line in frozen
            if line.choice is not None
            and line.choice.outcome is Outcome.DESTROY
            and line.state is not LineState.DESTROYING
        ),
        certificate=document,
        destroyed_on=on,
        keep_years=disposal_rules(of.profile).dossier_years,
        certified=tuple(line_of(view, item) for item in remains),
    )
    return dossier, objects


def _handed_in(installation: Installation, of: Round, order: PaperOrder) -> Submission:
    given = given_of(order.given)
    with installation.catalogue.read() as view:
        dossier, objects = built_dossier(view, installation, of.id)
    with tempfile.TemporaryDirectory(dir=scratch_of(installation.settings.home)) as scratch:
        folder = Path(scratch)
        files = {}
        for number, paper in enumerate(dossier.papers):
            files[paper.file_name] = folder / f"{number:03}.pdf"
            data = read_paper(installation.stores, objects[paper.file_name], paper.sha256)
            files[paper.file_name].write_bytes(data)
        head = Letterhead(
            given.organ or dossier.agency_name,
            given.place or OPEN_PLACE,
            superior=given.superior,
            issued=given.issued or now().astimezone(VIETNAM).date(),
            signatures=given.signatures or (SignatureBlock(_PERSON),),
        )
        packed = write_dossier(folder / "ho-so-huy.zip", dossier, files, key=installation.key, head=head)
        with packed.target.open("rb") as file:
            chunks = iter(lambda: file.read(_CHUNK), b"")
            received = installation.intake().receive_stream(
                chunks, f"Hồ sơ hủy {dossier.file_code}.zip", actor=ACTOR, client_key=dossier_key(order.id)
            )
    return received.submission


def _papers(
    view: Reading, of: Round, decision: Decision, attached: Sequence[Paper], agency: str
) -> tuple[tuple[DossierPaper, ...], dict[str, str]]:
    """The paper of each kind that counts, in the order of the rules, and the certificate on sheets behind them.

    One the round does not need is left out where anything is wrong with it.
    """
    known = particulars_of(view, of.id)
    last = {paper.kind: paper for paper in attached}
    listed: list[DossierPaper] = []
    objects: dict[str, str] = {}
    for rule in disposal_rules(of.profile).papers:
        if rule.kind not in last:
            continue
        paper = last[rule.kind]
        if not needed_of(of, rule.needed) and any(wrong_with(of, rule, paper, decision)):
            continue
        name = f"{len(listed) + 1:02} {PAPER_NAMES[paper_kind(rule.kind)]}.pdf"
        rule_name = "" if rule.needed == "optional" else rule.kind
        listed.append(_paper(paper, known.get((paper.kind, paper.ordinal)), name, rule_name, agency))
        objects[name] = paper.object_key
    printed = printed_certificate(view, of.id)
    if printed is not None:
        name = f"{len(listed) + 1:02} {PAPER_NAMES[PaperKind.CERTIFICATE]}.pdf"
        issued = (certificate(view, of.id) or {}).get("statement")
        on = read_instant(issued["issued_at"]).astimezone(VIETNAM).date()  # type: ignore[index]
        listed.append(
            DossierPaper(
                PaperKind.CERTIFICATE,
                name,
                printed.sha256,
                printed.size_bytes,
                1,
                agency,
                PAPER_NAMES[PaperKind.CERTIFICATE],
                on,
                list_sha256=of.list_sha256 or "",
            )
        )
        objects[name] = printed.object_key
    return tuple(listed), objects


def _paper(paper: Paper, known: Particulars | None, name: str, rule: str, agency: str) -> DossierPaper:
    attached = paper.attached_at.astimezone(VIETNAM).date()
    return DossierPaper(
        paper_kind(paper.kind),
        name,
        paper.sha256,
        paper.size_bytes,
        max(1, known.sheets if known else 1),
        (known.organ if known else "") or agency,
        PAPER_NAMES[paper_kind(paper.kind)],
        (known.issued if known else None) or attached,
        known.number if known else "",
        known.notation if known else "",
        rule,
        paper.list_sha256,
        known.judgement if known else None,
    )


def _votes(view: Reading, of: Round, last: int) -> tuple[DossierVote, ...]:
    found = []
    for first in range(1, last + 1, 500):
        for line, cast in votes(view, of.id, first, min(last, first + 499)).items():
            found += [
                DossierVote(
                    vote.session, line, vote.account_id, vote.choice.outcome.value, vote.choice.years, vote.opinion
                )
                for vote in cast
            ]
    return tuple(found)


def _destroyed(view: Reading, remains: list[Tombstone]) -> tuple[DestroyedFile, ...]:
    found = []
    for some in pieces(remains, 500):
        packages = tombstone_packages_of(view, [item.file_id for item in some])
        for item in some:
            own = tuple((package.aip_id, package.sha256) for package in packages.get(item.file_id, ()))
            at = written_instant(item.destroyed_at) if item.destroyed_at else ""
            found.append(DestroyedFile(item.file_id, item.line, item.file_code, item.title or "", own, at))
    return tuple(found)


def dossier_key(order_id: str) -> str:
    """The archive's own word for handing in this dossier. No sender can say it: theirs have no spaces."""
    return f"luutru dossier {order_id}"


def _outcome(submission: Submission) -> dict[str, Any]:
    return {"submission_id": submission.id, "aip_id": submission.aip_id, "state": submission.state.value}


def _end(installation: Installation, order: PaperOrder, outcome: Mapping[str, Any]) -> None:
    with installation.catalogue.transaction() as tx:
        end_order(tx, order.id, outcome, now())
