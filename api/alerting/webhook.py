"""Webhook: one JSON document by POST, signed with a shared secret; only ids and codes leave the house.

```
Luutru-Delivery: delivery-17          the same in every attempt: who has seen it before answers 200 and does nothing
Luutru-Timestamp: 1795141200          seconds since 1970, of this attempt; older than 300 s: refuse, it is a replay
Luutru-Signature: v1=<hex>            HMAC-SHA256(secret, timestamp + "." + body)
```
"""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from api.alerting.channel import DeliveryError, Message
from api.alerting.texts import title_of
from api.settings_alerts import AlertSettingsError, WebhookSettings, secret_of
from archive.alerts import Notice
from archive.ledger import written_instant

TIMEOUT_SECONDS = 15.0
REPLAY_SECONDS = 300


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Taken is any 2xx. A redirect is a refusal: what was signed for one address goes to no other."""

    settings: WebhookSettings
    now: Callable[[], datetime]
    timeout_seconds: float = TIMEOUT_SECONDS

    @property
    def name(self) -> str:
        return f"webhook:{hashlib.sha256(self.settings.url.encode()).hexdigest()[:8]}"

    @property
    def label(self) -> str:
        return self.settings.url

    def send(self, message: Message) -> None:
        content = document(message)
        timestamp = int(self.now().timestamp())
        try:
            secret = secret_of(self.settings.secret_file, "webhook_secret_file")
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "luutru",
                "Luutru-Delivery": message.id,
                "Luutru-Timestamp": str(timestamp),
                "Luutru-Signature": signature(secret, timestamp, content),
            }
            status = self._posted(content, headers)
        except AlertSettingsError as error:
            raise DeliveryError(error.message, channel_down=True, remedy=error.remedy, detail=error.detail) from error
        except httpx.TimeoutException as error:
            raise DeliveryError("Nơi nhận webhook không trả lời kịp.", channel_down=True, detail=repr(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise DeliveryError("Không gọi được webhook.", channel_down=True, detail=repr(error)) from error
        if 300 <= status < 400:
            raise DeliveryError(f"Webhook chuyển hướng ({status}), không đi theo.", channel_down=True)
        if not 200 <= status < 300:
            raise DeliveryError(f"Webhook từ chối: {status}.", channel_down=status == 429 or status >= 500)

    def _posted(self, content: bytes, headers: dict[str, str]) -> int:
        """The status; what the receiver says besides is not read."""
        ca_certs = self.settings.ca_certs
        with (
            httpx.Client(
                timeout=self.timeout_seconds,
                follow_redirects=False,
                trust_env=False,
                verify=ssl.create_default_context(cafile=str(ca_certs)) if ca_certs else True,
            ) as client,
            client.stream("POST", self.settings.url, content=content, headers=headers) as answer,
        ):
            return answer.status_code


def document(message: Message) -> bytes:
    """The body: the same bytes in every attempt."""
    value: dict[str, Any] = {
        "id": message.id,
        "archive": message.archive_code,
        "written_at": written_instant(message.written_at),
        "test": not message.notices,
        "alerts": [_notice(notice) for notice in message.notices],
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, timestamp: int, content: bytes) -> str:
    """The value of ``Luutru-Signature``."""
    signed = f"{timestamp}.".encode() + content
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "number": notice.alert.number,
        "code": notice.alert.code,
        "subject": notice.alert.subject,
        "severity": notice.severity.value,
        "kind": notice.kind.value,
        "at": written_instant(notice.at),
        "opened_at": written_instant(notice.alert.opened_at),
        "count": notice.count,
        "title": title_of(notice.alert.code),
    }
