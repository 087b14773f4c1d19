"""The files of one request, case, meeting or finding: a list with small pictures, a form to add some, each by itself.

The list is a page of its own and, asked for by htmx, the part that stands on the page of what it belongs to. A file is
sent as a download; only pictures, which we encoded ourselves, are shown in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import cast, get_args
from uuid import uuid5

import msgspec

from sanban.attachments.filing import FILES, Line, add, lines, open_file, remove
from sanban.attachments.ports import Needs, Owner, OwnerKind
from sanban.attachments.sniffing import MOST_BYTES
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Role
from sanban.kernel.view import (
    Download,
    Missing,
    PageAnswer,
    PageRequest,
    PageRoute,
    Redirected,
    Shown,
    phrase,
    status_of_form,
)

ROLES: frozenset[Role] = frozenset(get_args(Role)) - {"system"}
AT_ONCE = 5
"""So many files at most in one form."""
FORM_BYTES = 24 * 1024 * 1024
PART = "attachments"

NO_FILE = Missing(phrase("File"))
NOTHING = Refused("file_empty", "the file is empty", "choose it again")
ADDED = phrase("Added.")
REMOVED = phrase("Removed. Nobody sees it any more.")


class FilesContext(msgspec.Struct, frozen=True):
    """`attachments/files.html` and its part: the files, the titles of their units; `back`: the page they belong to."""

    owner: Owner
    lines: tuple[Line, ...]
    units: Mapping[str, Title]
    back: str
    most_megabytes: int = MOST_BYTES // 1024 // 1024
    at_once: int = AT_ONCE
    fault: Refused | None = None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The list, adding, one file, removing; for each kind of owner."""
    found: list[PageRoute] = []
    for kind in get_args(OwnerKind):
        path = f"/{kind}s/{{{kind}_id}}/attachments"
        found += [
            PageRoute("GET", path, f"attachments.of_{kind}", partial(_list, needs, kind), roles=ROLES),
            PageRoute(
                "POST",
                path,
                f"attachments.add_to_{kind}",
                partial(_add, needs, kind),
                roles=ROLES,
                files=AT_ONCE,
                body_limit=FORM_BYTES,
            ),
            PageRoute(
                "GET", f"{path}/{{file_id}}", f"attachments.file_of_{kind}", partial(_file, needs, kind), roles=ROLES
            ),
            PageRoute(
                "POST",
                f"{path}/{{file_id}}/remove",
                f"attachments.remove_from_{kind}",
                partial(_remove, needs, kind),
                roles=ROLES,
            ),
        ]
    return tuple(found)


def _owner(needs: Needs, kind: str, asked: PageRequest) -> Owner | None:
    return needs.owner(asked.viewer, cast(OwnerKind, kind), asked.path[f"{kind}_id"], asked.now)


def _list(needs: Needs, kind: str, asked: PageRequest) -> PageAnswer:
    owner = _owner(needs, kind, asked)
    return NO_FILE if owner is None else _shown(needs, asked, owner)


def _add(needs: Needs, kind: str, asked: PageRequest) -> PageAnswer:
    owner = _owner(needs, kind, asked)
    if owner is None:
        return NO_FILE
    if not asked.files:
        return _shown(needs, asked, owner, NOTHING)
    for number, upload in enumerate(asked.files):
        command_id = str(uuid5(FILES, f"{asked.command_id} {number}"))
        added = add(needs, asked.viewer, command_id, owner, upload)
        if isinstance(added, Refused):
            return _shown(needs, asked, owner, added)
    return Redirected(_back(owner), ADDED)


def _file(needs: Needs, kind: str, asked: PageRequest) -> PageAnswer:
    owner = _owner(needs, kind, asked)
    opened = open_file(needs, asked.viewer, owner, asked.path["file_id"]) if owner else None
    if opened is None:
        return NO_FILE
    shown = opened.line.is_picture and not asked.asked("download")
    return Download(opened.content, opened.line.name or "file", opened.line.media, inline=shown)


def _remove(needs: Needs, kind: str, asked: PageRequest) -> PageAnswer:
    owner = _owner(needs, kind, asked)
    if owner is None:
        return NO_FILE
    refused = remove(needs, asked.viewer, asked.command_id, owner, asked.path["file_id"])
    return _shown(needs, asked, owner, refused) if refused else Redirected(_back(owner), REMOVED)


def _back(owner: Owner) -> str:
    return owner.page or f"/{owner.kind}s/{owner.id}"


def _shown(needs: Needs, asked: PageRequest, owner: Owner, fault: Refused | None = None) -> PageAnswer:
    template = "attachments/part.html" if asked.partial == PART else "attachments/files.html"
    found = lines(needs, asked.viewer, owner)
    units = {code: needs.unit(code, asked.now) for code in {line.by_unit for line in found}}
    context = FilesContext(owner, found, units, _back(owner), fault=fault)
    return Shown(template, context, status_of_form(fault))
