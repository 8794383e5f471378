"""Which version of the tables a database has, and bringing it to ours."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from archive.catalogue.database import reading, writing
from archive.errors import CatalogueVersionError

NEWEST = "0016"
"""The newest migration; a test compares it with what is under ``migrations``."""


def bring_to_newest(engine: Engine) -> None:
    """The database has our tables when this returns; migrations run in one transaction of the only writer.

    Raises CatalogueVersionError, with nothing touched, when a newer version of this program wrote it.
    """
    with reading(engine) as connection:
        if _found(connection) == NEWEST:
            return
    with writing(engine) as connection:
        found = _found(connection)
        if found == NEWEST:
            return
        _require_known(found)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a large table may take its time
        upgrade(connection)


def require_newest(engine: Engine) -> None:
    """The database has our tables, and was not touched. Raises CatalogueVersionError when it has others or none."""
    with reading(engine) as connection:
        found = _found(connection)
    _require_known(found)
    if found != NEWEST:
        raise CatalogueVersionError(
            "Danh mục chưa ở phiên bản của phần mềm này, hoặc không phải là danh mục.",
            remedy="Mở kho bằng «luutru status» để nâng cấp, hoặc kiểm tra địa chỉ.",
            detail=f"found {found}",
        )


def _found(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _require_known(found: str | None) -> None:
    if found is not None and found > NEWEST:
        raise CatalogueVersionError(
            "Danh mục do phiên bản mới hơn của phần mềm tạo ra.",
            remedy="Cài phiên bản mới của phần mềm rồi chạy lại.",
            detail=f"found {found}, newest known {NEWEST}",
        )


def upgrade(connection: Connection, to: str = "head") -> None:
    """The tables as they were at version ``to``; the newest unless a test asks for an older one."""
    # Imported here: most starts find the newest version and do not pay for loading the tool.
    from alembic import command
    from alembic.config import Config

    from archive.catalogue.change_capture import capture_all

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    if to == "head":
        capture_all(connection)
