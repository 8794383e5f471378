"""RFC 3161: a real authority proves when a checkpoint was there; one that is down delays only the proof."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.time_stamping import asking, roots_in
from archive.catalogue.checkpoint_reading import last_timestamp
from archive.checkpoints.differences import checkpoint_differences, store_differences
from archive.checkpoints.statement import checkpoint_key, timestamp_key
from archive.checkpoints.timestamps import TimestampError, proven_time, stamp
from tests.checkpoints.sealed_archive import SealedArchive
from tests.servers.tsa import Authority, running_tsa


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with running_tsa(tmp_path_factory.mktemp("tsa")) as running:
        yield running


def test_a_token_over_the_newest_checkpoint_lies_in_every_store_and_openssl_believes_it(
    sealed: SealedArchive, authority: Authority, tmp_path: Path
) -> None:
    roots = roots_in(authority.ca)
    sealed.take_in()
    made = sealed.seal()
    assert made is not None
    token = stamp(sealed.catalogue, asking(authority.url), roots, now=sealed.at)
    assert token is not None and token.number == 1
    assert stamp(sealed.catalogue, asking(authority.url), roots, now=sealed.at) is None
    assert [item.error for item in sealed.ship()] == [None, None]
    for store in sealed.stores:
        held = b"".join(store.read(timestamp_key(1)))
        assert proven_time(held, made.document, roots).tzinfo is not None
        assert list(store_differences(store, sealed.public, roots)) == []
    (tmp_path / "c.json").write_bytes(made.document)
    (tmp_path / "c.tsr").write_bytes(token.token)
    verify = ["openssl", "ts", "-verify", "-data", "c.json", "-in", "c.tsr", "-CAfile", str(authority.ca)]
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True).returncode == 0
    path = sealed.folder / "kho-1" / "checkpoint" / "0000000001.tsr"
    path.unlink()
    with sealed.catalogue.read() as view:
        found = list(checkpoint_differences(view, sealed.stores, sealed.public, roots=roots))
    assert [(item.code, item.behind) for item in found] == [("checkpoint.timestamp.missing", "store:kho-1")]


def test_an_authority_that_is_down_delays_only_the_token(sealed: SealedArchive, authority: Authority) -> None:
    roots = roots_in(authority.ca)
    sealed.take_in()
    authority.answers = False
    try:
        assert sealed.seal() is not None
        with pytest.raises(TimestampError):
            stamp(sealed.catalogue, asking(authority.url), roots, now=sealed.at)
        sealed.take_in()
        assert sealed.seal() is not None
    finally:
        authority.answers = True
    made = stamp(sealed.catalogue, asking(authority.url), roots, now=sealed.at, least=timedelta(hours=1))
    assert made is not None and made.number == 2
    sealed.take_in()
    sealed.seal()
    asked = authority.asked
    assert stamp(sealed.catalogue, asking(authority.url), roots, now=sealed.at, least=timedelta(hours=1)) is None
    assert authority.asked == asked
    with sealed.catalogue.read() as view:
        kept = last_timestamp(view)
    assert kept == made


def test_nobody_listening_is_an_error_with_a_remedy(sealed: SealedArchive) -> None:
    sealed.seal()
    with pytest.raises(TimestampError) as caught:
        stamp(sealed.catalogue, asking("http://127.0.0.1:9/"), (), now=sealed.at)
    assert caught.value.remedy


def test_a_token_of_another_document_or_another_authority_proves_nothing(
    sealed: SealedArchive, authority: Authority, tmp_path: Path
) -> None:
    sealed.seal()
    roots = roots_in(authority.ca)
    made = stamp(sealed.catalogue, asking(authority.url), roots, now=sealed.at)
    assert made is not None
    document = b"".join(sealed.stores[0].read(checkpoint_key(1)))
    assert proven_time(made.token, document, roots)
    with pytest.raises(TimestampError):
        proven_time(made.token, b"another document", roots)
    with running_tsa(tmp_path / "other") as stranger, pytest.raises(TimestampError):
        proven_time(made.token, document, roots_in(stranger.ca))
    for damaged in (b"", made.token[:-1], made.token[:50] + b"\0\0" + made.token[52:]):
        with pytest.raises(TimestampError):
            proven_time(damaged, document, roots)
