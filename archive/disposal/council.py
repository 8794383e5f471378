"""What a council's votes come to: the choice more than half of all its members made, once enough of them voted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from archive.disposal.model import Choice, Vote


def last_votes(votes: Iterable[Vote]) -> tuple[Vote, ...]:
    """Of the votes on one line, those of the last session in which anybody voted on it."""
    cast = tuple(votes)
    last = max((vote.session for vote in cast), default=0)
    return tuple(vote for vote in cast if vote.session == last)


def quorate(votes: Sequence[Vote], members: int, quorum: tuple[int, int]) -> bool:
    """Whether the part ``quorum`` of all members voted."""
    part, of = quorum
    return members > 0 and len({vote.account_id for vote in votes}) * of >= members * part


def majority(votes: Sequence[Vote], members: int) -> Choice | None:
    """The one choice of more than half of all members, present or not; None when there is none: then nothing is done."""
    by_member = {vote.account_id: vote.choice for vote in votes}
    for choice, count in Counter(by_member.values()).items():
        if count * 2 > members:
            return choice
    return None


def dissenting(votes: Iterable[Vote], choice: Choice) -> tuple[Vote, ...]:
    """The votes for anything else: ý kiến khác, recorded in the minutes."""
    return tuple(vote for vote in votes if vote.choice != choice)
