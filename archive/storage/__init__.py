"""Stores hold objects: bytes under a key, written once, never changed. Every store passes one contract suite."""

from archive.storage.directory import DirectoryStore
from archive.storage.key import Key, aip_key
from archive.storage.memory import MemoryStore
from archive.storage.store import Aside, ObjectWriter, Store

__all__ = ["Aside", "DirectoryStore", "Key", "MemoryStore", "ObjectWriter", "Store", "aip_key"]
