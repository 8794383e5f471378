"""The store that quarantines of several machines share is watched, though it is none of the archive's."""

from __future__ import annotations

from pathlib import Path

from api.bootstrap import opened
from api.initialising import initialise
from api.settings import load_settings
from api.watching import stores
from archive.storage.memory import MemoryStore
from ingest.shared_transfers import SharedQuarantine
from tests.catalogue.builders import AT


def test_a_shared_quarantine_without_room_raises_an_alert_and_one_of_the_archives_stores_only_one(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    initialise(home, name="Lưu trữ lịch sử tỉnh Bình Minh", code="H99.12")
    with opened(load_settings(home)) as installation:

        def full() -> list[str]:
            return [item.subject for item in stores.WATCH.look(installation, AT) if item.code == "store.full"]

        assert full() == []
        inbox = MemoryStore("inbox", capacity_bytes=1 << 10)
        installation.__dict__["quarantine"] = SharedQuarantine(tmp_path / "quarantine", inbox)
        assert full() == ["inbox"]
        first = installation.stores[0]
        installation.__dict__["quarantine"] = SharedQuarantine(tmp_path / "quarantine", first)
        assert full() == []
