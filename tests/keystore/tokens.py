"""Tokens of SoftHSM: a real PKCS#11 library whose keys lie in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
LABEL = "luutru-test"
PIN = "271828"


def soft_token(folder: Path) -> Path:
    """A new token in ``folder``; the environment of this process points to it. Tells where its keys lie."""
    tool = shutil.which("softhsm2-util")
    assert tool is not None and MODULE.exists(), "softhsm2 is not installed (packages.txt)"
    tokens = folder / "tokens"
    tokens.mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    subprocess.run(
        [tool, "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "314159"],
        check=True,
        capture_output=True,
    )
    return tokens
