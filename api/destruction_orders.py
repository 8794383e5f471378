"""Carrying out what people asked for in rounds: destroying as the executor, looking as somebody without a duty.

order ─▶ destroy what may be destroyed ─▶ ... ─▶ look ─▶ proven: destroyed, certified, verified, printed
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from api.absence_parts import MachineAwaitedError, do_own_parts
from api.bootstrap import Installation, now
from api.destroying import destroy_round
from api.destruction_places import machine_name, marker_file, other_machines
from api.printed_certificate import print_certificate
from api.proving_absence import Opening, Proof, finish_proof, local_looks, prove_absence, standing_proof
from archive.catalogue.absence_proof import certified_executing, certified_run, proving_run
from archive.catalogue.destruction_orders import Order, OrderKind, end_order, note_problem, waiting_orders
from archive.catalogue.destruction_reading import tombstones_of
from archive.catalogue.printed_certificates import certified_unprinted
from archive.catalogue.round_reading import destruction_round, rounds_listed
from archive.destruction.beginning import Refused
from archive.disposal.refusals import DisposalRefusedError
from archive.disposal.round_state import RoundState
from archive.disposal.words import Duty
from archive.errors import LuutruError

_log = logging.getLogger(__name__)
PAUSE = timedelta(seconds=120)
"""So long after it failed an order is tried again."""
AWAY = timedelta(minutes=10)
"""So long an order waits for its machine before the others say that it does."""
_NAMED = 200
"""So many refused hồ sơ an outcome names; the counts are of all."""


def carry_out_orders(
    installation: Installation, *, at_once: bool = False, stopping: Callable[[], bool] = lambda: False
) -> tuple[set[str], LuutruError | None]:
    """Each order that waits and belongs to this machine; the rounds destruction went on in, and the first trouble.

    One that fails waits on, says why, is tried again after a pause (or ``at_once``), and keeps no other from its turn.
    """
    trouble: LuutruError | None = None
    gone_on: set[str] = set()
    with installation.catalogue.read() as view:
        orders = waiting_orders(view)
    try:
        do_own_parts(installation, lambda: local_looks(installation), Opening(installation))
    except LuutruError as error:
        trouble = error
        _log.warning("part of this machine: %s %s", error.code, error.detail)
    for order in orders:
        if stopping():
            break
        awaited = order.problem.startswith(MachineAwaitedError.code)  # asking again costs nothing
        resting = order.tried_at is not None and now() - order.tried_at < PAUSE and not awaited
        if resting and not at_once:
            continue
        if not belongs_here(installation, order.round_id):
            _tell_elsewhere(installation, order)
            continue
        try:
            outcome = _carried_out(installation, order, stopping)
        except LuutruError as error:
            trouble = trouble if isinstance(error, MachineAwaitedError) else trouble or error
            _log.warning("order %s of round %s: %s %s", order.id, order.round_id, error.code, error.detail)
            with installation.catalogue.transaction() as tx:
                note_problem(tx, order.id, f"{error.code}: {error.message}", now())
            continue
        if order.kind is OrderKind.DESTROY:
            gone_on.add(order.round_id)
        if stopping():
            break  # what was left undone is done when the order is taken up again
        with installation.catalogue.transaction() as tx:
            end_order(tx, order.id, outcome, now())
    return gone_on, trouble


def _tell_elsewhere(installation: Installation, order: Order) -> None:
    """Said once, when the machine that has what the hồ sơ are known by has not taken the order for a while."""
    if order.problem or now() - order.asked_at < AWAY:
        return
    others = sorted(other_machines(installation))
    text = f"Máy đã bắt đầu đợt hủy, nơi có tệp dấu hiệu, chưa nhận yêu cầu (không phải {machine_name()}): {', '.join(others)}."
    with installation.catalogue.transaction() as tx:
        note_problem(tx, order.id, f"{MachineAwaitedError.code}: {text}", now())


def finish_rounds(installation: Installation, *, stopping: Callable[[], bool] = lambda: False) -> LuutruError | None:
    """What follows a proof, where it was stopped: completion, certificate, state of the round, sheets. The first trouble."""
    trouble: LuutruError | None = None
    with installation.catalogue.read() as view:
        proven = {}
        certified = set(certified_executing(view))
        executing = rounds_listed(view, states=[RoundState.EXECUTING], limit=1000)
        for round_id in sorted({*certified, *(of.id for of in executing)}):
            run = certified_run(view, round_id) if round_id in certified else proving_run(view, round_id)[0]
            if run is not None:
                proven[round_id] = f"account:{view.account(run.verifier_id).username}"
        unprinted = set(certified_unprinted(view))
    for round_id in sorted({*proven, *unprinted}):
        if stopping() or not (round_id in {*certified, *unprinted} or belongs_here(installation, round_id)):
            continue
        try:
            if round_id in proven:
                finish_proof(installation, round_id, actor=proven[round_id])
            print_certificate(installation, round_id)
        except LuutruError as error:
            trouble = trouble or error
            _log.warning("round %s: %s %s", round_id, error.code, error.detail)
    remove_old_markers(installation)
    return trouble


def remove_old_markers(installation: Installation) -> None:
    """What a round is known by is needed until it is certified, by whichever machine, and no longer."""
    for path in sorted(marker_file(installation, "").path.parent.glob("*.jsonl")):
        with installation.catalogue.read() as view:
            certified = certified_run(view, path.stem) is not None
        if certified:
            marker_file(installation, path.stem).remove()


def belongs_here(installation: Installation, round_id: str) -> bool:
    """Whether this machine can work on the round as a whole: it has what the hồ sơ of it are known by, or there is no
    other machine, or nothing was taken from any hồ sơ yet, or it is certified: then that is gone everywhere."""
    if not other_machines(installation) or marker_file(installation, round_id).path.exists():
        return True
    with installation.catalogue.read() as view:
        begun = next(tombstones_of(view, round_id), None) is not None
        return not begun or certified_run(view, round_id) is not None


def _carried_out(installation: Installation, order: Order, stopping: Callable[[], bool]) -> Mapping[str, Any]:
    if order.kind is OrderKind.DESTROY:
        done = destroy_round(installation, order.round_id, by=order.by, stopping=stopping)
        return {
            "refused": _refused(done.refused),
            "waiting": dict(done.progress.waiting),
            "locked": done.progress.locked,
            "settled": done.progress.settled,
        }
    proof = standing_proof(installation, order.round_id) or _proof(installation, order)
    return {  # the sheets are printed by ``finish_rounds``: a store that is away is no news about the look
        "run_id": proof.run.id,
        "verdict": None if proof.run.verdict is None else proof.run.verdict.value,
        "completed": proof.completed,
        "certified": proof.certificate is not None,
    }


def _proof(installation: Installation, order: Order) -> Proof:
    with installation.catalogue.read() as view:
        executor = destruction_round(view, order.round_id).holder(Duty.EXECUTOR) or ""
    return prove_absence(
        installation, order.round_id, verifier_id=order.account_id, executor_id=executor, actor=order.actor
    )


def _refused(refused: tuple[Refused, ...]) -> dict[str, Any]:
    """Which lines were refused, and by which codes; nothing of them was touched."""
    named = [{"file_id": item.file_id, "codes": _codes(item.error)} for item in refused[:_NAMED]]
    counted = Counter(code for item in refused for code in _codes(item.error))
    return {"count": len(refused), "codes": dict(sorted(counted.items())), "files": named}


def _codes(error: LuutruError) -> list[str]:
    if isinstance(error, DisposalRefusedError):
        return list(dict.fromkeys(item.code for item in error.reasons))
    return [error.code]
