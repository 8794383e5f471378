"""What lies on under a lock is tried with every key there is: the one it names is not the only one that could open it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bootstrap import Installation, opened
from api.initialising import initialise
from api.proving_absence import Opening
from api.settings import load_settings
from archive.catalogue.destruction_model import TombstonePackage
from archive.errors import LuutruError
from archive.keystore.store import KeyStore
from archive.sealing.errors import SealedDamagedError
from archive.sealing.identity import Identity
from archive.sealing.trying import opened_by_any
from archive.storage.key import Key, sealed_aip_key
from tests.sealing.sealed import identity, plain, sealed

GONE, OTHER = "0" * 31 + "1", "0" * 31 + "2"
PACKAGE = TombstonePackage("ab" * 16, GONE, "cd" * 16, "1", sealed_aip_key("ab" * 16), 1, "", "")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Installation]:
    home = tmp_path / "kho"
    stores = [tmp_path / "kho-1", tmp_path / "kho-2"]
    initialise(home, name="Lưu trữ", code="H99.12", stores=stores, database="", sealing=True)
    with opened(load_settings(home)) as installation:
        yield installation


def keys_of(archive: Installation) -> KeyStore:
    assert archive.keys is not None
    return archive.keys


def lies(archive: Installation, data: bytes) -> None:
    with archive.stores[0].create(Key(PACKAGE.object_key)) as writer:
        writer.write(data)
        writer.commit()


def sealed_by(whose: Identity) -> bytes:
    """Whoever sealed it, it says it needs the key that was destroyed."""
    return sealed(plain(200_000), whose, key_id=GONE)[0]


def opens(archive: Installation) -> bool:
    return Opening(archive).opens(archive.stores[0].name, PACKAGE)


def test_sealed_by_a_key_that_is_left_it_is_readable_whatever_it_names(archive: Installation) -> None:
    keys = keys_of(archive)
    keys.get_or_create(GONE)
    lies(archive, sealed_by(keys.get_or_create(OTHER)))
    keys.destroy(GONE)
    assert opens(archive)
    keys.destroy(OTHER)
    assert not opens(archive)


def test_sealed_by_its_own_key_it_is_noise_once_that_is_destroyed(archive: Installation) -> None:
    keys = keys_of(archive)
    own = keys.get_or_create(GONE)
    keys.get_or_create(OTHER)
    lies(archive, sealed_by(own))
    assert opens(archive)
    keys.destroy(GONE)
    assert not opens(archive)


def test_plain_content_under_the_name_of_a_sealed_package_is_readable(archive: Installation) -> None:
    assert not opens(archive), "nothing lies there"
    lies(archive, b"plain")
    assert opens(archive)


def test_of_a_header_nobody_can_read_nothing_is_said(archive: Installation) -> None:
    lies(archive, sealed_by(identity())[:60])
    with pytest.raises(SealedDamagedError):
        opens(archive)


def test_without_any_key_to_be_had_nothing_is_said(archive: Installation) -> None:
    lies(archive, sealed_by(keys_of(archive).get_or_create(OTHER)))
    keys_of(archive).close()
    (archive.settings.home / "keys" / "kek" / "kek.json").unlink()
    with pytest.raises(LuutruError):
        opens(archive)


def test_a_header_that_was_changed_keeps_nobody_from_reading() -> None:
    data = bytearray(sealed(plain(10), identity(), key_id=GONE)[0])
    at = data.index(GONE.encode())
    data[at : at + 4] = b"9999"
    assert opened_by_any(io.BytesIO(bytes(data)), [identity(2), identity()])
    assert not opened_by_any(io.BytesIO(bytes(data)), [identity(2)])
    assert not opened_by_any(io.BytesIO(b""), [identity()])
