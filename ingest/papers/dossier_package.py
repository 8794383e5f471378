"""Hồ sơ hủy as a submission: its papers, its signed data and its index in one bag that ordinary ingest takes in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from archive.bag.pack import Packed, write_bag
from archive.canonical import canonical_json
from archive.digest import file_digests
from archive.errors import LuutruError
from archive.papers.dossier import DATA_FILE, Dossier, DossierPaper, dossier_statement
from archive.papers.dossier_index import DossierIndex, IndexedPaper
from archive.papers.paper import PAPER_NAMES, Letterhead, ListReference, PaperKind
from archive.paths import RelPath
from archive.signing import ArchiveKey
from archive.temporary import temporary_folder
from ingest.papers.composing import paper_pdf
from ingest.papers.frame import short_date
from schemas.submission import SCHEMA_ID

INDEX_FILE = "00 Mục lục hồ sơ hủy tài liệu.pdf"
_CONDITIONAL = "02"
"""Chế độ sử dụng: a list of what was destroyed may say more than everybody may know."""
_TYPES: Mapping[PaperKind, str] = {
    PaperKind.ESTABLISHMENT_DECISION: "02",
    PaperKind.DESTRUCTION_DECISION: "02",
    PaperKind.SUBMISSION_STATEMENT: "15",
    PaperKind.COUNCIL_MINUTES: "20",
    PaperKind.VERIFICATION_COUNCIL_MINUTES: "20",
    PaperKind.HANDOVER_MINUTES: "20",
    PaperKind.DESTRUCTION_MINUTES: "20",
    PaperKind.APPRAISAL_REQUEST: "22",
    PaperKind.APPRAISAL_OPINION: "22",
}
_OTHER_TYPE = "32"
_PERIODS = ((20, "05"), (30, "04"), (50, "03"), (70, "02"))


class DossierPaperChangedError(LuutruError):
    """A paper's bytes are not those the dossier speaks of; nothing was written."""

    code = "dossier.paper-changed"


def write_dossier(
    target: Path,
    dossier: Dossier,
    papers: Mapping[str, Path],
    *,
    key: ArchiveKey,
    head: Letterhead,
    mode: str = _CONDITIONAL,
) -> Packed:
    """The bag of ``dossier`` at ``target`` (a folder, or a ``.zip``), to be handed in like any other submission.

    ``papers``: the file of each paper by its ``file_name``. ``head``: the formal parts of the index. The signed data goes
    in as tag file ``ho-so-huy.json``: ``archive.papers.dossier_proof.verify_dossier`` proves the AIP by it alone. Raises
    DossierPaperChangedError, and BagExistsError when the target exists.
    """
    for paper in dossier.papers:
        _same(paper, papers.get(paper.file_name))
    data = canonical_json(key.signed(dossier_statement(dossier))) + b"\n"
    index = paper_pdf(_index(dossier, head, hashlib.sha256(data).hexdigest()))
    with temporary_folder("dossier") as scratch:
        index_path = scratch / "index.pdf"
        index_path.write_bytes(index.pdf)
        issued = head.issued or dossier.destroyed_on
        listed = [
            _described(INDEX_FILE, PaperKind.DOSSIER_INDEX, index.sheets, head, issued),
            *map(_line, dossier.papers),
        ]
        metadata = _metadata(dossier, listed, mode)
        documents = [(RelPath(INDEX_FILE), index_path)]
        documents += [(RelPath(paper.file_name), papers[paper.file_name]) for paper in dossier.papers]
        return write_bag(
            target,
            documents,
            (json.dumps(metadata, ensure_ascii=False, indent=1) + "\n").encode(),
            [
                ("Source-Organization", dossier.agency_name),
                ("External-Identifier", dossier.file_code),
                ("External-Description", dossier.title),
                ("Bagging-Date", dossier.destroyed_on.isoformat()),
            ],
            {DATA_FILE: data},
        )


def period_code(years: int) -> str:
    """The code of the shortest listed period that is not shorter than ``years`` (TT 05/2025: 20, 30, 50, 70 năm); beyond
    them vĩnh viễn."""
    return next((code for most, code in _PERIODS if years <= most), "01")


def _same(paper: DossierPaper, path: Path | None) -> None:
    found = file_digests(path) if path is not None and path.is_file() else None
    if found is None or (found.sha256, found.size_bytes) != (paper.sha256, paper.size_bytes):
        raise DossierPaperChangedError(
            f"Tệp của giấy tờ «{paper.file_name}» không có hoặc không còn đúng như khi gắn vào đợt hủy.",
            remedy="Khôi phục tệp từ bản lưu rồi lập lại hồ sơ hủy.",
            detail=str(path),
        )


def _index(dossier: Dossier, head: Letterhead, data_sha256: str) -> DossierIndex:
    rows = tuple(
        IndexedPaper(
            number,
            PAPER_NAMES[paper.kind],
            _notation(paper),
            short_date(paper.issued),
            paper.file_name,
            paper.sha256,
            tuple(str(signer["name"]) for signer in (paper.judgement or {}).get("signers", ())),
        )
        for number, paper in enumerate(dossier.papers, 1)
    )
    bound = ListReference(dossier.round_code, dossier.list_sha256, len(dossier.lines))
    return DossierIndex(
        dossier.profile, head, bound, dossier.file_code, dossier.destroyed_on, dossier.keep_until, data_sha256, rows
    )


def _notation(paper: DossierPaper) -> str:
    return "/".join(filter(None, (paper.number, paper.notation)))


def _line(paper: DossierPaper) -> dict[str, Any]:
    head = Letterhead(paper.organ, "", number=paper.number, notation=paper.notation)
    return _described(paper.file_name, paper.kind, paper.pages, head, paper.issued, paper.subject)


def _described(
    path: str, kind: PaperKind, pages: int, head: Letterhead, issued: date, subject: str = ""
) -> dict[str, Any]:
    line: dict[str, Any] = {
        "path": path,
        "kind": "other",
        "typeName": _TYPES.get(kind, _OTHER_TYPE),
        "issuedDate": f"{issued:%d/%m/%Y}",
        "organName": head.agency,
        "subject": (subject or PAPER_NAMES[kind])[:500],
        "language": "01",
        "numberOfPage": pages,
        "confidenceLevel": "01",
        "process": "0",
    }
    if head.number:
        line["codeNumber"] = head.number
    if head.notation:
        line["codeNotation"] = head.notation
    return line


def _metadata(dossier: Dossier, listed: list[dict[str, Any]], mode: str) -> dict[str, Any]:
    days = [paper.issued for paper in dossier.papers]
    first, last = min([*days, dossier.destroyed_on]), max([*days, dossier.destroyed_on])
    return {
        "schema": SCHEMA_ID,
        "profile": dossier.profile,
        "agency": {"code": dossier.agency_code, "name": dossier.agency_name},
        "file": {
            "fileCode": dossier.file_code,
            "title": dossier.title,
            "maintenance": period_code(max(dossier.keep_years, 20)),
            "mode": mode,
            "language": "01",
            "startDate": f"{first:%d/%m/%Y}",
            "endDate": f"{last:%d/%m/%Y}",
            "totalDoc": len(listed),
            "numberOfPaper": 0,
            "numberOfPage": sum(line["numberOfPage"] for line in listed),
            "confidenceLevel": "01",
            "riskRecovery": "0",
            "description": f"Hồ sơ hủy tài liệu, đợt {dossier.round_code}; giữ ít nhất đến {short_date(dossier.keep_until)}",
        },
        "documents": [
            {**line, "docOrdinal": ordinal, "docCode": f"{dossier.file_code}.{ordinal:07}", "mode": mode}
            for ordinal, line in enumerate(listed, 1)
        ],
    }
