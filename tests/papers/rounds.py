"""A finished round: nine signed and judged papers of one frozen list, what the archive printed itself, and its dossier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from archive.digest import file_digests
from archive.disposal.frozen_list import line_content, line_sha256, list_sha256
from archive.disposal.model import Choice, Line, Round
from archive.disposal.round_state import RoundState
from archive.disposal.snapshot import Snapshot
from archive.disposal.words import ArchiveKind, LineState, ListingReason, Outcome
from archive.papers.disposal import ListLine
from archive.papers.dossier import DestroyedFile, Dossier, DossierPaper, DossierPerson, DossierVote
from archive.papers.paper import PAPER_NAMES, ListReference, Paper, PaperKind, paper_data, paper_kind
from archive.retention.file_state import FileState
from archive.signing import ArchiveKey
from ingest.inspector.client import Asked
from ingest.papers.composing import paper_pdf
from ingest.papers.expectation import Expected, RequiredSigner
from ingest.papers.judging import judge_paper
from samples.pki import Pki
from samples.signing import add_revocation_data, sign_pdf
from schemas.disposal_rules import disposal_rules

PROFILE = "LLT2024-TT05"
AT = datetime(2026, 10, 5, 2, tzinfo=UTC)
ROUND_ID = "11111111-2222-4333-8444-555555555555"
CODE = "HTL-2026-03"
OUTCOMES = (
    Choice(Outcome.DESTROY),
    Choice(Outcome.DESTROY),
    Choice(Outcome.EXTEND, 5),
    Choice(Outcome.PERMANENT),
)
PERSONS = (
    DossierPerson("acc-proposer", "proposer", "Lê Quang Đạo"),
    DossierPerson("acc-chair", "chairman", "Trần Thị Bích Ngọc"),
    DossierPerson("acc-secretary", "secretary", "Phạm Thị Hồng"),
    DossierPerson("acc-unit", "unit", "Vũ Thị Thu Hằng"),
    DossierPerson("acc-expert", "expert", "Đỗ Mạnh Hùng"),
    DossierPerson("acc-head", "approver", "Nguyễn Văn An"),
    DossierPerson("acc-executor", "executor", "Hoàng Minh Tuấn"),
)
HEAD = (RequiredSigner("Nguyễn Văn An", "person", name="Nguyễn Văn An"), RequiredSigner("Sở Nội vụ", "agency"))


@dataclass(frozen=True)
class FinishedRound:
    dossier: Dossier
    files: Mapping[str, Path]
    key: ArchiveKey
    lines: tuple[Line, ...]
    of: Round


def round_of() -> Round:
    return Round(
        ROUND_ID, CODE, "H99.12", ArchiveKind.CURRENT, True, PROFILE, "1", RoundState.FROZEN, AT, AT, "198/QĐ-SNV",
        date(2026, 9, 15), None, None, None, None, (),
    )  # fmt: skip


def lines_of(printed: tuple[ListLine, ...]) -> tuple[Line, ...]:
    return tuple(
        Line(
            ROUND_ID, item.ordinal, f"{item.ordinal:08}-0000-4000-8000-000000000000", "H99.12", item.file_code,
            FileState.CLOSED, ListingReason.EXPIRED, item.reason, None,
            Snapshot(*(f"{item.ordinal + part:x}" * 64 for part in range(1, 5))),
            choice, None, LineState.LISTED, None, None, None,
        )
        for item, choice in zip(printed, OUTCOMES, strict=True)
    )  # fmt: skip


def votes_of(lines: tuple[Line, ...]) -> tuple[DossierVote, ...]:
    """All four for the outcome; of the first line the unit's representative is of another opinion."""
    made = []
    for line in lines:
        assert line.choice is not None
        for person in PERSONS[1:5]:
            other = line.ordinal == 1 and person.duty == "unit"
            outcome = "permanent" if other else line.choice.outcome.value
            opinion = "Đề nghị giữ lại" if other else ""
            made.append(
                DossierVote(1, line.ordinal, person.account_id, outcome, None if other else line.choice.years, opinion)
            )
    return tuple(made)


def finished_round(
    folder: Path, specimens: ModuleType, pki: Pki, key: ArchiveKey, inspectors: Asked, trust_list: Path
) -> FinishedRound:
    of = round_of()
    printed_lines = specimens.lines()
    lines = lines_of(printed_lines)
    digest = list_sha256(of, (line_sha256(line) for line in lines))
    bound = ListReference(CODE, digest, len(lines))
    made = {kind: replace(paper, bound_to=bound) for kind, paper in specimens.papers(PROFILE).items() if paper.bound_to}
    sign = _signer(pki)
    papers, files = [], {}
    for number, rule in enumerate(disposal_rules(PROFILE).papers, 1):
        kind = paper_kind(rule.kind)
        paper: Paper = made[kind.value]
        name = f"{number:02} {PAPER_NAMES[kind]}.pdf"
        path = folder / name
        path.write_bytes(sign(paper_pdf(paper).pdf))
        judged = judge_paper(
            path, Expected(kind, digest, CODE, HEAD), inspectors=inspectors, trust_list=trust_list, at=AT
        )
        assert judged.findings == (), [item.message for item in judged.findings]
        papers.append(_paper(paper, name, path, digest, rule.kind, judged.as_json()))
        files[name] = path
    for number, kind in enumerate((PaperKind.CERTIFICATE,), len(papers) + 1):
        name = f"{number:02} {PAPER_NAMES[kind]}.pdf"
        files[name] = folder / name
        files[name].write_bytes(paper_pdf(made[kind.value]).pdf)
        papers.append(_paper(made[kind.value], name, files[name], digest, "", None))
    dossier = Dossier(
        file_code="H99.12.2026.HTL-03",
        title="Hồ sơ hủy tài liệu hết giá trị của Sở Nội vụ, đợt 03 năm 2026",
        agency_code="H99.12",
        agency_name="Sở Nội vụ tỉnh Bình Minh",
        archive_name="Lưu trữ Sở Nội vụ tỉnh Bình Minh",
        profile=PROFILE,
        profile_version="1",
        round_id=ROUND_ID,
        round_code=CODE,
        historical=False,
        submitting=True,
        list_sha256=digest,
        lines=tuple(line_content(line) for line in lines),
        persons=PERSONS,
        votes=votes_of(lines),
        opinion={"body": "Chi cục Văn thư – Lưu trữ", "number": "88/CCVTLT-NV", "verdict": "agrees"},
        decision={"number": "230/QĐ-SNV", "decided_on": "2026-10-05", "list_sha256": digest, "decided_by": "acc-head"},
        papers=tuple(papers),
        destroyed=tuple(
            DestroyedFile(line.file_id, line.ordinal, line.file_code, "", item.packages, "2026-10-12T09:06:00+07:00")
            for line, item in zip(lines, specimens.destroyed(), strict=True)
            if line.ordinal < 3
        ),
        spared=(),
        certificate=key.signed(paper_data(made["certificate"])),
        destroyed_on=date(2026, 10, 12),
    )
    return FinishedRound(dossier, files, key, lines, of)


def _signer(pki: Pki) -> Callable[[bytes], bytes]:
    def sign(pdf: bytes) -> bytes:
        for label in ("person", "agency"):
            pdf = sign_pdf(pdf, pki, label, at=AT, timestamp=True)
        return add_revocation_data(pdf, pki, ["person", "agency", "tsa"], AT)

    return sign


def _paper(
    paper: Paper, name: str, path: Path, digest: str, rule: str, judgement: Mapping[str, Any] | None
) -> DossierPaper:
    found = file_digests(path)
    return DossierPaper(
        kind=paper.kind,
        file_name=name,
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        pages=2,
        organ=paper.head.agency,
        subject=PAPER_NAMES[paper.kind],
        issued=paper.head.issued or date(2026, 10, 5),
        number=paper.head.number,
        notation=paper.head.notation,
        rule=rule,
        list_sha256=digest,
        judgement=judgement,
    )
