"""Which of the three forms a submission has, which file is its metadata or list, and which are its documents."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from archive.paths import RelPath
from ingest.subject import Form, Member, Record, Subject
from ingest.unpack.unpacked import Unpacked

METADATA_FILE = "metadata.json"
_LIST_SUFFIXES = (".xlsx", ".csv")
_LIST_NAMES = ("danh sach", "danhsach", "danh muc", "danhmuc", "muc luc", "mucluc", "list")
_DATA = "data/"


def subject_of(unpacked: Unpacked, record: Record | None = None) -> Subject:
    """The submission as the checks see it. ``documents`` are payload files without the metadata file or list.

    The metadata file is ``metadata.json`` at the root of the payload (in a bag also at the root of the bag); failing
    that, the one .xlsx or .csv there. Of several, the one named like a list; when that does not decide it, there is
    none and ``extra["listing_candidates"]`` names them.
    """
    form = unpacked.form
    extra: dict[str, object] = {"name": unpacked.name, "directories": unpacked.directories}
    if form is Form.FILE:
        return Subject(form, unpacked.members, dict(unpacked.members), record, None, extra)
    payload = _payload(unpacked) if form is Form.BAG else dict(unpacked.members)
    listing = payload.get(RelPath(METADATA_FILE)) or unpacked.members.get(RelPath(METADATA_FILE))
    if listing is None:
        candidates = [path for path in payload if "/" not in path and path.suffix in _LIST_SUFFIXES]
        named = [path for path in candidates if _plain(path).startswith(_LIST_NAMES)]
        chosen = named if len(candidates) > 1 else candidates
        if len(chosen) == 1:
            listing = payload[chosen[0]]
        elif candidates:
            extra["listing_candidates"] = tuple(candidates)
    documents = {path: member for path, member in payload.items() if member is not listing}
    return Subject(form, unpacked.members, documents, record, listing, extra)


def _payload(unpacked: Unpacked) -> Mapping[RelPath, Member]:
    return {RelPath(path[len(_DATA) :]): member for path, member in unpacked.members.items() if path.startswith(_DATA)}


def _plain(name: str) -> str:
    """Lower case without diacritics, words apart by single spaces."""
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    text = "".join(" " if letter in "_-." else letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(text.split())
