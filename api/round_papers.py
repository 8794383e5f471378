"""Papers of rounds, carried out by the worker: printed from the catalogue, or judged when they come back signed.

asked for ─▶ printed ─▶ kept in every store ─▶ attached, unsigned      signed elsewhere ─▶ kept ─▶ judged ─▶ attached, or
removed with its findings
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from api.bootstrap import Installation, now
from api.scratch import scratch_of
from archive.catalogue.paper_orders import (
    PaperOrder,
    Work,
    end_order,
    note_object,
    note_problem,
    waiting_orders,
    waiting_papers,
)
from archive.catalogue.paper_particulars import Particulars, keep_particulars
from archive.catalogue.round_deciding import attach_paper, paper_key
from archive.catalogue.round_reading import destruction_round, known_papers
from archive.disposal.model import NewPaper, Paper, Round
from archive.disposal.paper_keeping import keep_paper, read_paper
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.words import Signature
from archive.errors import LuutruError, StaleClaimError, StoreError
from archive.finding import Answer
from archive.ledger import read_instant
from archive.papers.filling import paper_of
from archive.papers.given import Given, given_of
from archive.papers.paper import paper_kind
from archive.storage.key import Key
from ingest.papers.composing import paper_pdf
from ingest.papers.expectation import Confirmation, Expected, RequiredSigner
from ingest.papers.judging import PaperJudgement, judge_paper
from schemas.disposal_rules import PaperRule, disposal_rules

_log = logging.getLogger(__name__)
PAUSE = timedelta(seconds=60)
"""So long after it failed an order is tried again."""
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
    with installation.catalogue.read() as view:
        orders = waiting_orders(view)
    for order in orders:
        if stopping():
            break
        if not at_once and order.tried_at is not None and now() - order.tried_at < PAUSE:
            continue
        try:
            {Work.PRINT: _print, Work.JUDGE: _judge, Work.DOSSIER: carry_dossier}[order.work](installation, order)
        except DisposalRefusedError as error:
            _end(installation, order, {"refused": [_told(error)]})
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
            _note(installation, order, defect)
    return trouble


def _note(installation: Installation, order: PaperOrder, error: LuutruError) -> None:
    with installation.catalogue.transaction() as tx:
        note_problem(tx, order.id, f"{error.code}: {error.message}", now())


def keep_incoming(installation: Installation, round_id: str, kind: str, data: bytes) -> NewPaper:
    """Bytes that came, in every required store before anybody is told that they did; the others get them later.
    Raises StoreError."""
    return keep_paper(
        installation.required_stores, round_id, kind, data, list_sha256="", signature=Signature.INDETERMINATE
    )


def _print(installation: Installation, order: PaperOrder) -> None:
    given = given_of(order.given)
    with installation.catalogue.read() as view:
        of = destruction_round(view, order.round_id)
        paper = paper_of(view, order.round_id, order.kind, given, archive_name=installation.settings.archive_name)
    made = paper_pdf(paper)
    bound = paper.bound_to.sha256 if paper.bound_to else ""
    key = paper_key(of.id, order.kind, hashlib.sha256(made.pdf).hexdigest())
    with installation.catalogue.transaction() as tx:
        note_object(tx, order.id, key)
    if order.object_key and order.object_key != key:
        _removed(installation, order.object_key)  # of an attempt that came to nothing
    new = keep_paper(
        installation.required_stores, of.id, order.kind, made.pdf, list_sha256=bound, signature=Signature.UNSIGNED
    )
    with installation.catalogue.transaction() as tx:
        kept = attach_paper(tx, of.id, new, by=order.by, at=now())
        head = paper.head
        particulars = Particulars(
            of.id, kept.kind, kept.ordinal, made.sheets, head.agency, head.number, head.notation, head.issued
        )
        keep_particulars(tx, particulars)
        outcome = {"ordinal": kept.ordinal, "sha256": kept.sha256, "size_bytes": kept.size_bytes, "sheets": made.sheets}
        end_order(tx, order.id, outcome, now())


def _judge(installation: Installation, order: PaperOrder) -> None:
    with installation.catalogue.read() as view:
        of = destruction_round(view, order.round_id)
    rule = disposal_rules(of.profile).paper(order.kind)
    assert rule is not None, "asked for before it was ordered"
    data = read_paper(installation.stores, order.object_key, order.sha256)
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
    signature, names = Signature(judged.signature), tuple(signer.name for signer in judged.signers)
    new = NewPaper(order.kind, order.object_key, order.sha256, order.size_bytes, judged.list_sha256, signature, names)
    with installation.catalogue.transaction() as tx:
        kept = attach_paper(tx, of.id, new, by=order.by, at=now())
        keep_particulars(tx, _particulars(of, kept, given_of(order.given), judged))
        end_order(tx, order.id, {**outcome, "ordinal": kept.ordinal, "sheets": judged.sheets}, now())


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
    """Nothing of it stays, unless the same bytes are a paper of the round, or another order is about them."""
    with installation.catalogue.transaction() as tx:
        end_order(tx, order.id, outcome, now(), object_key="")
    _removed(installation, order.object_key)


def _removed(installation: Installation, object_key: str) -> None:
    with installation.catalogue.read() as view:
        if known_papers(view, [object_key]) | waiting_papers(view, [object_key]):
            return
    for store in installation.stores:
        with suppress(StoreError):  # write-once media keep it; fsck names it
            store.remove(Key(object_key))


def _end(installation: Installation, order: PaperOrder, outcome: Mapping[str, Any]) -> None:
    with installation.catalogue.transaction() as tx:
        end_order(tx, order.id, outcome, now())


def _told(error: DisposalRefusedError) -> dict[str, Any]:
    return {
        "code": error.code,
        "message": error.message,
        "remedy": error.remedy,
        "reasons": [{"code": item.code, "message": item.message, "about": item.about} for item in error.reasons],
    }
