"""How this archive reads TT 05/2025 where the circular leaves a choice or contradicts itself: one place."""

from __future__ import annotations

METS_TYPE = "Mixed"
"""``mets@TYPE`` of a hồ sơ. Readers of the annex differ: the text says Mixed, a published example writes AIP."""

STRUCT_MAP_TYPE = "PHYSICAL"
"""``structMap@TYPE``: PHYSICAL in the text and in CSIP 2 (CSIP81), ``logical`` in the same example."""

STRUCT_MAP_LABEL = "CSIP"
METS_PROFILE = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"
OAIS_PACKAGE_TYPE = "AIP"
CONTENT_INFORMATION_TYPE = "MIXED"
EAD_MDTYPE = "EAD"
"""``mdRef@MDTYPE`` of EAD.xml and EAD_doc: the circular calls them EAD although their root is ``simpledc``."""

EAD_ROOT = "simpledc"
CHECKSUM_TYPE = "SHA-256"
ORDINAL_DIGITS = 7
"""Digits of a document's ordinal in arcDocCode (mã hồ sơ + 7 digits) and in our file names."""

CREATION_EVENT = "information package creation"
"""PREMIS event type of SIP → AIP (TT 05 Đ25.3a)."""

BAGIT_PROFILE = "urn:uuid:6f1f7f0e-5a0f-4d55-9d3c-2b8a7d1e4c05"
"""Identifier of ``bagit-profile.json``, which lies in every package under ``documentation/``."""

CATALOGUE_FORMAT = "luutru-aip-catalogue/1"
EVIDENCE_FORMAT = "luutru-evidence-groups/1"
SCHEMA_FILES = ("DILCISExtensionMETS.xsd", "EAD.xsd", "EAD_doc.xsd", "METS.xsd", "PREMIS.xsd", "xlink.xsd")


def object_id(aip_id: str) -> str:
    return f"urn:uuid:{aip_id}"


def root_folder(aip_id: str) -> str:
    """Name of the AIP_hoso folder: OBJID with ``:`` written ``_``."""
    return object_id(aip_id).replace(":", "_")


def document_code(file_code: str, ordinal: int) -> str:
    return f"{file_code}.{ordinal:0{ORDINAL_DIGITS}d}"


def numbered(ordinal: int) -> str:
    return f"{ordinal:0{ORDINAL_DIGITS}d}"
