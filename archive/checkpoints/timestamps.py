"""Time-stamps (RFC 3161) over checkpoints: what is asked of an authority, and whether its answer proves the time.

One token covers all that was sealed before: every checkpoint names the one before by its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.checkpoint_reading import Timestamp, last_checkpoint, last_timestamp
from archive.catalogue.checkpoint_writing import record_timestamp
from archive.errors import LuutruError

Asked = Callable[[bytes], bytes]
"""Sends the DER of a request (``application/timestamp-query``) to the authority, gives the DER of its answer."""


class TimestampError(LuutruError):
    """The authority gave no token, or one that proves nothing; the checkpoint stands without it, and it is asked again."""

    code = "checkpoint.timestamp-failed"


def timestamp_of(document: bytes, ask: Asked, roots: Sequence[x509.Certificate]) -> bytes:
    """The authority's answer (DER) over ``document``, proven against ``roots`` before it is believed.

    Raises TimestampError.
    """
    request = (
        TimestampRequestBuilder()
        .data(document)
        .hash_algorithm(HashAlgorithm.SHA256)
        .cert_request(cert_request=True)
        .build()
    )
    answer = ask(request.as_bytes())
    _proven(answer, document, roots, nonce=request.nonce)
    return answer


def proven_time(token: bytes, document: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    """The time at which an authority known by ``roots`` saw ``document``. Raises TimestampError."""
    return _proven(token, document, roots, nonce=None)


def stamp(
    catalogue: Catalogue,
    ask: Asked,
    roots: Sequence[x509.Certificate],
    *,
    now: datetime,
    least: timedelta = timedelta(0),
) -> Timestamp | None:
    """A token over the newest checkpoint, noted for ``ship``; None when it has one, or the last is younger than ``least``.

    Raises TimestampError.
    """
    with catalogue.read() as view:
        newest, last = last_checkpoint(view), last_timestamp(view)
    if newest is None:
        return None
    if last is not None and (last.number == newest.number or timedelta(0) <= now - last.at < least):
        return None
    made = Timestamp(newest.number, now, timestamp_of(newest.document, ask, roots))
    with catalogue.transaction() as tx:
        record_timestamp(tx, made)
    return made


def _proven(token: bytes, document: bytes, roots: Sequence[x509.Certificate], nonce: int | None) -> datetime:
    try:
        answer: TimeStampResponse = decode_timestamp_response(token)
        builder = VerifierBuilder(roots=list(roots), nonce=nonce)
        builder.build().verify_message(answer, document)
        at: datetime = answer.tst_info.gen_time
    except (VerificationError, ValueError, TypeError, AttributeError) as error:
        raise TimestampError(
            "Dấu thời gian không hợp lệ hoặc không phải của điểm niêm phong này.",
            remedy="Kiểm tra dịch vụ cấp dấu thời gian và chứng thư gốc ([ledger] timestamp_ca).",
            detail=f"{type(error).__name__}: {error} (document {sha256(document).hexdigest()})",
        ) from error
    return at
