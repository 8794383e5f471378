"""Papers of rounds, carried out by the worker: printed from the catalogue, or judged when they come back signed.

asked for ─▶ printed ─▶ kept in every required store ─▶ attached, unsigned
signed elsewhere ─▶ kept as it came ─▶ judged ─▶ kept as a paper, attached; or removed, with its findings
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from api.bootstrap import Installation, now
from api.scratch import scratch_of
from archive.catalogue.ledger_reading import LedgerReading
from archive.catalogue.paper_orders import (
    PaperOrder,
    Work,
    end_order,
    note_cleared,
    note_object,
    note_problem,
    note_uncleared,
    others_waiting,
    paper_order,
    require_no_signed,
    uncleared_orders,
    waiting_orders,
)
from archive.catalogue.paper_particulars import Particulars, keep_particulars
from archive.catalogue.round_deciding import attach_paper, paper_key
from archive.catalogue.round_reading import destruction_round, known_papers
from archive.disposal.model import Paper, Round
from archive.disposal.paper_keeping import keep_paper, read_paper, remove_bytes
from archive.disposal.refusals import DisposalRefusedError, Reason, reason
from archive.disposal.words import Signature
from archive.errors import CopyDamagedError, LuutruError, StaleClaimError, StoreError
from archive.finding import Answer
from archive.ledger import read_instant
from archive.papers.filling import paper_of
from archive.papers.given import Given, given_of
from archive.papers.paper import paper_kind
from ingest.papers.composing import paper_pdf
from ingest.papers.expectation import Confirmation, Expected, RequiredSigner
from ingest.papers.judging import PaperJudgement, judge_paper
from schemas.disposal_rules import PaperRule, disposal_rules

_log = logging.getLogger(__name__)
PAUSE = timedelta(seconds=60)
"""So long after it failed an order is tried again."""
COMING = timedelta(hours=1)
"""So long the bytes of a paper may be on their way into the stores."""
GIVEN_UP = timedelta(days=1)
"""So long an order is tried again that fails with what nobody foresaw."""
JUDGING_SECONDS = 300.0
"""The text of a list of ten thousand lines takes minutes to read."""


class PaperOrderDefectError(LuutruError):
    """An order about a paper fails with what nobody foresaw."""

    code = "paper-order.defect"


def carry_out_paper_orders(
    installation: Installation, *, at_once: bool = False, stopping: Callable[[], bool] = lambda: False
) -> LuutruError | None:
    """Each order that waits, in turn; the first trouble. One that fails waits on, says why, and keeps no other back:
    whatever it fails with.

    What can never be done (refused by the round as it stands) is over, with its reason as outcome.
    """
    from api.round_dossier import carry_dossier

    trouble: LuutruError | None = None
    for order in _waiting(installation, at_once):
        if stopping():
            break
        try:
            {Work.PRINT: _print, Work.JUDGE: _judge, Work.DOSSIER: carry_dossier}[order.work](installation, order)
        except DisposalRefusedError as error:
            _refused(installation, order, {"refused": [_told(item) for item in error.reasons]})
        except StaleClaimError:  # another worker has this job now, and its orders
            raise
        except LuutruError as error:
            trouble = trouble or error
            _log.warning("paper %s of round %s: %s %s", order.kind, order.round_id, error.code, error.detail)
            _note(installation, order, error)
        except Exception as error:
            _log.exception("paper %s of round %s: defect", order.kind, order.round_id)
            defect = PaperOrderDefectError(
                "Lỗi phần mềm khi thực hiện yêu cầu về giấy tờ.",
                remedy="Xem nhật ký của tiến trình xử lý; gửi lại yêu cầu với nội dung khác.",
                detail=f"{order.id} {type(error).__name__}",
            )
            trouble = trouble or defect
            if now() - order.asked_at > GIVEN_UP:
                _refused(installation, order, {"refused": [_told(Reason(defect.code, defect.message, defect.remedy))]})
            else:
                _note(installation, order, defect)
    with installation.catalogue.read() as view:
        left = uncleared_orders(view, now() if at_once else now() - PAUSE)
    for order in left:
        _cleared(installation, order)
    return trouble


def _waiting(installation: Installation, at_once: bool) -> Iterator[PaperOrder]:
    """Each order whose turn it is, as it stands then; those that wait out a pause keep no other back."""
    page: list[PaperOrder] = []
    while True:
        with installation.catalogue.read() as view:
            since = None if at_once else now() - PAUSE
            page = waiting_orders(view, untried_since=since, after=page[-1] if page else None)
        if not page:
            return
        for order in page:
            with installation.catalogue.read() as view:
                found = paper_order(view, order.round_id, order.id)
            if found is not None and found.waits:
                yield found


def _note(installation: Installation, order: PaperOrder, error: LuutruError) -> None:
    with installation.catalogue.transaction() as tx:
        note_problem(tx, order.id, f"{error.code}: {error.message}", now())


def _print(installation: Installation, order: PaperOrder) -> None:
    given = given_of(order.given)
    with installation.catalogue.read() as view:
        of = destruction_round(view, order.round_id)
        require_no_signed(view, order)
        paper = paper_of(view, order.round_id, order.kind, given, archive_name=installation.settings.archive_name)
    made = paper_pdf(paper)
    bound = paper.bound_to.sha256 if paper.bound_to else ""
    key = paper_key(of.id, order.kind, hashlib.sha256(made.pdf).hexdigest())
    if order.object_key not in ("", key) and not _removed(installation, order, order.object_key):
        raise StoreError(
            "Không gỡ được bản in dở của lần trước.", remedy="Kiểm tra các kho lưu trữ.", detail=order.object_key
        )
    with installation.catalogue.transaction() as tx:
        note_object(tx, order.id, key)
    new = keep_paper(
        installation.required_stores, of.id, order.kind, made.pdf, list_sha256=bound, signature=Signature.UNSIGNED
    )
    with installation.catalogue.transaction() as tx:
        if not _stands(tx, order) or destruction_round(tx, of.id).changed_at != of.changed_at:
            return  # over meanwhile, or to be printed again: the round is another than the one it tells of
        require_no_signed(tx, order)
        kept = attach_paper(tx, of.id, new, by=order.by, at=now())
        head = paper.head
        particulars = Particulars(
            of.id, kept.kind, kept.ordinal, made.sheets, head.agency, head.number, head.notation, head.issued
        )
        keep_particulars(tx, particulars)
        outcome = {"ordinal": kept.ordinal, "sha256": kept.sha256, "size_bytes": kept.size_bytes, "sheets": made.sheets}
        end_order(tx, order.id, outcome, now(), cleared=True)


def _judge(installation: Installation, order: PaperOrder) -> None:
    if not order.size_bytes:
        if now() - order.asked_at > COMING:
            _refused(installation, order, {"refused": [_told(reason("paper.not-received", order.kind))]})
        return
    with installation.catalogue.read() as view:
        of = destruction_round(view, order.round_id)
    rule = disposal_rules(of.profile).paper(order.kind)
    assert rule is not None, "asked for before it was ordered"
    data = _incoming(installation, order)
    judged = judged_paper(installation, of, rule, data, order.given, at=order.asked_at)
    outcome = {
        "answer": judged.answer.value,
        "signature": judged.signature,
        "binding": judged.binding,
        "list_sha256": judged.list_sha256,
        "signers": [signer.name for signer in judged.signers],
        "findings": [item.as_json() for item in judged.findings],
    }
    if judged.answer is Answer.FAILED:
        _refused(installation, order, outcome)
        return
    with installation.catalogue.transaction() as tx:
        note_object(tx, order.id, paper_key(of.id, order.kind, order.sha256))
    new = keep_paper(
        installation.required_stores,
        of.id,
        order.kind,
        data,
        list_sha256=judged.list_sha256,
        signature=Signature(judged.signature),
        signers=[signer.name for signer in judged.signers],
    )
    with installation.catalogue.transaction() as tx:
        kept = attach_paper(tx, of.id, new, by=order.by, at=now())
        keep_particulars(tx, _particulars(of, kept, given_of(order.given), judged))
        end_order(tx, order.id, {**outcome, "ordinal": kept.ordinal, "sheets": judged.sheets}, now())
    _cleared(installation, order)


def _incoming(installation: Installation, order: PaperOrder) -> bytes:
    """As it came in; an attempt before may have come as far as to keep it as a paper."""
    with suppress(CopyDamagedError):
        return read_paper(installation.stores, order.incoming_key, order.sha256)
    return read_paper(installation.stores, order.object_key, order.sha256)


def _stands(view: LedgerReading, order: PaperOrder) -> bool:
    found = paper_order(view, order.round_id, order.id)
    return found is not None and found.waits


def judged_paper(
    installation: Installation, of: Round, rule: PaperRule, data: bytes, given: Mapping[str, Any], *, at: datetime
) -> PaperJudgement:
    """The judgement on these bytes as this paper of the round, by an inspector."""
    with tempfile.TemporaryDirectory(dir=scratch_of(installation.settings.home)) as folder:
        path = Path(folder) / "giay-to.pdf"
        path.write_bytes(data)
        bound = rule.list_bound and of.list_sha256 is not None
        expected = Expected(
            paper_kind(rule.kind),
            (of.list_sha256 or "") if bound else "",
            of.code,
            required_signers(rule, given),
            may_name=of.list_sha256 or "",
        )
        confirmed = given.get("confirmation")
        confirmation = (
            Confirmation(confirmed["by"], read_instant(confirmed["at"]), confirmed["list_sha256"])
            if confirmed
            else None
        )
        return judge_paper(
            path,
            expected,
            inspectors=installation.tools.inspectors,
            trust_list=installation.settings.trust_list,
            at=at,
            confirmation=confirmation,
            timeout_seconds=JUDGING_SECONDS,
            options={"online": installation.settings.online_revocation},
        )


def required_signers(rule: PaperRule, given: Mapping[str, Any]) -> tuple[RequiredSigner, ...]:
    """One signature for each side the rule names. Whom the request names fill these places in their order: they say who,
    and never that fewer need sign."""
    sides = [side.strip() for side in rule.signed_by.split(" và ")] if rule.signed else []
    named = [str(name) for name in given.get("signers") or []]
    left = sides[len(named) :]
    return (*(RequiredSigner(name, name=name) for name in named), *(RequiredSigner(side) for side in left))


def _particulars(of: Round, kept: Paper, given: Given, judged: PaperJudgement) -> Particulars:
    """As who attached it says; what he does not say, as the archive printed it."""
    printed, said = judged.head, bool(given.number or given.notation)
    issued = given.issued or (date.fromisoformat(printed["issued"]) if printed.get("issued") else None)
    return Particulars(
        of.id,
        kept.kind,
        kept.ordinal,
        judged.sheets,
        given.organ or printed.get("agency", ""),
        given.number if said else printed.get("number", ""),
        given.notation if said else printed.get("notation", ""),
        issued,
        judged.as_json(),
    )


def _refused(installation: Installation, order: PaperOrder, outcome: Mapping[str, Any]) -> None:
    """Over, and nothing of it stays but what is a paper of the round."""
    with installation.catalogue.transaction() as tx:
        end_order(tx, order.id, outcome, now())
    _cleared(installation, order)


def _cleared(installation: Installation, order: PaperOrder) -> None:
    """What lies of an order that is over is removed from every store; one that is away, or keeps it, is asked again later."""
    with installation.catalogue.read() as view:
        found = paper_order(view, order.round_id, order.id)
    if found is None or found.waits:
        return
    gone = [_removed(installation, found, key) for key in {found.object_key, found.incoming_key} - {""}]
    with installation.catalogue.transaction() as tx:
        if all(gone):
            note_cleared(tx, order.id)
        else:
            note_uncleared(tx, order.id, now())


def _removed(installation: Installation, order: PaperOrder, object_key: str) -> bool:
    """Whether nothing lies there any more that is the order's: what is a paper of the round, or another's that waits, is not."""
    with installation.catalogue.read() as view:
        kept = known_papers(view, [object_key]) or others_waiting(view, order, object_key)
    return bool(kept) or remove_bytes(installation.stores, object_key)


def _told(item: Reason) -> dict[str, Any]:
    return {"code": item.code, "message": item.message, "remedy": item.remedy, "about": item.about}
