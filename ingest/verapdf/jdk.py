"""Which Java runs the workers: any of 17 or newer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

OLDEST = 17
_PLACES = ("/usr/lib/jvm", "/opt/java", "/Library/Java/JavaVirtualMachines")


def find_java(wanted: Path | None = None) -> Path | None:
    """The ``java`` program to use: the one wanted, else of JAVA_HOME, else on the PATH, else the oldest fitting one
    installed; None when there is none of version 17 or newer."""
    if wanted is not None:
        return wanted if (java_version(wanted) or 0) >= OLDEST else None
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    first = [Path(home) / "bin" / "java"] if home else []
    first += [Path(on_path)] if on_path else []
    installed = [path for place in _PLACES for path in Path(place).glob("*/bin/java")]
    for java in [*first, *sorted(installed, key=lambda path: (java_version(path) or 0, str(path)))]:
        if (java_version(java) or 0) >= OLDEST:
            return java.resolve()
    return None


@cache
def java_version(java: Path) -> int | None:
    """The feature release (17, 21, 25 …) or None when it does not run."""
    try:
        shown = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', shown)
    return int(match.group(1)) if match else None


def has_compiler(java: Path) -> bool:
    return (java.parent / "javac").is_file()
