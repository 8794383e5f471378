"""What several service machines must know of each other's requests: uploads under way, logins used, guesses counted.

None of it belongs to the archive's holdings: it is neither recovered from the stores nor compared with another copy.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from archive.catalogue.columns import Instant
from archive.catalogue.tables import metadata

_ID = String(36)
_SHA256 = String(64)

uploads = Table(
    "uploads",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account_id", _ID, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("length_bytes", BigInteger, nullable=True),
    Column("name", Text, nullable=False),
    Column("client_key", String(255), nullable=True),
    Column("sent_metadata", Text, nullable=False),
    # Which submission whoever finishes it now makes of it; another one whenever another takes that over.
    Column("submission_id", _ID, nullable=False),
    Column("offset_bytes", BigInteger, nullable=False),
    Column("moved_at", Instant, nullable=False),
    Column("finishing_until", Instant, nullable=True),
    Column("became", _ID, nullable=True),
    Index(None, "account_id"),
    Index(None, "moved_at"),
)
"""Uploads whose bytes lie in the store that machines share."""

upload_parts = Table(
    "upload_parts",
    metadata,
    Column("upload_id", _ID, ForeignKey("uploads.id"), nullable=False),
    Column("offset_bytes", BigInteger, nullable=False),
    Column("length_bytes", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    # Part of the object's name: two who write at the same offset write two objects, of which one counts.
    Column("token", String(16), nullable=False),
    PrimaryKeyConstraint("upload_id", "offset_bytes"),
)

used_logins = Table(
    "used_logins",
    metadata,
    Column("state_sha256", _SHA256, primary_key=True),
    Column("until", Instant, nullable=False),
    Index(None, "until"),
)
"""Logins at a provider that came back once; remembered as long as they could come again."""

rate_windows = Table(
    "rate_windows",
    metadata,
    Column("key", String(128), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("key", "begun_at"),
    Index(None, "begun_at"),
)
"""How often was asked in windows of fixed length, by all machines together."""
