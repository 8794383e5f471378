"""What the checks look at: the files of one submission under their exact names, wherever their bytes lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from archive.digest import Digests
from archive.paths import RelPath


class Form(StrEnum):
    """How it came: a BagIt bag, a plain folder with a list of documents, or one single file."""

    BAG = "bag"
    FOLDER = "folder"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its exact name as received, where its bytes lie on this disk, and their digests."""

    path: RelPath
    blob: Path
    digests: Digests


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One line of the list of documents: the payload path it speaks of, its kind, and its fields by canonical name."""

    path: str
    kind: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """The metadata of one hồ sơ as submitted: fields by canonical name, and the list of its documents in order."""

    profile: str
    agency: Mapping[str, Any]
    file: Mapping[str, Any]
    documents: tuple[DocumentEntry, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to check. ``members``: every file by exact path. ``documents``: the payload files that are originals,
    keyed by payload path (in a bag without ``data/``, and without the metadata file or list)."""

    form: Form
    members: Mapping[RelPath, Member]
    documents: Mapping[RelPath, Member]
    record: Record | None = None
    listing: Member | None = None
    """The metadata file (``metadata.json``) or list of documents (.xlsx, .csv), when there is one."""
    extra: Mapping[str, Any] = field(default_factory=dict)
