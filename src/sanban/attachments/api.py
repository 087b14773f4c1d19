"""Attachments in the API: add a file to what it belongs to, list them, fetch one. Contents: base64 in JSON."""

from __future__ import annotations

from functools import partial
from typing import cast, get_args

import msgspec

from sanban.attachments.filing import Line, add, lines, open_file
from sanban.attachments.pages import ROLES
from sanban.attachments.ports import Needs, Owner, OwnerKind
from sanban.attachments.sniffing import MOST_BYTES
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, FileBody, Missing, phrase

BODY_BYTES = MOST_BYTES * 4 // 3 + 4096
NO_FILE = Missing(phrase("File"), "GET .../attachments gives the ids")


class FilesAnswer(msgspec.Struct, frozen=True):
    """The files that this account may see."""

    items: tuple[Line, ...]


class FileAdded(msgspec.Struct, frozen=True):
    """The new file's id."""

    id: str


class FileAnswer(msgspec.Struct, frozen=True):
    """One file. `content`: base64, a copy with the mark of who asked inside where its format has a place for one."""

    file: Line
    content: bytes


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations, for each kind of owner; photos of a finding come with its report alone."""
    found: list[ApiRoute] = []
    for kind in get_args(OwnerKind):
        path = f"/{kind}s/{{{kind}_id}}/attachments"
        found += [
            ApiRoute(
                "GET",
                path,
                f"attachments.{kind}_list",
                partial(_list, needs, kind),
                FilesAnswer,
                roles=ROLES,
                summary=f"Files of a {kind}",
            ),
            ApiRoute(
                "POST",
                path,
                f"attachments.{kind}_add",
                partial(_add, needs, kind),
                FileAdded,
                request=FileBody,
                roles=ROLES,
                summary=f"Add a file to a {kind}; send an Idempotency-Key to repeat it safely",
                body_limit=BODY_BYTES,
            ),
            ApiRoute(
                "GET",
                f"{path}/{{file_id}}",
                f"attachments.{kind}_file",
                partial(_file, needs, kind),
                FileAnswer,
                roles=ROLES,
                summary=f"One file of a {kind}",
            ),
        ]
    return tuple(route for route in found if route.name != "attachments.finding_add")


def _owner(needs: Needs, kind: str, asked: ApiRequest) -> Owner | None:
    return needs.owner(asked.viewer, cast(OwnerKind, kind), asked.path[f"{kind}_id"], asked.now)


def _list(needs: Needs, kind: str, asked: ApiRequest) -> FilesAnswer | Missing:
    owner = _owner(needs, kind, asked)
    return NO_FILE if owner is None else FilesAnswer(lines(needs, asked.viewer, owner))


def _add(needs: Needs, kind: str, asked: ApiRequest) -> FileAdded | Missing | Refused:
    owner, body = _owner(needs, kind, asked), cast(FileBody, asked.body)
    if owner is None:
        return NO_FILE
    added = add(needs, asked.viewer, asked.command_id, owner, body)
    return added if isinstance(added, Refused) else FileAdded(added)


def _file(needs: Needs, kind: str, asked: ApiRequest) -> FileAnswer | Missing:
    owner = _owner(needs, kind, asked)
    opened = open_file(needs, asked.viewer, owner, asked.path["file_id"]) if owner else None
    if opened is None:
        return NO_FILE
    return FileAnswer(opened.line, needs.mark(asked.viewer, asked.now, opened.line.media, opened.content))
