"""Findings in the API: what the offline outbox of the report page sends when it is back, each under its own key."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.intake.findings.pages import PHOTO_BYTES, REPORT_ROLES
from sanban.intake.findings.reporting import LONGEST_TEXT, MOST_PHOTOS, Reported, Seen, report
from sanban.intake.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Upload


class PhotoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A photo of it. `content`: base64."""

    name: Annotated[str, msgspec.Meta(max_length=255, examples=["photo.jpg"])]
    content: bytes


class FindingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a worker found. `seen_at`: microseconds UTC; it counts when it lies within the last three days."""

    matter: Annotated[str, msgspec.Meta(min_length=1, max_length=96, examples=["street-light"])]
    grid: Annotated[str, msgspec.Meta(max_length=96, examples=["01-003"])] = ""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)] = ""
    fixed: bool = False
    lon: Annotated[str, msgspec.Meta(max_length=20, examples=["121.4737"])] = ""
    lat: Annotated[str, msgspec.Meta(max_length=20, examples=["31.2304"])] = ""
    seen_at: Annotated[int, msgspec.Meta(ge=0)] = 0
    photos: Annotated[tuple[PhotoBody, ...], msgspec.Meta(max_length=MOST_PHOTOS)] = ()


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The one operation."""
    return (
        ApiRoute(
            "POST",
            "/findings",
            "intake.finding",
            partial(_report, needs),
            Reported,
            request=FindingBody,
            roles=REPORT_ROLES,
            summary="Report a finding with its photos; the same Idempotency-Key reports it once",
            body_limit=PHOTO_BYTES,
        ),
    )


def _report(needs: Needs, asked: ApiRequest) -> Reported | Refused:
    body: FindingBody = asked.body
    seen = Seen(**{name: getattr(body, name) for name in body.__struct_fields__ if name != "photos"})
    photos = [Upload(one.name, one.content) for one in body.photos]
    return report(needs, asked.viewer, asked.command_id, seen, asked.now, photos)
