"""nDCG, recall and reciprocal rank of a ranking against graded judgements, and how sure a difference is."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from statistics import fmean

RELEVANT = 2
"""The grade from which a text counts as relevant where only yes or no is asked (recall, reciprocal rank)."""


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """Gain 2^grade − 1, discount log2(rank + 1), divided by that of the ideal order; 0 if nothing is relevant."""

    def total(ordered: Sequence[int]) -> float:
        return sum(((1 << grade) - 1) / math.log2(rank + 2) for rank, grade in enumerate(ordered[:depth]))

    ideal = total(sorted(grades.values(), reverse=True))
    return total([grades.get(item, 0) for item in ranking[:depth]]) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, int], depth: int = 50) -> float:
    """Relevant texts among the first ``depth``, of all relevant ones or ``depth`` if there are more than that."""
    relevant = {item for item, grade in grades.items() if grade >= RELEVANT}
    found = sum(item in relevant for item in ranking[:depth])
    return found / min(depth, len(relevant)) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """1 / rank of the first relevant text; 0 if there is none in the ranking."""
    for rank, item in enumerate(ranking, 1):
        if grades.get(item, 0) >= RELEVANT:
            return 1 / rank
    return 0.0


def paired_interval(
    ours: Sequence[float], theirs: Sequence[float], *, draws: int = 5000, seed: int = 1
) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean difference, queries drawn in pairs with replacement."""
    differences = [mine - other for mine, other in zip(ours, theirs, strict=True)]
    drawn = random.Random(seed)
    means = sorted(fmean(drawn.choices(differences, k=len(differences))) for _ in range(draws))
    return means[round(0.025 * (draws - 1))], means[round(0.975 * (draws - 1))]
