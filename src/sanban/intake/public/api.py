"""The API's twin of the requester's pages: file a request, follow one. No account; the same checks and words."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec

from sanban.intake.api.filing import Degrees90, Degrees180, degrees
from sanban.intake.place.crs import Crs
from sanban.intake.public.filing import LONGEST, Filed, Filing, file, form_command
from sanban.intake.public.following import Claim, act, found, standing
from sanban.intake.public.pages import MOST_PHOTOS
from sanban.intake.public.ports import PublicNeeds, Standing
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, FileBody, Missing, phrase

NO_REQUEST = Missing(phrase("Request"), '{"receipt": "ABCDE23456", "tail": "5678"}')
PHOTOS_MEGABYTES = 9
"""Of all photos together: what anybody may make us read before their address is counted (limit of this product)."""
BODY_BYTES = PHOTOS_MEGABYTES * 1024 * 1024 * 4 // 3 + 65_536
"""Photos in base64, and the words."""
Matter = Annotated[str, msgspec.Meta(max_length=96, description="A suggested matter, or `none` of them.")]


class FilingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a requester says. Only `text` is needed; with `behalf`, `for_phone` is the phone of whom it is about.

    `lon` and `lat` go together, in the system that `crs` names.
    """

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST["text"], examples=["小区路灯不亮已有一周"])]
    address: Annotated[str, msgspec.Meta(max_length=LONGEST["address"])] = ""
    street: Annotated[str, msgspec.Meta(max_length=96, description="Code of a street.")] = ""
    phone: Annotated[str, msgspec.Meta(max_length=LONGEST["phone"], examples=["13800000000"])] = ""
    name: Annotated[str, msgspec.Meta(max_length=LONGEST["name"])] = ""
    behalf: bool = False
    for_phone: Annotated[str, msgspec.Meta(max_length=LONGEST["for_phone"])] = ""
    chosen: Matter = ""
    same: Annotated[str, msgspec.Meta(max_length=64, description="Public id of a case that they have too.")] = ""
    lon: Degrees180 | None = None
    lat: Degrees90 | None = None
    crs: Crs = "wgs84"
    photos: Annotated[
        tuple[FileBody, ...],
        msgspec.Meta(max_length=MOST_PHOTOS, description=f"Together at most {PHOTOS_MEGABYTES} MB."),
    ] = ()


class FollowBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens a request: its receipt, and the last four digits of the phone where one was given."""

    receipt: Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["ABCDE23456"])]
    tail: Annotated[str, msgspec.Meta(max_length=20, examples=["5678"])] = ""


class WordsBody(FollowBody, frozen=True, forbid_unknown_fields=True):
    """The same, with what the requester has to say besides; further words are needed where words are to be added."""

    words: Annotated[str, msgspec.Meta(max_length=LONGEST["text"], examples=["坏的是三号楼门口那盏灯"])] = ""


SUMMARIES = {
    "dispute": "The closing of a request is not accepted: the desk decides, not those who handled it",
    "again": "Ask again for a request that is open; no clock starts anew and its date stays",
    "add": "Say more about a request that is open",
}
"""What a requester may do to a request of theirs, by the name of the act."""


def routes(needs: PublicNeeds) -> tuple[ApiRoute, ...]:
    """Filing a request, following it, and what its requester may do to it."""
    return (
        ApiRoute(
            "POST",
            "/public/requests",
            "intake.public_file",
            partial(_file, needs),
            Filed,
            request=FilingBody,
            public=True,
            body_limit=BODY_BYTES,
            summary="File a request without an account; send an Idempotency-Key to repeat it safely",
        ),
        ApiRoute(
            "POST",
            "/public/follow",
            "intake.public_follow",
            partial(_follow, needs),
            Standing,
            request=FollowBody,
            public=True,
            summary="How a request stands, for whoever holds its receipt",
        ),
        *(
            ApiRoute(
                "POST",
                f"/public/follow/{name}",
                f"intake.public_{name}",
                partial(_act, needs, name),
                Standing,
                request=WordsBody,
                public=True,
                summary=summary,
            )
            for name, summary in SUMMARIES.items()
        ),
    )


def _file(needs: PublicNeeds, asked: ApiRequest) -> Filed | Refused:
    body: FilingBody = asked.body
    plain = {name: _plain(getattr(body, name)) for name in body.__struct_fields__ if name != "photos"}
    typed = msgspec.convert(plain, Filing)
    return file(needs, asked.command_id, typed, asked.now, asked.address, body.photos, by_program=True)


def _plain(value: str | bool | float | None) -> str | bool:
    """A value as the form would send it."""
    if isinstance(value, str):
        return value.strip()
    return value if isinstance(value, bool) else degrees(value)


def unfound(refused: Refused) -> Missing | Refused:
    """Why no request was found, as a program is told."""
    return NO_REQUEST if refused.reason == "not_found_by_receipt" else refused


def _follow(needs: PublicNeeds, asked: ApiRequest) -> Standing | Refused | Missing:
    body: FollowBody = asked.body
    request = found(needs, Claim(body.receipt, body.tail), asked.now, asked.address)
    return unfound(request) if isinstance(request, Refused) else standing(needs, request, asked.now)


def _act(needs: PublicNeeds, name: str, asked: ApiRequest) -> Standing | Refused | Missing:
    """How the request stands afterwards."""
    body: WordsBody = asked.body
    request = found(needs, Claim(body.receipt, body.tail), asked.now, asked.address)
    if isinstance(request, Refused):
        return unfound(request)
    own_id = form_command(asked.command_id, f"{name} {request.id}")
    fault = act(needs, name, request, lambda _content: own_id, body.words.strip(), asked.now, asked.address)
    return fault or standing(needs, request, asked.now)
