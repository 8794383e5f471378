"""All samples into one folder, each whole or not there at all, and one table of what is expected of them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples.faults import FAULTS, Fault, kit_of
from samples.parcel import Parcel
from samples.pki import create_pki
from samples.submissions import GOOD, Good
from samples.trust_list import write_trust_list
from samples.workshop import Workshop

NAMES = (*(item.name for item in GOOD), *(item.name for item in FAULTS))
"""Every sample, in the order of ``expected.json``."""
EARLIER = "da-nop"
"""The name of a submission that must have been accepted before."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: the rows of ``expected.json`` by name."""

    folder: Path
    rows: Mapping[str, Mapping[str, Any]]


class UnknownSampleError(ValueError):
    """A name that is no sample's."""


def chosen(only: Iterable[str]) -> tuple[tuple[Good, ...], tuple[Fault, ...]]:
    """The samples named: ``good``, ``faults`` or single names; all of them when none is. Raises UnknownSampleError."""
    names = set(only) or {"good", "faults"}
    if unknown := sorted(names - {"good", "faults", *NAMES}):
        raise UnknownSampleError(", ".join(unknown))
    good = tuple(item for item in GOOD if {"good", item.name} & names)
    return good, tuple(item for item in FAULTS if {"faults", item.name} & names)


def make_samples(folder: Path, only: Iterable[str] = (), progress: Callable[[str], None] = lambda _name: None) -> Made:
    """Makes (again) the samples named under ``folder`` with the PKI of ``folder/pki``; the others stay.

    ``expected.json`` is written last and lists what lies there: the rows of samples made in earlier runs are kept.
    """
    good, faults = chosen(only)
    folder.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(create_pki(folder / "pki"))
    write_trust_list(workshop.pki, folder / "trust-list.json")
    rows = _kept_rows(folder)
    for item in good:
        rows[item.name] = _good_row(item, _place(folder, f"good/{item.name}", {"": item.make(workshop)}))
        progress(item.name)
    for fault in faults:
        kit = kit_of(fault, workshop)
        parcels = {EARLIER: fault.before(kit)} if fault.before else {}
        rows[fault.name] = _fault_row(fault, _place(folder, f"faults/{fault.name}", {**parcels, "": fault.make(kit)}))
        progress(fault.name)
    rows = {name: rows[name] for name in NAMES if name in rows}
    _write(folder / "expected.json", json.dumps(list(rows.values()), ensure_ascii=False, indent=1) + "\n")
    return Made(folder, rows)


def _place(folder: Path, where: str, parcels: Mapping[str, Parcel]) -> dict[str, str]:
    """Writes the parcels beside the place and puts them there in one step; paths come back relative to ``folder``."""
    target = folder / where
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    names = {}
    for name, parcel in parcels.items():
        written = parcel.write(unfinished, name) if name else parcel.write(unfinished)
        names[name] = f"{where}/{written.relative_to(unfinished)}"
    if target.exists():
        shutil.rmtree(target)
    unfinished.rename(target)
    return names


def _good_row(item: Good, paths: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": item.name,
        "title": item.title,
        "path": paths[""],
        "earlier": None,
        "outcome": item.outcome,
        "findings": list(item.findings),
        "also": [],
    }


def _fault_row(fault: Fault, paths: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": fault.name,
        "title": fault.title,
        "path": paths[""],
        "earlier": paths.get(EARLIER),
        "outcome": fault.outcome,
        "findings": list(fault.findings),
        "also": list(fault.also),
    }


def _kept_rows(folder: Path) -> dict[str, Mapping[str, Any]]:
    try:
        rows = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {row["name"]: row for row in rows if row["name"] in NAMES and (folder / row["path"]).exists()}


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
