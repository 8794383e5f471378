"""One real node for the session and a fresh alias for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from search.client import SearchSettings, connect
from search.index import SearchIndex
from search.indexer import Follower
from search.node.local import LocalNode
from search.record import IndexableAip
from tests.search.holdings import Holdings
from tests.servers.elasticsearch import running_elasticsearch

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def node() -> Iterator[LocalNode]:
    with running_elasticsearch() as running:
        yield running


@pytest.fixture
def own(node: LocalNode, tmp_path: Path) -> Iterator[LocalNode]:
    """A node that the test may start, kill and break as it likes; gone after it, however it ended."""
    made = LocalNode(node.home, tmp_path / "node")
    yield made
    made.kill()


@pytest.fixture(scope="session")
def client(node: LocalNode) -> Iterator[Elasticsearch]:
    made = connect(SearchSettings(node.home, node.folder))
    yield made
    made.close()


def drop(index: SearchIndex) -> None:
    """Every generation gone, as if the server's data had been lost; by name, since the server refuses patterns."""
    for name in index.client.indices.get(index=f"{index.alias}-*").body:
        index.client.indices.delete(index=name)


@pytest.fixture
def index(client: Elasticsearch) -> Iterator[SearchIndex]:
    made = SearchIndex(client, f"test{next(_numbers)}")
    yield made
    drop(made)


@pytest.fixture
def holdings() -> Holdings:
    return Holdings()


@pytest.fixture
def filled(index: SearchIndex, holdings: Holdings) -> Callable[..., SearchIndex]:
    """The index, level with an archive of the given AIPs."""

    def fill(*aips: IndexableAip) -> SearchIndex:
        for aip in aips:
            holdings.take(aip)
        Follower(holdings, index).follow()
        return index

    return fill
