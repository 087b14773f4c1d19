"""What a subscriber is sent: a CloudEvents 1.0 event in structured mode, signed with the subscriber's own key.

    webhook-id         the event's id: the same at every attempt, for dropping repeats
    webhook-timestamp  when this attempt was signed, seconds UTC: older than `WINDOW` is a replay
    webhook-signature  v1,BASE64 of HMAC-SHA256 over `id.timestamp.body` under the key

The headers are those of the Standard Webhooks specification, so receivers can check them with its libraries. Source:
CloudEvents 1.0.2, HTTP binding 3.2; Standard Webhooks 1.0.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import secrets
from typing import Any

import msgspec

from sanban.ledger.port import Stored

WINDOW = 300
"""Seconds in which a signature counts."""
MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
PREFIX = "whsec_"
KEY_LENGTH = 32

_ENCODER = msgspec.json.Encoder(order="deterministic")


def new_key() -> str:
    """A fresh key as it is shown to the subscriber, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_LENGTH)).decode()


def event_id(district: str, stored: Stored) -> str:
    """The id of an event for subscribers: its place in the district's ledger."""
    return f"{district}-{stored.position}"


def event_body(district: str, stored: Stored, data: dict[str, Any]) -> bytes:
    """The event as JSON. `data` holds codes, integers, instants and ids alone."""
    kind, _, id_ = stored.stream.partition(":")
    at = dt.datetime.fromtimestamp(stored.recorded_at / 1_000_000, dt.UTC)
    return _ENCODER.encode(
        {
            "specversion": "1.0",
            "id": event_id(district, stored),
            "source": f"/sanban/{district}",
            "type": f"sanban.{stored.type}.v{stored.v}",
            "subject": f"{kind}/{id_}",
            "time": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": data,
        }
    )


def signed_headers(key: str, id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt. `timestamp`: seconds UTC."""
    return {
        "content-type": MEDIA_TYPE,
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature(key, id_, timestamp, body)}",
    }


def signature(key: str, id_: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over `id.timestamp.body`, base64."""
    raw = base64.b64decode(key.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(raw, f"{id_}.{timestamp}.".encode() + body, "sha256")).decode()


def is_genuine(key: str, headers: dict[str, str], body: bytes, now: int) -> bool:
    """What a receiver checks; `now`: seconds UTC. The reference for docs/webhooks.md."""
    sent = {name.lower(): value for name, value in headers.items()}
    id_, timestamp = sent.get("webhook-id", ""), sent.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or len(timestamp) > 12 or abs(now - int(timestamp)) > WINDOW:
        return False
    wanted = f"v1,{signature(key, id_, int(timestamp), body)}"
    given = sent.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one.encode(), wanted.encode()) for one in given)
