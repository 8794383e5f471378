"""The dossier of a round goes through ordinary ingest, becomes its own AIP, and proves itself from any copy of it."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

from api.bootstrap import opened
from api.initialising import initialise
from api.settings import load_settings
from api.submitting import carry, hand_in
from api.views import submission_view
from archive.aip.reader import AipReader
from archive.finding import Answer
from archive.papers.dossier_proof import verify_dossier
from archive.papers.paper import Letterhead
from archive.signing import ArchiveKey
from ingest.papers.dossier_package import INDEX_FILE, write_dossier
from samples.clamd import clamd_program, running_clamd

AGREEMENT = Path(__file__).parents[2] / "samples" / "agreement.toml"
INDEX_HEAD = Letterhead("Sở Nội vụ tỉnh Bình Minh", "Bình Minh", issued=date(2026, 10, 12))


def test_a_dossier_goes_through_ordinary_ingest_and_its_aip_proves_itself(
    finished: Any, key: ArchiveKey, trust_file: Path, tmp_path: Path
) -> None:
    packed = write_dossier(tmp_path / "ho-so-huy.zip", finished.dossier, finished.files, key=key, head=INDEX_HEAD)
    assert packed.payload_files == len(finished.files) + 2
    assert clamd_program(), "clamd is needed (Debian: clamav-daemon)"
    with running_clamd(tmp_path / "clamd") as socket:
        initialise(
            tmp_path / "home",
            name="Lưu trữ Sở Nội vụ tỉnh Bình Minh",
            code="H99.12",
            trust_list=trust_file,
            agreement=AGREEMENT,
            clamd=str(socket),
        )
        with opened(load_settings(tmp_path / "home")) as installation:
            handed = hand_in(installation, [packed.target], client_key=None, received=lambda: None)
            assert [item.error for item in handed] == [None]
            assert handed[0].submission is not None
            assert carry(installation, [handed[0].submission.id]) == {}
            view = submission_view(installation, handed[0].submission.id)
            assert view["state"] == "stored", [
                (item["code"], item["severity"], item["message"])
                for item in view["findings"]
                if item["severity"] != "info"
            ]
            with installation.catalogue.read() as reading:
                aip = reading.aip(view["aip_id"])
            assert aip is not None
            stores = installation.reading_stores
            copies = [b"".join(store.read(aip.object_key)) for store in stores]
    said = {item["code"] for item in view["findings"] if item["severity"] in ("error", "indeterminate")}
    assert said == {"malware.database-unofficial"}  # of the signatures the test scans with
    for data in copies:
        verdict = verify_dossier(io.BytesIO(data), [key.private.public_key()])
        assert verdict.answer is Answer.PASSED, [item.message for item in verdict.findings]
        assert verdict.facts["destroyed"] == 2 and verdict.facts["lines"] == 4
        assert verdict.facts["keep_until"] == "2046-10-12"
    reader = AipReader(io.BytesIO(copies[0]))
    assert reader.package().record["maintenance"] == "05" and INDEX_FILE in {str(d.path) for d in reader.documents()}
