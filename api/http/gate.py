"""The gate every route stands behind: who asks, for which operation, and what the access rules say of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from api.http.problems import ProblemError, forbidden, purpose_missing, unauthenticated, unknown
from api.http.service import Service, service_of
from archive.access import Operation, Principal, Target, Verdict, decide
from archive.events import Event

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="Mã truy cập của tài khoản («luutru_…»). / A token of the account.",
)
PURPOSE_LONGEST = 500


@dataclass(frozen=True)
class Asked:
    """One authenticated request: handlers get it and nothing else of who asks. ``principal`` None: nobody logged in."""

    principal: Principal | None
    operation: Operation
    at: datetime
    request_id: str
    service: Service
    purpose: str = ""
    address: str = ""

    @property
    def who(self) -> Principal:
        """The account; only for operations that need one."""
        if self.principal is None:
            raise unauthenticated()
        return self.principal

    @property
    def actor(self) -> str:
        return self.principal.actor if self.principal else "anonymous"

    def verdict(self, target: Target) -> Verdict:
        return decide(self.principal, self.operation, target)

    def require(self, target: Target, subject: str) -> None:
        """Returns only when this may be done to ``target``; else the problem, and a ledger record of the refusal."""
        verdict = self.verdict(target)
        if verdict is Verdict.ALLOWED:
            return
        self.record(Event.RECORD_ACCESS_REFUSED, subject, {"operation": self.operation.value, "verdict": verdict.value})
        if verdict is Verdict.UNKNOWN:
            raise unknown()
        raise purpose_missing() if verdict is Verdict.PURPOSE_MISSING else forbidden(self.operation.value)

    def still_allowed(self, target: Target) -> bool:
        """Whether the same token would get through to ``target`` now: asked again by answers that go on for minutes."""
        who = self.service.renewed(self.who, self.service.now())
        return who is not None and decide(who, self.operation, target) is Verdict.ALLOWED

    def record(self, event: Event, subject: str, data: Mapping[str, Any] | None = None) -> None:
        """A ledger record of this access, durable on return, with the request's id and the purpose stated."""
        more: dict[str, Any] = {"request_id": self.request_id}
        if self.purpose:
            more["purpose"] = self.purpose
        self.service.accesses.record(event, subject, actor=self.actor, data={**more, **(data or {})})


class Gate:
    """Lets through who may do ``operation`` at all; the record itself is judged by ``Asked.require``."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def __call__(
        self,
        request: Request,
        _shown: Annotated[object, Depends(_bearer)],
        purpose: Annotated[
            str | None,
            Query(
                max_length=PURPOSE_LONGEST,
                description="Mục đích sử dụng, bắt buộc với nội dung sử dụng có điều kiện. / Purpose of use, "
                "required for the content of conditional records.",
                examples=["Xác minh quá trình công tác"],
            ),
        ] = None,
    ) -> Asked:
        return _asked(self.operation, request, purpose)


class PlainGate(Gate):
    """The same for operations that know of no purpose."""

    def __call__(self, request: Request, _shown: Annotated[object, Depends(_bearer)]) -> Asked:  # type: ignore[override]
        return _asked(self.operation, request, None)


class PublicGate(Gate):
    """For what needs no account; a valid token is known all the same, a wrong one is passed over."""

    def __call__(self, request: Request) -> Asked:  # type: ignore[override]
        return _asked(self.operation, request, None, public=True)


class UncheckedGate(PublicGate):
    """For what is answered whoever asks, also when every thread is taken and the catalogue hangs: no token is looked up."""

    async def __call__(self, request: Request) -> Asked:  # type: ignore[override]
        service = service_of(request)
        request.scope["account"] = None
        request_id = str(request.scope.get("request_id", ""))
        address = request.client.host if request.client else ""
        return Asked(None, self.operation, service.now(), request_id, service, "", address)


_WITH_PURPOSE = frozenset({Operation.CONTENT_READ, Operation.AIP_COPY, Operation.DIP_EXPORT})
_PUBLIC = frozenset({Operation.PRESENCE_VERIFY, Operation.SESSION_OPEN})


def gate(operation: Operation) -> Any:
    """``asked: Annotated[Asked, gate(Operation.X)]``: the only way into a route."""
    if operation is Operation.HEALTH_READ:
        return Depends(UncheckedGate(operation))
    if operation in _PUBLIC:
        return Depends(PublicGate(operation))
    return Depends(Gate(operation) if operation in _WITH_PURPOSE else PlainGate(operation))


def stated_purpose(text: str) -> str:
    """The purpose as it is recorded; "" for a text in which nobody can read one: spaces and signs alone, seen or unseen."""
    purpose = " ".join(text.split())
    return purpose if any(char.isalnum() for char in purpose) else ""


def _asked(operation: Operation, request: Request, purpose: str | None, *, public: bool = False) -> Asked:
    service = service_of(request)
    at = service.now()
    request_id = str(request.scope.get("request_id", ""))
    address = request.client.host if request.client else ""
    principal = _principal(service, request, at, public=public)
    request.scope["account"] = principal.username if principal else None
    purpose = stated_purpose(purpose or "")
    if not public:
        if principal is None:
            raise unauthenticated()
        if decide(principal, operation) is not Verdict.ALLOWED:
            raise forbidden(operation.value)
    return Asked(principal, operation, at, request_id, service, purpose, address)


def _principal(service: Service, request: Request, at: datetime, *, public: bool) -> Principal | None:
    given = request.headers.getlist("authorization")
    if not given:
        return None
    scheme, _, secret = given[0].partition(" ")
    principal = None
    if len(given) == 1 and scheme.lower() == "bearer" and secret.strip():
        principal = service.authenticated(secret.strip(), at)
    if principal is None and not public:
        raise unauthenticated("Mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi.", "access.token-invalid")
    return principal


def operation_of(route: APIRoute) -> Operation:
    """The one operation ``route`` carries out. Raises RuntimeError for a route behind no gate or behind two."""
    found = [call.operation for call in _calls(route.dependant) if isinstance(call, Gate)]
    if len(found) != 1:
        raise RuntimeError(
            f"route {sorted(route.methods or ())} {route.path} stands behind {len(found)} gates instead of one"
        )
    return found[0]


def _calls(dependant: Dependant) -> list[object]:
    calls: list[object] = [dependant.call]
    for inner in dependant.dependencies:
        calls += _calls(inner)
    return calls


def require_gates(routers: Iterable[APIRouter], prefix: str) -> Mapping[str, Operation]:
    """``METHOD path`` → operation of every route. Raises RuntimeError for one without a rule: it fails the build."""
    found: dict[str, Operation] = {}
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                raise RuntimeError(f"{type(route).__name__} {getattr(route, 'path', '')}: only plain routes have gates")
            operation = operation_of(route)
            found |= {f"{method} {prefix}{route.path}": operation for method in sorted(route.methods or ())}
    return found


__all__ = ["Asked", "Gate", "ProblemError", "gate", "operation_of", "require_gates"]
