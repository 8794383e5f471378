"""``bag-info.txt`` of an AIP: how the needs of the law are said in BagIt, by the profile ``bagit-profile.json``."""

from __future__ import annotations

from archive.aip.model import AipContent
from archive.aip.profile import BAGIT_PROFILE
from archive.aip.xmltext import VIETNAM
from archive.bag.writing import bag_info_text


def bag_info(content: AipContent, oxum: str) -> bytes:
    """The tags in fixed order; a tag without value is left out."""
    record = content.record
    pairs = [
        ("BagIt-Profile-Identifier", BAGIT_PROFILE),
        ("Source-Organization", content.agency.name),
        ("External-Identifier", str(record.get("fileCode") or "")),
        ("External-Description", str(record.get("title") or "")),
        ("Internal-Sender-Identifier", content.submission_agreement or content.submission_id),
        ("Bag-Group-Identifier", content.fonds_code),
        ("Bagging-Date", content.created_at.astimezone(VIETNAM).date().isoformat()),
        ("Bag-Software-Agent", f"{content.software} {content.software_version}".strip()),
        ("Payload-Oxum", oxum),
        ("X-AIP-Identifier", f"urn:uuid:{content.aip_id}"),
        ("X-Submission-Identifier", content.submission_id),
        ("X-Source-Organization-Code", content.agency.code),
        ("X-Archive-Organization", content.archive.name),
        ("X-Archive-Organization-Code", content.archive.code),
        ("X-Rule-Profile", content.profile.name),
        ("X-Rule-Profile-Version", content.profile.version),
        ("X-Record-Status", content.record_status),
        ("X-Retention-Period", str(record.get("maintenance") or "")),
    ]
    return bag_info_text((label, value) for label, value in pairs if value.strip())
