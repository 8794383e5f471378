"""What is said about PDFs that mean no harm."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from archive.finding import Answer
from ingest.checks.pdf_claim import claim_in
from ingest.examination_result import DocumentResult
from ingest.workers.pool import WorkerPool

Examined = Callable[..., DocumentResult]


@pytest.fixture(scope="module")
def signed() -> Callable[[bytes, int], bytes]:
    spec = importlib.util.spec_from_file_location("signed_pdfs", Path(__file__).with_name("signed.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[[bytes, int], bytes] = module.signed
    return function


def codes(result: DocumentResult) -> list[str]:
    return [item.code for item in result.findings]


def changed(good: Path, path: Path, change: Callable[[Pdf], object]) -> Path:
    with pikepdf.open(good) as pdf:
        change(pdf)
        pdf.save(path, fix_metadata_version=False)
    return path


def test_a_pdfa_that_keeps_its_claim_has_no_finding_and_names_the_tools(good: Path, examined: Examined) -> None:
    result = examined(good)
    assert (result.findings, result.answer) == ((), Answer.PASSED)
    assert {"pikepdf", "qpdf", "veraPDF", "java"} == set(result.tools)
    assert result.tools["veraPDF"] == "1.30.2"
    facts = result.facts
    assert facts["pdfa"]["flavour"] == "2u" and facts["pdfa"]["compliant"] is True
    assert (facts["version"], facts["revisions"], facts["encryption"], facts["damaged"]) == ("1.7", 1, None, False)


def test_a_file_that_is_no_pdf_by_content_is_this_checks_business_only_when_named_so(
    tmp_path: Path, examined: Examined
) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"PK\x03\x04" + bytes(5_000))
    result = examined(path, name="Quyết định.docx")
    assert (result.findings, dict(result.facts)) == ((), {})
    assert [item.code for item in examined(path, name="Quyết định.pdf").findings] == ["pdfa.not-a-pdf"]


def test_a_broken_claim_names_each_rule_with_clause_and_count(tmp_path: Path, good: Path, examined: Examined) -> None:
    """T41: a verdict is a parsed result for this very file."""

    def spoil(pdf: Pdf) -> None:
        pdf.pages[0].Contents = pdf.make_stream(b"BT /F9 12 Tf (x) Tj ET")
        pdf.pages[0].Resources.Font = Dictionary(
            F9=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        )

    result = examined(changed(good, tmp_path / "blob", spoil))
    assert codes(result) == ["pdfa.not-compliant"]
    rules = result.findings[0].details["failed_rules"]
    assert {"specification", "clause", "test", "failed_checks", "description"} <= set(rules[0])
    assert all(rule["failed_checks"] >= 1 and rule["specification"].startswith("ISO 19005-2") for rule in rules)
    assert rules[0]["clause"] in result.findings[0].message and result.answer is Answer.FAILED


def test_a_pdf_without_a_claim_is_not_judged_under_a_guessed_one(tmp_path: Path, examined: Examined) -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(tmp_path / "blob")
    result = examined(tmp_path / "blob")
    assert codes(result) == ["pdfa.no-claim"]
    assert "pdfa" not in result.facts


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>", "claimed"),
        ("<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>", "claimed"),
        ("<pdfaid:part>7</pdfaid:part>", "unknown"),
        ("<pdfaid:part>2</pdfaid:part><pdfaid:part>3</pdfaid:part>", "conflicting"),
        ("<pdfaid:part>2", "malformed"),
        ("", "none"),
    ],
)
def test_a_claim_is_read_as_what_it_is(said: str, status: str) -> None:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">{said}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    assert claim_in(packet.encode())["status"] == status
    assert claim_in(packet.encode("utf-16"))["status"] == status


def test_a_claim_beyond_64_kib_is_found(tmp_path: Path, good: Path, examined: Examined) -> None:
    """T42."""

    def pad(pdf: Pdf) -> None:
        pdf.Root.Metadata.write(b" " * 200_000 + pdf.Root.Metadata.read_bytes() + b" " * 200_000)

    path = changed(good, tmp_path / "blob", pad)
    assert path.read_bytes().find(b"pdfaid") > 1 << 16
    assert examined(path).facts["claim"]["flavour"] == "2u"


@pytest.mark.parametrize(("user", "protection"), [("mật khẩu", "user"), ("", "owner")])
def test_an_encrypted_pdf_is_named_in_both_ways(
    tmp_path: Path, good: Path, examined: Examined, user: str, protection: str
) -> None:
    with pikepdf.open(good) as pdf:
        pdf.save(tmp_path / "blob", encryption=pikepdf.Encryption(owner="chủ", user=user))
    result = examined(tmp_path / "blob")
    assert "pdfa.encrypted" in codes(result) and "pdfa.damaged" not in codes(result)
    assert result.facts["encryption"] == protection


def test_scripts_actions_embedded_files_and_dynamic_forms_are_counted(
    tmp_path: Path, good: Path, examined: Examined
) -> None:
    def load(pdf: Pdf) -> None:
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
        pdf.pages[0].Annots = Array(
            [Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(S=Name.Launch, F=String("cmd.exe")))]
        )
        pdf.attachments["Phụ lục.xlsx"] = b"x"
        pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=String("x"))

    result = examined(changed(good, tmp_path / "blob", load))
    named = {"pdfa.javascript", "pdfa.active-content", "pdfa.embedded-files", "pdfa.xfa", "pdfa.not-compliant"}
    assert named <= set(codes(result))
    assert result.facts["actions"] == {"JavaScript": 1, "Launch": 1}
    assert result.facts["embedded_names"] == ["Phụ lục.xlsx"]


def test_a_document_of_too_many_objects_is_said_not_to_be_looked_through(good: Path, inspectors: WorkerPool) -> None:
    from archive.paths import RelPath
    from ingest.checks.pdf_findings import structure_findings
    from ingest.inspector.client import inspection

    seen = inspection(inspectors, "structure", good, {"object_limit": 5}, timeout_seconds=60)
    found = [item.code for item in structure_findings(RelPath("a.pdf"), seen.facts)]
    assert found == ["pdfa.not-looked-through"]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_several_signatures_in_incremental_saves_are_judged_rightly(
    tmp_path: Path, good: Path, examined: Examined, signed: Callable[[bytes, int], bytes], times: int
) -> None:
    """T40: veraPDF-library#1493 does not come back, and every revision and range is counted."""
    path = tmp_path / "blob"
    path.write_bytes(signed(good.read_bytes(), times))
    result = examined(path)
    assert codes(result) == []
    assert result.facts["revisions"] == times + 1
    assert result.facts["ranges_cover_revisions"] == [True] * times


def test_a_signature_without_the_optional_last_end_of_line_is_disputed_not_failed(
    tmp_path: Path, good: Path, examined: Examined, signed: Callable[[bytes, int], bytes]
) -> None:
    """T40: veraPDF-validation#166. A range that leaves out more than that is failed."""
    whole = signed(good.read_bytes(), 1)
    for cut, code in ((1, "pdfa.disputed-signature-range"), (3, "pdfa.not-compliant")):
        path = tmp_path / f"blob{cut}"
        path.write_bytes(
            re.sub(rb"(/ByteRange \[0 \d+ \d+ )(\d+)\]", lambda m, n=cut: m[1] + b"%d]" % (int(m[2]) - n), whole)
        )
        assert codes(examined(path)) == [code]


def test_the_catalogues_version_wins_over_the_header(tmp_path: Path, good: Path, examined: Examined) -> None:
    """T42: header 1.4, catalogue 1.7."""
    with pikepdf.open(good) as pdf:
        pdf.Root.Version = Name("/1.7")
        pdf.save(tmp_path / "blob", force_version="1.4", fix_metadata_version=False)
    facts = examined(tmp_path / "blob").facts
    assert (facts["header_version"], facts["catalogue_version"], facts["version"]) == ("1.4", "1.7", "1.7")


def test_a_pdf_with_one_broken_object_is_irregular(tmp_path: Path, hostile: ModuleType, examined: Examined) -> None:
    path = hostile.inserted(tmp_path / "blob", b"[" * 600 + b"]" * 600)
    result = examined(path)
    assert "pdfa.irregular" in codes(result)
    assert str(tmp_path) not in str(result)
