"""The verdicts of one file as an ETSI TS 119 102-2 validation report: what we decided, guards included."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

VR, DS, XADES = (
    "http://uri.etsi.org/19102/v1.2.1#",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://uri.etsi.org/01903/v1.3.2#",
)
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_INDICATIONS = {
    "TOTAL-PASSED": "urn:etsi:019102:mainindication:total-passed",
    "TOTAL-FAILED": "urn:etsi:019102:mainindication:total-failed",
    "INDETERMINATE": "urn:etsi:019102:mainindication:indeterminate",
}
_OBJECT_TYPES = {
    "certificate": "urn:etsi:019102:validationObject:certificate",
    "crl": "urn:etsi:019102:validationObject:CRL",
    "ocsp": "urn:etsi:019102:validationObject:OCSPResponse",
    "timestamp": "urn:etsi:019102:validationObject:timestamp",
}


def etsi_report(signatures: Sequence[Mapping[str, Any]], material: Sequence[Mapping[str, Any]]) -> bytes:
    """The report as UTF-8 XML. Validation objects are named by their SHA-256; their bytes lie beside it under it."""
    root = etree.Element(f"{{{VR}}}ValidationReport", nsmap={"vr": VR, "ds": DS, "XAdES": XADES})
    for row in signatures:
        _signature(root, row)
    objects = [row for row in material if row["kind"] in _OBJECT_TYPES]
    if objects:
        parent = _add(root, VR, "SignatureValidationObjects")
        for row in objects:
            _object(parent, row)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _signature(root: etree._Element, row: Mapping[str, Any]) -> None:
    report = _add(root, VR, "SignatureValidationReport")
    value = (row.get("premis") or {}).get("value")
    if value:
        identifier = _add(report, VR, "SignatureIdentifier", id=f"sig-{row['number']}")
        digest = row.get("signed_revision") or {}
        if digest.get("sha256"):
            _digest(identifier, digest["sha256"])
        _add(identifier, DS, "SignatureValue", value)
        _add(identifier, VR, "HashOnly", "false")
        _add(identifier, VR, "DocHashOnly", "false")
    if row.get("validation_time"):
        times = _add(report, VR, "ValidationTimeInfo")
        _add(times, VR, "ValidationTime", row["validation_time"])
        best = _add(times, VR, "BestSignatureTime")
        _add(best, VR, "POETime", row.get("proven_time") or row["validation_time"])
        _add(best, VR, "TypeOfProof", "urn:etsi:019102:poetype:validation")
    certificates = row.get("path") or []
    if certificates:
        signer = _add(report, VR, "SignerInformation")
        _add(signer, VR, "SignerCertificate", VOReference=f"vo-{certificates[0]['sha256']}")
        _add(signer, VR, "Signer", certificates[0]["subject"])
    process = _add(report, VR, "SignatureValidationProcess")
    kind = "LTVM" if row.get("proven_time") else "Basic"
    _add(process, VR, "SignatureValidationProcessID", f"urn:etsi:019102:validationprocess:{kind}")
    status = _add(report, VR, "SignatureValidationStatus")
    _add(status, VR, "MainIndication", _INDICATIONS[row["indication"]])
    if row.get("sub_indication"):
        _add(status, VR, "SubIndication", f"urn:etsi:019102:subindication:{row['sub_indication']}")


def _object(parent: etree._Element, row: Mapping[str, Any]) -> None:
    item = _add(parent, VR, "ValidationObject", id=f"vo-{row['sha256']}")
    _add(item, VR, "ObjectType", _OBJECT_TYPES[row["kind"]])
    _digest(_add(item, VR, "ValidationObjectRepresentation"), row["sha256"])


def _digest(parent: etree._Element, sha256: str) -> None:
    holder = _add(parent, VR, "DigestAlgAndValue")
    _add(holder, DS, "DigestMethod", Algorithm=_SHA256)
    _add(holder, DS, "DigestValue", base64.b64encode(bytes.fromhex(sha256)).decode())


def _add(
    parent: etree._Element, namespace: str, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    element.text = text
    return element
