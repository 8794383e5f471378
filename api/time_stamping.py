"""Asking a time-stamp authority over HTTP (RFC 3161, 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
from cryptography import x509

from archive.checkpoints.timestamps import TimestampError

_PATIENCE_SECONDS = 15.0
_LARGEST_ANSWER = 1 << 20


def asking(url: str) -> Callable[[bytes], bytes]:
    """What sends a request to the authority at ``url`` and gives its answer; it raises TimestampError."""

    def ask(request: bytes) -> bytes:
        headers = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}
        answer = b""
        try:
            with httpx.stream(
                "POST", url, content=request, headers=headers, timeout=_PATIENCE_SECONDS, follow_redirects=False
            ) as response:
                response.raise_for_status()
                for piece in response.iter_bytes():
                    answer += piece
                    if len(answer) > _LARGEST_ANSWER:
                        raise _failed("an answer without end")
        except httpx.HTTPError as error:
            raise _failed(f"{type(error).__name__}: {error}") from error
        return answer

    return ask


def roots_in(path: Path | None) -> tuple[x509.Certificate, ...]:
    """The certificates (PEM, several one behind the other) in ``path``. Raises TimestampError."""
    if path is None:
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise TimestampError(
            "Không đọc được chứng thư gốc của dịch vụ dấu thời gian.",
            remedy="Sửa [ledger] timestamp_ca.",
            detail=f"{path}: {error}",
        ) from error


def _failed(detail: str) -> TimestampError:
    return TimestampError(
        "Dịch vụ cấp dấu thời gian không trả lời đúng.",
        remedy="Kiểm tra địa chỉ [ledger] timestamp_url; điểm niêm phong vẫn có hiệu lực, sẽ hỏi lại sau.",
        detail=detail,
    )
