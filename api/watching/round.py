"""One round of looking: every watch, whatever becomes of the others."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache

import api.watching
from api.bootstrap import Installation, now
from api.watching.watch import Watch
from archive.alerts import agree_with, differs
from archive.errors import LuutruError, StaleClaimError

_log = logging.getLogger(__name__)


class WatchError(LuutruError):
    """Some of what should be watched could not be looked at; the message names it."""

    code = "watch.failed"


@cache
def all_watches() -> tuple[Watch, ...]:
    """Every ``WATCH`` of the modules beside this one, by name. No code belongs to two of them."""
    found = []
    for module in pkgutil.iter_modules(api.watching.__path__):
        watch = getattr(importlib.import_module(f"{api.watching.__name__}.{module.name}"), "WATCH", None)
        if isinstance(watch, Watch):
            found.append(watch)
    return tuple(sorted(found, key=lambda watch: watch.name))


def look_round(
    installation: Installation,
    stopping: Callable[[], bool] = lambda: False,
    *,
    watches: Iterable[Watch] | None = None,
    clock: Callable[[], datetime] = now,
) -> None:
    """Alerts agree with the states afterwards. Raises WatchError at the end for the watches that could not look."""
    blind: list[str] = []
    for watch in all_watches() if watches is None else watches:
        if stopping():
            return
        try:
            _agree(installation, watch, clock())
        except StaleClaimError:
            raise
        except LuutruError as error:
            _log.warning("watch %s: %s %s %s", watch.name, error.code, error.message, error.detail)
            blind.append(watch.name)
        except Exception:
            _log.exception("watch %s: defect", watch.name)
            blind.append(watch.name)
    if blind:
        raise WatchError(
            f"Không theo dõi được: {', '.join(blind)}.", remedy="Xem nhật ký của tiến trình «luutru work»."
        )


def _agree(installation: Installation, watch: Watch, at: datetime) -> None:
    standing = watch.look(installation, at)
    strange = {item.code for item in standing} - watch.codes
    if strange:
        raise ValueError(f"watch {watch.name} does not answer for {sorted(strange)}")
    catalogue = installation.catalogue
    with catalogue.read() as view:
        if not differs(view, watch.codes, standing):
            return
    with catalogue.transaction() as tx:
        agree_with(tx, watch.codes, standing, at)
