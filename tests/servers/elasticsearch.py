"""A real Elasticsearch for a test session: built if needed, started once in a folder of its own, stopped at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from search.node.build import DEFAULT_HOME, build
from search.node.local import LocalNode


@contextmanager
def running_elasticsearch() -> Iterator[LocalNode]:
    """A running node with nothing in it. ``LUUTRU_TOOLS`` names another folder for the built parts."""
    tools = os.environ.get("LUUTRU_TOOLS")
    home = build(Path(tools) / "elasticsearch" if tools else DEFAULT_HOME, say=lambda line: None)
    with tempfile.TemporaryDirectory(prefix="luutru-es-") as folder:
        node = LocalNode(home, Path(folder) / "node")
        node.ensure_running()
        try:
            yield node
        finally:
            node.stop()
