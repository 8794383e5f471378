"""A real Elasticsearch for the tests: built if needed, one for all tests of a process, in a folder of its own."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from search.node.build import DEFAULT_HOME, build
from search.node.local import LocalNode


@dataclass
class _Shared:
    """The node of this process, and how many are using it."""

    users: int = 0
    node: LocalNode | None = None
    kept: ExitStack = field(default_factory=ExitStack)


_shared = _Shared()
_aliases = itertools.count(1)


@contextmanager
def running_elasticsearch() -> Iterator[LocalNode]:
    """A running node, the same for all who ask for one meanwhile: the first starts it, it ends with the last.

    Whoever puts something there calls it by a name of its own (``at_server``). ``LUUTRU_TOOLS`` names another folder
    for the built parts.
    """
    if _shared.node is None:
        tools = os.environ.get("LUUTRU_TOOLS")
        home = build(Path(tools) / "elasticsearch" if tools else DEFAULT_HOME, say=lambda line: None)
        folder = _shared.kept.enter_context(tempfile.TemporaryDirectory(prefix="luutru-es-"))
        node = LocalNode(home, Path(folder) / "node")
        _shared.kept.callback(node.stop)
        node.ensure_running()
        _shared.node = node
    _shared.users += 1
    try:
        yield _shared.node
    finally:
        _shared.users -= 1
        if not _shared.users:
            _shared.node = None
            _shared.kept.close()


def at_server(home: Path, url: str) -> None:
    """From now on the archive at ``home`` has its index at ``url``, under a name that no other archive has there."""
    file = home / "luutru.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    assert "[search]" in lines
    kept = [line for line in lines if not line.startswith(("hosts =", "alias ="))]
    at = kept.index("[search]") + 1
    kept[at:at] = [f'hosts = ["{url}"]', f'alias = "archive{next(_aliases)}"']
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
