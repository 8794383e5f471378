"""An ETSI TS 119 102-2 report, as this archive writes it, in plain values: what was decided of each signature."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from lxml import etree

_NAMES = {"vr": "http://uri.etsi.org/19102/v1.2.1#", "ds": "http://www.w3.org/2000/09/xmldsig#"}

_COMMON_NAME = re.compile(r"(?:^|, )Common Name: (.+?)(?=, [A-Z][A-Za-z /]*: |$)")


@dataclass(frozen=True, slots=True)
class ReportedSignature:
    """One signature. ``proven_at``: when it demonstrably existed; ``signed_sha256``: of the revision it signs."""

    indication: str
    sub_indication: str | None
    signer: str | None
    validated_at: str | None
    proven_at: str | None
    signed_sha256: str | None

    @property
    def name(self) -> str | None:
        """The signer's common name: the rest of a certificate's subject may be numbers of a person's papers."""
        if self.signer is None:
            return None
        found = _COMMON_NAME.search(self.signer)
        return found[1].strip() if found else None


def reported_signatures(report: bytes) -> tuple[ReportedSignature, ...]:
    """In the order of the report."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(report, parser)
    return tuple(_signature(node) for node in root.findall("vr:SignatureValidationReport", _NAMES))


def signers_of(signatures: tuple[ReportedSignature, ...]) -> list[str]:
    """Their names, each once, in order."""
    return list(dict.fromkeys(item.name for item in signatures if item.name))


def _signature(node: etree._Element) -> ReportedSignature:
    def text(path: str) -> str | None:
        found = node.findtext(path, None, _NAMES)
        return found.strip() if found and found.strip() else None

    digest = text("vr:SignatureIdentifier/vr:DigestAlgAndValue/ds:DigestValue")
    return ReportedSignature(
        indication=(text("vr:SignatureValidationStatus/vr:MainIndication") or "").rpartition(":")[2],
        sub_indication=(text("vr:SignatureValidationStatus/vr:SubIndication") or "").rpartition(":")[2] or None,
        signer=text("vr:SignerInformation/vr:Signer"),
        validated_at=text("vr:ValidationTimeInfo/vr:ValidationTime"),
        proven_at=text("vr:ValidationTimeInfo/vr:BestSignatureTime/vr:POETime"),
        signed_sha256=base64.b64decode(digest).hex() if digest else None,
    )
