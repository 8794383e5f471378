"""A class archive (CDS) made by one training run, so that later starts need not load and verify each class again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from search.node.jdk import Jdk


def archive_for(home: Path, jdk: Jdk) -> Path:
    """Where the archive for this build and exactly this Java lies; another Java would refuse it."""
    return home / "cds" / (hashlib.sha256(f"{jdk.home}\n{jdk.identity}".encode()).hexdigest()[:16] + ".jsa")


def train(home: Path, jdk: Jdk) -> Path:
    """The class archive, made by starting a node from ``home`` once: at the same time the proof that the build runs.

    The node works in a folder of its own and is stopped. Raises NodeError when it does not start.
    """
    from search.node.local import LocalNode  # the node's command asks here for the archive

    archive = archive_for(home, jdk)
    archive.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="luutru-es-", dir=home.parent) as folder:
        fresh = Path(folder) / "trained.jsa"
        node = LocalNode(home, Path(folder) / "node", jdk=jdk, java_options=(f"-XX:ArchiveClassesAtExit={fresh}",))
        node.ensure_running()
        node.stop()
        if fresh.is_file():
            os.replace(fresh, archive)
    return archive
