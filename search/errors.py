"""What can go wrong with the index as a part of the world; content the index refuses is a value, not an error."""

from __future__ import annotations

from archive.errors import LuutruError


class SearchError(LuutruError):
    """Something about searching; the archive itself is not touched by it."""

    code = "search.failed"


class IndexUnavailableError(SearchError):
    """The index does not answer now. Nothing was lost: what it missed is caught up with from the ledger."""

    code = "search.index-unavailable"


class IndexMissingError(IndexUnavailableError):
    """The index server answers, but the index of records has not been made there yet."""

    code = "search.index-missing"


class IndexDeniedError(IndexUnavailableError):
    """The index server refuses our credentials."""

    code = "search.index-denied"


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
    """A query that cannot be asked; the message says what is wrong with it."""

    code = "search.query-refused"


class TextUnavailableError(SearchError):
    """The text of a document cannot be had now or ever; it is indexed by its metadata alone, and that is recorded."""

    code = "search.text-unavailable"


class NodeError(SearchError):
    """The local node could not be built, started or stopped."""

    code = "search.node-failed"


class JdkMissingError(NodeError):
    """No Java development kit of the needed version is installed."""

    code = "search.jdk-missing"
