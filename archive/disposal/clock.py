"""Until when a decided destruction may begin: in the 2024 profile fifteen days from the decision."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from archive.disposal.model import Decision, Round
from archive.local_time import VIETNAM
from schemas.disposal_rules import disposal_rules


def today(at: datetime) -> date:
    """The date in Vietnam: decisions are dated there."""
    return at.astimezone(VIETNAM).date()


def last_day(of: Round, decision: Decision) -> date | None:
    """The last day on which a destruction may begin; None where the rule profile sets no term."""
    days = disposal_rules(of.profile).days_to_execute
    return decision.decided_on + timedelta(days=days) if days else None


def run_out(of: Round, decision: Decision, at: datetime) -> bool:
    """Whether that day is over: nothing begins without a new decision."""
    last = last_day(of, decision)
    return last is not None and today(at) > last
