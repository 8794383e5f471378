"""Questions about decided modes, grants, and changes of rights not yet confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import select

from archive.access import Mode
from archive.access.errors import GrantMissingError, RightsChangeMissingError
from archive.catalogue import rights_tables as t
from archive.catalogue.account_reading import AccountReading
from archive.catalogue.pieces import pieces
from archive.catalogue.rights_model import DecidedMode, GivenGrant, RightsChange
from archive.catalogue.rights_rows import decided_mode_of, grant_of, read_ordinal, rights_change_of, stored_ordinal

_ASKED_AT_ONCE = 500


class RightsReading(AccountReading):
    """Rights through one connection."""

    def decided_modes(self, aip_id: str) -> Mapping[int | None, Mode]:
        """What the archive decided on this package: by ordinal, None for the hồ sơ. Empty when it decided nothing."""
        c = t.usage_modes.c
        rows = self._connection.execute(select(c.ordinal, c.mode).where(c.aip_id == aip_id))
        return {read_ordinal(row.ordinal): Mode(row.mode) for row in rows}

    def decided_modes_of(self, aip_ids: Iterable[str]) -> Mapping[str, Mapping[int | None, Mode]]:
        """The same of many packages in few statements; a package nothing was decided on is not in it."""
        found: dict[str, dict[int | None, Mode]] = {}
        c = t.usage_modes.c
        for some in pieces(aip_ids, _ASKED_AT_ONCE):
            for row in self._connection.execute(select(c.aip_id, c.ordinal, c.mode).where(c.aip_id.in_(some))):
                found.setdefault(row.aip_id, {})[read_ordinal(row.ordinal)] = Mode(row.mode)
        return found

    def mode_decision(self, aip_id: str, ordinal: int | None) -> DecidedMode | None:
        """The decision that stands, with who made it and why."""
        c = t.usage_modes.c
        query = select(t.usage_modes).where(c.aip_id == aip_id, c.ordinal == stored_ordinal(ordinal))
        row = self._connection.execute(query).first()
        return None if row is None else decided_mode_of(row)

    def modes_decided_after(self, seq: int) -> tuple[tuple[str, int | None, Mode], ...]:
        """(aip_id, ordinal, mode) of each decision recorded behind ``seq``: what a follower has not yet seen."""
        c = t.usage_modes.c
        query = select(c.aip_id, c.ordinal, c.mode).where(c.changed_seq > seq).order_by(c.changed_seq)
        rows = self._connection.execute(query)
        return tuple((row.aip_id, read_ordinal(row.ordinal), Mode(row.mode)) for row in rows)

    def modes_to_review(self, on: date, limit: int = 1000) -> tuple[DecidedMode, ...]:
        """Decisions whose day of review has come by ``on``, the most overdue first."""
        c = t.usage_modes.c
        query = select(t.usage_modes).where(c.review_on <= on).order_by(c.review_on).limit(limit)
        return tuple(map(decided_mode_of, self._connection.execute(query)))

    def grant(self, grant_id: str) -> GivenGrant:
        """Raises GrantMissingError."""
        row = self._connection.execute(select(t.grants).where(t.grants.c.id == grant_id)).first()
        if row is None:
            raise GrantMissingError("Không có quyết định cho phép sử dụng này.", detail=grant_id)
        return grant_of(row)

    def grants(
        self,
        *,
        aip_id: str | None = None,
        account_id: str | None = None,
        live_at: datetime | None = None,
        after: str = "",
        limit: int = 1000,
    ) -> tuple[GivenGrant, ...]:
        """Grants on one package or to one account, or all, by id; only those live at ``live_at`` when it is given."""
        c = t.grants.c
        query = select(t.grants).where(c.id > after).order_by(c.id).limit(limit)
        if aip_id is not None:
            query = query.where(c.aip_id == aip_id)
        if account_id is not None:
            query = query.where(c.account_id == account_id)
        if live_at is not None:
            query = query.where(c.valid_from <= live_at, c.valid_until > live_at, c.withdrawn_at.is_(None))
        return tuple(map(grant_of, self._connection.execute(query)))

    def rights_change(self, seq: int) -> RightsChange:
        """Raises RightsChangeMissingError."""
        row = self._connection.execute(select(t.rights_changes).where(t.rights_changes.c.ledger_seq == seq)).first()
        if row is None:
            raise RightsChangeMissingError("Không có thay đổi quyền mang số này.", detail=str(seq))
        return rights_change_of(row)

    def rights_changes(
        self, *, confirmed: bool | None = False, after: int = 0, limit: int = 1000
    ) -> tuple[RightsChange, ...]:
        """Changes of rights in order behind ``after``: those not ``confirmed``, those that are, or (None) all."""
        c = t.rights_changes.c
        query = select(t.rights_changes).where(c.ledger_seq > after).order_by(c.ledger_seq).limit(limit)
        if confirmed is not None:
            query = query.where(c.confirmed_at.is_not(None) if confirmed else c.confirmed_at.is_(None))
        return tuple(map(rights_change_of, self._connection.execute(query)))
