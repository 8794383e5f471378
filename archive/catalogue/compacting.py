"""Making the database forget what was deleted: no free page, no log and no statistics of it holds old rows afterwards.

SQLite:      VACUUM writes the whole file anew without free pages (secure_delete besides), the log is emptied into it.
PostgreSQL:  VACUUM FULL writes tables and the system's own catalogues anew; then the write-ahead log is filled until the
             server has recycled every segment that held an old row. What a server archives elsewhere is not ours to reach.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from archive.catalogue.database import translated
from archive.catalogue.postgresql import connect_options
from archive.errors import CatalogueBusyError, CatalogueError, LuutruError

TRIES, PAUSE_SECONDS = 60, 1.0
_SEGMENT_BYTES = 16 << 20
_FILLER_BYTES = 1 << 20
_MORE = 4
_NOT_ALLOWED = "42501"


class NotCompactedError(LuutruError):
    """The database may still hold rows that were deleted, in free pages or in its log."""

    code = "destruction.database-not-compacted"


def compact(url: str, *, pause: Callable[[float], None] = time.sleep) -> None:
    """The database at ``url`` was written anew and its log holds nothing older. Harmless to repeat.

    Others may go on reading and writing; they wait for parts of it. Raises NotCompactedError while readers keep the log
    from being emptied, or the account may not do what is needed; CatalogueError when the database fails.
    """
    if make_url(url).get_backend_name() == "sqlite":
        compact_sqlite(Path(make_url(url).database or ""), pause=pause)
    else:
        _compact_postgresql(url)


def compact_sqlite(path: Path, *, pause: Callable[[float], None] = time.sleep) -> None:
    """The same for one file of SQLite, whosever it is; none there is fine."""
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 60000")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("VACUUM")
            for _ in range(TRIES):
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return
                pause(PAUSE_SECONDS)
    except sqlite3.OperationalError as error:
        raise _sqlite_error(error) from error
    raise _not_compacted("Có tiến trình đang đọc danh mục quá lâu, nhật ký WAL chưa dọn được.", str(path))


def _sqlite_error(error: sqlite3.OperationalError) -> LuutruError:
    if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CatalogueBusyError("Danh mục đang bận.", remedy="Chạy lại sau ít phút.", detail=str(error))
    return CatalogueError("Không nén được danh mục.", remedy="Kiểm tra dung lượng đĩa.", detail=str(error))


def _compact_postgresql(url: str) -> None:
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed, isolation_level="AUTOCOMMIT", connect_args=connect_options(url), hide_parameters=True
    )
    try:
        with translated(), engine.connect() as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("SET lock_timeout = '10min'")
            connection.exec_driver_sql("VACUUM (FULL, ANALYZE)")
            # The rows of old statistics, which quote the commonest values, are dead only since the line above.
            connection.exec_driver_sql("VACUUM FULL pg_statistic")
            _renew_log(connection)
    finally:
        engine.dispose()


def _renew_log(connection: Connection) -> None:
    """Every segment of the log from before is gone, or has been written over from its beginning to its end.

    A recycled segment keeps its old bytes until it is written again: as many as the server keeps are filled, and a
    checkpoint in between lets it go on to the next.
    """
    _checkpoint(connection)
    # Recycled segments are written in order, and the one under way now is the first to be recycled after them.
    for segments in (_segments(connection) + _MORE, _MORE):
        filler = text("SELECT pg_logical_emit_message(false, 'luutru', repeat('0', :size))")
        for _ in range(segments * (_SEGMENT_BYTES // _FILLER_BYTES)):
            connection.execute(filler, {"size": _FILLER_BYTES})
        _checkpoint(connection)


def _checkpoint(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("CHECKPOINT")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != _NOT_ALLOWED:
            raise
        raise _not_compacted(
            "Tài khoản cơ sở dữ liệu không được phép chạy CHECKPOINT.", "grant pg_checkpoint to the account"
        ) from error


def _segments(connection: Connection) -> int:
    """How many segments the server has now; as many as it may ever keep where the account may not look."""
    try:
        return int(connection.execute(text("SELECT count(*) FROM pg_ls_waldir()")).scalar_one())
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != _NOT_ALLOWED:
            raise
    sizes = "greatest(pg_size_bytes(current_setting('min_wal_size')), pg_size_bytes(current_setting('max_wal_size')))"
    return int(connection.execute(text(f"SELECT {sizes}")).scalar_one()) // _SEGMENT_BYTES


def _not_compacted(message: str, detail: str) -> NotCompactedError:
    return NotCompactedError(message, remedy="Đợt hủy vẫn mở; hệ thống thử lại.", detail=detail)
