"""Contents of AIPs to write: small, whole, with names in both Unicode forms."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.aip.model import (
    AipContent,
    Derivative,
    Original,
    Party,
    PremisAgent,
    PremisEvent,
    ReportFile,
    RuleProfile,
    SignatureInformation,
    SubmissionFile,
    ValidationDatum,
)
from archive.digest import file_digests
from archive.paths import RelPath

AIP_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
NOW = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)
NFC = unicodedata.normalize("NFC", "Quyết định số 57.pdf")
NFD = unicodedata.normalize("NFD", "Quyết định số 57.pdf")
NAMES = (NFC, NFD, "phụ lục/bảng 100%.xlsx", "phụ lục/dài " + "x" * 180 + ".pdf", "dòng\nmới.txt", " a&b<c>\x01.txt ")


def datum(kind: str, content: bytes) -> ValidationDatum:
    return ValidationDatum(
        hashlib.sha256(content).hexdigest(),
        hashlib.sha512(content).hexdigest(),
        kind,  # type: ignore[arg-type]  # one of the four, by the callers
        content,
    )


CERTIFICATE = datum("cer", b"certificate")
RESPONSE = datum("ocsp", b"ocsp response")
SIGNATURE = SignatureInformation(
    encoding="base64",
    method="RSA-SHA256",
    value="AAEC",
    signer="Nguyễn Văn A",
    validation_rules="ETSI EN 319 102-1",
    properties=("indication=TOTAL-PASSED", "role=person"),
    certificate="AAEC",
)


def aip_content(
    folder: Path,
    names: tuple[str, ...] = NAMES,
    *,
    size: Callable[[int], int] = lambda number: number * 40_000,
    known_digests: bool = True,
) -> AipContent:
    """A hồ sơ whose documents have these names, blobs under ``folder``, one signed, with derivative and reports."""
    originals = []
    for number, name in enumerate(names, 1):
        blob = folder / f"{number:06d}"
        blob.write_bytes(hashlib.sha256(name.encode()).digest() * (size(number) // 32) + b"!" * (size(number) % 32))
        originals.append(
            Original(
                RelPath(name),
                blob,
                file_digests(blob) if known_digests else None,
                number,
                {
                    "typeName": "02",
                    "codeNumber": str(number),
                    "codeNotation": "QĐ-UBND",
                    "issuedDate": "2026-03-0" + str(1 + number % 9),
                    "organName": "UBND thành phố Hà Nội",
                    "subject": "Về việc lưu trữ <điện tử> & khai thác",
                    "docId": f"H26.2026.{number}",
                },
                kind="outgoing",
                pronom="fmt/477",
                format_name="PDF/A",
                format_version="2u",
                media_type="application/pdf",
            )
        )
    originals[0] = replace(originals[0], signatures=(SIGNATURE,), validation=(CERTIFICATE.sha256, RESPONSE.sha256))
    return AipContent(
        aip_id=AIP_ID,
        created_at=NOW,
        profile=RuleProfile("LLT2024-TT05", "1"),
        archive=Party("H26", "Lưu trữ lịch sử thành phố Hà Nội"),
        agency=Party("000.00.01.H26", "Văn phòng UBND thành phố Hà Nội"),
        record={
            "fileCode": "H26.2026.VP.01",
            "title": "Hồ sơ về quy chế văn thư, lưu trữ",
            "maintenance": "01",
            "mode": "01",
            "language": "01",
            "startDate": "2026-01-02",
            "endDate": "2026-11",
            "totalDoc": len(names),
            "riskRecovery": False,
        },
        originals=tuple(originals),
        fonds_code="H26.01",
        submission_id="s-1",
        submission_agreement="ĐK-2026-001",
        software="luutru",
        software_version="0.1.0",
        derivatives=(Derivative(originals[0].path, "Nội dung trích ra".encode(), tool="pypdfium2 5.15"),),
        reports=(ReportFile("bag.json", b'{"answer":"passed"}'), ReportFile("signatures/1.xml", b"<r/>")),
        validation=(CERTIFICATE, RESPONSE),
        submission=(SubmissionFile(RelPath("metadata.json"), b"{}"), SubmissionFile(RelPath("bagit.txt"), b"BagIt")),
        events=(
            PremisEvent(
                "e-1",
                "virus check",
                NOW - timedelta(minutes=1),
                "indeterminate",
                detail="clamd",
                outcome_note="không có trình quét",
                agents=(("clamd", "executing program"),),
                objects=(("", "source"), (names[0], "source")),
            ),
        ),
        agents=(PremisAgent("clamd", "ClamAV", "software", "1.4.6"),),
        facts={"received_at": "2026-11-20T10:00:00+07:00"},
    )
