"""The tables of holds and of destruction rounds."""

from __future__ import annotations
