"""Decisions of the head of the archive, made directly: what is opened, restricted, granted."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from api.bootstrap import Installation, now
from archive.access import Author, Mode
from archive.catalogue import Document, Submission
from archive.catalogue.rights_model import NewGrant


def account_id(installation: Installation, username: str) -> str:
    with installation.catalogue.read() as reading:
        account = reading.account_named(username)
    assert account is not None, username
    return account.id


def head(installation: Installation) -> Author:
    return Author("account:head", account_id(installation, "head"))


def decide(installation: Installation, aip_id: str, ordinal: int | None, mode: Mode) -> None:
    by = head(installation)
    with installation.catalogue.transaction() as tx:
        tx.decide_mode(aip_id, ordinal, mode, reason="Kiểm thử", by=by, at=now())


def grant(
    installation: Installation, aip_id: str, ordinal: int | None, username: str, until: datetime | None = None
) -> None:
    by, at = head(installation), now()
    new = NewGrant(
        id=str(uuid.uuid4()),
        account_id=account_id(installation, username),
        aip_id=aip_id,
        ordinal=ordinal,
        reason="Nghiên cứu",
        valid_from=at - timedelta(minutes=1),
        valid_until=until or at + timedelta(days=1),
    )
    with installation.catalogue.transaction() as tx:
        tx.give_grant(new, by=by, at=at)


def stored(installation: Installation, submission_id: str) -> tuple[Submission, list[Document]]:
    with installation.catalogue.read() as reading:
        submission = reading.submission(submission_id)
        return submission, list(reading.documents(submission.aip_id))
