"""One document of a sealed package on S3 costs the bytes around it, whatever the package's size."""

from __future__ import annotations

import pytest

from archive.sealing.errors import SealedDamagedError
from archive.sealing.identity import Identity
from archive.sealing.opening import OpeningStore
from archive.sealing.stream import CHUNK_BYTES
from archive.sealing.writing import SealingOut
from archive.storage.key import Key
from archive.storage.s3 import S3Store
from tests.sealing.sealed import KEY_ID, identity, plain
from tests.servers.s3 import RUNNING

KEY = Key("aip/0b/x.tar.age")
SIZE = 24 << 20


class One:
    def identity(self, _key_id: str) -> Identity:
        return identity()


@pytest.mark.parametrize("kind", sorted(RUNNING))
def test_a_part_of_a_sealed_object_is_read_by_few_small_requests(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = plain(1 << 20) * (SIZE >> 20)
    with RUNNING[kind]() as bucket:
        store = S3Store.initialise("a", bucket.settings(prefix="kho/a"))
        with store.create(KEY) as writer:
            sealing = SealingOut(writer, identity().recipient, KEY_ID)
            sealing.write(whole)
            sealing.finish()
            writer.commit()
        asked: list[int] = []
        real = type(store._bucket).get

        def counted(self: object, name: str, begin: int, end: int | None, *more: object) -> object:
            asked.append((SIZE * 2 if end is None else end) - begin)
            return real(self, name, begin, end, *more)  # type: ignore[arg-type]

        monkeypatch.setattr(type(store._bucket), "get", counted)
        offset = 17 * (1 << 20) + 12_345
        got = b"".join(OpeningStore(store, One()).read(KEY, offset, 3 * CHUNK_BYTES))
        assert got == whole[offset : offset + 3 * CHUNK_BYTES]
        assert len(asked) <= 8 and sum(asked) < 4 << 20, asked
        monkeypatch.undo()
        data = bytearray(b"".join(store.read(KEY)))
        data[len(data) // 2] ^= 1
        with store.replacing(KEY, keep=False) as writer:
            writer.write(bytes(data))
            writer.commit()
        with pytest.raises(SealedDamagedError):
            list(OpeningStore(store, One()).read(KEY, SIZE // 2 - CHUNK_BYTES, 2 * CHUNK_BYTES))
