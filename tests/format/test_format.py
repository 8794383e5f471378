"""What a file is, by its content; and whether its name, its metadata and the agreement say the same."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import openpyxl
import pikepdf
import pytest
from odf.opendocument import OpenDocumentText
from PIL import Image

from archive.digest import file_digests
from archive.finding import Answer
from archive.paths import RelPath
from ingest.checks.format import examine, facts, format_findings
from ingest.checks.format_refinement import PDF_BY_FLAVOUR, PDF_BY_VERSION
from ingest.examination_result import DocumentResult
from ingest.inspector.client import Inspection, Outcome, inspector_pool
from ingest.subject import Member
from ingest.workers.errors import WorkerDiedError, WorkerTimeoutError, WorkerUnavailableError
from ingest.workers.pool import WorkerPool
from schemas.formats import format_kinds, kind_claimed

GOOD = Path(__file__).resolve().parents[2] / "ingest" / "verapdf" / "warmup.pdf"
ODF = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
FLAT = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="{ODF}" office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:body><office:text/></office:body></office:document>"""


@pytest.fixture(scope="module")
def inspectors() -> Iterator[WorkerPool]:
    with inspector_pool(1) as pool:
        yield pool


@pytest.fixture
def examined(tmp_path: Path, inspectors: WorkerPool) -> Callable[..., DocumentResult]:
    def examined(content: bytes, name: str, **options: object) -> DocumentResult:
        blob = tmp_path / "000001"
        blob.write_bytes(content)
        member = Member(RelPath(name), blob, file_digests(blob))
        return examine(member.path, member, **{"inspectors": inspectors, **options})  # type: ignore[arg-type]

    return examined


def codes(result: DocumentResult) -> list[str]:
    return [item.code for item in result.findings]


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(buffer, format=kind)
    return buffer.getvalue()


def written(save: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def pdf(version: str = "1.7", catalogue: str = "", flavour: str = "") -> bytes:
    made = pikepdf.new()
    made.add_blank_page()
    if catalogue:
        made.Root.Version = pikepdf.Name("/" + catalogue)
    if flavour:
        level = f"<pdfaid:conformance>{flavour[1:].upper()}</pdfaid:conformance>" if flavour[1:] else ""
        packet = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
            f"<pdfaid:part>{flavour[0]}</pdfaid:part>{level}</rdf:Description></rdf:RDF></x:xmpmeta>"
        )
        made.Root.Metadata = made.make_stream(b" " * 100_000 + packet.encode())
    return written(lambda buffer: made.save(buffer, force_version=version, fix_metadata_version=False))


TAKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "a.docx": (lambda: written(docx.Document().save), "fmt/412"),
    "a.xlsx": (lambda: written(openpyxl.Workbook().save), "fmt/214"),
    "a.odt": (lambda: written(OpenDocumentText().write), "fmt/291"),
    "a.fodt": (FLAT.encode, "fmt/101"),
    "a.tif": (lambda: picture("TIFF"), "fmt/353"),
    "a.JPG": (lambda: picture("JPEG"), "fmt/43"),
    "a.png": (lambda: picture("PNG"), "fmt/11"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_every_kind_on_the_archives_list_is_known_and_taken(name: str, examined: Callable[..., DocumentResult]) -> None:
    make, puid = TAKEN[name]
    result = examined(make(), name, claimed=RelPath(name).suffix)
    assert (codes(result), result.facts["puid"], result.answer) == ([], puid, Answer.PASSED)
    assert set(result.tools) == {"pygfried", "siegfried", "PRONOM"} and "V125" in result.tools["PRONOM"]
    assert result.facts["basis"] and result.facts["mime"] is not None


@pytest.mark.parametrize("version", PDF_BY_VERSION)
def test_a_pdf_of_any_version_is_taken(version: str, examined: Callable[..., DocumentResult]) -> None:
    result = examined(pdf(version), "a.pdf", claimed="PDF")
    assert (codes(result), result.facts["puid"]) == ([], PDF_BY_VERSION[version])


@pytest.mark.parametrize("flavour", PDF_BY_FLAVOUR)
def test_a_pdfa_claim_beyond_64_kib_and_compressed_is_found(
    flavour: str, examined: Callable[..., DocumentResult]
) -> None:
    """T42: droid#573."""
    result = examined(pdf(flavour=flavour), "a.pdf", claimed="PDF/A")
    assert (result.facts["puid"], result.facts["version"]) == (PDF_BY_FLAVOUR[flavour], flavour)
    assert result.answer is Answer.PASSED


def test_a_pdf_whose_catalogue_names_a_later_version_is_not_misread(examined: Callable[..., DocumentResult]) -> None:
    """T42: siegfried#293; header 1.4, catalogue 1.7, as signing leaves it."""
    result = examined(pdf("1.4", catalogue="1.7"), "a.pdf")
    assert (codes(result), result.answer) == (["format.version-by-content"], Answer.PASSED)
    assert (result.facts["signature_puid"], result.facts["puid"]) == ("fmt/18", "fmt/276")


def test_a_pdf_behind_rubbish_or_cut_short_is_known_by_its_header(examined: Callable[..., DocumentResult]) -> None:
    for content in (b"x" * 300 + GOOD.read_bytes(), GOOD.read_bytes()[:5_000]):
        assert "format.by-header-only" in codes(examined(content, "a.pdf"))


@pytest.mark.parametrize(
    ("content", "name", "options", "expected"),
    [
        (b"", "a.pdf", {}, ["format.empty-file"]),
        (b"\xee\x01\x02" * 900, "a.pdf", {}, ["format.unknown"]),
        (picture("PNG"), "a.pdf", {}, ["format.extension-mismatch"]),
        (picture("PNG"), "Công văn", {}, ["format.no-extension"]),
        (picture("PNG"), "a.png", {"claimed": "image/jpeg"}, ["format.claim-mismatch"]),
        (picture("PNG"), "a.png", {"claimed": "giấy"}, ["format.claim-unknown"]),
        (picture("GIF"), "a.gif", {}, ["format.not-allowed"]),
        (picture("GIF"), "a.gif", {"further": {"fmt/3"}}, []),
        (picture("GIF"), "a.png", {"further": {"fmt/3"}}, ["format.extension-mismatch"]),
        (b"<?xml version='1.0'?><a/>", "a.fodt", {}, ["format.not-allowed", "format.extension-mismatch"]),
        (GOOD.read_bytes(), "a.pdf", {"claimed": "pdf"}, ["format.version-by-content"]),
        (pdf("1.7"), "a.pdf", {"claimed": "PDF/A-2u"}, ["format.claim-mismatch"]),
    ],
)
def test_each_disagreement_is_a_finding_of_its_own(
    content: bytes,
    name: str,
    options: dict[str, object],
    expected: list[str],
    examined: Callable[..., DocumentResult],
) -> None:
    assert codes(examined(content, name, **options)) == expected


def test_one_byte_is_a_file_too(examined: Callable[..., DocumentResult]) -> None:
    assert examined(b"\x00", "a.bin").answer is Answer.INDETERMINATE


def test_content_of_two_kinds_at_once_is_for_a_person_to_judge() -> None:
    match = {"puid": "fmt/11", "name": "", "version": "", "mime": "", "basis": "", "warning": ""}
    seen = {"empty": False, "matches": [match, match | {"puid": "fmt/43"}], "puid": None, "error": ""}
    found = list(format_findings(RelPath("a.png"), seen, None, frozenset()))
    assert [item.code for item in found] == ["format.ambiguous"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WorkerTimeoutError("x", 1, -9), "format.timeout"),
        (WorkerDiedError("x", -11), "format.worker-died"),
        (WorkerDiedError("x", 2, stderr="fatal error: runtime: out of memory"), "format.out-of-memory"),
        (WorkerUnavailableError("x"), "format.tool-unavailable"),
    ],
)
def test_a_tool_that_could_not_run_leaves_the_format_undecided(
    error: Exception, code: str, examined: Callable[..., DocumentResult]
) -> None:
    """T45."""

    class Failing:
        def ask(self, request: object, timeout_seconds: float) -> dict[str, object]:
            raise error

    result = examined(picture("PNG"), "a.png", inspectors=Failing())
    assert (codes(result), result.answer) == ([code], Answer.INDETERMINATE)


def test_a_file_that_vanished_is_no_answer(tmp_path: Path, inspectors: WorkerPool) -> None:
    member = Member(RelPath("a.png"), tmp_path / "gone", file_digests(GOOD))
    assert codes(examine(member.path, member, inspectors=inspectors)) == ["format.no-answer"]


def test_a_hostile_zip_is_identified_without_being_unpacked(examined: Callable[..., DocumentResult]) -> None:
    def bomb(buffer: io.BytesIO) -> None:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", b" " * (200 << 20))

    assert examined(written(bomb), "a.docx").answer is not Answer.PASSED


def test_only_content_counts_not_the_name_of_our_blob(tmp_path: Path) -> None:
    path = tmp_path / "blob.csv"
    path.write_bytes(b"\xee\x01\x02" * 900)
    import subprocess
    import sys

    code = f"from pathlib import Path; from ingest.checks.format import facts; print(facts(Path({str(path)!r}), {{}}))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'puid': None" in shown


def test_every_kind_is_meant_by_each_of_its_own_words() -> None:
    for kind in format_kinds().values():
        for word in kind.claims:
            meant = kind_claimed(word.upper())
            assert meant is not None and meant.name == kind.name


def test_facts_are_of_the_part_the_inspector_serves() -> None:
    from ingest.inspector.parts import PARTS

    assert PARTS["format"] == f"{facts.__module__}:{facts.__name__}"
    assert Inspection(Outcome.OK).facts == {}
