"""A DIP holds what was asked for and what may be given, byte for byte, valid by its own schemas, and nothing else."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import bagit
import pytest
from holding import AIP_ID, DIP_ID, NAMES, NFC, NFD, SECRET, Holding, content_of, dip_request, holding, sha256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from archive.aip.ead import schema_text
from archive.dip.dip import SCHEMA_FILES, dip, write_dip
from archive.dip.model import DipRefusedError, GivenDocument, PackageFormat, Purpose

XSD = Path(__file__).parents[2] / "schemas" / "xsd"
TREE = f"{DIP_ID}/data/urn_uuid_{DIP_ID}"
SPACES = {
    "m": "http://www.loc.gov/METS/",
    "x": "http://www.w3.org/1999/xlink",
    "c": "https://DILCIS.eu/XML/METS/CSIPExtensionMETS",
    "p": "http://www.loc.gov/premis/v3",
}


def zipped(held: Holding, documents: tuple[GivenDocument, ...] | None = None) -> bytes:
    written = io.BytesIO()
    write_dip(held.source, dip_request(), documents or held.but(SECRET), written)
    return written.getvalue()


@pytest.fixture(scope="module")
def files(held: Holding) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(zipped(held))) as package:
        return {item.filename: package.read(item) for item in package.infolist()}


def parsed(data: bytes) -> etree._Element:
    assert b"<!DOCTYPE" not in data
    return etree.fromstring(data, etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False))


def extracted(package: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        file.extractall(folder)
    return folder / DIP_ID


def test_every_chosen_document_is_there_byte_for_byte(files: dict[str, bytes]) -> None:
    data = f"{TREE}/representations/rep1/data/"
    given = {name.removeprefix(data): content for name, content in files.items() if name.startswith(data)}
    assert given == {
        NFC: content_of(1),
        f"0000002/{NFD}": content_of(2),
        "0000003/bảng 100_.xlsx": content_of(3),
        NAMES[3]: content_of(4),
        "0000005/dòng_mới.txt": content_of(5),
        "0000007/_con.txt": content_of(7),
        "danh-muc.csv": content_of(8),
    }


def test_every_xml_is_valid_by_the_schemas_in_the_package_without_network(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    for name in SCHEMA_FILES:
        (tmp_path / name).write_bytes(files[f"{TREE}/schemas/{name}"])
    seen = set()
    for name, data in files.items():
        if not name.endswith(".xml"):
            continue
        root = parsed(data)
        location = next(str(value) for key, value in root.attrib.items() if "chemaLocation" in str(key))
        schema = location.split()[1 if " " in location else 0].rpartition("/")[2]
        etree.XMLSchema(etree.parse(str(tmp_path / schema), etree.XMLParser(no_network=True))).assertValid(root)
        seen.add(schema)
    assert seen == {"METS.xsd", "PREMIS.xsd", "EAD_dip.xsd", "EAD_doc_dip.xsd"}


def test_the_dip_schemas_are_those_the_field_table_gives() -> None:
    assert (XSD / "EAD_dip.xsd").read_bytes() == schema_text("request", "DIP")
    assert (XSD / "EAD_doc_dip.xsd").read_bytes() == schema_text("document", "DIP")


def test_the_ead_of_the_dip_is_the_request_with_its_seven_fields(files: dict[str, bytes]) -> None:
    root = parsed(files[f"{TREE}/metadata/descriptive/EAD.xml"])
    assert [(item.tag, item.text) for item in root] == [
        ("requestID", "YC-2026-0042"),
        ("requestDate", "20/11/2026"),
        ("purpose", "02"),
        ("purposeContent", "Tra cứu <script>alert(1)</script> & đối chiếu"),
        ("feeObjectType", "03"),
        ("researchTopic", "Văn thư, lưu trữ"),
        ("description", "Ghi chú %02 ]]> --"),
    ]


def test_the_ead_of_a_document_has_the_names_of_the_dip_variant(files: dict[str, bytes]) -> None:
    root = parsed(files[f"{TREE}/representations/rep1/metadata/descriptive/EAD_doc_0000002.xml"])
    assert [(item.tag, item.text) for item in root] == [
        ("docId", "H26.2026.2"),
        ("arcDocCode", "H26.2026.VP.01.0000002"),
        ("maintenance", "01"),
        ("typeName", "02"),
        ("codeNumber", "2"),
        ("codeNotation", "QĐ-UBND"),
        ("issuedDate", "02/03/2026"),
        ("subject", "=Trích yếu bí danh2 <b>&%01"),
    ]


def test_the_mets_says_dip_and_every_reference_leads_to_a_file_with_that_digest_and_size(
    files: dict[str, bytes],
) -> None:
    named = {f"{TREE}/METS.xml"}
    for folder in (f"{TREE}/", f"{TREE}/representations/rep1/"):
        root = parsed(files[f"{folder}METS.xml"])
        header = root.find("m:metsHdr", SPACES)
        assert header is not None and header.get(f"{{{SPACES['c']}}}OAISPACKAGETYPE") == "DIP"
        for element in root.iter(f"{{{SPACES['m']}}}mdRef", f"{{{SPACES['m']}}}FLocat"):
            facts = element if element.get("CHECKSUM") else element.getparent()
            assert facts is not None
            path = folder + unquote(str(element.get(f"{{{SPACES['x']}}}href")))
            assert (facts.get("CHECKSUM"), facts.get("CHECKSUMTYPE")) == (sha256(files[path]), "SHA-256")
            assert facts.get("SIZE") == str(len(files[path]))
            named.add(path)
    assert parsed(files[f"{TREE}/METS.xml"]).get("OBJID") == f"urn:uuid:{DIP_ID}"
    assert named == {name for name in files if name.startswith(TREE)}


def test_premis_names_the_source_package_the_making_and_each_document_by_its_exact_name(
    files: dict[str, bytes],
) -> None:
    package = parsed(files[f"{TREE}/metadata/preservation/PREMIS.xml"])
    assert [item.text for item in package.iterfind(".//p:eventType", SPACES)] == [
        "fixity check",
        "information package creation",
    ]
    sources = [item.text for item in package.iterfind(".//p:relatedObjectIdentifierValue", SPACES)]
    assert f"urn:uuid:{AIP_ID}" in sources
    given = parsed(files[f"{TREE}/representations/rep1/metadata/preservation/PREMIS_rep1.xml"])
    assert [item.text for item in given.iterfind(".//p:originalName", SPACES)] == [
        name for number, name in enumerate(NAMES, 1) if number != SECRET
    ]
    digests = [item.text for item in given.iterfind(".//p:messageDigest", SPACES)]
    assert digests[::2] == [sha256(content_of(number)) for number in range(1, 9) if number != SECRET]


def test_nothing_of_a_document_that_was_not_chosen_appears_anywhere(held: Holding) -> None:
    secret = held.only(SECRET)[0]
    traces = [
        "BÍ MẬT".encode(),
        b"B%C3%8D",
        f"bí danh{SECRET}".encode(),
        f"H26.2026.{SECRET}<".encode(),
        secret.sha256.encode(),
        secret.sha512.encode(),
        f"{SECRET:07d}".encode(),
        f"nội dung {SECRET} ".encode(),
        b"totalDoc",
    ]
    package = zipped(held)
    assert [trace for trace in traces if trace in package] == []


def test_the_package_is_the_same_whether_or_not_other_documents_exist(held: Holding, tmp_path: Path) -> None:
    smaller = holding(tmp_path, NAMES[:4])
    assert zipped(held, held.only(1, 2, 3, 4)) == zipped(smaller, smaller.documents)


def test_a_receiver_checks_it_with_bagit_and_with_sha256sum(held: Holding, tmp_path: Path) -> None:
    folder = extracted(zipped(held), tmp_path)
    bagit.Bag(str(folder)).validate()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--strict", "-c", manifest], cwd=folder, check=True, capture_output=True)


def test_the_tar_holds_the_same_files_as_the_zip(held: Holding, files: dict[str, bytes], out: io.BytesIO) -> None:
    written = write_dip(held.source, dip_request(), held.but(SECRET), out, format=PackageFormat.TAR)
    assert (written.size_bytes, written.sha256) == (len(out.getvalue()), sha256(out.getvalue()))
    assert written.size_bytes % 10_240 == 0
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as tar:
        found = {item.name: tar.extractfile(item).read() for item in tar}  # type: ignore[union-attr]  # only files
    assert found == files


def test_the_same_request_gives_the_same_bytes(held: Holding) -> None:
    assert zipped(held) == zipped(held)


def test_iterating_gives_the_bytes_that_writing_gives_and_only_once(held: Holding) -> None:
    export = dip(held.source, dip_request(), held.but(SECRET))
    assert export.media_type == "application/zip" and export.file_name == f"DIP-{DIP_ID}.zip"
    with pytest.raises(ValueError, match="not sent"):
        assert export.written
    assert b"".join(export) == zipped(held)
    assert export.written.document_count == 7
    assert export.content_bytes == sum(document.size_bytes for document in held.but(SECRET))
    with pytest.raises(ValueError, match="once"):
        next(iter(export))


def request_texts(draw_text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {
            "request_id": draw_text.map(lambda text: "x" + text[:99]),
            "purpose_content": draw_text,
            "research_topic": draw_text,
            "description": draw_text,
            "recipient": draw_text,
        }
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=request_texts(st.text(max_size=200)), title=st.text(max_size=50), field=st.text(max_size=50))
def test_any_text_in_a_request_title_or_field_makes_valid_xml(
    held: Holding, changed: dict[str, object], title: str, field: str
) -> None:
    one = replace(held.only(1)[0], fields={"subject": field, "keyword": [field, field], "autograph": {"a": field}})
    out = io.BytesIO()
    write_dip(replace(held.source, title=title, file_code=field), dip_request(**changed), (one,), out)
    with zipfile.ZipFile(out) as package:
        for name in package.namelist():
            if name.endswith(".xml"):
                root = parsed(package.read(name))
                location = next(str(value) for key, value in root.attrib.items() if "chemaLocation" in str(key))
                schema_of(location.split()[1 if " " in location else 0].rpartition("/")[2]).assertValid(root)


@cache
def schema_of(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(XSD / name), etree.XMLParser(no_network=True)))


@pytest.mark.parametrize(
    "changed",
    [
        {"dip_id": "../../x"},
        {"dip_id": DIP_ID.upper()},
        {"made_at": dip_request().made_at.replace(tzinfo=None)},
        {"request_id": " "},
        {"request_id": "x" * 101},
        {"fee_object_type": "11"},
        {"purpose_content": "x" * 501},
        {"research_topic": "x" * 251},
        {"description": "x" * 2001},
        {"description": "\ud800"},
        {"recipient": "\udfff"},
    ],
)
def test_a_request_that_annex_v_cannot_hold_is_refused(held: Holding, changed: dict[str, object]) -> None:
    with pytest.raises(DipRefusedError):
        dip(held.source, dip_request(**changed), held.documents)


def test_giving_nothing_or_a_document_twice_is_refused(held: Holding) -> None:
    with pytest.raises(DipRefusedError):
        dip(held.source, dip_request(), ())
    with pytest.raises(DipRefusedError):
        dip(held.source, dip_request(), held.only(1) + held.only(1))


def test_the_purposes_are_those_of_the_annex() -> None:
    assert [purpose.value for purpose in Purpose] == ["01", "02", "03"]
