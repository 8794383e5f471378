"""User name and password as a body sends them, form or JSON; never anything of an address line."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from starlette.formparsers import FormParser, MultiPartException

from api.http.problems import ProblemError
from api.http.rights_views import Strict

LONGEST_PASSWORD = 1024


class Credentials(Strict):
    """Who wants in. ``new_password``: in place of one that somebody else has set."""

    username: str = Field(
        min_length=1, max_length=255, description="Tên đăng nhập. / User name.", examples=["nguyen.van.an"]
    )
    password: str = Field(
        min_length=1, max_length=LONGEST_PASSWORD, description="Mật khẩu. / Password.", examples=["mật khẩu dài dễ nhớ"]
    )
    new_password: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_PASSWORD,
        description="Mật khẩu mới, bắt buộc khi mật khẩu do người khác đặt. / Needed when another set the password.",
        examples=[None],
    )


_SCHEMA = Credentials.model_json_schema()
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": _SCHEMA},
        "application/x-www-form-urlencoded": {
            "schema": {
                **_SCHEMA,
                "properties": {
                    **_SCHEMA["properties"],
                    "new_password": {"type": "string", "minLength": 1, "maxLength": LONGEST_PASSWORD},
                },
            }
        },
    },
}
"""For ``openapi_extra``: both forms of the body."""


async def credentials(request: Request) -> Credentials:
    """What the body says. Raises RequestValidationError, or the problem 415 for any other kind of body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        found = _json(await request.body())
    elif kind == "application/x-www-form-urlencoded":
        found = await _form(request)
    else:
        raise ProblemError(
            415,
            "request.media-type",
            "Kiểu nội dung không được nhận.",
            remedy="Gửi application/json hoặc application/x-www-form-urlencoded.",
        )
    try:
        return Credentials.model_validate(found)
    except ValidationError as error:
        # Without what was sent: an answer repeats no password.
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RequestValidationError([{"loc": ("body",), "msg": "JSON decode error", "type": "json_invalid"}]) from None


async def _form(request: Request) -> dict[str, str]:
    try:
        fields = await FormParser(request.headers, request.stream()).parse()
    except (MultiPartException, ValueError):
        raise RequestValidationError([{"loc": ("body",), "msg": "Form decode error", "type": "form_invalid"}]) from None
    found: dict[str, str] = {}
    for name, value in fields.multi_items():
        if name in found or not isinstance(value, str):
            raise RequestValidationError([{"loc": ("body", name), "msg": "Given twice", "type": "form_invalid"}])
        found[name] = value
    return found
