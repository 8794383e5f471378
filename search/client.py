"""The official client, made from settings; its errors become ours in one place."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import elasticsearch
from elasticsearch import Elasticsearch

from search.errors import IndexBusyError, IndexDeniedError, IndexMissingError, IndexRequestError, IndexUnavailableError
from search.node.local import LocalNode

_BUSY = frozenset({429, 502, 503, 504})
_NO_ROOM = frozenset({413, 429})
"""Too much for the server, or for a proxy before it: now, or at once."""
_RECOVERY = "Việc tiếp nhận, lưu trữ vẫn tiếp tục; chỉ mục sẽ tự bắt kịp khi hoạt động trở lại (luutru doctor)."


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Where the index is: ``hosts`` when configured, else the node built in ``node_home``, its data in ``node_data``.

    ``api_key`` in the form the server gives it out; ``ca_certs`` a PEM file for https hosts.
    """

    node_home: Path
    node_data: Path
    hosts: tuple[str, ...] = ()
    api_key: str = ""
    ca_certs: Path | None = None
    alias: str = "luutru"
    request_timeout_seconds: float = 30.0

    @property
    def local_node(self) -> LocalNode | None:
        """The node that belongs to these settings; None when an address is configured."""
        return None if self.hosts else LocalNode(self.node_home, self.node_data)


def connect(settings: SearchSettings, *, start: bool = True) -> Elasticsearch:
    """A client for the configured hosts, or for the local node, started first if it does not run and ``start``.

    No request is made to configured hosts. Raises NodeError when the local node cannot be started, and
    IndexUnavailableError when it does not run and ``start`` is false.
    """
    node = settings.local_node
    if node is None:
        return _client(settings, settings.hosts)
    if start:
        return _client(settings, (node.ensure_running(),))
    url = node.status().url
    if url is None:
        raise IndexUnavailableError("Chỉ mục tìm kiếm chưa chạy.", remedy=_RECOVERY)
    return _client(settings, (url,))


def _client(settings: SearchSettings, hosts: tuple[str, ...]) -> Elasticsearch:
    # The server warns on every answer that it has no password: so it is meant on loopback, and said in our documents.
    warnings.filterwarnings(
        "ignore", message=".*built-in security features are not enabled.*", category=elasticsearch.ElasticsearchWarning
    )
    trusted: dict[str, Any] = {}
    if settings.ca_certs and any(host.startswith("https:") for host in hosts):
        trusted["ca_certs"] = str(settings.ca_certs)
    return Elasticsearch(
        list(hosts),
        api_key=settings.api_key or None,
        request_timeout=settings.request_timeout_seconds,
        max_retries=2,
        retry_on_timeout=True,
        retry_on_status=sorted(_BUSY),
        **trusted,
    )


@contextmanager
def answered() -> Iterator[None]:
    """What the client raises inside comes out as one of ours: unavailable, missing, denied, or refused as malformed."""
    try:
        yield
    except elasticsearch.UnsupportedProductError as error:
        raise IndexRequestError("Máy chủ chỉ mục không phải Elasticsearch.", detail=str(error)) from error
    except elasticsearch.ApiError as error:
        raise _translated(error) from error
    except (elasticsearch.TransportError, elasticsearch.SerializationError) as error:
        raise IndexUnavailableError(
            "Chỉ mục tìm kiếm hiện không trả lời.", remedy=_RECOVERY, detail=f"{type(error).__name__}: {error}"
        ) from error


def _translated(error: elasticsearch.ApiError) -> Exception:
    detail = f"{error.status_code} {error.message}: {error.body}"[:2000]
    if error.status_code in {401, 403}:
        return IndexDeniedError(
            "Chỉ mục tìm kiếm từ chối khóa truy cập.", remedy="Kiểm tra api_key trong cấu hình.", detail=detail
        )
    if error.status_code == 404 and error.message == "index_not_found_exception":
        return IndexMissingError(
            "Chưa có chỉ mục tìm kiếm.", remedy="Chạy «luutru work» để lập chỉ mục.", detail=detail
        )
    if error.status_code in _NO_ROOM:
        return IndexBusyError("Chỉ mục tìm kiếm đang quá tải.", remedy=_RECOVERY, detail=detail)
    if error.status_code in _BUSY:
        return IndexUnavailableError("Chỉ mục tìm kiếm đang quá tải hoặc hết chỗ.", remedy=_RECOVERY, detail=detail)
    return IndexRequestError("Chỉ mục tìm kiếm không hiểu yêu cầu.", detail=detail)
