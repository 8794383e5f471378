"""Signed evidence made once a session: a test PKI, a trust list over it, and PDFs to sign."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from archive.finding import Finding
from archive.paths import RelPath
from ingest.checks.signatures import facts, findings_of
from samples.pki import Pki, create_pki
from samples.trust_list import write_trust_list

RECEIVED_AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return create_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def trust_file(pki: Pki) -> Path:
    return write_trust_list(pki, pki.folder / "trust.json")


def blank_pdf(pages: int = 1, **save: Any) -> bytes:
    pdf = pikepdf.new()
    for number in range(pages):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Contents = pdf.make_stream(f"0 0 0 RG 50 {50 + number % 700} 100 100 re S".encode())
    out = io.BytesIO()
    pdf.save(out, **save)
    return out.getvalue()


@pytest.fixture(scope="session")
def base() -> bytes:
    return blank_pdf()


class Judged:
    """The facts about one file and what they mean."""

    def __init__(self, seen: Mapping[str, Any]) -> None:
        self.facts = seen
        self.findings: list[Finding] = findings_of(RelPath("van-ban.pdf"), seen)

    @property
    def codes(self) -> set[str]:
        return {item.code for item in self.findings}

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self.facts["signatures"])

    @property
    def signatures(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["kind"] == "signature"]

    @property
    def all_passed(self) -> bool:
        return bool(self.rows) and all(row["indication"] == "TOTAL-PASSED" for row in self.rows)

    @property
    def last_signature_passed(self) -> bool:
        return bool(self.signatures) and self.signatures[-1]["indication"] == "TOTAL-PASSED"


Judge = Callable[..., Judged]


@pytest.fixture
def judge(tmp_path: Path, trust_file: Path) -> Judge:
    """Judges PDF bytes as received at ``at``; the file itself must come out untouched."""

    def run(pdf: bytes, *, at: datetime = RECEIVED_AT, **options: Any) -> Judged:
        path = tmp_path / "van-ban.pdf"
        path.write_bytes(pdf)
        seen = facts(path, {"trust_list": str(trust_file), "at": at.isoformat(), **options})
        assert path.read_bytes() == pdf
        return Judged(seen)

    return run
