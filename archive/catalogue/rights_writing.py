"""Decisions of the head of archive: modes of use, grants, and the confirmation of changes of rights."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import insert, update

from archive.access import Author, Mode, Role
from archive.access.errors import (
    AuthorityMissingError,
    GrantRefusedError,
    ModeRefusedError,
    OwnRightsError,
    RecordMissingError,
)
from archive.catalogue import rights_tables as t
from archive.catalogue.account_writing import AccountWriting
from archive.catalogue.rights_model import ChangeKind, DecidedMode, GivenGrant, NewGrant, RightsChange
from archive.catalogue.rights_rows import stored_ordinal
from archive.events import Event
from archive.ledger import written_instant

LONGEST_GRANT = timedelta(days=366)
LONGEST_NUMBER = 255


class RightsWriting(AccountWriting):
    """What a transaction can decide. The authority is asked again here, in the transaction that decides."""

    def decide_mode(
        self,
        aip_id: str,
        ordinal: int | None,
        mode: Mode,
        *,
        reason: str,
        by: Author,
        at: datetime,
        decision_number: str = "",
        review_on: date | None = None,
    ) -> DecidedMode:
        """The decision that stands from now on for the hồ sơ (``ordinal`` None) or document, over its metadata.

        The same decision again writes nothing. Raises AuthorityMissingError, RecordMissingError, ModeRefusedError.
        """
        head = self._require_head(by)
        self._require_record(aip_id, ordinal)
        reason, number = " ".join(reason.split()), decision_number.strip()[:LONGEST_NUMBER]
        if not reason:
            raise ModeRefusedError("Quyết định về chế độ sử dụng phải nêu lý do.", remedy="Nêu lý do.")
        standing = self.mode_decision(aip_id, ordinal)
        if standing and (mode, reason, number, review_on) == (
            standing.mode,
            standing.reason,
            standing.decision_number,
            standing.review_on,
        ):
            return standing
        data = {
            "aip_id": aip_id,
            "ordinal": ordinal,
            "mode": mode.value,
            "reason": reason,
            "decision_number": number,
            "review_on": review_on.isoformat() if review_on else None,
            "decided_by": head,
        }
        record = self._append(Event.RECORD_MODE_DECIDED, aip_id, by.actor, at, data)
        self._put(
            t.usage_modes,
            {"aip_id": aip_id, "ordinal": stored_ordinal(ordinal)},
            {
                "mode": mode.value,
                "reason": reason,
                "decision_number": number,
                "review_on": review_on,
                "decided_by": head,
                "decided_at": at,
                "changed_seq": record.seq,
            },
        )
        before = {"ordinal": ordinal, "mode": standing.mode.value if standing else None}
        self._changed(record, ChangeKind.MODE_DECIDED, aip_id, None, before, {"ordinal": ordinal, "mode": mode.value})
        decided = self.mode_decision(aip_id, ordinal)
        assert decided is not None
        return decided

    def give_grant(self, new: NewGrant, *, by: Author, at: datetime) -> GivenGrant:
        """The grant. Raises AuthorityMissingError, OwnRightsError, RecordMissingError, AccountMissingError,

        GrantRefusedError: without a reason, already over or longer than LONGEST_GRANT, or to who may read no content.
        """
        head = self._require_head(by)
        self._refuse_own(by, new.account_id)
        self._require_record(new.aip_id, new.ordinal)
        account, reason = self.account(new.account_id), " ".join(new.reason.split())
        number = new.decision_number.strip()[:LONGEST_NUMBER]
        if not account.active or account.role is Role.ADMINISTRATOR:
            raise GrantRefusedError(
                "Không thể cho phép sử dụng đối với tài khoản này.",
                remedy="Tài khoản phải đang hoạt động và không phải là tài khoản quản trị.",
            )
        if not reason:
            raise GrantRefusedError("Quyết định cho phép sử dụng phải nêu lý do.", remedy="Nêu lý do.")
        if not max(at, new.valid_from) < new.valid_until <= new.valid_from + LONGEST_GRANT:
            raise GrantRefusedError(
                "Thời hạn cho phép sử dụng không hợp lệ.",
                remedy="Ngày kết thúc phải sau hiện tại và sau ngày bắt đầu, không quá 366 ngày.",
            )
        data = {
            "grant_id": new.id,
            "account_id": new.account_id,
            "aip_id": new.aip_id,
            "ordinal": new.ordinal,
            "reason": reason,
            "decision_number": number,
            "valid_from": written_instant(new.valid_from),
            "valid_until": written_instant(new.valid_until),
            "granted_by": head,
        }
        record = self._append(Event.RECORD_GRANT_GIVEN, new.aip_id, by.actor, at, data)
        self._connection.execute(
            insert(t.grants).values(
                id=new.id,
                account_id=new.account_id,
                aip_id=new.aip_id,
                ordinal=new.ordinal,
                granted_by=head,
                granted_at=at,
                reason=reason,
                decision_number=number,
                valid_from=new.valid_from,
                valid_until=new.valid_until,
            )
        )
        after = {name: data[name] for name in ("grant_id", "ordinal", "valid_from", "valid_until")}
        self._changed(record, ChangeKind.GRANT_GIVEN, new.aip_id, new.account_id, {}, after)
        return self.grant(new.id)

    def withdraw_grant(self, grant_id: str, *, by: Author, at: datetime) -> GivenGrant:
        """The grant, which opens nothing from now on; already withdrawn, it stays as it was."""
        given = self.grant(grant_id)
        head = self._require_head(by)
        if given.withdrawn_at is not None:
            return given
        self._connection.execute(
            update(t.grants).where(t.grants.c.id == grant_id).values(withdrawn_at=at, withdrawn_by=head)
        )
        data = {"grant_id": grant_id, "account_id": given.account_id, "withdrawn_by": head}
        record = self._append(Event.RECORD_GRANT_WITHDRAWN, given.grant.aip_id, by.actor, at, data)
        before = {
            "grant_id": grant_id,
            "ordinal": given.grant.ordinal,
            "valid_from": written_instant(given.grant.valid_from),
            "valid_until": written_instant(given.grant.valid_until),
        }
        self._changed(record, ChangeKind.GRANT_WITHDRAWN, given.grant.aip_id, given.account_id, before, {})
        return self.grant(grant_id)

    def confirm_rights_change(self, seq: int, *, by: Author, at: datetime) -> RightsChange:
        """The change, seen and confirmed by a head who neither made it nor gains by it; confirmed once.

        Who made it confirms it only as the one active head there is; whom it concerns, only when no third one is there;
        the record then says so (``self_confirmed``). Raises AuthorityMissingError, OwnRightsError,
        RightsChangeMissingError.
        """
        change, head = self.rights_change(seq), self._require_head(by)
        if change.confirmed_at is not None:
            return change
        heads = self.active_accounts(Role.HEAD)
        made, gains = change.actor == by.actor, change.account_id == head
        impartial = {
            other for other in heads if other != change.account_id and self.account(other).actor != change.actor
        }
        if (made and heads != {head}) or (gains and impartial):
            raise OwnRightsError(
                "Thay đổi quyền phải do một người có thẩm quyền khác xác nhận.",
                remedy="Đề nghị người có thẩm quyền khác xác nhận.",
            )
        self_confirmed = made or gains
        self._append(
            Event.RIGHTS_CHANGE_CONFIRMED,
            change.subject,
            by.actor,
            at,
            {"ledger_seq": seq, "confirmed_by": head, "self_confirmed": self_confirmed},
        )
        self._connection.execute(
            update(t.rights_changes)
            .where(t.rights_changes.c.ledger_seq == seq)
            .values(confirmed_by=head, confirmed_at=at, self_confirmed=self_confirmed)
        )
        return self.rights_change(seq)

    def _require_head(self, by: Author) -> str:
        """The deciding head's account id."""
        if by.account_id is not None and by.account_id in self.active_accounts(Role.HEAD):
            return by.account_id
        raise AuthorityMissingError(
            "Chỉ người có thẩm quyền (vai trò «head») mới được quyết định.",
            remedy="Đăng nhập bằng tài khoản của người có thẩm quyền.",
            detail=by.actor,
        )

    def _require_record(self, aip_id: str, ordinal: int | None) -> None:
        if not self.holds(aip_id, ordinal):
            raise RecordMissingError("Không có hồ sơ hoặc tài liệu này trong kho.", detail=f"{aip_id} {ordinal}")
