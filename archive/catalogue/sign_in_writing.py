"""Failed attempts to sign in, counted so that no two at once slip through; and searches an account keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update

from archive.access.attempts import FORGOTTEN_AFTER, Patience, next_attempts
from archive.access.errors import SavedSearchRefusedError
from archive.catalogue import rights_tables as t
from archive.catalogue.rights_model import SavedSearch
from archive.catalogue.rights_writing import RightsWriting

MOST_SAVED_SEARCHES = 200
LONGEST_NAME = 255


class SignInWriting(RightsWriting):
    """What a transaction can change about signing in and about an account's own things; no rights among them."""

    def attempt(self, patience: Mapping[str, Patience], at: datetime) -> tuple[datetime | None, bool]:
        """Whether an attempt under all these keys may be made now: (None, …), or when to come back.

        An attempt that may be made counts as failed beforehand, so that a thousand at once are not one. The second
        value says whether this one brought a new block. Old counts are forgotten on the way.
        """
        retry_at = self.blocked_until(patience, at)
        if retry_at is not None:
            return retry_at, False
        standing = {key: self.attempts(key) for key in patience}
        self._connection.execute(delete(t.failed_attempts).where(t.failed_attempts.c.first_at < at - FORGOTTEN_AFTER))
        news = False
        for key, known in standing.items():
            after = next_attempts(known, at, patience[key])
            news = news or after.blocked_until is not None
            values = {"count": after.count, "first_at": after.first_at, "blocked_until": after.blocked_until}
            self._put(t.failed_attempts, {"key": key}, values)
        return None, news

    def attempt_succeeded(self, account_key: str, address_key: str) -> None:
        """The account's count is gone; of the address's, only the one this attempt had added."""
        c = t.failed_attempts.c
        self._connection.execute(delete(t.failed_attempts).where(c.key == account_key))
        self._connection.execute(
            update(t.failed_attempts)
            .where(c.key == address_key, c["count"] > 0)
            .values(count=c["count"] - 1, blocked_until=None)
        )

    def forget_attempts(self, key: str) -> None:
        """Its owner is let in again."""
        self._connection.execute(delete(t.failed_attempts).where(t.failed_attempts.c.key == key))

    def save_search(
        self, search_id: str, account_id: str, name: str, query: Mapping[str, Any], *, at: datetime
    ) -> SavedSearch:
        """The search under this name of the account's own; a search it had under the name gives way."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise SavedSearchRefusedError("Tìm kiếm đã lưu phải có tên, không quá 255 ký tự.", remedy="Đặt tên khác.")
        c = t.saved_searches.c
        self._connection.execute(delete(t.saved_searches).where(c.account_id == account_id, c.name == name))
        if self._saved_count(account_id) >= MOST_SAVED_SEARCHES:
            raise SavedSearchRefusedError(
                f"Mỗi tài khoản giữ nhiều nhất {MOST_SAVED_SEARCHES} tìm kiếm.", remedy="Xóa bớt tìm kiếm cũ."
            )
        self._connection.execute(
            insert(t.saved_searches).values(
                id=search_id, account_id=account_id, name=name, query=dict(query), created_at=at
            )
        )
        return self.saved_search(account_id, search_id)

    def forget_search(self, account_id: str, search_id: str) -> None:
        """Raises SavedSearchMissingError, for another account's too."""
        self.saved_search(account_id, search_id)
        c = t.saved_searches.c
        self._connection.execute(delete(t.saved_searches).where(c.id == search_id, c.account_id == account_id))
