"""What waits in quarantine against the states: nothing lost that is still needed, nothing kept that had to go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from archive.catalogue.catalogue import Catalogue
from archive.errors import SubmissionMissingError
from archive.fsck.differences import Difference, difference
from archive.lifecycle import State

_NEEDED = (State.RECEIVED, State.CHECKED, State.IN_REVIEW, State.ACCEPTED)


def quarantine_differences(catalogue: Catalogue, names: Callable[[], Iterable[str]]) -> Iterator[Difference]:
    """``names``: what lies in quarantine; each is the id of its submission, or something left over."""
    for name in names():
        with catalogue.read() as view:
            try:
                submission = view.submission(name)
            except SubmissionMissingError:
                yield difference("quarantine.content.left", name, "quarantine")
                continue
        gone = submission.state in (State.REFUSED, State.STORED) or submission.content_removed_at is not None
        if gone:
            yield difference("quarantine.content.left", name, "quarantine")
    with catalogue.read() as view:
        waiting = [item.id for state in _NEEDED for item in view.submissions_in(state)]
    present = set(names())
    for submission_id in waiting:
        if submission_id in present:
            continue
        # It may have moved on since it was asked for; only one that still needs its content has lost it.
        with catalogue.read() as view:
            if view.submission(submission_id).state in _NEEDED:
                yield difference("quarantine.content.missing", submission_id, "quarantine")
