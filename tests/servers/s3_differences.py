"""In what the two S3 servers of the tests differ from what the archive asks of a server; everything else is the same.

A test that depends on one of these asks ``differs``; a new row needs its reason, and a test that shows it.
"""

from __future__ import annotations

DIFFERENCES: dict[tuple[str, str], str] = {
    ("minio", "rotten-is-refused"): "bytes that rotted on its disk are answered with an error, never sent",
    ("versitygw", "create-after-delete-marker"): "If-None-Match: * is refused although the object was deleted",
    (
        "versitygw",
        "refused-lock-is-put",
    ): "a put whose lock is refused, for a bucket without locks, leaves the object there",
    ("versitygw", "rotten-is-sent"): "bytes that rotted on its disk are sent with 200 and the old checksum",
}


def differs(kind: str, what: str) -> bool:
    return (kind, what) in DIFFERENCES
