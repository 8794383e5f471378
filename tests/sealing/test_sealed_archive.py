"""What was submitted with a period lies sealed in every store, and everything that reads packages reads it all the same."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from api.auditing import Asked, audit_all
from api.bootstrap import Installation
from api.delivering import deliver
from api.package_files import PackageFiles
from api.repairing import repair_package
from api.verifying import differences, verify_aip
from archive.audit import Depth
from archive.catalogue.sealing_reading import sealed_under, sealing_of
from archive.dip.model import GivenDocument
from archive.dip.proving import ProvenCopies
from archive.errors import StoreError
from archive.events import Event
from archive.fixity import CopyState
from archive.lifecycle import State
from archive.repair.outcome import Outcome
from archive.sealing.errors import SealedKeyDestroyedError, SealedKeyMissingError
from archive.storage import DirectoryStore, aip_key
from archive.storage.key import sealed_aip_key
from ingest.steps import CopyNotVerifiedError
from tests.sealing.archived import PERMANENT, World

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "storage"))
from failing_disk import FailingDisk


def told(installation: Installation, *, deep: bool = True) -> list[str]:
    return [item["code"] for item in differences(installation, with_index=False, deep=deep)]


def test_a_package_with_a_period_lies_sealed_in_every_store_and_opens_with_age_alone(world: World) -> None:
    aip = world.store()
    assert aip.object_key == sealed_aip_key(aip.id) and aip.layout_sha256 is None
    first, second = world.bytes_in(0, aip), world.bytes_in(1, aip)
    assert first == second
    assert (hashlib.sha256(first).hexdigest(), len(first)) == (aip.sha256, aip.size_bytes)
    assert world.installation.keys is not None
    whose = world.installation.keys.identity(world.file().id)
    plain = pyrage.decrypt(first, [pyrage.x25519.Identity.from_str(whose.exported())])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert f"{aip.id}/bagit.txt" in tar.getnames()
    with world.installation.catalogue.read() as view:
        sealing = sealing_of(view, aip.id)
        record = view.record_of(world.submission.id, Event.AIP_PACKAGE_WRITTEN)
        assert sealing is not None and record is not None
        assert (sealing.key_id, sealing.plain_sha256) == (world.file().id, hashlib.sha256(plain).hexdigest())
        assert record.data["sealed"] == sealing.as_json()
        assert sealed_under(view, world.file().id) == [aip.id]
    assert told(world.installation) == []


def test_nothing_of_the_content_lies_open_in_any_store(world: World) -> None:
    aip = world.store()
    with world.installation.catalogue.read() as view:
        document = view.document(aip.id, 1)
        assert document is not None
    marker = b"".join(
        world.installation.reading_stores[0].read(aip.object_key, document.tar_offset, document.size_bytes)
    )[:32]
    for settings in world.installation.settings.stores:
        for path in settings.path.rglob("*"):
            if path.is_file():
                assert marker not in path.read_bytes()


def test_a_permanent_package_lies_open(world: World) -> None:
    aip = world.store(world.submit("H99.12.2025.VV1", maintenance=PERMANENT))
    assert aip.object_key == aip_key(aip.id) and aip.layout_sha256 is not None
    with tarfile.open(fileobj=io.BytesIO(world.bytes_in(1, aip))) as tar:
        assert f"{aip.id}/bagit.txt" in tar.getnames()
    with world.installation.catalogue.read() as view:
        assert sealing_of(view, aip.id) is None
    assert told(world.installation) == []


def test_no_key_comes_into_catalogue_ledger_or_settings(world: World) -> None:
    world.store()
    assert world.installation.keys is not None
    whose = world.installation.keys.identity(world.file().id)
    kek = world.installation.keys.kek.exported()
    text = whose.exported()
    secret = imported_bytes(text)
    for path in world.home.rglob("*"):
        if path.is_file() and "kek" not in path.parts:
            data = path.read_bytes()
            for needle in (secret, secret.hex().encode(), text.encode(), kek, kek.hex().encode()):
                assert needle not in data, path


def imported_bytes(text: str) -> bytes:
    from archive.sealing import bech32

    return bech32.decoded("age-secret-key-", text)


def test_documents_texts_and_the_whole_package_are_given_out_as_they_were_received(
    world: World, tmp_path: Path
) -> None:
    aip = world.store()
    with world.installation.catalogue.read() as view:
        documents = list(view.documents(aip.id))
        sealing = sealing_of(view, aip.id)
    assert sealing is not None
    for document in documents:
        made = deliver(world.installation, aip.id, str(document.ordinal), tmp_path / "given", actor="thử")
        assert hashlib.sha256((tmp_path / "given").read_bytes()).hexdigest() == document.sha256 == made["sha256"]
    deliver(world.installation, aip.id, None, tmp_path / "whole.tar", actor="thử")
    assert hashlib.sha256((tmp_path / "whole.tar").read_bytes()).hexdigest() == sealing.plain_sha256
    text = PackageFiles().text(world.installation.reading_stores, aip, 1)
    assert text and text.decode("utf-8").strip()


def test_a_dip_is_made_of_a_sealed_package(world: World) -> None:
    aip = world.store()
    copies = ProvenCopies(aip.object_key, world.installation.reading_stores)
    with world.installation.catalogue.read() as view:
        document = next(iter(view.documents(aip.id)))
    given = GivenDocument.of(document)
    proof = copies.proof(given)
    assert hashlib.sha256(b"".join(copies.chunks(given, proof))).hexdigest() == document.sha256


def test_the_index_gets_its_text_from_a_sealed_package(world: World) -> None:
    aip = world.store()
    held = world.installation.index_source().aip(aip.id)
    assert held is not None
    # Read along: a text is to be had until the next document is asked for.
    assert [bool(item.text().strip()) for item in held.documents] == [True, True]


def test_deep_audits_and_checks_look_into_sealed_packages_with_their_keys(world: World) -> None:
    aip = world.store()
    said = verify_aip(world.installation, aip, deep=True, actor="thử", read=lambda _count: None)
    assert said["answer"] == "passed"
    asked = [(store, Asked(depth=Depth.DEEP)) for store in world.installation.stores]
    for made in audit_all(world.installation, asked, actor="thử", stopping=lambda _store: False):
        assert made.error is None and made.run is not None
        assert set(made.run.counts) == {"ok"}


def test_without_keys_bytes_are_still_proven_and_what_was_not_looked_into_is_named(world: World) -> None:
    aip = world.store()
    with world.without_keys() as closed:
        said = verify_aip(closed, aip, deep=False, actor="thử", read=lambda _count: None)
        assert said["answer"] == "passed"
        said = verify_aip(closed, aip, deep=True, actor="thử", read=lambda _count: None)
        assert said["answer"] == "indeterminate"
        assert {copy["state"] for copy in said["copies"]} == {"not-run"}
        assert set(told(closed)) == {"copy.content.sealed"}
        assert set(told(closed, deep=False)) == {"package.content.sealed"}
        asked = [(closed.stores[0], Asked(depth=Depth.DEEP))]
        (made,) = audit_all(closed, asked, actor="thử", stopping=lambda _store: False)
        assert made.run is not None and set(made.run.counts) == {"not-run"}
        with pytest.raises(SealedKeyMissingError):
            deliver(closed, aip.id, "1", world.home.parent / "given", actor="thử")
        assert not (world.home.parent / "given").exists()
    assert told(world.installation) == ["copy.row.behind"]


def test_after_its_key_is_destroyed_nobody_reads_it_and_that_is_said(world: World) -> None:
    aip = world.store()
    assert world.installation.keys is not None
    world.installation.keys.destroy(world.file().id)
    with pytest.raises(SealedKeyDestroyedError):
        deliver(world.installation, aip.id, "1", world.home.parent / "given", actor="thử")
    said = verify_aip(world.installation, aip, deep=True, actor="thử", read=lambda _count: None)
    assert said["answer"] == "indeterminate"


def test_a_damaged_copy_is_healed_byte_for_byte_without_any_key(world: World) -> None:
    aip = world.store()
    whole = world.bytes_in(0, aip)
    path = world.path_in(0, aip)
    path.chmod(0o644)
    data = bytearray(whole)
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with world.without_keys() as closed:
        said = verify_aip(closed, aip, deep=False, actor="thử", read=lambda _count: None)
        assert said["answer"] == "failed"
        healed = list(repair_package(closed, aip.id, store=None, actor="thử", unreadable_too=False, reason="thử"))
        assert [item.outcome for item in healed] == [Outcome.REPAIRED, Outcome.WHOLE]
        assert path.read_bytes() == whole
    assert told(world.installation) == []


def test_a_damaged_copy_is_passed_over_when_one_document_is_read(world: World, tmp_path: Path) -> None:
    aip = world.store()
    path = world.path_in(0, aip)
    path.chmod(0o644)
    for place in (5, 200, 60_000):
        whole = world.bytes_in(1, aip)
        data = bytearray(whole)
        data[min(place, len(data) - 1)] ^= 1
        path.write_bytes(bytes(data))
        given = deliver(world.installation, aip.id, "1", tmp_path / "given", actor="thử")
        assert given["store"] in ("kho-1", "kho-2")
    path.write_bytes(whole[:-1])
    assert deliver(world.installation, aip.id, "1", tmp_path / "given", actor="thử")["store"] == "kho-2"


# What stops in between


def reaches_one_store(world: World) -> bytes:
    """The bytes in the first store, after the second one failed at its commit."""
    _, second = world.installation.settings.stores
    broken = DirectoryStore(second.name, second.path, disk=FailingDisk(1, errno.EIO, only=("fsync",), times=100))
    with pytest.raises(StoreError):
        replace(world.steps, stores=(world.steps.stores[0], broken)).package(world.submission.id)
    return b"".join(world.steps.stores[0].read(sealed_aip_key(world.submission.aip_id)))


def test_what_an_earlier_attempt_left_sealed_is_adopted_and_not_sealed_anew(world: World) -> None:
    first = reaches_one_store(world)
    aip = world.store()
    assert world.bytes_in(0, aip) == world.bytes_in(1, aip) == first
    assert told(world.installation) == []


def test_two_seals_of_two_attempts_at_once_end_as_one(world: World) -> None:
    first = reaches_one_store(world)
    key = sealed_aip_key(world.submission.aip_id)
    world.path_in_key(0).rename(world.home.parent / "first")
    world.steps.stores[0].sweep()
    second = reaches_one_store(world)
    assert first != second
    with world.steps.stores[1].create(key) as writer:
        writer.write(first)
        writer.commit()
    aip = world.store()
    assert world.bytes_in(0, aip) == world.bytes_in(1, aip) == second
    assert told(world.installation) == []


def test_something_else_under_the_sealed_name_is_not_adopted(world: World) -> None:
    other = world.submit("H99.12.2025.TN2")
    stored = world.store(other)
    with world.steps.stores[0].create(sealed_aip_key(world.submission.aip_id)) as writer:
        writer.write(world.bytes_in(0, stored))
        writer.commit()
    with pytest.raises(StoreError):
        world.steps.package(world.submission.id)


def test_when_every_copy_vanished_before_it_was_stored_it_is_sealed_again_and_the_ledger_says_so(
    world: World,
) -> None:
    assert world.steps.package(world.submission.id) is State.PACKAGED
    before = world.aip()
    for store in (0, 1):
        world.path_in(store, before).unlink()
    assert world.steps.store(world.submission.id) is State.STORED
    world.steps.finish(world.submission.id)
    after = world.aip()
    assert after.sha256 != before.sha256
    with world.installation.catalogue.read() as view:
        record = view.record_of(after.id, Event.AIP_PACKAGE_REWRITTEN)
        assert record is not None
        assert (record.data["sha256"], record.data["reason"]) == (after.sha256, "copies-lost")
        assert {copy.state for copy in view.copies(after.id)} == {CopyState.OK}
    assert told(world.installation) == []


def test_the_same_when_the_process_ends_between_sealing_again_and_saying_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.steps.package(world.submission.id) is State.PACKAGED
    before = world.aip()
    for store in (0, 1):
        world.path_in(store, before).unlink()

    def ends(*_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.steps.rewrite_package", ends)
    with pytest.raises(KeyboardInterrupt):
        world.steps.store(world.submission.id)
    monkeypatch.undo()
    assert world.steps.store(world.submission.id) is State.STORED
    world.steps.finish(world.submission.id)
    assert world.bytes_in(0, world.aip()) == world.bytes_in(1, world.aip())
    assert told(world.installation) == []


def test_without_its_keys_nothing_is_packaged_open_instead(world: World) -> None:
    with world.without_keys() as closed:
        with pytest.raises(Exception, match="khóa"):
            closed.steps().package(world.submission.id)
        assert [list(store.keys("aip")) for store in closed.stores] == [[], []]
    world.store()


def test_a_copy_that_is_lost_cannot_be_replaced_by_another_seal_once_one_is_proven(world: World) -> None:
    assert world.steps.package(world.submission.id) is State.PACKAGED
    aip = world.aip()
    path = world.path_in(0, aip)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    other = world.path_in(1, aip)
    other.chmod(0o644)
    other.write_bytes(other.read_bytes()[:-1])
    with pytest.raises((CopyNotVerifiedError, StoreError)):
        world.steps.store(world.submission.id)
    with world.installation.catalogue.read() as view:
        assert view.record_of(aip.id, Event.AIP_PACKAGE_REWRITTEN) is None


def test_minutes_and_views_of_a_sealed_package_are_plain_json(world: World) -> None:
    from api.views import aip_view

    aip = world.store()
    assert json.loads(json.dumps(aip_view(world.installation, aip), default=str))["aip_id"] == aip.id


def test_two_damaged_copies_of_a_sealed_package_are_an_incident_and_nothing_is_written_over(world: World) -> None:
    aip = world.store()
    for store, place in ((0, 300), (1, -300)):
        path = world.path_in(store, aip)
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[place] ^= 1
        path.write_bytes(bytes(data))
    before = world.bytes_in(0, aip), world.bytes_in(1, aip)
    verify_aip(world.installation, aip, deep=False, actor="thử", read=lambda _count: None)
    healed = list(
        repair_package(world.installation, aip.id, store=None, actor="thử", unreadable_too=False, reason="thử")
    )
    assert [item.outcome for item in healed] == [Outcome.INCIDENT] * 2
    assert (world.bytes_in(0, aip), world.bytes_in(1, aip)) == before
