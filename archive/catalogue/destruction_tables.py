"""The tables of destruction: the work on each place, the tombstones, the certificates."""

from __future__ import annotations
