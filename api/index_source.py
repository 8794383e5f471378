"""The archive as the index follower sees it: ledger events, and AIPs whose text is read from a verified copy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from archive.access import Mode, effective_mode
from archive.aip.layout import REP2, tree_path
from archive.aip.profile import numbered
from archive.aip.reader import AipReader, StoredDocument
from archive.catalogue import Aip, Catalogue, Submission
from archive.errors import LuutruError
from archive.finding import Answer
from archive.lifecycle import State
from archive.storage.store import Store
from search.errors import TextUnavailableError
from search.indexer import Refusal
from search.record import IndexableAip, IndexableDocument

NOTHING_TO_JUDGE = "none"
_AIPS_PAGE = 200


class ArchiveSource:
    """Implements ``search.indexer.Source`` over the catalogue and the stores, the first store that answers."""

    def __init__(self, catalogue: Catalogue, stores: Sequence[Store], refusals: Path) -> None:
        self._catalogue = catalogue
        self._stores = stores
        self._refusals = refusals

    def events_after(self, cursor: int, limit: int) -> Sequence[tuple[int, str, str, Mapping[str, Any]]]:
        """Events about packages bear the package's id as their subject here, whatever they are about in the ledger."""
        with self._catalogue.read() as reading:
            return [
                (record.seq, record.event, str(record.data.get("aip_id") or record.subject), record.data)
                for record in reading.records(after=cursor, limit=limit)
            ]

    def aips(self) -> Iterator[IndexableAip]:
        """Implements ``search.drift.Held``: every package whose copies were verified, ascending by id.

        The catalogue is asked in pages, so that no long transaction stands in anybody's way. Documents whose package
        cannot be read raise TextUnavailableError.
        """
        after = ""
        while True:
            with self._catalogue.read() as reading:
                page = [aip.id for aip in islice(reading.aips(after), _AIPS_PAGE)]
                stored = [aip_id for aip_id in page if _stored(reading.submission_of_aip(aip_id))]
            for aip_id in stored:
                if (aip := self._aip(aip_id, strict=True)) is not None:
                    yield aip
            if len(page) < _AIPS_PAGE:
                return
            after = page[-1]

    def aip(self, aip_id: str) -> IndexableAip | None:
        return self._aip(aip_id)

    def _aip(self, aip_id: str, *, strict: bool = False) -> IndexableAip | None:
        with self._catalogue.read() as reading:
            end = reading.ledger_end()
            aip = reading.aip(aip_id)
            submission = reading.submission_of_aip(aip_id)
            decided = reading.decided_modes(aip_id)
        if aip is None or submission is None:
            return None
        described = submission.description
        return IndexableAip(
            aip.id,
            aip.fields,
            described.agency_code,
            self._documents(aip, decided, strict),
            described.agency_name,
            None,
            owner=submission.owned_by,
            mode=effective_mode(aip.fields, decided=decided).value,
            as_of=end[0] if end else 0,
        )

    def _documents(self, aip: Aip, decided: Mapping[int | None, Mode], strict: bool) -> Iterator[IndexableDocument]:
        package = _Package(self._stores, aip, strict=strict)
        try:
            with self._catalogue.read() as reading:
                for document in reading.documents(aip.id):
                    yield IndexableDocument(
                        document_id=f"{document.ordinal}",
                        path=document.path,
                        fields=document.fields,
                        sha256=document.sha256,
                        size_bytes=document.size_bytes,
                        text=partial(package.text, document.ordinal),
                        pronom=document.pronom or None,
                        verdict=document.verdict or None,
                        signers=package.signers(document.ordinal),
                        media_type=document.media_type or None,
                        signature_verdict=package.signature_verdict(document.ordinal),
                        pdfa_verdict=package.pdfa_verdict(document.ordinal, document.media_type),
                        mode=effective_mode(aip.fields, document.fields, decided, document.ordinal).value,
                    )
        finally:
            package.close()

    def held(self, aip_ids: frozenset[str]) -> frozenset[str]:
        with self._catalogue.read() as reading:
            return frozenset(aip_id for aip_id in aip_ids if reading.aip(aip_id) is not None)

    def total(self) -> int:
        """Packages on their way into the stores included: for a progress bar, not for a comparison."""
        with self._catalogue.read() as reading:
            return sum(1 + aip.document_count for aip in reading.aips())

    def load_cursor(self, generation: str) -> int:
        with self._catalogue.read() as reading:
            return reading.cursor(f"index:{generation}")

    def save_cursor(self, generation: str, seq: int) -> None:
        with self._catalogue.transaction() as tx:
            tx.set_cursor(f"index:{generation}", seq)

    def record_refusals(self, seq: int, refusals: Sequence[Refusal]) -> None:
        with self._refusals.open("a", encoding="utf-8") as file:
            for item in refusals:
                row = {"seq": seq, "aip_id": item.aip_id, "document_id": item.document_id, "reason": item.reason}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _stored(submission: Submission | None) -> bool:
    return submission is not None and submission.state is State.STORED


class _Package:
    """What one AIP says of its documents, and their texts; opened when first asked, read once from front to back.

    Where no copy can be read, ``strict`` raises TextUnavailableError; else there are no facts and no texts.
    """

    def __init__(self, stores: Sequence[Store], aip: Aip, *, strict: bool) -> None:
        self._stores = stores
        self._aip = aip
        self._strict = strict
        self._reader: AipReader | None = None
        self._failed: TextUnavailableError | None = None
        self._documents: Iterator[StoredDocument] = iter(())
        self._last: StoredDocument | None = None
        self._file: BinaryIO | None = None

    def _opened(self) -> AipReader:
        if self._reader is not None:
            return self._reader
        if self._failed is None:
            failed: LuutruError | None = None
            for store in self._stores:
                try:
                    self._file = store.open(self._aip.object_key)
                    self._reader = AipReader(self._file)
                    self._documents = self._reader.documents()
                    return self._reader
                except LuutruError as error:
                    failed = error
                    self.close()
            self._failed = TextUnavailableError("Không đọc được gói lưu trữ để lập chỉ mục.", detail=str(failed))
        raise self._failed

    def text(self, ordinal: int) -> str:
        reader = self._opened()
        path = f"{tree_path(self._aip.id)}/{REP2}/data/{numbered(ordinal)}.txt"
        if not reader.has(path):
            return ""
        with reader.open(path) as file:
            return file.read().decode("utf-8", "replace")

    def signers(self, ordinal: int) -> tuple[str, ...]:
        return tuple(self._facts(ordinal).get("signers") or ())

    def signature_verdict(self, ordinal: int) -> str | None:
        """The answer of the check; ``none`` for a document nobody signed that gave the check no offence."""
        facts = self._facts(ordinal)
        answer = (facts.get("answers") or {}).get("signatures")
        unsigned = answer == Answer.PASSED and not facts.get("signers") and not facts.get("revisions")
        return NOTHING_TO_JUDGE if unsigned else answer

    def pdfa_verdict(self, ordinal: int, media_type: str) -> str | None:
        """The answer of the check; ``none`` for what is no PDF."""
        answer = (self._facts(ordinal).get("answers") or {}).get("pdfa")
        return NOTHING_TO_JUDGE if answer == Answer.PASSED and media_type != "application/pdf" else answer

    def _facts(self, ordinal: int) -> Mapping[str, Any]:
        """Of ascending ordinals only: the list of the package is read along, never held."""
        try:
            self._opened()
            while self._last is None or self._last.ordinal < ordinal:
                self._last = next(self._documents, None)
                if self._last is None:
                    return {}
        except LuutruError as error:
            if self._strict:
                raise TextUnavailableError("Không đọc được gói lưu trữ.", detail=str(error)) from error
            return {}
        return self._last.facts if self._last.ordinal == ordinal else {}

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
