"""One verdict over what every machine saw: proven only when each of them looked through everything only it can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archive.absence.verdict import NAMED, verdict_of
from archive.catalogue.destruction_model import AbsenceVerdict

ANYWHERE = frozenset({"database"})
"""Places that lie on one of the machines, and are looked through when any of them did."""


def merged(own: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]) -> tuple[AbsenceVerdict, dict[str, Any]]:
    """``own``: the report of the machine that has the needles; ``others``: those of each further machine, by its name."""
    reports = [own, *(others[name] for name in sorted(others))]
    places = [dict(item) for report in reports for item in report["places"]]
    looked = {item["place"] for item in places if not item["not_looked"]}
    missed = {place: why for report in reports for place, why in report["not_looked"].items()}
    missed = {place: why for place, why in missed.items() if not (place in ANYWHERE and place in looked)}
    places = [item for item in places if not item["not_looked"] or item["place"] in missed]
    report = {
        **own,
        "places": places,
        "not_looked": dict(sorted(missed.items())),
        "found": {
            "count": sum(item["found"]["count"] for item in reports),
            "files": sorted({file_id for item in reports for file_id in item["found"]["files"]}),
            "traces": [trace for item in reports for trace in item["found"]["traces"]][:NAMED],
        },
        "lawful_elsewhere": {
            "count": sum(item["lawful_elsewhere"]["count"] for item in reports),
            "traces": [trace for item in reports for trace in item["lawful_elsewhere"]["traces"]][:NAMED],
        },
        "machines": [
            {"machine": name, "begun_at": others[name]["looked_from"], "verdict": others[name]["verdict"]}
            for name in sorted(others)
        ],
    }
    # Of several the earliest reading: what was done again since any of them read is a run of its own.
    for name in ("steps_of_work", "policy_version"):
        report[name] = min(int(item[name]) for item in reports)
    for name in ("unsettled", "to_begin", "needles_missing", "under_way"):
        report[name] = max((item[name] for item in reports), key=lambda found: int(found["count"]))
    verdict = verdict_of(report)
    return verdict, {**report, "verdict": verdict.value}
