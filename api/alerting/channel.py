"""What a message is, and what every channel promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.alerts import Notice, NoticeKind, Severity
from archive.errors import LuutruError


class DeliveryError(LuutruError):
    """The message did not arrive, as far as is known; the same message may be sent again.

    ``channel_down``: it is not about this message, the others of the channel need not be tried now.
    """

    code = "alert.not-delivered"

    def __init__(self, message: str, *, channel_down: bool = False, remedy: str = "", detail: str = "") -> None:
        super().__init__(message, remedy=remedy, detail=detail)
        self.channel_down = channel_down


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent once through one channel. ``id`` and ``written_at`` are the same in every attempt.

    ``notices``: in the order they happened; none in a message that only tries the channel.
    """

    id: str
    archive_code: str
    archive_name: str
    written_at: datetime
    notices: tuple[Notice, ...] = ()

    @property
    def severity(self) -> Severity:
        """The worst it tells of; ``info`` when it tells only of what is over."""
        worst = Severity.INFO
        for notice in self.notices:
            if notice.kind is not NoticeKind.RESOLVED and notice.severity.worse_than(worst):
                worst = notice.severity
        return worst


class Channel(Protocol):
    """One receiver. ``name`` stands in the database and never changes; ``label`` is for people with the settings."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str: ...

    def send(self, message: Message) -> None:
        """Returns when the receiver has taken the message; raises DeliveryError otherwise. Bounded in time."""
        ...
