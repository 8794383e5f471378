"""What is refused about accounts and rights, each with its stable code."""

from __future__ import annotations

from datetime import datetime

from archive.errors import LuutruError


class AccountMissingError(LuutruError):
    """No account has this id or name."""

    code = "account.missing"


class AccountExistsError(LuutruError):
    """Another account has this user name, or is bound to this identity of the OpenID provider."""

    code = "account.exists"


class AccountRefusedError(LuutruError):
    """What was given is no account: its user name, or an agency's code missing or standing where none belongs."""

    code = "account.refused"


class AccountDisabledError(LuutruError):
    """The account is disabled; it can be given nothing."""

    code = "account.disabled"


class LastOfRoleError(LuutruError):
    """The last active head of archive, or the last active administrator, stays."""

    code = "account.last-of-role"


class OwnRightsError(LuutruError):
    """Nobody changes, or alone confirms, his own rights."""

    code = "rights.own-change"


class AuthorityMissingError(LuutruError):
    """Only an active head of archive (người có thẩm quyền) decides this."""

    code = "rights.authority-missing"


class RightsChangeMissingError(LuutruError):
    """No change of rights has this number."""

    code = "rights-change.missing"


class GrantRefusedError(LuutruError):
    """What was given is no grant: its time, its reason, or to whom."""

    code = "grant.refused"


class GrantMissingError(LuutruError):
    """No grant has this id."""

    code = "grant.missing"


class ModeRefusedError(LuutruError):
    """A decision on the mode of use without a reason."""

    code = "mode.refused"


class RecordMissingError(LuutruError):
    """No package has this id, or no document of it this ordinal."""

    code = "record.missing"


class TokenRefusedError(LuutruError):
    """What was asked is no token: scopes beyond the role, or a life too long."""

    code = "token.refused"


class ScopeExceededError(LuutruError):
    """The token at hand is limited, and what was asked would get around its limits."""

    code = "token.scope-exceeded"


class TokenMissingError(LuutruError):
    """No token has this id."""

    code = "token.missing"


class PasswordRefusedError(LuutruError):
    """A password too easily guessed, or not the one it should replace."""

    code = "password.refused"


class CredentialsRefusedError(LuutruError):
    """User name and password (or identity) open no account; which of them was wrong is never said."""

    code = "session.credentials-refused"


class AttemptsBlockedError(LuutruError):
    """Too many failed attempts; nothing is looked at before ``retry_at``."""

    code = "session.blocked"

    def __init__(self, message: str, *, retry_at: datetime, remedy: str = "", detail: str = "") -> None:
        super().__init__(message, remedy=remedy, detail=detail)
        self.retry_at = retry_at


class SavedSearchMissingError(LuutruError):
    """The account has no saved search of this name or id."""

    code = "saved-search.missing"


class SavedSearchRefusedError(LuutruError):
    """A saved search without a name, too long a one, or one too many."""

    code = "saved-search.refused"


class CursorUnknownError(LuutruError):
    """A place in a list that this archive never gave out."""

    code = "request.cursor-unknown"
