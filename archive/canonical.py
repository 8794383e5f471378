"""Canonical JSON (RFC 8785): one value, one byte string, so that a hash over it means something."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """The one byte string of ``value`` under RFC 8785. Integers beyond 2**53 are refused by the standard."""
    return rfc8785.dumps(value)


def canonical_sha256(value: Any) -> str:
    return hashlib.sha256(canonical_json(value)).hexdigest()


def plain(value: Any) -> Any:
    """``value`` as JSON would give it back: what a later reader will see."""
    return json.loads(canonical_json(value))
