"""The log of one installation: what is for the administrator and not for the user of the moment."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

import typer

from archive.errors import LuutruError

FILE_NAME = "luutru.log"
_MOST_BYTES = 10 << 20
_KEPT_FILES = 3
_log = logging.getLogger(__name__)


@contextmanager
def logged(home: Path | None) -> Iterator[None]:
    """Warnings and defects go to ``home/luutru.log``, bounded in size; without a home nowhere. Never to the terminal."""
    handler: logging.Handler = logging.NullHandler()
    if home is not None and home.is_dir():
        handler = RotatingFileHandler(
            home / FILE_NAME, maxBytes=_MOST_BYTES, backupCount=_KEPT_FILES, encoding="utf-8", delay=True
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    except Exception as error:
        if not isinstance(error, (LuutruError, OSError, typer.Exit, typer.Abort, typer.TyperException)):
            _log.exception("defect")
        raise
    finally:
        root.removeHandler(handler)
        handler.close()
