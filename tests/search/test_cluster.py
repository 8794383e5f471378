"""A configured cluster: several hosts, TLS with the organisation's own CA, an API key; run for real on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search.client import SearchSettings, connect
from search.errors import IndexDeniedError, IndexSettingsError, IndexUnavailableError
from search.index import SearchIndex
from search.indexer import Follower
from search.node.local import LocalNode
from search.query import search
from search.visibility import EVERYTHING
from tests.search.holdings import Holdings, seed_hoso
from tests.search.tls_front import Authority, Front, authority, tls_front
from tests.servers.ports import free_port

KEY = "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="

Connecting = Callable[..., SearchIndex]


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return authority(tmp_path)


@pytest.fixture
def front(node: LocalNode, ca: Authority) -> Iterator[Front]:
    url = node.status().url
    assert url is not None
    with tls_front(url, ca.issue("chi-muc", "127.0.0.1"), KEY) as running:
        yield running


@pytest.fixture
def connecting(tmp_path: Path, ca: Authority) -> Iterator[Connecting]:
    """An index at the given hosts, with the right key and CA unless others are given."""
    key_file = tmp_path / "api-key"
    key_file.write_text(KEY + "\n", encoding="ascii")
    made: list[SearchIndex] = []

    def make(*hosts: str, key: Path | None = key_file, ca_certs: Path | None = ca.ca) -> SearchIndex:
        settings = SearchSettings(tmp_path, tmp_path, hosts=hosts, api_key_file=key, ca_certs=ca_certs)
        index = SearchIndex(connect(settings), f"tls{len(made)}", sleep=lambda seconds: None)
        made.append(index)
        return index

    yield make
    for index in made:
        index.client.close()


def used(index: SearchIndex, holdings: Holdings) -> None:
    """Everything the archive does with an index, from nothing to a rebuild."""
    holdings.take(seed_hoso())
    follower = Follower(holdings, index)
    assert follower.follow().documents == 5
    assert search(index, "thư điện tử", EVERYTHING).total == 5
    follower.rebuild()
    assert len(list(index.ids())) == 6
    assert index.remove_aip("aip-seeds") == 12
    for name in index.client.indices.get(index=f"{index.alias}-*").body:
        index.client.indices.delete(index=name)


def test_the_whole_work_of_the_index_goes_through_tls_and_the_key(
    connecting: Connecting, front: Front, holdings: Holdings
) -> None:
    used(connecting(front.url), holdings)
    assert front.served > 10 and front.refused == 0


@pytest.mark.parametrize("dead_first", [True, False])
def test_one_of_two_hosts_may_be_dead(
    connecting: Connecting, front: Front, holdings: Holdings, dead_first: bool
) -> None:
    hosts = [f"https://127.0.0.1:{free_port()}", front.url]
    used(connecting(*(hosts if dead_first else hosts[::-1])), holdings)


def test_two_hosts_share_the_work(
    connecting: Connecting, front: Front, node: LocalNode, ca: Authority, holdings: Holdings
) -> None:
    url = node.status().url
    assert url is not None
    with tls_front(url, ca.issue("chi-muc-2", "127.0.0.1"), KEY) as second:
        index = connecting(front.url, second.url)
        used(index, holdings)
        index.client.close()
        assert front.served > 3 and second.served > 3


def test_with_all_hosts_dead_the_index_is_unavailable_and_says_nothing_of_where_it_is(connecting: Connecting) -> None:
    index = connecting(*(f"https://127.0.0.1:{free_port()}" for _ in range(2)))
    with pytest.raises(IndexUnavailableError) as caught:
        index.ensure()
    assert "127.0.0.1" not in caught.value.message


def test_a_server_whose_certificate_another_ca_signed_is_not_asked(
    connecting: Connecting, front: Front, tmp_path: Path
) -> None:
    stranger = authority(tmp_path, "stranger")
    with pytest.raises(IndexUnavailableError):
        connecting(front.url, ca_certs=stranger.ca).ensure()
    with pytest.raises(IndexUnavailableError):
        connecting(front.url, ca_certs=None).ensure()
    assert front.served == front.refused == 0, "the key was shown to nobody"


def test_a_server_with_a_certificate_for_another_name_is_not_asked(
    connecting: Connecting, node: LocalNode, ca: Authority
) -> None:
    url = node.status().url
    assert url is not None
    with tls_front(url, ca.issue("elsewhere", "127.0.0.9"), KEY) as misnamed:
        with pytest.raises(IndexUnavailableError):
            connecting(misnamed.url).ensure()
        assert misnamed.served == misnamed.refused == 0


@pytest.mark.parametrize("key", ["wrong", None])
def test_a_wrong_or_missing_key_is_told_as_such(
    connecting: Connecting, front: Front, tmp_path: Path, key: str | None
) -> None:
    path = None
    if key is not None:
        path = tmp_path / "wrong-key"
        path.write_text(key, encoding="ascii")
    with pytest.raises(IndexDeniedError) as caught:
        connecting(front.url, key=path).ensure()
    assert "api_key_file" in (caught.value.remedy or "") and KEY not in str(caught.value.detail)


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", "khóa".encode(), b"a\x00b", None])
def test_a_key_file_that_holds_no_key_is_refused_before_anything_is_sent(
    connecting: Connecting, front: Front, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "odd-key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexSettingsError):
        connecting(front.url, key=path)


def test_a_key_is_never_sent_in_the_clear_but_to_this_machine(connecting: Connecting) -> None:
    for host in ("http://chi-muc.example:9200", "http://127.0.0.1.example:9200", "http://localhost.example:9200"):
        with pytest.raises(IndexSettingsError):
            connecting("https://127.0.0.1:9200", host)
    for host in ("http://127.0.0.1:9200", "http://localhost:9200"):
        assert connecting(host)


def test_a_ca_file_that_is_none_and_a_host_that_is_none_are_told(connecting: Connecting, tmp_path: Path) -> None:
    (tmp_path / "no-ca").write_text("không phải PEM", encoding="utf-8")
    for name in ("no-ca", "missing"):
        with pytest.raises(IndexSettingsError):
            connecting("https://127.0.0.1:9200", ca_certs=tmp_path / name)
    with pytest.raises(IndexSettingsError):
        connecting("127.0.0.1:9200", key=None)
