"""The service as one ASGI application: routes behind their gates, problems for errors, limits and logs around them."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.alerting.standing_in import stand_in
from api.bootstrap import Installation, now
from api.http import routes
from api.http.access_journal import AccessJournal
from api.http.allowed_methods import AllowedMethods
from api.http.gate import require_gates
from api.http.limits import BodyLimits
from api.http.metrics import Metrics
from api.http.observed import Observed
from api.http.openapi_document import openapi_document
from api.http.problems import Fault, ProblemError, problem_of, response_of
from api.http.service import Service
from archive.errors import LuutruError
from search.errors import IndexUnavailableError, NodeError, SearchError

PREFIX = "/api/v1"
_log = structlog.get_logger("luutru.http")

_DESCRIPTION = """
Kho lưu trữ số cho tài liệu điện tử có ký số: nộp lưu, theo dõi, tìm kiếm, khai thác, xác minh.
Mọi truy cập đều được ghi vào sổ nhật ký không sửa được. Lỗi được trả theo RFC 9457 (`application/problem+json`).

*Digital archive for signed government records: submit, follow, search, retrieve, verify. Every access is written to an
append-only ledger. Errors are problem details (RFC 9457) with stable codes.*
"""


def create_app(installation: Installation) -> FastAPI:
    """The application of ``installation``. Raises RuntimeError when a route stands behind no access rule."""
    service = Service(installation, AccessJournal(installation.catalogue, now))
    metrics = Metrics(lambda values: _fill(service, values))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=service.keep_house, name="housekeeping", daemon=True).start()
        threading.Thread(target=stand_in, args=(installation, service.closing), name="stand-in", daemon=True).start()
        try:
            yield
        finally:
            service.close()

    app = FastAPI(
        title="luutru",
        version="1",
        description=_DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Slashes at the end are other addresses; a redirect would lose the body of a submission.
        redirect_slashes=False,
        strict_content_type=True,
    )
    app.state.service = service
    app.state.metrics = metrics
    streams: list[tuple[str, str]] = []
    modules = _route_modules()
    for module in modules:
        app.include_router(module.router, prefix=PREFIX)
        streams += getattr(module, "STREAMED", ())
    app.state.gates = require_gates((module.router for module in modules), PREFIX)
    _handle_errors(app, AllowedMethods(app.state.gates))
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    app.add_middleware(BodyLimits, streams=lambda method, path: _is_streamed(streams, method, path))
    app.add_middleware(Observed, metrics=metrics)
    return app


def _route_modules() -> Sequence[Any]:
    """Every module of ``api.http.routes``; each has a ``router``, and ``STREAMED``: (method, path prefix) of unbounded bodies."""
    names = sorted(item.name for item in pkgutil.iter_modules(routes.__path__))
    modules = [importlib.import_module(f"{routes.__name__}.{name}") for name in names]
    return [module for module in modules if isinstance(getattr(module, "router", None), APIRouter)]


def _is_streamed(streams: Sequence[tuple[str, str]], method: str, path: str) -> bool:
    return any(method == wanted and (path == prefix or path.startswith(prefix + "/")) for wanted, prefix in streams)


def _fill(service: Service, metrics: Metrics) -> None:
    from api.http.readiness import fill_metrics

    fill_metrics(service, metrics)


def _handle_errors(app: FastAPI, allowed: AllowedMethods) -> None:
    def answered(request: Request, problem: ProblemError) -> Response:
        return response_of(problem, request.scope.get("request_id"))

    @app.exception_handler(ProblemError)
    def problem(request: Request, error: ProblemError) -> Response:
        return answered(request, error)

    @app.exception_handler(LuutruError)
    def ours(request: Request, error: LuutruError) -> Response:
        found = problem_of(error)
        if isinstance(error, IndexUnavailableError | NodeError):
            request.app.state.service.forget_index()
        if found.status >= 500:
            _log.warning(
                "error", request_id=request.scope.get("request_id"), code=error.code, detail=_without_content(error)
            )
        return answered(request, found)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        faults = [
            Fault(at=".".join(str(part) for part in item["loc"]), message=str(item["msg"]))
            for item in error.errors()[:20]
        ]
        return answered(
            request,
            ProblemError(
                422,
                "request.invalid",
                "Tham số hoặc nội dung yêu cầu không hợp lệ.",
                remedy="Sửa các chỗ nêu trong «faults» theo tài liệu OpenAPI.",
                faults=faults,
            ),
        )

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: HTTPException) -> Response:
        known = {
            404: ("request.address-unknown", "Không có địa chỉ này."),
            405: ("request.method-not-allowed", "Địa chỉ này không nhận phương thức này."),
            400: ("request.malformed", "Không đọc được yêu cầu."),
            415: ("request.media-type", "Kiểu nội dung không được nhận."),
        }
        code, title = known.get(error.status_code, ("request.refused", "Yêu cầu bị từ chối."))
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = allowed.of(request.scope["path"])
        return answered(request, ProblemError(error.status_code, code, title, headers=headers))

    @app.exception_handler(Exception)
    def defect(request: Request, error: Exception) -> Response:
        # Starlette hands this to the server layer and raises it again there: the traceback goes to the log below.
        logging.getLogger(__name__).error("request %s: defect", request.scope.get("request_id"), exc_info=error)
        return answered(
            request,
            ProblemError(
                500,
                "service.defect",
                "Lỗi của chính phần mềm; không có gì bị thay đổi dở dang.",
                remedy="Báo người quản trị kèm mã yêu cầu (request_id).",
            ),
        )


def _without_content(error: LuutruError) -> str:
    """What may be logged of it: what the search server says of a question may quote the words that were asked for."""
    detail = error.detail.partition(":")[0] if isinstance(error, SearchError) else error.detail
    return detail[:2000]


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Made when first asked for."""
    if app.openapi_schema is None:
        app.openapi_schema = openapi_document(app)
    return app.openapi_schema
