"""A dossier as it lies in the stores proves itself, and is of this round, before the round names it as its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from api.bootstrap import Installation
from api.delivering import Part, damaged, to_file
from api.scratch import scratch_of
from archive.catalogue.sealing_reading import sealing_of
from archive.disposal.model import Round
from archive.finding import Answer, finding
from archive.papers.dossier_proof import DossierVerdict, verify_dossier


def wrong_with_dossier(installation: Installation, of: Round, aip_id: str) -> list[dict[str, Any]]:
    """Every reason why this package is not the dossier of the round; none when all was there, and held.

    Only the recorded bytes are asked: a copy that was damaged since says nothing against them. Raises CopyDamagedError
    when no store gives them now.
    """
    verdict = _verdict(installation, aip_id)
    wrong = [item.as_json() for item in verdict.findings]
    said = (verdict.facts.get("round_code"), verdict.facts.get("list_sha256"))
    if verdict.answer is Answer.PASSED and said == (of.code, of.list_sha256):
        return []
    return wrong or [finding("dossier.data.unreadable", reason=f"round {said[0]!r}").as_json()]


def _verdict(installation: Installation, aip_id: str) -> DossierVerdict:
    with installation.catalogue.read() as view:
        aip = view.aip(aip_id)
        if aip is None:
            raise damaged()
        part = Part.of_package(aip, sealing_of(view, aip_id))
    with tempfile.TemporaryDirectory(dir=scratch_of(installation.settings.home)) as folder:
        path = Path(folder) / "ho-so-huy.tar"
        to_file(installation, part, path)
        with path.open("rb") as file:
            return verify_dossier(file, [installation.key.private.public_key()])
