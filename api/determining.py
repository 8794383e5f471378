"""What a person says of a period, as the registry is told it: the words of the law, or a row of a schedule."""

from __future__ import annotations

from archive.catalogue.retention_deciding import Determination, RowRef
from archive.retention.errors import PeriodRefusedError
from archive.retention.period import Period, PeriodKind
from archive.retention.stated_period import listed_period


def named_period(text: str) -> Period:
    """The period in the words of the law. Raises PeriodRefusedError for what states none."""
    period = listed_period(text)
    if period.kind is PeriodKind.UNDETERMINED:
        raise PeriodRefusedError(
            "Không hiểu thời hạn bảo quản này.",
            remedy="Ghi «Vĩnh viễn», «10 năm», hoặc «Đến khi … và 5 năm sau đó».",
        )
    return period


def determination(
    *, basis: str, period: str = "", schedule_id: str = "", row: str = "", version: str = ""
) -> Determination | None:
    """What was decided, or None where neither a period nor a row was named. Raises PeriodRefusedError."""
    if not period and not row:
        return None
    if bool(row) != bool(schedule_id):
        raise PeriodRefusedError("Dòng của bảng thời hạn phải kèm tên bảng.", remedy="Nêu cả bảng và dòng.")
    return Determination(
        basis=basis,
        period=named_period(period) if period else None,
        row=RowRef(schedule_id, row, version or None) if row else None,
    )
