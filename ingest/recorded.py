"""What is kept of a submission's checks, and the letters made of what was decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archive.catalogue import Reading
from archive.catalogue.model import Receipt
from ingest.checking import CHECKS
from ingest.letters import letter_pdf, receipt_html, return_html
from ingest.report import CheckReport


def recorded_reports(reading: Reading, submission_id: str) -> tuple[CheckReport, ...]:
    """The reports the catalogue keeps, in the order of the checks."""
    kept = reading.reports(submission_id)
    return tuple(CheckReport.from_json(kept[name]) for name in ("unpack", *CHECKS) if name in kept)


def read_reports(checks: Path) -> tuple[CheckReport, ...]:
    return tuple(CheckReport.from_json(row) for row in json.loads((checks / "reports.json").read_bytes()))


def return_letter(reason: Mapping[str, Any]) -> bytes:
    return letter_pdf(return_html(reason))


def receipt_letter(receipt: Receipt) -> bytes:
    return letter_pdf(receipt_html(receipt.document))
