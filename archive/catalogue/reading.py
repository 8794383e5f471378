"""Questions to the catalogue, each answered from an index; long answers come as streams of flat memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, tuple_

from archive.catalogue import tables as t
from archive.catalogue.columns import Instant
from archive.catalogue.model import (
    Aip,
    Copy,
    Document,
    Place,
    Receipt,
    Revision,
    Submission,
    ValidationMaterial,
    read_cursor,
)
from archive.catalogue.pieces import pieces
from archive.catalogue.rights_reading import RightsReading
from archive.catalogue.rows import AnyRow, aip_of, copy_of, document_of, receipt_of, submission_of
from archive.catalogue.symbols import symbol_key
from archive.errors import SubmissionMissingError
from archive.lifecycle import State

PAGE = 1000
ASKED_AT_ONCE = 500
"""How many values one statement asks for: below every database's limit of parameters."""


class Reading(RightsReading):
    """One unchanging view of the catalogue, valid inside its ``with``."""

    def submission(self, submission_id: str) -> Submission:
        """Raises SubmissionMissingError."""
        found = self._submission(t.submissions.c.id == submission_id)
        if found is None:
            raise SubmissionMissingError("Không có hồ sơ nộp lưu mang mã này.", detail=submission_id)
        return found

    def submission_numbered(self, registration_number: str) -> Submission | None:
        return self._submission(t.submissions.c.registration_number == registration_number)

    def submission_of_client(self, client_key: str, owner: str = "") -> Submission | None:
        """By the sender's own word for it: each owner's words are its own."""
        c = t.submissions.c
        return self._submission(and_(c.owner == owner, c.client_key == client_key))

    def submission_of_aip(self, aip_id: str) -> Submission | None:
        """The submission this package is, or will be, made from."""
        return self._submission(t.submissions.c.aip_id == aip_id)

    def submissions_found(self, text: str) -> tuple[Submission, ...]:
        """By id, registration number, package id or file code, whichever ``text`` is; the newest 100 of a file code."""
        c = t.submissions.c
        exact = or_(c.id == text, c.registration_number == text, c.aip_id == text)
        found = tuple(self._submissions(select(t.submissions).where(exact)))
        if found or not text:
            return found
        by_code = select(t.submissions).where(c.file_code == text).order_by(c.last_seq.desc()).limit(100)
        return tuple(self._submissions(by_code))

    def submissions_with_transfer(self, sha256: str) -> tuple[Submission, ...]:
        """Every submission whose bytes as they arrived were these, in order of receipt."""
        c = t.submissions.c
        query = select(t.submissions).where(c.transfer_sha256 == sha256).order_by(c.entered_at, c.id)
        return tuple(self._submissions(query))

    def known_submissions(self, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` (some hundred at most) that are submissions."""
        c = t.submissions.c
        return set(self._connection.execute(select(c.id).where(c.id.in_(list(ids)))).scalars())

    def submissions_in(self, *states: State) -> Iterator[Submission]:
        """All submissions in any of these states (in every state when none is given), ascending by state and id."""
        c = t.submissions.c
        for state in sorted(states or State):
            after = ""
            while page := tuple(
                self._submissions(
                    select(t.submissions).where(c.state == state.value, c.id > after).order_by(c.id).limit(PAGE)
                )
            ):
                yield from page
                after = page[-1].id

    def submissions_listed(
        self,
        *,
        owned_by: str | None = None,
        states: Collection[State] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[Submission, ...]:
        """The newest first, from behind ``after`` (``Submission.cursor``) on: of one agency, or (None) of all.

        ``states``: only those in one of them. Nobody's place ever changes.
        Raises CursorUnknownError for an ``after`` that no submission has as its cursor's form.
        """
        c = t.submissions.c
        query = select(t.submissions).order_by(c.entered_at.desc(), c.id.desc()).limit(limit)
        if after is not None:
            entered_at, submission_id = read_cursor(after)
            query = query.where(tuple_(c.entered_at, c.id) < tuple_(literal(entered_at, Instant), submission_id))
        if owned_by is not None:
            query = query.where(c.owned_by == owned_by)
            if states:
                query = query.where(c.state.in_(sorted(states)))
            return tuple(self._submissions(query))
        if not states:
            return tuple(self._submissions(query))
        # One statement a state: each is answered from the index in order, however rare the state is.
        found = [item for state in sorted(set(states)) for item in self._submissions(query.where(c.state == state))]
        found.sort(key=attrgetter("cursor"), reverse=True)
        return tuple(found[:limit])

    def removal_due(self, now: datetime, limit: int = 100) -> tuple[Submission, ...]:
        """Submissions whose content is to be removed by ``now`` and still stands, the most overdue first."""
        c = t.submissions.c
        query = select(t.submissions).where(c.remove_after <= now, c.content_removed_at.is_(None))
        return tuple(self._submissions(query.order_by(c.remove_after).limit(limit)))

    def reports(self, submission_id: str) -> Mapping[str, Any]:
        """The report of each check by its name."""
        c = t.reports.c
        rows = self._connection.execute(
            select(c.check_name, c.report).where(c.submission_id == submission_id).order_by(c.check_name)
        )
        return {row.check_name: row.report for row in rows}

    def receipt(self, submission_id: str) -> Receipt | None:
        row = self._first(select(t.receipts).where(t.receipts.c.submission_id == submission_id))
        return None if row is None else receipt_of(row)

    def receipts(self) -> Iterator[Receipt]:
        """All receipts ascending by submission."""
        return map(receipt_of, self._paged(select(t.receipts), t.receipts.c.submission_id))

    def aip(self, aip_id: str) -> Aip | None:
        row = self._first(select(t.aips).where(t.aips.c.id == aip_id))
        return None if row is None else aip_of(row)

    def aip_at(self, object_key: str) -> Aip | None:
        row = self._first(select(t.aips).where(t.aips.c.object_key == object_key))
        return None if row is None else aip_of(row)

    def aips_of_file(self, file_code: str) -> tuple[Aip, ...]:
        """Every package of one hồ sơ, the oldest first."""
        c = t.aips.c
        rows = self._connection.execute(select(t.aips).where(c.file_code == file_code).order_by(c.created_at, c.id))
        return tuple(map(aip_of, rows))

    def aips(self, after: str = "") -> Iterator[Aip]:
        """All packages ascending by id, from behind ``after`` on."""
        return map(aip_of, self._paged(select(t.aips), t.aips.c.id, after))

    def copies(self, aip_id: str) -> tuple[Copy, ...]:
        c = t.copies.c
        rows = self._connection.execute(select(t.copies).where(c.aip_id == aip_id).order_by(c.store))
        return tuple(map(copy_of, rows))

    def validation_of(self, aip_id: str) -> tuple[ValidationMaterial, ...]:
        c = t.validation_material.c
        query = (
            select(t.validation_material)
            .join(t.aip_validation, t.aip_validation.c.sha256 == c.sha256)
            .where(t.aip_validation.c.aip_id == aip_id)
            .order_by(c.sha256)
        )
        rows = self._connection.execute(query)
        return tuple(ValidationMaterial(row.sha256, row.sha512, row.kind, row.size_bytes) for row in rows)

    def documents(self, aip_id: str) -> Iterator[Document]:
        """The originals of one package in their order."""
        c, after = t.documents.c, -1
        while page := self.documents_in(
            select(t.documents).where(c.aip_id == aip_id, c.ordinal > after).order_by(c.ordinal).limit(PAGE)
        ):
            yield from page
            after = page[-1].ordinal

    def document(self, aip_id: str, ordinal: int) -> Document | None:
        c = t.documents.c
        found = self.documents_in(select(t.documents).where(c.aip_id == aip_id, c.ordinal == ordinal))
        return found[0] if found else None

    def holds(self, aip_id: str, ordinal: int | None = None) -> bool:
        """Whether there is this package, and (``ordinal`` given) this document in it."""
        if ordinal is None:
            return self._first(select(t.aips.c.id).where(t.aips.c.id == aip_id)) is not None
        c = t.documents.c
        return self._first(select(c.ordinal).where(c.aip_id == aip_id, c.ordinal == ordinal)) is not None

    def document_named(self, aip_id: str, path: str) -> Document | None:
        """By its exact path as received."""
        c = t.documents.c
        found = self.documents_in(select(t.documents).where(c.aip_id == aip_id, c.path == path).limit(1))
        return found[0] if found else None

    def documents_numbered(self, number: str, notation: str = "", limit: int = 100) -> tuple[Document, ...]:
        """By số và ký hiệu, given apart or as one text (``12/QĐ-UBND``), however typed."""
        key = symbol_key(number, notation)
        if key is None:
            return ()
        c = t.documents.c
        query = select(t.documents).where(c.symbol_key == key).order_by(c.aip_id, c.ordinal).limit(limit)
        return tuple(self.documents_in(query))

    def with_bytes(self, sha256s: Iterable[str]) -> Mapping[str, Place]:
        """For each digest that some held document has: where one lies."""
        return self._places(t.documents.c.sha256, select(t.documents), sha256s)

    def with_revision(self, sha256s: Iterable[str]) -> Mapping[str, Place]:
        """For each digest that a signed revision of some held document has: where one lies."""
        r, d = t.revisions.c, t.documents.c
        joined = select(t.documents).join(t.revisions, and_(r.aip_id == d.aip_id, r.ordinal == d.ordinal))
        return self._places(r.sha256, joined, sha256s)

    def with_identity(self, keys: Iterable[str]) -> Mapping[str, Place]:
        """For each identity key that some held document has: where one lies."""
        return self._places(t.documents.c.identity_key, select(t.documents), keys)

    def cursor(self, name: str) -> int:
        """How far the follower ``name`` has read the ledger; 0 at the beginning."""
        row = self._first(select(t.cursors.c.seq).where(t.cursors.c.name == name))
        return 0 if row is None else int(row.seq)

    def _submission(self, condition: ColumnElement[bool]) -> Submission | None:
        row = self._first(select(t.submissions).where(condition))
        return None if row is None else submission_of(row)

    def _submissions(self, query: Select[Any]) -> Iterator[Submission]:
        return map(submission_of, self._connection.execute(query))

    def documents_in(self, query: Select[Any]) -> list[Document]:
        """The documents whose rows ``query`` finds, in its order, each with its signed revisions."""
        rows = self._connection.execute(query).all()
        revisions: dict[tuple[str, int], tuple[Revision, ...]] = {}
        for aip_id, some in groupby(rows, attrgetter("aip_id")):
            ordinals = [row.ordinal for row in some]
            revisions |= self._revisions(aip_id, min(ordinals), max(ordinals))
        return [document_of(row, revisions.get((row.aip_id, row.ordinal), ())) for row in rows]

    def _revisions(self, aip_id: str, first: int, last: int) -> dict[tuple[str, int], tuple[Revision, ...]]:
        r = t.revisions.c
        query = select(t.revisions).where(r.aip_id == aip_id, r.ordinal.between(first, last))
        rows = self._connection.execute(query.order_by(r.ordinal, r.length_bytes))
        return {
            (aip_id, ordinal): tuple(Revision(row.length_bytes, row.sha256) for row in some)
            for ordinal, some in groupby(rows, attrgetter("ordinal"))
        }

    def _places(self, column: ColumnElement[Any], source: Select[Any], values: Iterable[str]) -> Mapping[str, Place]:
        found: dict[str, Place] = {}
        d, a = t.documents.c, t.aips.c
        for some in pieces(values, ASKED_AT_ONCE):
            query = source.join(t.aips, a.id == d.aip_id).where(column.in_(some))
            query = query.with_only_columns(column.label("asked"), a.file_code, d.aip_id, d.path)
            for row in self._connection.execute(query):
                found.setdefault(row.asked, Place(row.file_code, row.aip_id, row.path))
        return found

    def _paged(self, query: Select[Any], key: ColumnElement[Any], after: str = "") -> Iterator[AnyRow]:
        while page := self._connection.execute(query.where(key > after).order_by(key).limit(PAGE)).all():
            yield from page
            after = getattr(page[-1], str(key.key))

    def _first(self, query: Select[Any]) -> AnyRow | None:
        return self._connection.execute(query).first()
