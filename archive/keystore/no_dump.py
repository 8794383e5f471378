"""A process that holds keys leaves none behind when it dies: no core dump, no reading of its memory by its equals."""

from __future__ import annotations

import ctypes
import os
import resource

from archive.keystore.errors import KeysError

_PR_SET_DUMPABLE = 4


def forbid_dumps() -> None:
    """From now on this process leaves no core file, whatever limits it was started with, and cannot be attached to.

    Children that run another program decide for themselves, without keys in their memory. Raises KeysError.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise KeysError(
            "Không tắt được việc ghi bộ nhớ tiến trình ra đĩa; không mở khóa.",
            detail=f"prctl: {os.strerror(ctypes.get_errno())}",
        )
