"""What can go wrong with the index as a part of the world; content the index refuses is a value, not an error."""

from __future__ import annotations

from archive.errors import LuutruError


class SearchError(LuutruError):
    """Something about searching; the archive itself is not touched by it."""

    code = "search.failed"


class IndexUnavailableError(SearchError):
    """The index does not answer now. Nothing was lost: what it missed is caught up with from the ledger."""

    code = "search.index-unavailable"


class IndexBusyError(IndexUnavailableError):
    """The index server has no room for what was sent, now or ever: less at once may go in."""

    code = "search.index-busy"


class IndexMissingError(IndexUnavailableError):
    """The index server answers, but the index of records has not been made there yet."""

    code = "search.index-missing"


class IndexDeniedError(IndexUnavailableError):
    """The index server refuses our credentials."""

    code = "search.index-denied"


class IndexSettingsError(SearchError):
    """The index server cannot be asked as configured; the message says which setting is wrong."""

    code = "search.settings-refused"


class RebuildRunningError(SearchError):
    """Another rebuild of the same index is going on, or has taken this one over; nothing of it is disturbed."""

    code = "search.rebuild-running"


class RemovalUnprovenError(IndexUnavailableError):
    """What was to leave the index could still be found in it; asking again goes on with it."""

    code = "search.removal-unproven"


class IndexRequestError(SearchError):
    """The index server refuses a request of ours as malformed; a defect of ours or a foreign index."""

    code = "search.request-refused"


class UnknownFieldError(SearchError):
    """A record carries a field that the mapping does not know; ``fields`` names them all."""

    code = "search.unknown-field"

    def __init__(self, message: str, *, fields: tuple[str, ...]) -> None:
        super().__init__(message, remedy="Bổ sung trường vào bảng trường dữ liệu rồi dựng lại chỉ mục.")
        self.fields = fields


class QueryRefusedError(SearchError):
    """A query that cannot be asked; the message says what is wrong with it.

    ``position``: where, in characters from 0 of the text in NFC; None when it is not about a place. ``names``: what could
    have stood there instead.
    """

    code = "search.query-refused"

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        detail: str = "",
        position: int | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, remedy=remedy, detail=detail)
        self.position = position
        self.names = names


class PageRefusedError(QueryRefusedError):
    """A page position that is none, or belongs to another question, another asker or another order."""

    code = "search.page-refused"


class TextUnavailableError(SearchError):
    """The text of a document cannot be had now or ever; it is indexed by its metadata alone, and that is recorded."""

    code = "search.text-unavailable"


class NodeError(SearchError):
    """The local node could not be built, started or stopped."""

    code = "search.node-failed"


class JdkMissingError(NodeError):
    """No Java development kit of the needed version is installed."""

    code = "search.jdk-missing"
