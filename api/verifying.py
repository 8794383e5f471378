"""``luutru verify`` and ``luutru fsck``: nothing is believed that was not read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BufferedReader
from typing import Any

from api.bootstrap import Installation, now
from api.return_note import lost_by_note
from api.time_stamping import roots_in
from archive.aip.reader import AipReader
from archive.aip.verification import verify_stream
from archive.catalogue import Aip, Copy, Document, Reading
from archive.checkpoints.differences import checkpoint_differences
from archive.events import Event
from archive.finding import Answer, Finding
from archive.fixity import CopyResult, CopyState, DeepCheck, verify_copy
from archive.fsck import Difference, Further, Holdings, fsck
from archive.fsck.packages import OriginalsOf, StoredOriginal
from archive.fsck.papers import paper_differences
from archive.sealing.opening import Keys, plain_file
from archive.storage.store import CHUNK_BYTES, Store
from search.errors import SearchError
from search.index import SearchIndex
from search.record import index_id

SEALED_GRACE = timedelta(hours=1)


def look_inside(file: BufferedReader) -> Iterable[Finding]:
    """Deep verification: every manifest entry, PREMIS digest and catalogue line against the bytes."""
    return verify_stream(iter(lambda: file.read(CHUNK_BYTES), b"")).findings


def look_inside_with(keys: Keys) -> DeepCheck:
    """The same of packages that may be sealed. Raises SealedKeyMissingError for one whose key is not to be had."""

    def looked(file: BufferedReader) -> Iterable[Finding]:
        with plain_file(file, keys) as plain:
            return look_inside(plain)

    return looked


def originals_with(keys: Keys) -> OriginalsOf:
    """What a package, sealed or not, says of its originals."""

    def held(file: BufferedReader) -> Iterator[StoredOriginal]:
        with plain_file(file, keys) as plain:
            yield from AipReader(plain).documents()

    return held


def verify_aip(
    installation: Installation, aip: Aip, *, deep: bool, actor: str, read: Callable[[int], None]
) -> dict[str, Any]:
    """Every byte of every copy read and compared with the ledger's digest, stores side by side; the result is recorded.

    Passed when all are whole, failed when one is damaged or missing, indeterminate when one could not be read.
    """
    check = look_inside_with(installation.opening_keys) if deep else None
    with ThreadPoolExecutor(len(installation.stores)) as threads:
        results = list(
            threads.map(
                lambda store: verify_copy(
                    store,
                    aip.object_key,
                    aip.sha256,
                    aip.size_bytes,
                    layout_sha256=aip.layout_sha256,
                    deep=check,
                    progress=read,
                ),
                installation.stores,
            )
        )
    with installation.catalogue.read() as reading:
        awaited = {copy.store for copy in reading.copies(aip.id) if copy.state is CopyState.AWAITED}
    # A copy nobody has made yet is no lost one, and goes on being awaited since when it was.
    results = [
        item if item.ok or item.store not in awaited else replace(item, state=CopyState.AWAITED) for item in results
    ]
    answer = _answer(results)
    at = now()
    event = Event.AIP_FIXITY_VERIFIED if answer is Answer.PASSED else Event.AIP_FIXITY_REFUTED
    with installation.catalogue.transaction() as tx:
        # Where only the look inside could not be had, what was known of the copy stands.
        seen = (item for item in results if item.state not in (CopyState.AWAITED, CopyState.NOT_RUN))
        tx.record_copies(Copy(aip.id, item.store, item.state, at) for item in seen)
        tx.append(
            event,
            aip.id,
            actor=actor,
            at=at,
            data={"aip_id": aip.id, "deep": deep, "copies": {item.store: item.state.value for item in results}},
        )
    return {
        "aip_id": aip.id,
        "file_code": aip.file_code,
        "answer": answer.value,
        "expected": {"sha256": aip.sha256, "size_bytes": aip.size_bytes},
        "deep": deep,
        "copies": [
            {
                "store": item.store,
                "state": item.state.value,
                "size_bytes": item.size_bytes,
                "sha256": item.sha256,
                "findings": [one.message for one in item.findings],
            }
            for item in results
        ],
    }


def _answer(results: list[CopyResult]) -> Answer:
    states = {result.state for result in results}
    if states & {CopyState.MISMATCH, CopyState.MISSING}:
        return Answer.FAILED
    return Answer.INDETERMINATE if states & {CopyState.UNREADABLE, CopyState.NOT_RUN} else Answer.PASSED


def differences(
    installation: Installation, *, with_index: bool = True, deep: bool = True, light: bool = False
) -> Iterator[dict[str, Any]]:
    """Everything recomputed and compared; ``light``: without reading the copies. An index that does not run is said."""
    index = None
    if with_index:
        try:
            index = installation.search_index(start=True)
            installation.follower(index).follow()
        except SearchError as error:
            index = None
            yield _said("index.place.unreachable", "index", error.message)
    holdings = Holdings(
        index=_Ids(index) if index is not None else None,
        quarantine=lambda: _settled(installation),
        further=(_sealed(installation), paper_differences),
    )
    keys = installation.opening_keys
    check = look_inside_with(keys) if deep and not light else None
    stored = originals_with(keys)
    for item in fsck(installation.catalogue, installation.stores, holdings, originals=stored, deep=check, light=light):
        yield {**item.as_json(), "severity": "error"}


def _sealed(installation: Installation) -> Further:
    """What was sealed, compared with catalogue and stores; a store may be behind by what was sealed within the hour."""

    def compared(view: Reading, stores: Sequence[Store], full: bool) -> Iterator[Difference]:
        return checkpoint_differences(
            view,
            stores,
            [installation.key.private.public_key()],
            full=full,
            roots=roots_in(installation.settings.ledger.timestamp_ca),
            now=now(),
            grace=SEALED_GRACE,
            lost=lost_by_note(installation.settings.home),
        )

    return compared


def _said(code: str, subject: str, message: str) -> dict[str, Any]:
    return {"code": code, "subject": subject, "behind": "index", "message": message, "details": {}, "severity": "error"}


def _settled(installation: Installation) -> Iterator[str]:
    """Quarantine's entries that claim to be whole; unfinished ones of dead receivers are swept first."""
    installation.intake().sweep()
    return installation.quarantine.ids()


class _Ids:
    """The index's entries and the ids it gives, as ``fsck`` asks for them."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    def ids(self) -> Iterator[str]:
        return self._index.ids()

    def id_of_aip(self, aip_id: str) -> str:
        return index_id(aip_id)

    def id_of_document(self, document: Document) -> str:
        return index_id(document.aip_id, str(document.ordinal))
