"""Fifty hồ sơ from their schedule to the certificate of their destruction, over the public interfaces alone (T3, T18)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from samples.pki import create_pki
from samples.trust_list import write_trust_list
from search.node.local import LocalNode
from tests.journey_of_destruction.archive_under_way import Archive, make_archive, running
from tests.journey_of_destruction.planted_files import planted
from tests.journey_of_destruction.steps import (
    PERIODS,
    Journey,
    decided,
    handed_in,
    handed_over,
    listed,
    planned,
    stored_as_decided,
    voted,
)
from tests.journey_of_destruction.steps_of_destroying import (
    destroyed,
    locks_ended,
    on_record,
    proven,
    shown_as_destroyed,
)
from tests.journey_of_destruction.steps_of_recovery import all_there_before, fsck, made_anew, nothing_left
from tests.servers.elasticsearch import running_elasticsearch
from tests.servers.s3 import Bucket, new_bucket, own_server

FILES = 50


@pytest.fixture
def locking() -> Iterator[Bucket]:
    """A bucket with Object Lock on a server of its own, whose folder holds nothing else."""
    with own_server("minio") as server:
        yield new_bucket(server, lock=True)


@pytest.fixture
def index() -> Iterator[LocalNode]:
    with running_elasticsearch() as node:
        yield node


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_fifty_files_go_from_schedule_to_certificate_and_nothing_of_them_is_left_anywhere(
    tmp_path: Path, locking: Bucket, index: LocalNode
) -> None:
    pki = create_pki(tmp_path / "pki")
    url = index.status().url
    assert url is not None
    archive: Archive = make_archive(
        tmp_path / "archive", locking, url, write_trust_list(pki, tmp_path / "trust-list.json")
    )
    journey = Journey(archive, planted(FILES, PERIODS), pki)
    places = (archive.folder, locking.server.folder, index.folder)
    with running(archive):
        planned(journey)
        handed_in(journey)
        all_there_before(journey, places)
        listed(journey)
        voted(journey)
        decided(journey)
        stored_as_decided(journey)
        handed_over(journey)
        locks_ended(journey, locking)
        destroyed(journey)
        proven(journey)
        on_record(journey, tmp_path)
        shown_as_destroyed(journey)
    assert fsck(archive) == []
    nothing_left(journey, locking, places)
    made_anew(journey, tmp_path)
    assert fsck(archive) == []
