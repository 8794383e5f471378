"""``luutru database``: which database the archive lives in, and moving it to another kind, verified."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from api.running import running
from api.settings import FILE_NAME, Settings, load_settings
from api.settings_database import DatabaseSettings, parse_database
from archive.catalogue import Catalogue
from archive.catalogue.database import translated
from archive.catalogue.moving import TableProof, copy_everything, finish_move
from archive.catalogue.postgresql import create_database
from archive.catalogue.worker_reading import database_now, heartbeats
from archive.errors import LuutruError
from archive.events import Event
from ingest.workflow import only_worker

NOTE = "database-moved.txt"


class ArchiveWorkingError(LuutruError):
    """Something of the archive runs; its database cannot be moved under it."""

    code = "database.archive-working"


class SameDatabaseError(LuutruError):
    """The archive lives there already."""

    code = "database.same"


def move_database(
    settings: Settings,
    url: str,
    password_file: Path | None,
    *,
    actor: str,
    at: datetime,
    progress: Callable[[str, int], None] = lambda _table, _rows: None,
) -> list[TableProof]:
    """The archive lives in the database at ``url`` ("" is SQLite in its home) when this returns; the old one is kept.

    Everything is copied and compared before the settings say so; interrupted anywhere, it is run again. Raises
    ArchiveWorkingError, SameDatabaseError, TargetTakenError, MoveUnprovenError.
    """
    table = {"url": url} | ({"password_file": str(password_file)} if password_file else {})
    target = parse_database(table, settings.home)
    if target.address(settings.home) == settings.catalogue_url:
        raise SameDatabaseError("Kho đang dùng chính cơ sở dữ liệu này.", remedy="Không cần chuyển.")
    with only_worker(settings.home / "work.lock"):
        _require_rest(settings)
        if target.shared:
            with translated():
                create_database(target.address(settings.home))
        proofs = copy_everything(settings.catalogue_url, target.address(settings.home), progress)
        # Asked again: whoever began to write meanwhile wrote where nobody will look.
        _require_rest(settings)
        with Catalogue.open(target.address(settings.home)) as catalogue, catalogue.transaction() as tx:
            _require_unchanged(settings, tx.ledger_end())
            kinds = {"from": settings.database.kind, "to": target.kind}
            rows = {proof.table: proof.rows for proof in proofs}
            digest = {proof.table: proof.digest for proof in proofs if proof.rows}
            data = {**kinds, "rows": rows, "digests": digest}
            tx.append(Event.ARCHIVE_DATABASE_MOVED, "catalogue", actor=actor, at=at, data=data)
            finish_move(tx)
        _settings_say(settings, target, password_file)
        _keep_old(settings, at)
    return proofs


def database_status(settings: Settings) -> dict[str, Any]:
    """Where the archive lives: the kind of database, its address without any password, the end of the ledger."""
    with Catalogue.open(settings.catalogue_url) as catalogue, catalogue.read() as reading:
        end = reading.ledger_end()
        now = database_now(reading)
        living = [sign.id for sign in heartbeats(reading) if sign.alive(now)]
    return {
        "kind": settings.database.kind,
        "url": settings.database.url or str(settings.home / "catalogue.sqlite"),
        "ledger_end": end[0] if end else 0,
        "workers": living,
    }


def _require_rest(settings: Settings) -> None:
    with Catalogue.open(settings.catalogue_url) as catalogue, catalogue.read() as reading:
        now = database_now(reading)
        living = [sign for sign in heartbeats(reading) if sign.alive(now)]
    if living or running(settings.home) is not None:
        raise ArchiveWorkingError(
            "Kho đang hoạt động: "
            + (", ".join(f"{sign.host} ({sign.pid})" for sign in living) or "dịch vụ HTTP trên máy này"),
            remedy="Dừng mọi «luutru work» và «luutru serve» trên mọi máy rồi chạy lại.",
        )


def _require_unchanged(settings: Settings, end: tuple[int, str] | None) -> None:
    with Catalogue.open(settings.catalogue_url) as catalogue, catalogue.read() as reading:
        if reading.ledger_end() != end:
            raise ArchiveWorkingError(
                "Nhật ký có bản ghi mới trong lúc chuyển.",
                remedy="Dừng mọi tiến trình của kho trên mọi máy rồi chạy lại.",
            )


def _settings_say(settings: Settings, target: DatabaseSettings, password_file: Path | None) -> None:
    """The file with the new ``[database]`` in the place of the old; everything else in it stays as it was written."""
    file = settings.home / FILE_NAME
    said = [f'url = "{target.url}"'] + ([f'password_file = "{password_file}"'] if password_file is not None else [])
    lines, inside, found = [], False, False
    for text in file.read_text(encoding="utf-8").splitlines():
        inside = text.strip() == "[database]" if text.startswith("[") else inside
        if not (inside and re.match(r"\s*(url|password_file)\s*=", text)):
            lines.append(text)
        if inside and text.startswith("["):
            lines += said
            found = True
    if not found:
        lines += ["", "[database]", *said]
    part = file.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(file)
    assert load_settings(settings.home).database == target, "the settings name the database the archive was moved to"


def _keep_old(settings: Settings, at: datetime) -> None:
    """The old database is kept where nothing takes it for the archive's; a note says so."""
    old = settings.database.url
    if not old:
        stamp = at.strftime("%Y%m%d-%H%M%S")
        for suffix in ("", "-wal", "-shm"):
            file = settings.home / f"catalogue.sqlite{suffix}"
            if file.exists():
                file.rename(settings.home / f"catalogue-moved-{stamp}.sqlite{suffix}")
        old = f"catalogue-moved-{stamp}.sqlite"
    with (settings.home / NOTE).open("a", encoding="utf-8") as note:
        note.write(f"{at.isoformat(timespec='seconds')}  Cơ sở dữ liệu cũ: {old}. Giữ lại; không dùng để ghi nữa.\n")
