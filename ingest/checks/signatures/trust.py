"""The versioned trust list: read once, checked, kept per process; passed in with every request, never global policy."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
from asn1crypto import x509
from pyhanko_certvalidator.registry import SimpleTrustManager

from archive.errors import LuutruError


class TrustListError(LuutruError):
    """The trust list cannot be used; nothing may be judged by it. ``code`` says why: ``trust-list.unreadable``,
    ``trust-list.not-json``, ``trust-list.schema``, ``trust-list.certificate``, ``trust-list.digest``,
    ``trust-list.dates`` or ``trust-list.pattern``."""

    def __init__(self, code: str, message: str, *, detail: str = "") -> None:
        super().__init__(message, remedy="Kiểm tra lại danh sách tin cậy được cấu hình.", detail=detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Anchor:
    """An authority trusted between two dates; ``kind`` is its class (state-specialised, public …)."""

    name: str
    kind: str
    certificate: x509.Certificate
    sha256: str
    trusted_from: datetime
    trusted_until: datetime

    def trusted_at(self, at: datetime) -> bool:
        return self.trusted_from <= at <= self.trusted_until


@dataclass(frozen=True, slots=True)
class RoleRule:
    """A subject whose ``attribute`` matches ``pattern`` signs as ``role``."""

    role: str
    attribute: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, eq=False)
class TrustList:
    """Whom signatures are judged by. ``sha256`` is over the bytes of the file, and goes with every verdict."""

    profile: str
    version: str
    issued: str
    sha256: str
    anchors: tuple[Anchor, ...]
    timestamp_anchors: tuple[Anchor, ...]
    intermediates: tuple[x509.Certificate, ...]
    roles: tuple[RoleRule, ...]
    signing_trust: SimpleTrustManager
    timestamp_trust: SimpleTrustManager

    def as_json(self) -> dict[str, str]:
        return {"profile": self.profile, "version": self.version, "issued": self.issued, "sha256": self.sha256}

    def anchor_of(self, certificate: x509.Certificate, *, timestamps: bool = False) -> Anchor | None:
        anchors = self.timestamp_anchors if timestamps else self.anchors
        return next((item for item in anchors if item.certificate.dump() == certificate.dump()), None)


def load_trust_list(path: Path) -> TrustList:
    """The trust list of ``path``; the same object while the file's bytes stay the same. Raises TrustListError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TrustListError("trust-list.unreadable", "Không đọc được danh sách tin cậy.", detail=str(error)) from error
    return _parsed(data)


@lru_cache(maxsize=4)
def _parsed(data: bytes) -> TrustList:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise TrustListError(
            "trust-list.not-json", "Danh sách tin cậy không phải là JSON hợp lệ.", detail=str(error)
        ) from error
    fault = jsonschema.exceptions.best_match(_validator().iter_errors(value))
    if fault is not None:
        raise TrustListError(
            "trust-list.schema",
            f"Danh sách tin cậy không đúng cấu trúc tại {fault.json_path}.",
            detail=fault.message,
        )
    anchors = tuple(_anchor(row) for row in value["anchors"])
    timestamp_anchors = tuple(_anchor(row) for row in value["timestamp_anchors"])
    return TrustList(
        value["profile"],
        value["version"],
        value["issued"],
        hashlib.sha256(data).hexdigest(),
        anchors,
        timestamp_anchors,
        tuple(_certificate(row) for row in value["intermediates"]),
        tuple(_role(row) for row in value["roles"]),
        SimpleTrustManager.build(trust_roots=[item.certificate for item in anchors]),
        SimpleTrustManager.build(trust_roots=[item.certificate for item in timestamp_anchors]),
    )


@lru_cache(maxsize=1)
def _validator() -> jsonschema.Draft202012Validator:
    text = resources.files("schemas").joinpath("trust", "trust_list.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def _certificate(row: dict[str, Any]) -> x509.Certificate:
    try:
        der = base64.b64decode(row["certificate"], validate=True)
        certificate = x509.Certificate.load(der, strict=True)
        certificate.public_key.native  # noqa: B018 - forces the lazy parser to look at it
    except (binascii.Error, ValueError, TypeError) as error:
        raise TrustListError(
            "trust-list.certificate", f"Chứng thư số của {row['name']} không đọc được.", detail=str(error)
        ) from error
    if hashlib.sha256(der).hexdigest() != row["sha256"]:
        raise TrustListError("trust-list.digest", f"Mã băm của chứng thư số {row['name']} không khớp.")
    return certificate


def _anchor(row: dict[str, Any]) -> Anchor:
    certificate = _certificate(row)
    try:
        start, end = (_aware(row[key]) for key in ("trusted_from", "trusted_until"))
    except ValueError as error:
        raise TrustListError("trust-list.dates", f"Thời hạn tin cậy của {row['name']} không hợp lệ.") from error
    if start >= end:
        raise TrustListError("trust-list.dates", f"Thời hạn tin cậy của {row['name']} kết thúc trước khi bắt đầu.")
    return Anchor(row["name"], row["class"], certificate, row["sha256"], start, end)


def _role(row: dict[str, Any]) -> RoleRule:
    try:
        return RoleRule(row["role"], row["attribute"], re.compile(row["pattern"]))
    except re.error as error:
        raise TrustListError(
            "trust-list.pattern", f"Quy tắc vai trò không hợp lệ: {row['pattern']!r}.", detail=str(error)
        ) from error


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
