"""What must stand in the very transaction in which something is begun, looked for, or said of destruction."""

from __future__ import annotations

from collections.abc import Callable

from archive.catalogue import Reading
from archive.catalogue.policy_reading import adopted_policy
from archive.storage_policy import require_current

Standing = Callable[[Reading], None]
"""Raises LuutruError when what the process runs by is not what stands: then nothing is written."""


def always(_view: Reading) -> None:
    """Whoever runs by no policy, as small rounds do, has no older one."""


def policy_stands(version: int) -> Standing:
    """Raises PolicyStaleError: a process that knows other stores would leave a copy, look past it, and say it is gone."""

    def ask(view: Reading) -> None:
        standing = adopted_policy(view)
        if standing is not None:
            require_current(version, standing.version)

    return ask
