"""The check as the pipeline calls it: through worker processes, whose fate is never a verdict about the document."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from archive.digest import file_digests
from archive.finding import Answer
from archive.paths import RelPath
from ingest.checks.signatures import examine
from ingest.inspector.client import inspector_pool
from ingest.subject import Member
from ingest.workers.errors import WorkerDiedError, WorkerTimeoutError, WorkerUnavailableError
from ingest.workers.pool import WorkerPool
from samples.pki import Pki
from samples.pki_entities import utc
from samples.signing import sign_pdf

DOCUMENT = RelPath("01-QD-SNV.pdf")
SIGNED_AT = utc(2025, 3, 10, 2)


@pytest.fixture(scope="module")
def inspectors() -> Iterator[WorkerPool]:
    pool = inspector_pool(1)
    yield pool
    pool.close()


@pytest.fixture
def member(tmp_path: Path, pki: Pki, base: bytes) -> Member:
    one = sign_pdf(base, pki, "person", at=SIGNED_AT, timestamp=True, embed_revocation=True)
    two = sign_pdf(one, pki, "agency", at=SIGNED_AT + timedelta(minutes=1), timestamp=True, embed_revocation=True)
    path = tmp_path / "000001"
    path.write_bytes(two)
    return Member(DOCUMENT, path, file_digests(path))


def options(trust_file: Path) -> dict[str, Any]:
    return {"trust_list": str(trust_file), "at": "2026-06-01T00:00:00+00:00"}


def test_a_real_worker_judges_a_document(member: Member, trust_file: Path, inspectors: WorkerPool) -> None:
    result = examine(DOCUMENT, member, inspectors=inspectors, options=options(trust_file), timeout_seconds=60)
    assert result.answer is Answer.PASSED
    assert result.findings == ()
    assert [row["conclusion"] for row in result.facts["signatures"]] == ["hợp lệ", "hợp lệ"]
    assert set(result.tools) == {"pyhanko", "pyhanko-certvalidator"}


def test_a_trust_list_that_cannot_be_used_is_indeterminate(
    member: Member, tmp_path: Path, inspectors: WorkerPool
) -> None:
    broken = tmp_path / "trust.json"
    broken.write_text("{}")
    result = examine(DOCUMENT, member, inspectors=inspectors, options=options(broken), timeout_seconds=60)
    assert [item.code for item in result.findings] == ["signatures.tool-failed"]
    assert result.answer is Answer.INDETERMINATE


def test_without_a_trust_list_nothing_is_judged(member: Member, inspectors: WorkerPool) -> None:
    result = examine(DOCUMENT, member, inspectors=inspectors, options={}, timeout_seconds=60)
    assert [item.code for item in result.findings] == ["signatures.no-trust-list"]
    assert result.answer is Answer.INDETERMINATE


def test_what_is_no_pdf_is_judged_only_when_its_name_says_it_is_one(tmp_path: Path, inspectors: WorkerPool) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(b"junk")
    for name, codes in (("a.txt", []), ("a.pdf", ["signatures.not-a-pdf"])):
        junk = Member(RelPath(name), blob, file_digests(blob))
        result = examine(junk.path, junk, inspectors=inspectors, options={}, timeout_seconds=60)
        assert [item.code for item in result.findings] == codes


class _Fated:
    """Inspectors that end every request in one way."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def ask(self, request: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
        assert request["part"] == "signatures" and request["options"]["deadline_seconds"] < timeout_seconds
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WorkerDiedError("inspector", -9), "signatures.worker-died"),
        (WorkerTimeoutError("inspector", 1.0, -9), "signatures.timeout"),
        (WorkerUnavailableError("không khởi động được"), "signatures.tool-unavailable"),
    ],
)
def test_a_worker_that_dies_hangs_or_cannot_start_is_indeterminate(
    member: Member, trust_file: Path, error: Exception, code: str
) -> None:
    result = examine(DOCUMENT, member, inspectors=_Fated(error), options=options(trust_file), timeout_seconds=5)
    assert [item.code for item in result.findings] == [code]
    assert result.answer is Answer.INDETERMINATE


def test_every_finding_code_of_signatures_is_produced_by_some_test() -> None:
    text = resources.files("schemas").joinpath("findings", "signatures.toml").read_text(encoding="utf-8")
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [code for code in tomllib.loads(text) if f'"{code}"' not in tests] == []
