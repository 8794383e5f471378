"""The composition root: the one place that reads settings and builds the concrete parts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from api.holdings import CatalogueHoldings
from api.key_holders import key_store
from api.settings import Settings
from api.stores import built_store, built_stores, initialised_store
from archive.aip.model import Party
from archive.catalogue import Catalogue
from archive.errors import StoreError
from archive.keystore.store import KeyStore
from archive.lagging import LaggingStore
from archive.local_time import VIETNAM
from archive.sealing.opening import NO_KEYS, Keys, OpeningStore
from archive.signing import ArchiveKey, load_key
from archive.storage.store import Store
from archive.storage_policy import StoragePolicy
from ingest.calendar import default_calendar
from ingest.checking import Surroundings
from ingest.checks.malware import Scanner
from ingest.examiner import Examiner
from ingest.inspector.client import inspector_pool
from ingest.intake import Intake
from ingest.policy import Agreement, load_agreement
from ingest.quarantine import Quarantine
from ingest.shared_transfers import SharedQuarantine
from ingest.steps import Steps
from ingest.verapdf.client import VeraPool, verapdf_pool
from ingest.workers.pool import WorkerPool

if TYPE_CHECKING:  # The client of the index takes a third of a second to import; most commands never ask the index.
    from api.index_source import ArchiveSource
    from search.client import SearchSettings
    from search.index import SearchIndex
    from search.indexer import Follower


def now() -> datetime:
    return datetime.now(VIETNAM)


def trust_list_version(path: Path | None) -> str:
    """Name and version as the trust list says them; empty when none is configured. Whether it holds is checked where used."""
    if path is None:
        return ""
    try:
        value = json.loads(path.read_bytes())
        return f"{value['profile']} {value['version']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


@dataclass
class Tools:
    """The supervised workers of one process; started when first needed, ended with the process."""

    settings: Settings
    _made: list[WorkerPool | VeraPool] = field(default_factory=list)

    @cached_property
    def inspectors(self) -> WorkerPool:
        pool = inspector_pool(self.settings.workers)
        self._made.append(pool)
        return pool

    @cached_property
    def verapdf(self) -> VeraPool:
        pool = verapdf_pool(self.settings.tools / "verapdf", self.settings.workers)
        self._made.append(pool)
        return pool

    @cached_property
    def agreement(self) -> Agreement:
        return load_agreement(self.settings.agreement)

    @property
    def scanner(self) -> Scanner | None:
        return Scanner(socket_path=self.settings.clamd_socket) if self.settings.clamd_socket else None

    def examiner(self) -> Examiner:
        options: dict[str, object] = {"online": self.settings.online_revocation}
        if self.settings.trust_list is not None:
            options["trust_list"] = str(self.settings.trust_list)
        return Examiner(
            inspectors=self.inspectors,
            verapdf=self.verapdf,
            signature_options=options,
            further_formats=self.agreement.further_formats,
            side_by_side=self.settings.workers,
        )

    def close(self) -> None:
        for pool in self._made:
            pool.close()


@dataclass
class Installation:
    """One archive on this machine: its settings and everything made from them, each made when first asked for."""

    settings: Settings

    @cached_property
    def tools(self) -> Tools:
        return Tools(self.settings)

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue.open(self.settings.catalogue_url)

    @cached_property
    def stores(self) -> tuple[Store, ...]:
        """All stores, in the policy's order."""
        return built_stores(self.policy, self.settings.home)

    @cached_property
    def keys(self) -> KeyStore | None:
        """The key store of sealed hồ sơ; opened when a key is first asked of it. None: nothing is sealed."""
        return key_store(self.settings.keys) if self.settings.keys is not None else None

    @property
    def opening_keys(self) -> Keys:
        """What sealed packages are opened with; without a key store each says that its key is missing."""
        return self.keys or NO_KEYS

    @cached_property
    def reading_stores(self) -> tuple[Store, ...]:
        """All stores, in the policy's order, for reading what packages hold: sealed ones are opened.

        What lies there, byte for byte, is read from ``stores``.
        """
        return tuple(OpeningStore(store, self.opening_keys) for store in self.stores)

    @property
    def policy(self) -> StoragePolicy:
        """The storage policy as its file says it; it stands once it is adopted (``api.storage_adopting``)."""
        return self.settings.policy

    @property
    def required_stores(self) -> tuple[Store, ...]:
        """Those without whose proven copy nothing is stored."""
        return tuple(store for store in self.stores if store.name in self.policy.required)

    @cached_property
    def lagging(self) -> tuple[LaggingStore, ...]:
        """Those that may lag."""
        return tuple(store for store in self.patient_stores if store.name in self.policy.lagging)

    @cached_property
    def patient_stores(self) -> tuple[LaggingStore, ...]:
        """All stores, each with what this process knows of how it answers: what one thread learns spares the others."""
        return tuple(LaggingStore(store) for store in self.stores)

    @cached_property
    def _policy_stands(self) -> bool:
        from api.storage_adopting import adopt_at_start

        adopt_at_start(self)
        return True

    def require_policy(self) -> None:
        """The policy of the file stands, adopted now if it is newer. Raises PolicyChangedError, PolicyRefusedError."""
        assert self._policy_stands

    @cached_property
    def quarantine(self) -> Quarantine:
        """This machine's, over the store it shares with others if the settings name one."""
        shared = self.settings.quarantine_settings.store(self.policy)
        if shared is None:
            return Quarantine(self.settings.quarantine)
        if self.settings.quarantine_settings.shared_s3:
            # No policy names it, so nothing else ever makes it a store; when it is away it is met as it is.
            with suppress(StoreError):
                initialised_store(shared, self.settings.home, tried=False)
        return SharedQuarantine(self.settings.quarantine, built_store(shared, self.settings.home))

    @cached_property
    def key(self) -> ArchiveKey:
        return load_key(self.settings.key_file)

    @property
    def archive(self) -> Party:
        return Party(self.settings.archive_code, self.settings.archive_name)

    @cached_property
    def trust_version(self) -> str:
        return trust_list_version(self.settings.trust_list)

    def intake(self) -> Intake:
        return Intake(
            catalogue=self.catalogue,
            quarantine=self.quarantine,
            agreement=self.tools.agreement,
            trust_list_version=self.trust_version,
            calendar=default_calendar(),
            now=now,
            new_id=lambda: uuid.uuid4().hex,
            new_aip_id=lambda: str(uuid.uuid4()),
            copies=len(self.required_stores),
            reserve_bytes=self.settings.free_bytes_reserve,
            own_folders=[store.path for store in self.settings.stores],
            store_free_bytes=self._store_free_bytes,
        )

    def _store_free_bytes(self) -> list[int]:
        """Of the required stores that can be asked; one that is away does not keep submissions from being received."""
        free = []
        for store in self.required_stores:
            with suppress(StoreError):
                free.append(store.free_bytes())
        return free

    def steps(self, progress: Callable[[str, str], None] = lambda _submission, _document: None) -> Steps:
        """Raises what ``require_policy`` raises."""
        from api.sealing_ledger import ledger_copies

        self.require_policy()
        return Steps(
            catalogue=self.catalogue,
            quarantine=self.quarantine,
            stores=self.required_stores,
            lagging=self.lagging,
            keys=self.keys,
            policy_version=self.policy.version,
            agreement=self.tools.agreement,
            surroundings=self.surroundings,
            key=self.key,
            archive=self.archive,
            profile=self.settings.profile,
            now=now,
            progress=progress,
            copied=ledger_copies(self).ensure,
        )

    def surroundings(self, at: str) -> Surroundings:
        return Surroundings(
            examiner=self.tools.examiner(),
            at=at,
            profile=self.settings.profile,
            scanner=self.tools.scanner,
            holdings=CatalogueHoldings(self.catalogue),
        )

    @property
    def search_settings(self) -> SearchSettings:
        from search.client import SearchSettings

        return SearchSettings(
            self.settings.tools / "elasticsearch",
            self.settings.search_data,
            hosts=self.settings.search_hosts,
            api_key_file=self.settings.search_api_key_file,
            ca_certs=self.settings.search_ca_certs,
            alias=self.settings.search_alias,
        )

    def search_index(self, *, start: bool = True) -> SearchIndex:
        """The index; the local node is started when it does not run and ``start``. Raises SearchError otherwise."""
        from search.client import connect
        from search.index import SearchIndex

        settings = self.search_settings
        return SearchIndex(connect(settings, start=start), settings.alias)

    def index_source(self) -> ArchiveSource:
        """The archive as the index sees it."""
        from api.index_source import ArchiveSource

        return ArchiveSource(self.catalogue, self.reading_stores, self.settings.home / "index-refusals.jsonl")

    def follower(self, index: SearchIndex) -> Follower:
        from search.indexer import Follower

        return Follower(self.index_source(), index)

    def close(self) -> None:
        if "tools" in self.__dict__:
            self.tools.close()
        if self.__dict__.get("keys") is not None:
            self.__dict__["keys"].close()
        if "catalogue" in self.__dict__:
            self.catalogue.close()


@contextmanager
def opened(settings: Settings) -> Iterator[Installation]:
    """The installation, everything of it closed afterwards (the local search node runs on)."""
    installation = Installation(settings)
    try:
        yield installation
    finally:
        installation.close()
