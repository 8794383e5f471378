"""Trusts nothing, recomputes everything, and names each difference and the side that is behind."""

from archive.fsck.differences import Difference
from archive.fsck.everything import Further, Holdings, fsck
from archive.fsck.index import IndexView
from archive.fsck.packages import StoredOriginal

__all__ = ["Difference", "Further", "Holdings", "IndexView", "StoredOriginal", "fsck"]
