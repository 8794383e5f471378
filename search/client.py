"""The official client, made from settings; its errors become ours in one place."""

from __future__ import annotations

import re
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import elasticsearch
from elasticsearch import Elasticsearch

from search.errors import (
    IndexBusyError,
    IndexDeniedError,
    IndexMissingError,
    IndexRequestError,
    IndexSettingsError,
    IndexUnavailableError,
    QueryRefusedError,
)
from search.node.local import LocalNode

_BUSY = frozenset({429, 502, 503, 504})
_NO_ROOM = frozenset({413, 429})
"""Too much for the server, or for a proxy before it: now, or at once."""
_LOOPBACK = re.compile(r"http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?(/|$)")
_KEY = re.compile(r"[!-~]+")
_RECOVERY = "Việc tiếp nhận, lưu trữ vẫn tiếp tục; chỉ mục sẽ tự bắt kịp khi hoạt động trở lại (luutru doctor)."


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Where the index is: ``hosts`` when configured, else the node built in ``node_home``, its data in ``node_data``.

    ``api_key_file`` holds the API key in the form the server gives it out (``encoded``); ``ca_certs`` is a
    PEM file for https hosts. Hosts are asked in turn; one that does not answer is passed over until it does again.
    """

    node_home: Path
    node_data: Path
    hosts: tuple[str, ...] = ()
    api_key_file: Path | None = None
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
    key = _api_key(settings, hosts)
    try:
        return Elasticsearch(
            list(hosts),
            api_key=key,
            request_timeout=settings.request_timeout_seconds,
            max_retries=max(2, len(hosts)),
            retry_on_timeout=True,
            retry_on_status=sorted(_BUSY),
            **_trusted(settings, hosts),
        )
    except (ValueError, TypeError) as error:
        raise IndexSettingsError(
            "Địa chỉ máy chủ chỉ mục không hợp lệ.",
            remedy="Ghi đủ giao thức, tên máy và cổng, ví dụ https://chi-muc:9200, ở mục [search] hosts.",
            detail=str(error),
        ) from error


def _trusted(settings: SearchSettings, hosts: tuple[str, ...]) -> dict[str, Any]:
    """The context for https hosts: certificate and name checked, against ``ca_certs`` alone when it is given."""
    if not any(host.startswith("https:") for host in hosts):
        return {}
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_certs) if settings.ca_certs else None)
    except (OSError, ssl.SSLError) as error:
        raise IndexSettingsError(
            "Không đọc được tệp chứng thư CA của máy chủ chỉ mục.",
            remedy="Kiểm tra [search] ca_certs: một tệp PEM đọc được.",
            detail=str(error),
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return {"ssl_context": context}


def _api_key(settings: SearchSettings, hosts: tuple[str, ...]) -> str | None:
    if settings.api_key_file is None:
        return None
    open_to_all = [host for host in hosts if not host.startswith("https:") and not _LOOPBACK.match(host)]
    if open_to_all:
        raise IndexSettingsError(
            "Khóa truy cập chỉ mục không được gửi qua kết nối không mã hóa.",
            remedy="Dùng địa chỉ https ở mục [search] hosts.",
            detail=", ".join(open_to_all),
        )
    key, why = "", "not one printable word of ASCII"
    try:
        key = settings.api_key_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = str(error)
    if not _KEY.fullmatch(key):
        raise IndexSettingsError(
            "Không đọc được khóa truy cập chỉ mục.",
            remedy="Kiểm tra [search] api_key_file: một dòng, đúng như máy chủ cấp («encoded»).",
            detail=why,
        )
    return key


@contextmanager
def answered() -> Iterator[None]:
    """What the client raises inside comes out as one of ours: unavailable, missing, denied, a query with too many words, or
    refused as malformed."""
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
            "Chỉ mục tìm kiếm từ chối khóa truy cập.",
            remedy="Kiểm tra [search] api_key_file trong cấu hình.",
            detail=detail,
        )
    if error.status_code == 404 and error.message == "index_not_found_exception":
        return IndexMissingError(
            "Chưa có chỉ mục tìm kiếm.", remedy="Chạy «luutru work» để lập chỉ mục.", detail=detail
        )
    if error.status_code in _NO_ROOM:
        return IndexBusyError("Chỉ mục tìm kiếm đang quá tải.", remedy=_RECOVERY, detail=detail)
    if error.status_code in _BUSY:
        return IndexUnavailableError("Chỉ mục tìm kiếm đang quá tải hoặc hết chỗ.", remedy=_RECOVERY, detail=detail)
    if error.status_code == 400 and "too many" in detail and "clause" in detail:
        # How many words a text has only the server's analysis knows: each ideograph and each picture is one.
        return QueryRefusedError("Câu tìm kiếm có quá nhiều từ.", remedy="Bớt từ, hoặc tìm một cụm từ ngắn hơn.")
    return IndexRequestError("Chỉ mục tìm kiếm không hiểu yêu cầu.", detail=detail)
