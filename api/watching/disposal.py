"""Holds somebody has to release, and rounds whose term for beginning runs out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from api.bootstrap import Installation
from api.watching.watch import Watch
from archive.alerts import Severity, Standing
from archive.catalogue import Reading
from archive.catalogue.hold_reading import overdue_holds
from archive.catalogue.round_reading import decisions, line_counts, rounds_listed
from archive.disposal.clock import last_day, today
from archive.disposal.round_state import RoundState
from archive.disposal.words import LineState

WARNED_DAYS = 5
"""How long before the last day of beginning people are told."""
_DECIDED = (RoundState.DECIDED, RoundState.PAPERS_COMPLETE, RoundState.HANDED_OVER, RoundState.EXECUTING)
_LOOKED_AT = 1000


def _look(installation: Installation, at: datetime) -> Sequence[Standing]:
    with installation.catalogue.read() as view:
        return [*_holds(view, at), *_rounds(view, at)]


def _holds(view: Reading, at: datetime) -> Iterator[Standing]:
    for hold in overdue_holds(view, today(at)):
        until = hold.until.isoformat() if hold.until else ""
        text = f"Lệnh đóng băng {hold.id} quá thời hạn {until} và vẫn có hiệu lực cho {hold.file_count} hồ sơ."
        yield Standing("hold.overdue", hold.id, Severity.YELLOW, text, {"until": until, "files": hold.file_count})


def _rounds(view: Reading, at: datetime) -> Iterator[Standing]:
    for of in rounds_listed(view, states=_DECIDED, limit=_LOOKED_AT):
        decision = decisions(view, of.id)[-1]
        last, left = last_day(of, decision), line_counts(view, of.id).get(LineState.LISTED, 0)
        if last is None or not left or (last - today(at)).days > WARNED_DAYS:
            continue
        data = {"last_day": last.isoformat(), "lines": left, "decision_ordinal": decision.ordinal}
        if today(at) > last:
            text = f"Đợt hủy {of.code} đã quá thời hạn thực hiện {last.isoformat()}; còn {left} hồ sơ chưa hủy."
            yield Standing("round.clock-running", of.id, Severity.RED, text, data)
        else:
            text = f"Đợt hủy {of.code} chỉ được bắt đầu hủy đến hết ngày {last.isoformat()}; còn {left} hồ sơ chưa hủy."
            yield Standing("round.clock-running", of.id, Severity.YELLOW, text, data)


WATCH = Watch("disposal", frozenset({"hold.overdue", "round.clock-running"}), _look)
