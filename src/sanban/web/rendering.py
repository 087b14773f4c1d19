"""Templates: one Jinja environment, and what the shell tells every page (`Site`).

A template is compiled once and speaks the language of the page that is being made. A slice's templates lie in
`sanban/<slice>/templates` and are named with the slice: `handling/queue.html`. Unknown names in a template are errors,
everything is escaped, and there is no inline script or style: the content policy forbids it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from markupsafe import Markup

from sanban.kernel.permission import Actor
from sanban.kernel.view import DAMAGED, Language, Values
from sanban.web.files import StaticFiles
from sanban.web.language import LANGUAGES, NAMES, TAGS, Speech, catalogues, load
from sanban.web.marking import tile

PACKAGE = Path(__file__).parent.parent
_speaking: ContextVar[Speech] = ContextVar("speaking")
"""The language of the page that is being made."""


@dataclass(frozen=True)
class MenuItem:
    """An entry of the navigation."""

    title: str
    path: str
    icon: str
    current: bool = False


@dataclass(frozen=True)
class Site:
    """What the shell tells every page.

    `now` is in microseconds UTC; `csrf` and `command_id` go into forms (`parts.form_fields(site)` writes them);
    `here` is the page's own path, empty where it cannot be asked for again; `notice` is shown once. `mark`: the
    viewer's, '' for nobody signed in.
    """

    viewer: Actor
    signed_in: bool
    account: str
    language: Language
    now: int
    district: str
    mode: str
    here: str = ""
    query: Values = field(default_factory=dict)
    large: bool = False
    menu: tuple[MenuItem, ...] = ()
    csrf: str = ""
    command_id: str = ""
    notice: str = ""
    mark: str = ""

    @property
    def tile(self) -> str:
        """The mark across the page, as a picture's address."""
        return tile(self.mark)

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return TAGS[self.language]

    @property
    def other_language(self) -> Language:
        return "en" if self.language == "zh" else "zh"

    @property
    def other_name(self) -> str:
        return NAMES[self.other_language]

    @property
    def other_tag(self) -> str:
        return TAGS[self.other_language]

    def with_query(self, **changed: str) -> str:
        """This page's address with some of its query changed; an empty text takes a part out."""
        kept = {name: values for name, values in self.query.items() if name not in changed}
        pairs = [(name, value) for name, values in kept.items() for value in values]
        pairs += [(name, value) for name, value in changed.items() if value]
        return (self.here or "/") + ("?" + urlencode(pairs) if pairs else "")


class Renderer:
    """Turns a template and its context into HTML."""

    def __init__(self, files: StaticFiles, zone: str, packages: Sequence[Path] = (PACKAGE,)) -> None:
        sources = catalogues(packages)
        self.speech: dict[Language, Speech] = {
            language: Speech(language, load(language, sources), zone) for language in LANGUAGES
        }
        self._environment = _environment(_loader(packages), files)

    def page(self, template: str, view: Any, site: Site) -> str:
        """A page's HTML; raises what Jinja raises when the template is wrong."""
        before = _speaking.set(self.speech[site.language])
        try:
            return self._environment.get_template(template).render(view=view, site=site)
        finally:
            _speaking.reset(before)


def _loader(packages: Sequence[Path]) -> PrefixLoader:
    folders = [folder for package in packages for folder in sorted(package.glob("*/templates"))]
    return PrefixLoader({folder.parent.name: FileSystemLoader(folder) for folder in folders})


def _environment(loader: PrefixLoader, files: StaticFiles) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_said,
    )
    texts = {name: _translated(name) for name in ("gettext", "ngettext", "pgettext")}
    environment.install_gettext_callables(**texts, newstyle=True)  # type: ignore[attr-defined]  # i18n adds it
    sprite = files.address("vendor/icons.svg")
    environment.globals |= {"asset": files.address, "icon": partial(_icon, sprite)}
    environment.filters |= {name: _spoken(name) for name in ("instant", "day", "left", "amount", "refusal", "say")}
    return environment


def _translated(name: str) -> Callable[..., str]:
    """A way of looking a text up, in the language of the page."""

    def said(*ids: Any) -> str:
        return str(getattr(_speaking.get().translations, name)(*ids))

    return said


def _spoken(name: str) -> Callable[..., Any]:
    """A filter that speaks; it asks for the context so that Jinja leaves it until a page is made, whatever it says."""

    @pass_context
    def said(_context: Any, *values: Any, **named: Any) -> Any:
        return getattr(_speaking.get(), name)(*values, **named)

    return said


def _said(value: Any) -> Any:
    """What is written into a page; the mark of a damaged text in the page's language, wherever it stands."""
    return _speaking.get().say(DAMAGED) if value == DAMAGED else value


@lru_cache(1024)
def _icon(sprite: str, name: str, label: str = "") -> Markup:
    """An icon of the sprite: decoration beside a word, or with a label of its own."""
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(spoken, sprite, name)
