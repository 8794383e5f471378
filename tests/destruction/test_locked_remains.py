"""What Object Lock keeps: said with its date, proven to be noise, followed up to the last day; and every version looked at."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from archive.absence.buckets import BucketLook
from archive.absence.folders import FolderLook
from archive.absence.verifying import Verifier
from archive.catalogue import Catalogue
from archive.catalogue.destruction_model import AbsenceVerdict, ItemState, TombstonePackage
from archive.catalogue.destruction_reading import locked_items, work_items
from archive.catalogue.disposal_tables import round_papers
from archive.destruction.locked import follow_up
from archive.events import Event
from archive.fsck.everything import Holdings, fsck
from archive.storage.directory import DirectoryStore
from archive.storage.key import Key
from archive.storage.s3 import S3Store
from archive.storage.s3_settings import ObjectLock
from tests.destruction.round_at_work import EXECUTOR, ROUND_ID, VERIFIER, RoundAtWork, paper_row
from tests.servers.s3 import Bucket, running_minio


class _Opening:
    """Whether what is left can be read: ``plain`` says so of everything."""

    def __init__(self, plain: bool) -> None:
        self.plain = plain

    def opens(self, store: str, package: TombstonePackage) -> bool:
        return self.plain


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with running_minio(versioning=True, lock=True) as made:
        yield made


@pytest.fixture
def locked(bucket: Bucket, tmp_path: Path) -> Iterator[RoundAtWork]:
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}"
    settings = bucket.settings(object_lock=ObjectLock.GOVERNANCE, lock_days=1)
    with Catalogue.open(url) as catalogue:
        stores = [
            DirectoryStore.initialise("kho-1", tmp_path / "stores" / "kho-1"),
            S3Store.initialise("kho-s3", settings),
        ]
        work = RoundAtWork(catalogue, url, list(stores), tmp_path)
        work.usual_places()
        work.take_in(1)
        work.mark()
        yield work


def looked(work: RoundAtWork, bucket: Bucket, number: int, *, plain: bool = False) -> Any:
    looks = [
        FolderLook("store:kho-1", work.folder / "stores" / "kho-1"),
        BucketLook("store:kho-s3", bucket.settings(), kept=lambda name: work.kept[0].aip_id in name),
    ]
    verifier = Verifier(work.catalogue, ROUND_ID, looks, _Opening(plain), work.now)
    return verifier.run(
        f"{number:032x}", work.markers.read(), verifier_id=VERIFIER, executor_id=EXECUTOR, actor="account:verifier"
    )


def test_what_is_locked_is_told_with_its_date_and_goes_on_that_day(locked: RoundAtWork, bucket: Bucket) -> None:
    work, (held,) = locked, locked.destroyed
    work.begin()
    progress = work.run()
    assert progress.settled and progress.locked == 1
    with work.catalogue.read() as view:
        (item,) = locked_items(view, ROUND_ID)
    assert item.place == "store:kho-s3" and item.locked_until is not None
    assert timedelta(0) < item.locked_until - datetime.now(UTC) <= timedelta(days=1, minutes=1)
    assert [found.code for found in fsck(work.catalogue, work.stores, Holdings())] == [], "it is known to be there"
    run = looked(work, bucket, 1)
    assert run.verdict is AbsenceVerdict.FOUND, "its bytes can be read: locked is not destroyed"
    assert follow_up(work.catalogue, work.places, now=lambda: datetime.now(UTC)) == 0, "its day has not come"
    # Asked too early (a clock that is wrong) it stays, and stays noted.
    assert follow_up(work.catalogue, work.places, now=lambda: datetime.now(UTC) + timedelta(days=2)) == 0
    _unlocked(bucket, held.aip_id)
    _followed_up(work)
    with work.catalogue.read() as view:
        assert {found.state for found in work_items(view, ROUND_ID)} == {ItemState.ABSENT}
        record = view.record_of(work.file_id(held), Event.FILE_REMAINS_REMOVED)
    assert record is not None and record.data["place"] == "store:kho-s3"
    run = looked(work, bucket, 2)
    assert run.verdict is AbsenceVerdict.ABSENT, run.report


def test_what_is_locked_and_noise_may_be_certified_with_its_date(locked: RoundAtWork, bucket: Bucket) -> None:
    work = locked
    # As if it were sealed: of its content no byte is found, and no key opens it.
    markers = {key: type(item)(item.file_id, ()) for key, item in work.markers.read().items()}
    work.markers.remove()
    work.markers.add(markers.values())
    work.begin()
    assert work.run().settled
    looks = [BucketLook("store:kho-s3", bucket.settings(), kept=lambda name: work.kept[0].aip_id in name)]
    ways = {False: AbsenceVerdict.ABSENT, True: AbsenceVerdict.FOUND}
    for number, (plain, verdict) in enumerate(ways.items(), 1):
        verifier = Verifier(work.catalogue, ROUND_ID, looks, _Opening(plain), work.now)
        run = verifier.run(
            f"{number:032x}", markers, verifier_id=VERIFIER, executor_id=EXECUTOR, actor="account:verifier"
        )
        assert run.verdict is verdict, run.report
        assert run.report is not None and run.report["locked"][0]["locked_until"]


def test_older_versions_delete_markers_and_unfinished_uploads_are_found(locked: RoundAtWork, bucket: Bucket) -> None:
    work, (held,) = locked, locked.destroyed
    work.begin()
    work.run()
    _unlocked(bucket, held.aip_id)
    _followed_up(work)
    assert looked(work, bucket, 1).verdict is AbsenceVerdict.ABSENT
    client, settings = bucket.client(), bucket.settings()
    root = f"{settings.prefix}/" if settings.prefix else ""
    marker = next(needle.data for item in work.markers.read().values() for needle in item.needles)
    client.put_object(Bucket=settings.bucket, Key=f"{root}rows/0.jsonl", Body=b"x" + marker)
    client.put_object(Bucket=settings.bucket, Key=f"{root}rows/0.jsonl", Body=b"harmless")
    run = looked(work, bucket, 2)
    assert run.verdict is AbsenceVerdict.FOUND and "version=" in run.report["found"]["traces"][0]["where"]
    client.delete_object(Bucket=settings.bucket, Key=f"{root}rows/0.jsonl")
    assert looked(work, bucket, 3).verdict is AbsenceVerdict.FOUND, "a delete marker hides, it does not remove"
    work.stores[1].remove(Key("rows/0.jsonl"))
    assert looked(work, bucket, 4).verdict is AbsenceVerdict.ABSENT
    client.create_multipart_upload(Bucket=settings.bucket, Key=f"{root}{held.key}")
    assert looked(work, bucket, 5).verdict is AbsenceVerdict.FOUND
    work.stores[1].abandon(held.key)  # type: ignore[attr-defined]
    assert looked(work, bucket, 6).verdict is AbsenceVerdict.ABSENT


def _unlocked(bucket: Bucket, aip_id: str) -> None:
    """As time would do it."""
    client, settings = bucket.client(), bucket.settings()
    for row in client.list_object_versions(Bucket=settings.bucket).get("Versions", ()):
        if aip_id in row["Key"]:
            client.put_object_retention(
                Bucket=settings.bucket,
                Key=row["Key"],
                VersionId=row["VersionId"],
                Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=1)},
                BypassGovernanceRetention=True,
            )


def _followed_up(work: RoundAtWork) -> None:
    """Tried as the job does day by day, until the lock has ended."""
    for _ in range(200):
        if follow_up(work.catalogue, work.places, now=lambda: datetime.now(UTC) + timedelta(days=9)):
            return
        time.sleep(0.1)
    raise AssertionError("it never went")


def test_each_version_of_a_paper_is_judged_by_its_own_bytes(locked: RoundAtWork, bucket: Bucket) -> None:
    """Lawful is what was attached; another version under its key, older or newer, is a finding like any other."""
    work, (held,) = locked, locked.destroyed
    work.begin()
    work.run()
    _unlocked(bucket, held.aip_id)
    _followed_up(work)
    client, settings = bucket.client(), bucket.settings()
    key = f"disposal/{ROUND_ID}/decision-0123456789abcdef.pdf"
    name = f"{settings.prefix}/{key}" if settings.prefix else key
    marker = next(needle.data for item in work.markers.read().values() for needle in item.needles)
    paper = b"a certificate that stands in both " + marker
    with work.catalogue.transaction() as tx:
        tx.rows(insert(round_papers).values(paper_row(key, hashlib.sha256(paper).hexdigest())))
    attached = client.put_object(Bucket=settings.bucket, Key=name, Body=paper)["VersionId"]
    run = looked(work, bucket, 1)
    assert run.verdict is AbsenceVerdict.ABSENT, run.report["found"]
    assert run.report["lawful_elsewhere"]["count"] == 1
    planted = client.put_object(Bucket=settings.bucket, Key=name, Body=paper + b"x")["VersionId"]
    run = looked(work, bucket, 2)
    assert run.verdict is AbsenceVerdict.FOUND
    assert [item["where"] for item in run.report["found"]["traces"]] == [f"{key}?version={planted}"]
    assert [item["where"] for item in run.report["lawful_elsewhere"]["traces"]] == [f"{key}?version={attached}"]
