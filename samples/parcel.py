"""What is handed in: a bag as folder, ZIP, TAR or TAR.GZ, a plain folder with its list, or the bytes of one hostile file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from samples.bagging import ALGORITHMS, Files, bag_files
from samples.hoso import Hoso
from samples.packing import gzipped, tar_bytes, under, write_folder, zip_bytes

Form = Literal["folder", "zip", "tar", "tar.gz"]
NAME = "ho-so"


@dataclass(frozen=True, slots=True)
class Parcel:
    """``files`` in the form they travel in; ``raw``, where given, is the whole archive instead."""

    files: Mapping[str, bytes]
    form: Form = "folder"
    raw: bytes | None = None

    def write(self, folder: Path, name: str = NAME) -> Path:
        """The one path to submit, inside ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.form == "folder":
            return write_folder(self.files, folder / name)
        path = folder / f"{name}.{self.form}"
        path.write_bytes(self.packed(name) if self.raw is None else self.raw)
        return path

    def packed(self, name: str = NAME) -> bytes:
        """The archive's bytes; the files lie in one wrapping folder."""
        entries = under(name, self.files)
        if self.form == "zip":
            return zip_bytes(entries)
        packed = tar_bytes(entries)
        return gzipped(packed) if self.form == "tar.gz" else packed


def bag_of(hoso: Hoso, form: Form = "folder", *, version: str = "1.0", payload: Files | None = None) -> Parcel:
    """The hồ sơ as the bag an agency would send; ``payload`` replaces what the hồ sơ itself comes to."""
    return Parcel(bag_files(payload or hoso.payload(), bag_info(hoso), version=version, algorithms=ALGORITHMS), form)


def bag_info(hoso: Hoso) -> dict[str, str]:
    return {
        "Source-Organization": hoso.agency["name"],
        "External-Identifier": hoso.code,
        "External-Description": hoso.title,
        "Bagging-Date": "2025-06-10",
    }


def listed(hoso: Hoso, name: str, listing: bytes, form: Form = "folder") -> Parcel:
    """The documents in a plain folder beside their list of documents."""
    return Parcel({**{entry.path: entry.content for entry in hoso.entries}, name: listing}, form)
