"""The whole path with the real tools: every sample submission is found out for what it is, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Installation, opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import carry, hand_in
from api.verifying import differences
from api.views import submission_view
from archive.events import Event
from samples.clamd import clamd_program, running_clamd
from samples.making import make_samples

AGREEMENT = Path(__file__).parents[2] / "samples" / "agreement.toml"
STATE_OF = {
    "accepted": "stored",
    "accepted-with-findings": "stored",
    "in_review": "in_review",
    "returned": "returned",
    "refused": "refused",
}
# The hand-made signatures of the test clear nothing, and say so of every submission.
SAID_OF_ALL = {"malware.database-unofficial"}


@dataclass(frozen=True)
class Taken:
    """Every sample by name: what was expected, and what the archive made of it."""

    installation: Installation
    expected: dict[str, dict[str, Any]]
    views: dict[str, dict[str, Any]]
    folder: Path


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    folder = tmp_path_factory.mktemp("journey")
    made = folder / "samples"
    make_samples(made, [], lambda _name: None)
    expected = {row["name"]: row for row in json.loads((made / "expected.json").read_text(encoding="utf-8"))}
    assert clamd_program(), "clamd is needed (Debian: clamav-daemon)"
    with running_clamd(folder / "clamd") as socket:
        initialise(
            folder / "home",
            name="Lưu trữ lịch sử tỉnh Bình Minh",
            code="H99.12",
            trust_list=made / "trust-list.json",
            agreement=AGREEMENT,
            clamd=str(socket),
        )
        with opened(load_settings(folder / "home")) as installation:
            submissions: dict[str, str] = {}
            for which in ("earlier", "path"):
                named = [name for name, row in expected.items() if row[which]]
                handed = hand_in(
                    installation,
                    [made / expected[name][which] for name in named],
                    client_key=None,
                    received=lambda: None,
                )
                assert not [item.error for item in handed if item.error]
                ids = [item.submission.id for item in handed if item.submission]
                assert carry(installation, ids) == {}
                submissions.update(zip(named, ids, strict=True))
            views = {name: submission_view(installation, id) for name, id in submissions.items()}
            yield Taken(installation, expected, views, folder)


def names() -> list[str]:
    from samples.faults import FAULTS
    from samples.submissions import GOOD

    return [item.name for item in (*GOOD, *FAULTS)]


@pytest.mark.parametrize("name", names())
def test_each_sample_ends_where_it_must_with_exactly_its_findings(taken: Taken, name: str) -> None:
    expected, view = taken.expected[name], taken.views[name]
    weighty = {item["code"] for item in view["findings"] if item["severity"] != "info"} - SAID_OF_ALL
    said = {item["code"] for item in view["findings"]} | set(view["codes"])
    assert view["state"] == STATE_OF[expected["outcome"]], (sorted(said), expected)
    assert set(expected["findings"]) <= said
    assert weighty <= set(expected["findings"]) | set(expected["also"])


def test_what_was_refused_left_nothing_behind(taken: Taken) -> None:
    refused = [view for view in taken.views.values() if view["state"] == "refused"]
    assert refused
    for view in refused:
        assert not (taken.folder / "home" / "quarantine" / view["submission"]).exists()
        assert view["findings"] == [] and view["title"] == "" and view["file_code"] == ""
        assert view["content_removed_at"]


def test_every_stored_sample_has_one_receipt_and_verified_copies_and_fsck_is_clean(taken: Taken) -> None:
    with taken.installation.catalogue.read() as reading:
        for view in taken.views.values():
            if view["state"] == "stored":
                assert reading.receipt(view["submission"]) is not None
                assert len(reading.records(subject=view["submission"], event=Event.AIP_COPIES_VERIFIED)) == 1
                assert {copy.state.value for copy in reading.copies(view["aip_id"])} == {"ok"}
    assert list(differences(taken.installation, with_index=False)) == []
