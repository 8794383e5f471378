"""Tokens that were asked for with tokens: whatever the length of their chains, followed in a loop and never for ever."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

LONGEST_CHAIN = 16
"""Generations behind a token that was asked for with a password or at the command line."""
MOST_LIVE = 500
"""Live tokens of one account that were asked for with other tokens of it."""


def with_descendants(tokens: Iterable[str], minted_by: Mapping[str, str | None]) -> list[str]:
    """These tokens and all that were minted with them, however indirectly: each once, the nearer generations first."""
    children = defaultdict(list)
    for child, parent in minted_by.items():
        if parent is not None:
            children[parent].append(child)
    found = dict.fromkeys(tokens)
    generation = list(found)
    while generation:
        generation = [child for parent in generation for child in sorted(children[parent]) if child not in found]
        found.update(dict.fromkeys(generation))
    return list(found)


def generation_of(token_id: str, minted_by: Mapping[str, str | None]) -> int:
    """How many tokens stand before this one in its chain."""
    seen = {token_id}
    parent = minted_by.get(token_id)
    while parent is not None and parent not in seen:
        seen.add(parent)
        parent = minted_by.get(parent)
    return len(seen) - 1
