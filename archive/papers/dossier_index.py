"""Mục lục hồ sơ hủy tài liệu: which papers make up the dossier, each with its digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from archive.papers.paper import Letterhead, ListReference, PaperKind


@dataclass(frozen=True, slots=True)
class IndexedPaper:
    ordinal: int
    name: str
    notation: str
    issued: str
    file_name: str
    sha256: str
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DossierIndex:
    """``data_sha256`` is of the dossier's data (``ho-so-huy.json``), which lies beside the papers."""

    profile: str
    head: Letterhead
    bound_to: ListReference
    file_code: str
    destroyed_on: date
    keep_until: date
    data_sha256: str
    papers: tuple[IndexedPaper, ...]
    kind: PaperKind = PaperKind.DOSSIER_INDEX
