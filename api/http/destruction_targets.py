"""A round before the rules, for what is asked of its destruction: staff may, an agency where its account has a duty."""

from __future__ import annotations

from api.http.gate import Asked
from api.http.problems import unknown
from archive.access import Mode, Role, Target
from archive.catalogue import Reading
from archive.catalogue.round_reading import destruction_round
from archive.disposal.model import Round
from archive.disposal.refusals import DisposalRefusedError


def found_round(reading: Reading, asked: Asked, round_id: str) -> Round:
    """The round, when who asks may do to it what they ask for. Raises ProblemError, a refusal ``round.missing``."""
    try:
        of = destruction_round(reading, round_id)
    except DisposalRefusedError:
        if asked.who.role is Role.AGENCY:
            raise unknown() from None
        raise
    own = asked.who.agency_code if of.duty_of(asked.who.account_id) is not None else ""
    asked.require(Target(own, Mode.CONDITIONAL), round_id)
    return of
