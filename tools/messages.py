"""Message ids of pages and code, and the Chinese catalogue that must have a text for each.

`python tools/messages.py` adds new ids (without a text) to the web shell's catalogue and takes out those no longer
used; `--check` only says what is missing and ends with 1 if anything is. Ids are found in every template of
`src/sanban`, in `phrase(...)` and `.say(...)` in its Python, and as reason codes of `Refused("code", ...)`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "sanban"
CATALOGUE = PACKAGE / "web" / "locale" / "zh" / "LC_MESSAGES" / "messages.po"
OPTIONS = {"extensions": "jinja2.ext.do", "silent": "false", "trimmed": "true"}

Id = tuple[str | None, str | tuple[str, str]]
"""Context and message id; a pair is singular and plural."""


def ids(package: Path = PACKAGE) -> dict[Id, str]:
    """Every message id of the package with the place it was first found in."""
    found: dict[Id, str] = {}
    for path in sorted(package.rglob("*")):
        place = str(path.relative_to(package.parent))
        for key in _of_file(path):
            found.setdefault(key, place)
    return found


def _of_file(path: Path) -> Iterator[Id]:
    if path.suffix == ".html":
        with path.open("rb") as file:
            for _line, _function, message, _comments in babel_extract(file, ("_", "gettext", "ngettext"), (), OPTIONS):
                yield None, _plain(message)
    elif path.suffix == ".py":
        with path.open("rb") as file:
            keywords = {"phrase": None, "say": None, "_counted": (1, 2)}
            for _line, message, _comments, _context in extract("python", file, keywords):
                yield None, _plain(message)
        yield from _reasons(path)


def _plain(message: str | tuple[str | None, ...]) -> str | tuple[str, str]:
    if isinstance(message, str):
        return message
    texts = [text for text in message if text is not None]
    return (texts[0], texts[1]) if len(texts) > 1 else texts[0]


def _reasons(path: Path) -> Iterator[Id]:
    """The literal reason codes of refusals."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = getattr(getattr(node, "func", None), "id", "")
        if isinstance(node, ast.Call) and name == "Refused" and node.args and isinstance(node.args[0], ast.Constant):
            yield "refusal", str(node.args[0].value)


def read(path: Path = CATALOGUE) -> Catalog:
    """A catalogue; an empty one when there is no file."""
    if not path.exists():
        return Catalog(locale="zh", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="zh")


def untranslated(package: Path = PACKAGE) -> list[tuple[str, Id]]:
    """Ids without a text in any catalogue of the package, with their places."""
    known = set()
    for path in package.rglob("locale/zh/LC_MESSAGES/messages.po"):
        known |= {(each.context, _first(each.id)) for each in read(path) if each.id and _whole(each.string)}
    missing = [(place, key) for key, place in ids(package).items() if (key[0], _first(key[1])) not in known]
    return sorted(missing, key=str)


def _first(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


def _whole(text: str | tuple[str, ...] | list[str]) -> bool:
    return bool(text) if isinstance(text, str) else bool(text) and all(text)


def update(path: Path = CATALOGUE) -> Catalog:
    """The catalogue with an entry for every id and none besides, texts kept."""
    old = read(path)
    new = Catalog(locale="zh", fuzzy=False)
    for context, message in sorted(ids(), key=lambda key: (key[0] or "", _first(key[1]))):
        before = old.get(_first(message), context)
        new.add(message, before.string if before else None, context=context)
    return new


def main(arguments: list[str]) -> int:
    """Updates or checks; says what has no text."""
    if "--check" not in arguments:
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        catalogue = update()
        with CATALOGUE.open("wb") as file:
            write_po(file, catalogue, width=110, omit_header=True, no_location=True)
    missing = untranslated()
    for place, (context, message) in missing:
        sys.stdout.write(f"{place}: no Chinese text for {context + ': ' if context else ''}{_first(message)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
