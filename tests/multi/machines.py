"""Several machines of one archive: homes of their own, one PostgreSQL, stores that all of them reach."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from api.bootstrap import opened
from api.initialising import initialise
from api.settings import load_settings
from api.verifying import differences
from archive.catalogue.worker_tables import claims
from archive.ledger import verify_chain
from archive.lifecycle import is_final
from tests.multi.processes import ROOT

QUIET = (
    ("hosts = []", 'hosts = ["http://127.0.0.1:9"]'),
    ("free_bytes_reserve = 1073741824", "free_bytes_reserve = 1048576"),
    ("workers = 0", "workers = 2"),
)


@dataclass(frozen=True)
class Machines:
    """``homes[0]`` is where the archive was made; the others have its settings, its keys, and nothing else of it."""

    homes: tuple[Path, ...]

    @classmethod
    def made(
        cls, folder: Path, urls: list[str], *, shared_store: str = "kho-1", trust_list: Path | None = None
    ) -> Machines:
        """One machine for each way to the same database."""
        stores = [folder / "stores" / name for name in ("a", "b")]
        first = folder / "machine-0"
        initialise(
            first,
            name="Kho thử",
            code="H99.12",
            stores=stores,
            database=urls[0],
            trust_list=trust_list,
            agreement=ROOT / "samples" / "agreement.toml",
        )
        file = first / "luutru.toml"
        text = file.read_text(encoding="utf-8")
        for old, new in QUIET:
            assert old in text
            text = text.replace(old, new)
        file.write_text(f'{text}\n[quarantine]\nshared_store = "{shared_store}"\n', encoding="utf-8")
        homes = [first]
        for number, url in enumerate(urls[1:], 1):
            home = folder / f"machine-{number}"
            shutil.copytree(first, home, ignore=shutil.ignore_patterns("quarantine", "*.log", "tmp"))
            settings = home / "luutru.toml"
            settings.write_text(settings.read_text(encoding="utf-8").replace(urls[0], url), encoding="utf-8")
            homes.append(home)
        return cls(tuple(homes))

    def states(self) -> dict[str, str]:
        with opened(load_settings(self.homes[0])) as installation, installation.catalogue.read() as reading:
            return {item.id: item.state.value for item in reading.submissions_in()}

    def settled(self) -> bool:
        """Nothing is left that can be done without a person."""
        with opened(load_settings(self.homes[0])) as installation, installation.catalogue.read() as reading:
            return all(is_final(item.state) and self._done(item) for item in reading.submissions_in())

    @staticmethod
    def _done(item: object) -> bool:
        return getattr(item, "content_removed_at", None) is not None or str(getattr(item, "state", "")) == "returned"

    def assert_whole(self) -> None:
        """Each submission once and whole, each event once, the chain whole, fsck clean, nothing claimed or waiting."""
        with opened(load_settings(self.homes[0])) as installation:
            with installation.catalogue.read() as reading:
                assert verify_chain(reading.records(0, 1_000_000)) is None
                for item in reading.submissions_in():
                    events = Counter(record.event for record in reading.records(subject=item.id))
                    assert set(events.values()) == {1}, (item, events)
                assert reading.rows(select(func.count()).select_from(claims)).scalar_one() == 0
            found = list(differences(installation, with_index=False))
        assert found == []
