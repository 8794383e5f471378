"""Checksum algorithms a manifest may name, how long their digests are, and which are too weak to rest on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Algorithm:
    """``name`` as a manifest's file name spells it; ``python_name`` for ``hashlib.new``."""

    name: str
    python_name: str
    hex_digits: int
    weak: bool


def _known() -> Mapping[str, Algorithm]:
    weak = {"md5", "sha1"}
    names = {
        "md5": "md5",
        "sha1": "sha1",
        "sha224": "sha224",
        "sha256": "sha256",
        "sha384": "sha384",
        "sha512": "sha512",
        "sha3224": "sha3_224",
        "sha3256": "sha3_256",
        "sha3384": "sha3_384",
        "sha3512": "sha3_512",
        "blake2b": "blake2b",
        "blake2s": "blake2s",
    }
    return MappingProxyType(
        {
            name: Algorithm(name, python, hashlib.new(python, usedforsecurity=False).digest_size * 2, name in weak)
            for name, python in names.items()
        }
    )


ALGORITHMS = _known()
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]")


def normalised_name(name: str) -> str:
    """Lower case without anything but letters and digits (RFC 8493, 2.4): ``SHA-256`` and ``sha256`` are one."""
    return _NOT_ALPHANUMERIC.sub("", name.lower())


def algorithm_named(name: str) -> Algorithm:
    """The algorithm of this name in any common spelling; KeyError when it is not known here."""
    return ALGORITHMS[normalised_name(name)]
