"""Bench: rotating the key-encryption key of many keys, against AES-KW wraps in a plain loop without durability.

Ours unwraps every key by the old key-encryption key, wraps it by the new one, writes it in two places, fsyncs, reads both
back, unwraps every key once more and compares it with what it was, destroys the old key-encryption key, overwrites and
removes the old generations. The rival wraps as many random keys and keeps nothing.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from archive.keystore.file_kek import FileKek
from archive.keystore.generation import write_generation
from archive.keystore.places import Place
from archive.keystore.record import Kind, Record
from archive.keystore.store import KeyStore
from bench.result import Measured, report

BAR = 10.0


def filled(folder: Path, count: int) -> KeyStore:
    """A key store of ``count`` keys, as a rotation would have left it."""
    places, holder = [folder / "one", folder / "two"], FileKek(folder / "kek.json")
    store = KeyStore.create(places, holder)
    kek, locked = store.kek, store.locked

    def keys() -> Iterator[Record]:
        for number in range(count):
            yield Record(Kind.KEY, str(uuid.UUID(int=number << 64 | 4 << 76)), kek.wrap(os.urandom(32)))

    part, _ = write_generation(places[0], 2, locked, keys())
    data = part.read_bytes()
    for place in places:
        part = place / part.name
        part.write_bytes(data)
        Place(place).stand(part)
        (place / "generation-00000001.keys").unlink()
    store.close()
    return KeyStore(places, holder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = filled(Path(scratch), given.keys)
        begun = time.perf_counter()
        done = store.rotate()
        ours = time.perf_counter() - begun
        assert done.keys == given.keys
        store = KeyStore([Path(scratch) / "one", Path(scratch) / "two"], FileKek(Path(scratch) / "kek.json"))
        begun = time.perf_counter()
        store.get_or_create(str(uuid.uuid4()))
        first = time.perf_counter() - begun
        wanted = [
            str(uuid.UUID(int=number << 64 | 4 << 76)) for number in range(0, given.keys, max(1, given.keys // 1000))
        ]
        begun = time.perf_counter()
        for key_id in wanted:
            store.identity(key_id)
        found = (time.perf_counter() - begun) / len(wanted)
        begun = time.perf_counter()
        for _ in range(100):
            store.get_or_create(str(uuid.uuid4()))
        made = (time.perf_counter() - begun) / 100
    kek = os.urandom(32)
    begun = time.perf_counter()
    for _ in range(given.keys):
        aes_key_wrap(kek, os.urandom(32))
    rival = time.perf_counter() - begun
    report(
        Measured(
            name=f"rotation of {given.keys:,} keys, against as many AES-KW wraps in a plain loop",
            ours=f"{ours:.1f} s, {given.keys / ours:,.0f} keys/s, durable in two places and proven",
            rival=f"{rival:.1f} s, {given.keys / rival:,.0f} wraps/s",
            ratio=ours / rival,
            bar=BAR,
            meaning="times as long",
            at_most=True,
            notes=(
                "Each key is unwrapped twice and wrapped once; every byte of both places is read back.",
                f"Finding a key among them takes {found * 1e6:.0f} µs, making a new one durable in both places "
                f"{made * 1e3:.1f} ms (the first one of a process {first:.1f} s: it reads both places through).",
                f"Peak memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, the "
                "filling of the store for this bench included.",
            ),
        )
    )


if __name__ == "__main__":
    main()
