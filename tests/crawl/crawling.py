"""Walks through a deployment's pages as its accounts would, by the links that pages give, each kind of page once.

    Crawl(house, now)            signed in as every account that the demo offers
    crawl.answers(pages)         every operation of the API that reads, about the same things
    crawl.pages(language)        every kind of page that somebody reaches, with who saw it, as a tree of elements

Two addresses are of one kind when one route answers them and they ask for the same part of it (`of=late`).
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import islice
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from litestar import Litestar

from privacy.reading import Apart, Reader
from sanban.main.deployment.offered import accounts
from sanban.main.house import House
from sanban.web.access.sessions import Sessions

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
PARTS = ("of", "as", "when", "left", "every", "state")
"""What of a query makes another kind of page."""
NOT_FOLLOWED = re.compile(r"^/(static|sign-out|api)\b|/(export|docx|pdf|diagram\.svg)$|/attachments/")
API = "/api/v1/"
PARAMETER = re.compile(r"\{(\w+)\}")
CASES_EACH = {"/cases/{case_id}": 3, "/cases/{case_id}/room": 2, "/requests/{request_id}": 2}
"""So many of these does an account look at: what they show differs with who looks and how far they are."""


@dataclass(eq=False)
class Element:
    """An element of a page."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    inside: list[Element | str] = field(default_factory=list)

    def every(self, *tags: str) -> Iterator[Element]:
        """Elements inside it, itself too, in the order of the page."""
        if not tags or self.tag in tags:
            yield self
        for one in self.inside:
            if isinstance(one, Element):
                yield from one.every(*tags)

    def text(self, without: frozenset[str] = frozenset()) -> str:
        """Its words; those of some elements, and those that only tell a machine, left out."""
        if self.tag in without or "visually-hidden" in self.attributes.get("class", "").split():
            return " "
        block = "" if self.tag in ("a", "span", "small", "strong", "b", "i") else " "
        return block + "".join(one if isinstance(one, str) else one.text(without) for one in self.inside) + block

    def within(self, tag: str) -> Element | None:
        """The nearest element of a tag that it lies in."""
        above = self.parent
        while above is not None and above.tag != tag:
            above = above.parent
        return above


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self._at = Element("root", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.inside.append(made)
        if tag not in VOID:
            self._at = made

    def handle_endtag(self, tag: str) -> None:
        above: Element | None = self._at
        while above is not None and above.tag != tag:
            above = above.parent
        if above is not None and above.parent is not None:
            self._at = above.parent

    def handle_data(self, data: str) -> None:
        self._at.inside.append(data)


def parsed(html: str) -> Element:
    """A page as a tree."""
    parser = _Parser()
    parser.feed(html)
    return parser.root


class Page(NamedTuple):
    """A page as an account saw it; `kind`: the route that answered, with the part of it that was asked for."""

    kind: str
    path: str
    account: str
    main: Element


class Crawl:
    """Everybody signed in to one application."""

    def __init__(self, app: Litestar, house: House, apart: Apart, now: int) -> None:
        sessions = Sessions(house.home.folder)
        names = ["", *(one.actor.id for one in accounts(house.district))]
        self._readers = [Reader(app, sessions, account, now, apart) for account in names]
        self._routes = [(_expression(one.path_format), one.path_format) for one in app.routes]

    def pages(self, language: str, *starts: str) -> Iterator[Page]:
        """What is reached by links from the front page, or from somewhere else."""
        found: set[str] = set()
        for reader in self._readers:
            seen, own = frozenset(found), Counter[str]()
            waiting = deque(starts or ("/",))
            while waiting:
                path = waiting.popleft()
                kind = self._kind(path)
                most = CASES_EACH.get(kind, 0 if kind in seen and kind not in ("/", *starts) else 1)
                page = self._asked(reader, path, language) if kind and own[kind] < most else None
                if page is not None:
                    own[kind] += 1
                    found.add(kind)
                    waiting.extend(_links(page))
                    yield Page(kind, path, reader.account, page)

    def answers(self, pages: Iterable[Page]) -> set[str]:
        """The operations of the API that read, asked about what the pages are of; those that answer."""
        known: dict[str, str] = {}
        for page in pages:
            form = page.kind.partition("?")[0]
            values = _expression(form).fullmatch(urlsplit(page.path).path)
            known |= dict(zip(PARAMETER.findall(form), values.groups() if values else (), strict=True))
        asked = [
            (form, PARAMETER.sub(lambda found: known[found[1]], form))
            for _, form in self._routes
            if form.startswith(API) and known.keys() >= set(PARAMETER.findall(form))
        ]
        return {form for form, path in asked if self._answered(path) > 0}

    def _answered(self, path: str) -> int:
        """By how many accounts it could be asked: two at most."""
        answers = (reader for reader in self._readers if reader.ask("GET", path).status == 200)
        return len(list(islice(answers, 2)))

    def _asked(self, reader: Reader, path: str, language: str) -> Element | None:
        parts = urlsplit(path)
        said = reader.ask("GET", parts.path, **dict(parse_qsl(parts.query)) | {"lang": language})
        if said.status != 200 or "text/html" not in dict(said.headers).get("content-type", ""):
            return None
        return parsed(said.body.decode("utf-8"))

    def _kind(self, path: str) -> str:
        parts = urlsplit(path)
        found = (form for expression, form in self._routes if expression.fullmatch(parts.path))
        with suppress(StopIteration):
            asked = sorted((name, value) for name, value in parse_qsl(parts.query) if name in PARTS)
            return next(found) + ("?" + urlencode(asked) if asked else "")
        return ""


def _links(page: Element) -> Iterator[str]:
    for one in page.every("a"):
        path = one.attributes.get("href", "").partition("#")[0]
        switches = "lang=" in path
        if (
            path.startswith("/")
            and not switches
            and "download" not in one.attributes
            and not NOT_FOLLOWED.search(urlsplit(path).path)
        ):
            yield path


def _expression(form: str) -> re.Pattern[str]:
    """`/cases/{case_id}` as an expression; addresses that are written out go first."""
    return re.compile(re.sub(r"\\{[^}]*\\}", "([^/]+)", re.escape(form)))
