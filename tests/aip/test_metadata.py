"""METS, EAD and PREMIS inside the package: valid offline, complete, and true to the bytes."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from contents import AIP_ID, CERTIFICATE, NAMES, RESPONSE, aip_content
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from archive.aip.ead import document_ead, file_ead, schema_text
from archive.aip.model import AipContent, WrittenAip
from archive.aip.profile import SCHEMA_FILES
from archive.aip.reader import AipReader
from archive.aip.verification import premis_fixity
from archive.aip.writer import write_aip

XSD = Path(__file__).parents[2] / "schemas" / "xsd"
SPACES = {
    "m": "http://www.loc.gov/METS/",
    "x": "http://www.w3.org/1999/xlink",
    "c": "https://DILCIS.eu/XML/METS/CSIPExtensionMETS",
    "p": "http://www.loc.gov/premis/v3",
}
Written = tuple[WrittenAip, bytes]


def parsed(data: bytes) -> etree._Element:
    assert b"<!DOCTYPE" not in data
    return etree.fromstring(data, etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False))


def schema(name: str, folder: Path = XSD) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(folder / name), etree.XMLParser(no_network=True)))


@pytest.fixture(scope="module")
def reader(written: Written) -> AipReader:
    return AipReader(io.BytesIO(written[1]))


def xml_files(reader: AipReader) -> Iterator[tuple[str, bytes]]:
    tree = f"{AIP_ID}/data/urn_uuid_{AIP_ID}/"
    for entry in reader.entries:
        inner = entry.path.removeprefix(tree)
        if inner.endswith(".xml") and "/other/" not in inner and entry.path.startswith(tree):
            yield inner, reader.read(inner)


def test_every_xml_is_valid_by_the_schemas_in_the_package_without_network(reader: AipReader, tmp_path: Path) -> None:
    for name in SCHEMA_FILES:
        (tmp_path / name).write_bytes(reader.read(f"schemas/{name}"))
        assert (tmp_path / name).read_bytes() == (XSD / name).read_bytes()
    seen = set()
    for _, data in xml_files(reader):
        root = parsed(data)
        location = next(value for key, value in root.attrib.items() if "chemaLocation" in str(key))
        name = str(location).split()[1 if " " in str(location) else 0].rpartition("/")[2]
        schema(name, tmp_path).assertValid(root)
        seen.add(name)
    assert seen == {"METS.xsd", "PREMIS.xsd", "EAD.xsd", "EAD_doc.xsd"}


def test_the_csip_attributes_are_valid_by_the_extension_schema(reader: AipReader) -> None:
    root = parsed(reader.read("METS.xml"))
    values = schema_values(XSD / "DILCISExtensionMETS.xsd")
    for element in root.iter("*"):
        for key, value in element.attrib.items():
            if str(key).startswith(f"{{{SPACES['c']}}}"):
                assert value in values[etree.QName(key).localname]


def schema_values(path: Path) -> dict[str, set[str]]:
    xs = "{http://www.w3.org/2001/XMLSchema}"
    return {
        str(attribute.get("name")): {str(item.get("value")) for item in attribute.iter(f"{xs}enumeration")}
        for attribute in etree.parse(str(path)).iter(f"{xs}attribute")
    }


@pytest.mark.parametrize("folder", ["", "representations/rep1/", "representations/rep2/"])
def test_every_reference_of_a_mets_leads_to_a_file_with_that_digest_and_size(reader: AipReader, folder: str) -> None:
    root = parsed(reader.read(f"{folder}METS.xml"))
    count = 0
    for element in root.iter(f"{{{SPACES['m']}}}mdRef", f"{{{SPACES['m']}}}FLocat"):
        facts = element if element.get("CHECKSUM") else element.getparent()
        assert facts is not None
        data = reader.read(folder + unquote(str(element.get(f"{{{SPACES['x']}}}href"))))
        assert facts.get("CHECKSUM") == hashlib.sha256(data).hexdigest()
        assert facts.get("SIZE") == str(len(data))
        count += 1
    assert count > 1


def test_the_mets_together_speak_of_every_file_of_the_tree(reader: AipReader) -> None:
    named = {"METS.xml"}
    for folder in ("", "representations/rep1/", "representations/rep2/"):
        root = parsed(reader.read(f"{folder}METS.xml"))
        for element in root.iter(f"{{{SPACES['m']}}}mdRef", f"{{{SPACES['m']}}}FLocat"):
            named.add(folder + unquote(str(element.get(f"{{{SPACES['x']}}}href"))))
    tree = f"{AIP_ID}/data/urn_uuid_{AIP_ID}/"
    assert named == {e.path.removeprefix(tree) for e in reader.entries if e.path.startswith(tree)}


def test_the_mets_says_aip_agreement_fonds_and_identity_as_tt05_asks(reader: AipReader) -> None:
    root = parsed(reader.read("METS.xml"))
    header = root.find("m:metsHdr", SPACES)
    assert header is not None
    assert root.get("OBJID") == f"urn:uuid:{AIP_ID}"
    assert header.get(f"{{{SPACES['c']}}}OAISPACKAGETYPE") == "AIP"
    assert header.get("RECORDSTATUS") == "NEW"
    assert header.get("CREATEDATE") == "2026-11-21T10:04:05+07:00"
    assert header.findtext("m:altRecordID[@TYPE='SUBMISSIONAGREEMENT']", None, SPACES) == "ĐK-2026-001"
    assert "H26.01" in [note.text for note in header.iterfind("m:agent/m:note", SPACES)]
    assert [d.get("LABEL") for d in root.iterfind("m:structMap/m:div/m:div", SPACES)] == [
        "Metadata",
        "Documentation",
        "Schemas",
        "Representations/rep1",
        "Representations/rep2",
    ]


def test_the_ead_schemas_are_those_the_field_table_gives() -> None:
    assert (XSD / "EAD.xsd").read_bytes() == schema_text("hoso")
    assert (XSD / "EAD_doc.xsd").read_bytes() == schema_text("document")


def test_the_ead_of_the_hoso_has_the_names_order_and_forms_of_the_aip_variant(content: AipContent) -> None:
    root = parsed(file_ead(content.record))
    assert [(item.tag, item.text) for item in root] == [
        ("arcFileCode", "H26.2026.VP.01"),
        ("title", "Hồ sơ về quy chế văn thư, lưu trữ"),
        ("maintenance", "01"),
        ("mode", "01"),
        ("language", "01"),
        ("startDate", "02/01/2026"),
        ("endDate", "11/2026"),
        ("totalDoc", "6"),
        ("riskRecovery", "0"),
    ]


def test_the_ead_of_a_document_gets_its_codes_from_its_place_and_leaves_out_what_an_aip_has_not(
    content: AipContent,
) -> None:
    root = parsed(document_ead(content.record, content.originals[1]))
    values = {item.tag: item.text for item in root}
    assert values["arcFileCode"] == "H26.2026.VP.01"
    assert values["docCode"] == "H26.2026.VP.01.0000002"
    assert values["docOrdinal"] == "2"
    assert "docId" not in values


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_of_a_field_makes_valid_xml(content: AipContent, value: str) -> None:
    data = file_ead(dict(content.record, title=value, keyword=[value, 1, True], language={"a": value}))
    schema("EAD.xsd").assertValid(parsed(data))


def test_premis_has_fixity_format_name_and_signature_of_each_original(reader: AipReader, content: AipContent) -> None:
    data = reader.read("representations/rep1/metadata/preservation/PREMIS_rep1.xml")
    fixity = {unquote(href): (size, digests) for href, size, digests in premis_fixity(io.BytesIO(data))}
    for original in content.originals:
        assert original.digests is not None
        assert fixity[f"representations/rep1/data/{original.path}"] == (
            original.digests.size_bytes,
            {"SHA-256": original.digests.sha256, "SHA-512": original.digests.sha512},
        )
    root = parsed(data)
    names = [item.text for item in root.iterfind(".//p:originalName", SPACES)]
    assert names == [name.replace("\x01", "%01") for name in NAMES]
    assert root.findtext(".//p:formatRegistryKey", None, SPACES) == "fmt/477"
    signature = root.find(".//p:signatureInformation/p:signature", SPACES)
    assert signature is not None
    assert signature.findtext("p:signer", None, SPACES) == "Nguyễn Văn A"
    assert [item.text for item in signature.iterfind("p:signatureProperties", SPACES)] == [
        "indication=TOTAL-PASSED",
        "role=person",
    ]


def test_r33_the_package_is_stamped_with_the_rule_profile_and_its_version(reader: AipReader, written: Written) -> None:
    root = parsed(reader.read("metadata/preservation/PREMIS.xml"))
    properties = {
        item.findtext("p:significantPropertiesType", "", SPACES): item.findtext(
            "p:significantPropertiesValue", "", SPACES
        )
        for item in root.iterfind(".//p:significantProperties", SPACES)
    }
    assert properties["rule profile"] == "LLT2024-TT05"
    assert properties["rule profile version"] == "1"
    with reader.open(f"{AIP_ID}/bag-info.txt") as file:
        assert b"X-Rule-Profile: LLT2024-TT05\n" in file.read()


def test_events_are_linked_to_agents_with_versions_and_the_making_of_the_package_is_one(reader: AipReader) -> None:
    root = parsed(reader.read("metadata/preservation/PREMIS.xml"))
    agents = {
        item.findtext("p:agentIdentifier/p:agentIdentifierValue", "", SPACES): item.findtext(
            "p:agentVersion", "", SPACES
        )
        for item in root.iterfind("p:agent", SPACES)
    }
    assert agents == {"clamd": "1.4.6", "luutru": "0.1.0"}
    types = {}
    for event in root.iterfind("p:event", SPACES):
        linked = [v.text for v in event.iterfind("p:linkingAgentIdentifier/p:linkingAgentIdentifierValue", SPACES)]
        assert linked and set(linked) <= set(agents)
        types[event.findtext("p:eventType", "", SPACES)] = event.findtext(".//p:eventOutcome", "", SPACES)
    assert types == {"virus check": "indeterminate", "information package creation": "success"}


def test_an_event_of_the_making_given_by_the_caller_is_not_doubled(tmp_path: Path) -> None:
    content = aip_content(tmp_path, ("a.pdf",))
    made = replace(content.events[0], id="e-2", type="information package creation", objects=(("", "outcome"),))
    out = io.BytesIO()
    write_aip(replace(content, events=(made,)), out)
    root = parsed(AipReader(out).read("metadata/preservation/PREMIS.xml"))
    assert len(root.findall("p:event", SPACES)) == 1


def test_t39_a_derivative_stands_beside_its_original_and_is_marked(reader: AipReader) -> None:
    root = parsed(reader.read("representations/rep2/metadata/preservation/PREMIS_rep2.xml"))
    text = etree.tostring(root, encoding="unicode")
    assert "derivative: made by the archive, not signed by the author" in text
    subtype = root.find(".//p:relationship[p:relationshipSubType='has source']", SPACES)
    assert subtype is not None
    source = subtype.findtext(".//p:relatedObjectIdentifierValue", "", SPACES)
    assert unquote(source) == f"representations/rep1/data/{NAMES[0]}"
    assert reader.read("representations/rep2/data/0000001.txt").decode() == "Nội dung trích ra"


def test_the_evidence_groups_name_each_original_and_what_its_validation_used(
    reader: AipReader, content: AipContent
) -> None:
    groups = reader.evidence_groups()
    assert [group["document"] for group in groups] == list(NAMES)
    assert groups[0]["validation"] == [
        {"kind": item.kind, "sha256": item.sha256, "sha512": item.sha512} for item in (CERTIFICATE, RESPONSE)
    ]
    assert groups[1]["validation"] == []
    digests = content.originals[1].digests
    assert digests is not None
    assert (groups[1]["sha256"], groups[1]["sha512"]) == (digests.sha256, digests.sha512)
    kept = reader.read(f"metadata/other/validation/{RESPONSE.sha256}.ocsp")
    assert kept == RESPONSE.source


def test_the_bag_profile_in_the_package_allows_what_the_package_is(reader: AipReader) -> None:
    profile = json.loads(reader.read("documentation/bagit-profile.json"))
    with reader.open(f"{AIP_ID}/bag-info.txt") as file:
        tags = dict(line.split(": ", 1) for line in file.read().decode().splitlines())
    assert tags["BagIt-Profile-Identifier"] == profile["BagIt-Profile-Info"]["BagIt-Profile-Identifier"]
    for name, rule in profile["Bag-Info"].items():
        assert not rule["required"] or name in tags
        assert name not in tags or "values" not in rule or tags[name] in rule["values"]
    assert set(tags) <= set(profile["Bag-Info"])
