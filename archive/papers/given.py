"""What only people know of a paper: place, number, recipients, who signs as what, explanations in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from archive.ledger import read_instant, written_instant
from archive.papers.paper import SignatureBlock


@dataclass(frozen=True, slots=True)
class Given:
    """Nothing of it need be said: what is empty is filled from the catalogue, or left as dots.

    ``organ``: cơ quan ban hành; ``superior``: cơ quan chủ quản; ``positions``: chức vụ by user name; ``paragraphs``: what
    the paper says in words of its own (thảo luận, ý kiến, cách hủy, bảo lưu); ``explanations``: by reason of listing.
    """

    organ: str = ""
    superior: str = ""
    place: str = ""
    number: str = ""
    notation: str = ""
    issued: date | None = None
    recipients: tuple[str, ...] = ()
    signatures: tuple[SignatureBlock, ...] = ()
    authority: str = ""
    addressed_to: str = ""
    proposer: str = ""
    executor: str = ""
    witnesses: tuple[str, ...] = ()
    positions: Mapping[str, str] = field(default_factory=dict)
    further_members: tuple[str, ...] = ()
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    at: datetime | None = None
    fonds: str = ""
    background: str = ""
    method: str = ""
    explanations: Mapping[str, str] = field(default_factory=dict)
    paragraphs: tuple[str, ...] = ()
    enclosed: tuple[str, ...] = ()
    condition: str = ""
    giver_unit: str = ""
    receiver_unit: str = ""


def given_json(given: Given) -> dict[str, Any]:
    """What it says, and nothing it does not; ``given_of`` reads it back."""
    said: dict[str, Any] = {}
    for item in fields(Given):
        value = getattr(given, item.name)
        if value in ("", None, (), {}):
            continue
        said[item.name] = _json(value)
    return said


def given_of(said: Mapping[str, Any]) -> Given:
    """What ``given_json`` wrote; names nobody knows are passed over. Raises ValueError for values that cannot be."""
    values: dict[str, Any] = {}
    for item in fields(Given):
        if item.name in said:
            values[item.name] = _read(item.name, said[item.name], item.default)
    return Given(**values)


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return written_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, SignatureBlock):
        return {"position": value.position, "name": value.name, "authority": list(value.authority)}
    if isinstance(value, tuple):
        return [_json(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value


def _read(name: str, value: Any, default: Any) -> Any:
    if name == "signatures":
        return tuple(
            SignatureBlock(str(one["position"]), str(one.get("name", "")), tuple(map(str, one.get("authority", ()))))
            for one in value
        )
    if name == "issued":
        return date.fromisoformat(value)
    if name in ("opened_at", "closed_at", "at"):
        return read_instant(value)
    if isinstance(default, tuple):
        return tuple(map(str, value))
    if default is MISSING:
        return {str(key): str(one) for key, one in dict(value).items()}
    return str(value)
