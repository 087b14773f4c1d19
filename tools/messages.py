"""Message ids of pages and code, and the Chinese catalogues that must have a text for each.

`python tools/messages.py [FOLDER]` adds new ids (without a text) to the catalogue of each slice, or of one, and takes
out those no longer used; `--check` only says what is missing and ends with 1 if anything is. Ids are found in every
template of `src/sanban`, in `phrase(...)` and `.say(...)` in its Python, and as reason codes of `Refused("code", ...)`.
A slice's ids stand in its own `locale/`, unless the web shell's catalogue has them; those of the kernel, the ledger
and the shells stand there.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "sanban"
PLACE = Path("locale") / "zh" / "LC_MESSAGES" / "messages.po"
WEB = "web"
OWN = ("intake", "handling", "notices", "attachments", "looks", "joint", "scorecard", "revision", "adapters")
OPTIONS = {"extensions": "jinja2.ext.do", "silent": "false", "trimmed": "true"}

Id = tuple[str | None, str | tuple[str, str]]
"""Context and message id; a pair is singular and plural."""


@cache
def ids(package: Path = PACKAGE) -> dict[Id, tuple[str, ...]]:
    """Every message id of the package with the places it was found in."""
    found: dict[Id, tuple[str, ...]] = {}
    for path in sorted(package.rglob("*")):
        for key in _of_file(path):
            found[key] = (*found.get(key, ()), str(path.relative_to(package.parent)))
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


def read(path: Path) -> Catalog:
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
    missing = [(places[0], key) for key, places in ids(package).items() if (key[0], _first(key[1])) not in known]
    return sorted(missing, key=str)


def _first(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


def _whole(text: str | tuple[str, ...] | list[str]) -> bool:
    return bool(text) if isinstance(text, str) else bool(text) and all(text)


def update(folder: str, package: Path = PACKAGE) -> Catalog:
    """The catalogue of a folder with an entry for each of its ids and none besides; texts are kept."""
    shared = read(package / WEB / PLACE)
    known = (read(package / folder / PLACE), shared, *(read(package / other / PLACE) for other in OWN))
    new = Catalog(locale="zh", fuzzy=False)
    for key, places in sorted(ids(package).items(), key=lambda item: (item[0][0] or "", _first(item[0][1]))):
        context, message = key[0], _first(key[1])
        owner = WEB if shared.get(message, context) else _owner(places)
        if owner == folder:
            texts = (found.string for each in known if (found := each.get(message, context)) and _whole(found.string))
            new.add(key[1], next(texts, None), context=context)
    return new


def _owner(places: tuple[str, ...]) -> str:
    """Whose text it is: the one slice's that says it, else the web shell's."""
    folders = {Path(place).parts[1] for place in places}
    return folders.pop() if len(folders) == 1 and folders <= set(OWN) else WEB


def write(folder: str, package: Path = PACKAGE) -> None:
    """Updates the catalogue of a folder; one without ids gets none."""
    catalogue = update(folder, package)
    path = package / folder / PLACE
    if len(catalogue):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=110, omit_header=True, no_location=True)
    else:
        path.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Updates or checks; says what has no text."""
    if "--check" not in arguments:
        for folder in arguments or (WEB, *OWN):
            write(folder)
    missing = untranslated()
    for place, (context, message) in missing:
        sys.stdout.write(f"{place}: no Chinese text for {context + ': ' if context else ''}{_first(message)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
