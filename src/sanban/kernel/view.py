"""What a slice says about its pages and its part of the API, as plain values: the contract between slices and web.

A slice's `pages.py` has `routes(...)` that returns `PageRoute`s and `ApiRoute`s. A handler is a plain function from a
request to an answer. It never sees HTTP: no cookies, no headers, no HTML. The web shell binds the routes, checks who
may come in, decodes and bounds what is sent, renders templates and translates.

    PageRoute.handler: PageRequest -> Shown | Redirected | Download | Missing | Refused
    ApiRoute.handler:  ApiRequest  -> a struct of `ApiRoute.response` | Answered | Missing | Refused

A template stands in the slice's folder `templates/` and is named with it: `handling/queue.html`. It extends
`web/base.html` and sees two names: `view`, the context that the handler gave, and `site`, what the shell knows
(`site.viewer`, `site.language`, `site.now` ...). Words in templates are English message ids under `_()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, Role

Language = Literal["zh", "en"]
Values = dict[str, tuple[str, ...]]

ANONYMOUS = Actor(id="anonymous", role="requester")
"""The viewer of a public page who has not signed in: a requester without a party."""

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def phrase(text: str) -> str:
    """Marks an English message id for translation where it is data: a menu title, a notice."""
    return text


DAMAGED = phrase("This text is damaged: restore a backup")
"""Stands where a text should stand that was sealed and does not open any more. Pages say it in their language."""


def first(values: Values, name: str, default: str = "") -> str:
    """The first value under a name, without spaces around it; `default` when there is none or it is blank."""
    found = values.get(name, ())
    return (found[0].strip() if found else "") or default


class Look(msgspec.Struct, frozen=True):
    """That somebody signed in was shown something: when (microseconds UTC), to which account, by which route.

    `about`: what the address names or whose words were shown, `case:ID` or `request:ID`; '' for a list. Nothing of what
    was shown stands here.
    """

    at: int
    account: str
    role: str
    unit: str
    page: str
    about: str
    way: Literal["page", "api", "file", "command"]


Looked = Callable[[Look], None]
"""Keeps a look; returns when it cannot get lost any more, and raises when it could."""


def not_kept(_look: Look) -> None:
    """Where nobody asks who looked at what."""


def about_of(path: Mapping[str, str]) -> str:
    """What an address is about, by its first placeholder: `{case_id}` gives `case:ID`."""
    return next((f"{name.removesuffix('_id')}:{value}" for name, value in path.items()), "")


class Upload(msgspec.Struct, frozen=True):
    """A file that was sent. `name` is what the sender called it: never a path, never to be believed."""

    name: str
    content: bytes


class FileBody(Upload, frozen=True, forbid_unknown_fields=True):
    """A file in what is sent to an operation. `content`: base64."""

    name: Annotated[str, msgspec.Meta(max_length=255, examples=["photo.jpg"])]


class PageRequest(msgspec.Struct, frozen=True):
    """One request for a page.

    `now` is in microseconds UTC. `command_id` is a UUID: the one hidden in the form (so that a form sent twice acts
    once), else a fresh one. `partial` is the id of the element htmx wants replaced, empty for a whole page. `address`
    is where it came from, for counting attempts: it is stored nowhere and logged nowhere.
    """

    viewer: Actor
    language: Language
    now: int
    command_id: str
    path: dict[str, str] = {}
    query: Values = {}
    form: Values = {}
    partial: str = ""
    address: str = ""
    files: tuple[Upload, ...] = ()

    def asked(self, name: str, default: str = "") -> str:
        """A value of the query string."""
        return first(self.query, name, default)

    def given(self, name: str, default: str = "") -> str:
        """A field of the form."""
        return first(self.form, name, default)

    def given_all(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may be sent several times, such as a row of check boxes."""
        return self.form.get(name, ())

    def text(self, zh: str, en: str) -> str:
        """The one of two texts that is in the viewer's language, for titles that come from matter files."""
        return zh if self.language == "zh" else en


class Shown(msgspec.Struct, frozen=True):
    """A page: the template and its context (a dataclass or struct). A form shown again with its faults is 422.

    `about`: what it shows words of beyond what its address names, as `Look.about`; each is a look of its own.
    """

    template: str
    context: Any
    status: int = 200
    about: tuple[str, ...] = ()


LATER: Mapping[str, int] = MappingProxyType({"too_many_attempts": 429, "busy": 503})
"""Reasons that another try later may not meet, and the status of each."""


def status_of_form(fault: Refused | None) -> int:
    """Of a form's page: 200 without a fault, as in `LATER` where it is to be sent again later, else 422."""
    return 200 if fault is None else LATER.get(fault.reason, 422)


class Redirected(msgspec.Struct, frozen=True):
    """Go on to another page of ours (303). `notice` is a `phrase` shown once on it."""

    path: str
    notice: str = ""


class Download(msgspec.Struct, frozen=True):
    """A file to keep, or an image when `inline`. What is sent is a copy that bears its viewer's mark."""

    content: bytes
    name: str
    media_type: str
    inline: bool = False


class Missing(msgspec.Struct, frozen=True):
    """There is no such thing, or the viewer may not know of it (404). `what` is a `phrase`, `example` a valid id."""

    what: str
    example: str = ""


PageAnswer = Shown | Redirected | Download | Missing | Refused


class PageRoute(msgspec.Struct, frozen=True):
    """A page or a form's target. Deny by default: a route names its `roles` or is `public`.

    `path` holds placeholders for text: `/cases/{case_id}`. `name` is `slice.page`. A route with a `menu` (a `phrase`)
    stands in the navigation of those who may open it, in the `order` given, with an `icon` of `web/assets/icons.txt`.
    A form takes at most so many `files`; `body_limit`: bytes of the whole form, 0 = the shell's own
    limit, which is lower where a route is public.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    handler: Callable[[PageRequest], PageAnswer]
    roles: frozenset[Role] = frozenset()
    public: bool = False
    menu: str = ""
    icon: str = ""
    order: int = 100
    files: int = 0
    body_limit: int = 0

    def url(self, **parts: str) -> str:
        """The path with its placeholders filled in."""
        return _PLACEHOLDER.sub(lambda found: parts[found[1]], self.path)


class Paging(msgspec.Struct, frozen=True):
    """The query of an API list: at most `limit` items that come after the cursor `after`."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=200, description="At most so many items.", examples=[50])] = 50
    after: Annotated[str, msgspec.Meta(max_length=200, description="`next` of the page before; empty: the first.")] = ""


class ApiRequest(msgspec.Struct, frozen=True):
    """One call. `body` is the struct of `ApiRoute.request`, `query` that of `ApiRoute.query`, both checked.

    `now` is in microseconds UTC; `command_id` is the caller's `Idempotency-Key` (a UUID), else a fresh one.
    `address` as in `PageRequest`.
    """

    viewer: Actor
    now: int
    command_id: str
    path: dict[str, str] = {}
    query: Any = None
    body: Any = None
    address: str = ""


class Answered(msgspec.Struct, frozen=True):
    """An answer of the API that tells words of more than its address names; `about` as in `Shown`."""

    body: Any
    about: tuple[str, ...]


class ApiRoute(msgspec.Struct, frozen=True):
    """An operation under `/api/v1`. `request`, `query`, `response` are struct types and become the OpenAPI schemas.

    `body_limit`: bytes of the body, 0 = the shell's own limit, which is lower where an operation is public.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    handler: Callable[[ApiRequest], Any]
    response: Any
    request: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    roles: frozenset[Role] = frozenset()
    public: bool = False
    summary: str = ""
    body_limit: int = 0


Tone = Literal["waiting", "moving", "late", "stopped", "done", "plain"]


class Badge(msgspec.Struct, frozen=True):
    """A state in one word. The tone gives icon and colour; the word alone says it too."""

    word: str
    tone: Tone = "plain"


class TimeLeft(msgspec.Struct, frozen=True):
    """How long is left until `due_at` (microseconds UTC), or by how much it is overdue.

    `amount` counts whole `unit`s and is never negative; `overdue` tells the side. `provisional`: the calendar for
    that day is not published yet.
    """

    due_at: int
    amount: int
    unit: Literal["working_day", "day", "hour", "minute"]
    overdue: bool = False
    stopped: bool = False
    provisional: bool = False


class Next(msgspec.Struct, frozen=True):
    """One thing that waits: what it is called, where it is, how long is left or since when it waits.

    `since` in microseconds UTC, 0 where time left says more; `first`: it goes before everything else.
    """

    path: str
    name: str
    title: Title | None = None
    left: TimeLeft | None = None
    since: int = 0
    first: bool = False


class Waiting(msgspec.Struct, frozen=True):
    """What waits for one viewer in one place, for the front page. `title` and `late_word` are `phrase`s.

    `count` of all, `late` of those that are late or otherwise to be looked at first; `more`: counting stopped there.
    """

    title: str
    path: str
    icon: str
    count: int
    late: int = 0
    late_word: str = ""
    more: bool = False
    next: tuple[Next, ...] = ()


Waits = Callable[[Actor, int], "Waiting | None"]
"""What waits for a viewer now (microseconds UTC); None where nothing ever does."""


class Pager(msgspec.Struct, frozen=True):
    """Addresses of the pages beside this one in a list; empty where there is none."""

    previous: str = ""
    next: str = ""
