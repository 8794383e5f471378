"""What the client of S3, its HTTP library and a server's answers mean, in the words of a store; told once, here.

Servers lie, fail and send nonsense: whatever comes out of a call is either what was asked for or a StoreError.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from archive.errors import ObjectMissingError, StoreError, StoreFullError, StoreReadOnlyError

_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404", "NotFound"})
_FULL = frozenset(
    {"507", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded",
     "EntityTooLargeForQuota", "InsufficientCapacity"}
)  # fmt: skip
_REFUSED = frozenset({"AccessDenied", "403", "AllAccessDisabled", "AccountProblem", "MethodNotAllowed", "405"})
_UNKNOWN_PERSON = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "401"})
_RACE_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})

NONSENSE = (AttributeError, LookupError, TypeError, ValueError)
"""How the client library breaks over an answer that is not of this world; only ever caught around its own calls."""

_BROKEN = (BotoCoreError, HTTPError, http.client.HTTPException, ResponseParserError, OSError, *NONSENSE)


class RaceLostError(StoreError):
    """The condition of a write did not hold: somebody else's object is, or is no longer, there."""

    code = "store.race-lost"


@contextmanager
def told(store: str, about: str = "", *, writing: bool = False) -> Iterator[None]:
    """Whatever breaks inside is raised as a StoreError; ``writing``: a refusal means that the store is read-only."""
    try:
        yield
    except ClientError as error:
        raise of_answer(error, store, about, writing=writing) from error
    except _BROKEN as error:
        raise StoreError(
            f"Kho «{store}» không trả lời, hoặc trả lời không trọn vẹn.",
            remedy="Kiểm tra máy chủ lưu trữ, đường truyền và tệp thông tin truy cập; hệ thống sẽ tự thử lại.",
            detail=f"{store} {about}: {type(error).__name__}: {error}",
        ) from error


def of_answer(error: ClientError, store: str, about: str, *, writing: bool = False) -> StoreError:
    """What an answer that says no means."""
    code, status = code_of(error), status_of(error)
    detail = f"{store} {about}: {status} {code}: {error}"
    if code in _RACE_LOST:
        return RaceLostError(f"Kho «{store}» đã có đối tượng này.", detail=detail)
    if code in _MISSING:
        return ObjectMissingError(f"Kho «{store}» không có đối tượng được yêu cầu.", detail=detail)
    if code in _FULL or status == 507:
        return StoreFullError(f"Kho «{store}» đã đầy.", remedy="Giải phóng hoặc thêm dung lượng.", detail=detail)
    if code in _REFUSED and writing:
        return StoreReadOnlyError(
            f"Kho «{store}» không cho ghi.", remedy="Cấp quyền ghi cho tài khoản của kho lưu trữ.", detail=detail
        )
    if code in _REFUSED or code in _UNKNOWN_PERSON:
        return StoreError(
            f"Kho «{store}» từ chối truy cập.", remedy="Kiểm tra tài khoản, khoá truy cập và quyền.", detail=detail
        )
    if code == "NoSuchBucket":
        return StoreError(
            f"Không thấy kho «{store}» ở nơi đã khai báo.", remedy="Kiểm tra địa chỉ và tên bucket.", detail=detail
        )
    return StoreError(f"Kho «{store}» báo lỗi: {code}.", remedy="Kiểm tra máy chủ lưu trữ.", detail=detail)


def code_of(error: ClientError) -> str:
    found: Any = error.response.get("Error", {})
    return str(found.get("Code", "")) if isinstance(found, dict) else ""


def status_of(error: ClientError) -> int:
    found: Any = error.response.get("ResponseMetadata", {})
    status = found.get("HTTPStatusCode", 0) if isinstance(found, dict) else 0
    return status if isinstance(status, int) else 0


__all__ = ["NONSENSE", "RaceLostError", "code_of", "of_answer", "status_of", "told"]
