"""Where everything lies inside the tar: one table of paths, used by the writer and the reader.

<aip id>/bagit.txt, bag-info.txt, manifest-*.txt, tagmanifest-*.txt
<aip id>/data/urn_uuid_<aip id>/METS.xml, metadata/…, representations/rep1|rep2/…, schemas/…, documentation/…
"""

from __future__ import annotations

from archive.aip.profile import root_folder

METADATA = "metadata/other"
CATALOGUE = f"{METADATA}/catalogue.jsonl"
EVIDENCE_GROUPS = f"{METADATA}/evidence-groups.json"
REPORTS = f"{METADATA}/reports"
VALIDATION = f"{METADATA}/validation"
EAD = "metadata/descriptive/EAD.xml"
PREMIS = "metadata/preservation/PREMIS.xml"
REP1 = "representations/rep1"
REP2 = "representations/rep2"
REP1_PREMIS = "metadata/preservation/PREMIS_rep1.xml"
REP2_PREMIS = "metadata/preservation/PREMIS_rep2.xml"
ORIGINALS = f"{REP1}/data"
SUBMISSION = "documentation/submission"
BAGIT_PROFILE = "documentation/bagit-profile.json"
METS = "METS.xml"
MANIFESTS = ("manifest-sha256.txt", "manifest-sha512.txt")
TAG_MANIFESTS = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")


def payload_path(aip_id: str) -> str:
    """The AIP_hoso folder as seen from the root of the bag."""
    return f"data/{root_folder(aip_id)}"


def tree_path(aip_id: str) -> str:
    """The AIP_hoso folder as seen from the root of the tar."""
    return f"{aip_id}/{payload_path(aip_id)}"


def media_type_of(name: str) -> str:
    """The media type of a file this archive itself makes, by its extension."""
    extension = name.rpartition(".")[2].lower()
    return {
        "xml": "application/xml",
        "xsd": "application/xml",
        "json": "application/json",
        "jsonl": "text/plain",  # no media type is registered for JSON lines, and CSIP40 wants a registered one
        "txt": "text/plain",
        "csv": "text/csv",
        "pdf": "application/pdf",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "cer": "application/pkix-cert",
        "crl": "application/pkix-crl",
        "ocsp": "application/ocsp-response",
        "tst": "application/timestamp-reply",
    }.get(extension, "application/octet-stream")
