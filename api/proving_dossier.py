"""A dossier as it lies in the stores proves itself, and is of this round, before the round names it as its own."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from typing import Any

from api.bootstrap import Installation
from api.scratch import scratch_of
from archive.disposal.model import Round
from archive.errors import CopyDamagedError, StoreError
from archive.finding import Answer, finding
from archive.papers.dossier_proof import DossierVerdict, verify_dossier


def wrong_with_dossier(installation: Installation, of: Round, aip_id: str) -> list[dict[str, Any]]:
    """Every reason why this package is not the dossier of the round; none when all was there, and held.

    Raises CopyDamagedError when no store has the package.
    """
    verdict = _verdict(installation, aip_id)
    wrong = [item.as_json() for item in verdict.findings]
    said = (verdict.facts.get("round_code"), verdict.facts.get("list_sha256"))
    if verdict.answer is Answer.PASSED and said == (of.code, of.list_sha256):
        return []
    return wrong or [finding("dossier.data.unreadable", reason=f"round {said[0]!r}").as_json()]


def _verdict(installation: Installation, aip_id: str) -> DossierVerdict:
    """Of the first copy that proves itself; one damaged since says nothing against the others."""
    verdict: DossierVerdict | None = None
    with installation.catalogue.read() as view:
        aip = view.aip(aip_id)
    for store in installation.reading_stores:
        if aip is None:
            break
        with suppress(StoreError), tempfile.TemporaryFile(dir=scratch_of(installation.settings.home)) as file:
            for block in store.read(aip.object_key):
                file.write(block)
            file.seek(0)
            verdict = verify_dossier(file, [installation.key.private.public_key()])
            if verdict.answer is Answer.PASSED:
                return verdict
    if verdict is None:
        raise CopyDamagedError(
            "Không kho nào trả lại gói hồ sơ hủy.", remedy="Kiểm tra các kho lưu trữ.", detail=aip_id
        )
    return verdict
