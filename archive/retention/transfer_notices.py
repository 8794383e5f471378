"""What people are told of hồ sơ that are to be handed over: one notice for each agency, 30 days before and as long as it
lasts (NĐ 30/2020 Phụ lục VI III.5b)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from archive.alerts import Severity, Standing, agree_with, differs
from archive.catalogue import Catalogue, Reading
from archive.catalogue.file_reading import transfers_by_agency
from archive.local_time import VIETNAM
from schemas.rule_profiles import rule_profiles

TRANSFER_DUE = "file.transfer-due"
CODES = frozenset({TRANSFER_DUE})


def notices(view: Reading, today: date) -> Sequence[Standing]:
    """One for each agency that has hồ sơ to hand over by the last day of the time of notice."""
    days = max(profile.transfer.notice_days for profile in rule_profiles().values())
    found = []
    for agency_code, waiting in transfers_by_agency(view, today + timedelta(days=days)).items():
        late = sum(count for day, count in waiting.items() if day < today)
        total, first = sum(waiting.values()), min(waiting)
        text = f"Cơ quan {agency_code}: {total} hồ sơ đến hạn nộp lưu, hạn sớm nhất {first:%d/%m/%Y}" + (
            f", {late} hồ sơ đã quá hạn." if late else "."
        )
        data = {"agency_code": agency_code, "files": total, "overdue": late, "first_due_on": first.isoformat()}
        found.append(Standing(TRANSFER_DUE, agency_code, Severity.YELLOW if late else Severity.INFO, text, data))
    return found


def tell_of_transfers(catalogue: Catalogue, at: datetime) -> None:
    """Alerts agree afterwards with what is to be handed over."""
    today = at.astimezone(VIETNAM).date()
    with catalogue.read() as view:
        standing = notices(view, today)
        if not differs(view, CODES, standing):
            return
    with catalogue.transaction() as tx:
        agree_with(tx, CODES, standing, at)
