"""The tables of sealed packages: which are sealed, and under which key of the key store (never the key)."""

from __future__ import annotations
