"""Finds matters in folders and loads them: every version of each, checked, with every fault at once.

A matter is a folder with `mechanism.yaml`. Further versions stand beside it as `mechanism-YYYY-MM-DD.yaml`, the date
being that of the file's `version`; all versions of a folder share `texts/` and `parameters/`. A version is in force
from the start of its day until the next version's. Folders under `_bases/` hold bases, which other files extend and
which are no matters of their own. `extends: NAME` takes the version of NAME in force when the extending version comes
into force, so that a later change of a base changes no matter that is there already.

What a deployment runs (`load_running`) is its own matters, and of the shipped those it names. An own matter replaces
the shipped one of its name from its own first version on; older shipped versions stay for the cases pinned to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sanban.kernel.errors import Fault, FaultsFound
from sanban.kernel.expression.report import nearest, suggestion
from sanban.packs.check import faults_of
from sanban.packs.check.place import USED_BY
from sanban.packs.check.shown.texts import unused
from sanban.packs.check.versions import check as versions_check
from sanban.packs.document import Node, read_document
from sanban.packs.matter import Matter, Matters, matter_of
from sanban.packs.reading.extending import extend
from sanban.packs.reading.head import Head, read_head
from sanban.packs.reading.mechanism import Draft, Material, read_draft
from sanban.packs.reading.parameters import Dated, read_parameters
from sanban.packs.reading.section import Notes, Section
from sanban.packs.reading.texts import LANGUAGES, NO_TEXTS, Flat, over, read_texts

__all__ = ["SHIPPED", "ZONE", "Matter", "Matters", "Read", "load_matters", "load_running", "read_matters"]

ZONE: Final = ZoneInfo("Asia/Shanghai")
SHIPPED: Final = Path(__file__).parents[1] / "matters"
BASES: Final = "_bases"
FILE: Final = "mechanism.yaml"
FILES: Final = "mechanism*.yaml"
ALL: Final = "all"
LACKS: Final = re.compile(r"(missing|no)_|unknown_(?!key$)|\w+_without_")
"""Codes of faults that say what a file does not have: nobody knows that of one whose base is not found."""


class Read(NamedTuple):
    """What was read: the versions without faults, the drafts of all, and every fault in order."""

    matters: Matters
    drafts: tuple[Draft, ...]
    faults: tuple[Fault, ...]


class _Source(NamedTuple):
    """A file before anything is laid under it; its `head` may be faulty."""

    path: Path
    node: Node
    lines: int
    head: Head
    base: bool


class _Folder(NamedTuple):
    texts: Mapping[str, Flat]
    parameters: Mapping[str, Dated]


def load_matters(folders: Iterable[Path] = (SHIPPED,), *, zone: ZoneInfo = ZONE) -> Matters:
    """The matters of the folders. Raises FaultsFound with every fault of all their files."""
    read = read_matters(folders, zone=zone)
    if read.faults:
        raise FaultsFound(read.faults)
    return read.matters


def read_matters(folders: Iterable[Path] = (SHIPPED,), *, zone: ZoneInfo = ZONE) -> Read:
    """The matters of the folders as far as they are right, and every fault.

    A folder is one matter, or holds matters and `_bases`. The bases that ship are always there to be extended.
    """
    loader = _Loader(zone)
    named = [found for folder in folders for found in loader.folders_in(folder)]
    shipped = sorted(path for path in (SHIPPED / BASES).glob("*") if path.is_dir())
    loader.read_all([*dict.fromkeys(named), *(path for path in shipped if path not in named)])
    drafts = tuple(loader.drafts(frozenset(named)))
    faults = _each_once(loader.notes.faults)
    faulty = {fault.path for fault in faults}
    good = [matter_of(draft) for draft in drafts if draft.material.own.path not in faulty]
    return Read(Matters(good), drafts, tuple(sorted(faults)))


def load_running(own: Sequence[Path], run: Sequence[str] = (ALL,), *, zone: ZoneInfo = ZONE) -> Matters:
    """The matters a deployment runs: those of its own folders, and the shipped ones it names (`all`: every one).

    Raises FaultsFound with every fault of all their files, and for a name that no shipped matter has.
    """
    loader = _Loader(zone)
    mine = [found for folder in own for found in loader.folders_in(folder)]
    loader.read_all(list(dict.fromkeys(mine)))
    shipped = loader.folders_in(SHIPPED)
    names = {path.name for path in shipped if path.parent.name != BASES}
    for name in sorted(set(run) - names - {ALL}):
        near = nearest(name, sorted(names))
        message = f"no shipped matter is called {name!r}{suggestion(near)}"
        loader.notes.faults.add(Fault("sanban.toml", 0, "unknown_matter", message, 'shipped_matters = ["noise"]'))
    loader.read_all(shipped, beneath=True)
    wanted = [path for path in shipped if ALL in run or path.name in run or path.parent.name == BASES]
    drafts = tuple(loader.drafts(frozenset((*mine, *wanted))))
    if loader.notes.faults:
        raise FaultsFound(sorted(_each_once(loader.notes.faults)))
    return Matters(matter_of(draft) for draft in drafts)


class _Loader:
    """Reads files, lays them on those they extend, and checks the result."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.notes = Notes()
        self.sources: dict[str, dict[str, _Source]] = {}
        self.folders: dict[Path, _Folder] = {}
        self.replaced_from: dict[str, int] = {}
        self.cut_off: set[Path] = set()

    def folders_in(self, folder: Path) -> list[Path]:
        """The matter folders that a folder is or holds, bases first; a fault where there is none."""
        if any(folder.glob(FILES)):
            return [folder]
        below = [*folder.glob(f"{BASES}/*"), *folder.glob("*")]
        found = [
            path for path in sorted(below, key=lambda path: (path.parent.name != BASES, path)) if any(path.glob(FILES))
        ]
        if not found:
            message = "holds no matter: there is no mechanism.yaml in it or in a folder of it"
            self.notes.faults.add(Fault(shown(folder), 0, "no_matter", message, "matters/short-let/mechanism.yaml"))
        return found

    def read_all(self, folders: Sequence[Path], *, beneath: bool = False) -> None:
        """Reads every file of the folders; `beneath` those that were read before, whose matters replace them."""
        if beneath:
            own = {name: [one for one in versions.values() if not one.base] for name, versions in self.sources.items()}
            self.replaced_from = {name: min(one.head.day for one in found) for name, found in own.items() if found}
        for folder in folders:
            self.folders[folder] = self._read_folder(folder)
            for path in sorted(folder.glob(FILES)):
                self._read_file(path)

    def drafts(self, wanted: frozenset[Path]) -> Iterator[Draft]:
        """The checked draft of every file in the wanted folders."""
        for versions in self.sources.values():
            drafts = [self._draft(source) for source in versions.values() if source.path.parent in wanted]
            if self.cut_off.isdisjoint(draft.material.path for draft in drafts):
                self.notes.faults.update(unused(drafts))
            self.notes.faults.update(versions_check(drafts))
            yield from drafts

    def _document(self, path: Path) -> Node | None:
        doubled: list[Fault] = []
        try:
            return read_document(path, shown=shown(path), doubled=doubled)
        except FaultsFound as found:
            self.notes.faults.update(found.faults)
            return None
        finally:
            self.notes.faults.update(doubled)

    def _read_folder(self, folder: Path) -> _Folder:
        texts: dict[str, Flat] = {}
        for language in LANGUAGES:
            path = folder / "texts" / f"{language}.yaml"
            node = self._document(path) if path.exists() else None
            if node is not None:
                texts[language] = read_texts(node, self.notes)
        parameters: dict[str, Dated] = {}
        for path in sorted((folder / "parameters").glob("*.yaml")):
            node = self._document(path)
            for name, dated in (read_parameters(node, self.notes) if node is not None else {}).items():
                if name in parameters:
                    message = f"the parameter {name} is given in two files"
                    self.notes.refuse(dated.node, "duplicate_parameter", message, "each parameter once", at_key=True)
                parameters[name] = dated
        return _Folder(texts, parameters)

    def _read_file(self, path: Path) -> None:
        node = self._document(path)
        if node is None:
            return
        if not isinstance(node.value, dict):
            self.notes.refuse(node, "wrong_kind", f"a matter is a mapping, not a {node.kind}", "matter: short-let")
            return
        head = read_head(Section(node, "matter", Notes()), self.zone)
        if head.day >= self.replaced_from.get(head.matter, head.day + 1):
            return
        source = _Source(path, node, _lines(path), head, path.parent.parent.name == BASES)
        self._check_name(source)
        versions = self.sources.setdefault(head.matter, {})
        if head.version in versions:
            other = shown(versions[head.version].path)
            message = f"{head.key} is in force from the same day as {other}; versions must not overlap"
            self._at(source, "version", "overlapping_versions", message, "version: 2026-07-01")
            versions[f"{head.version} {path}"] = source
        else:
            versions[head.version] = source

    def _check_name(self, source: _Source) -> None:
        """A second version's file is named by its date; a folder by its matter."""
        expected = f"mechanism-{source.head.version}.yaml"
        if source.path.name not in (FILE, expected):
            message = f"a version's file is named by its date: {expected}"
            self._at(source, "version", "file_name", message, expected)
        if source.path.parent.resolve().name != source.head.matter:
            message = f"the folder of {source.head.matter} is named like it"
            self._at(source, "matter", "folder_name", message, f"{source.head.matter}/{FILE}")

    def _at(self, source: _Source, key: str, code: str, message: str, example: str) -> None:
        node = source.node.value.get(key, source.node) if isinstance(source.node.value, dict) else source.node
        self.notes.refuse(node, code, message, example, at_key=True)

    def _draft(self, source: _Source) -> Draft:
        chain = self._chain(source)
        merged, texts, parameters = chain[-1].node, NO_TEXTS, dict[str, Dated]()
        for index, each in enumerate(reversed(chain)):
            folder = self.folders[each.path.parent]
            merged = each.node if index == 0 else extend(merged, each.node, self.notes)
            texts, parameters = over(texts, folder.texts), {**parameters, **folder.parameters}
        own_texts = self.folders[source.path.parent].texts
        material = Material(source.path, source.node, merged, source.lines, texts, own_texts, parameters, source.base)
        notes = Notes()
        draft = read_draft(material, self.zone, notes)
        found = notes.faults | faults_of(draft)
        if not self.cut_off.isdisjoint(each.path for each in chain):
            self.cut_off.add(source.path)
            found = {one for one in found if not LACKS.match(one.code)}
        self.notes.faults |= found
        return draft

    def _chain(self, source: _Source) -> list[_Source]:
        """The file and those it extends, one after another; a ring or an unknown base ends it with a fault."""
        chain = [source]
        while (base := self._base_of(chain[-1])) is not None:
            if base in chain:
                names = " -> ".join(each.head.matter for each in (*chain, base))
                self._at(source, "extends", "cyclic_extends", f"extends in a ring: {names}", "extends: seven-steps")
                self.cut_off.add(source.path)
                break
            chain.append(base)
        return chain

    def _base_of(self, source: _Source) -> _Source | None:
        name = source.head.extends
        if not name:
            return None
        fitting = [each for each in self.sources.get(name, {}).values() if each.head.day <= source.head.day]
        if fitting:
            return max(fitting, key=lambda each: each.head.day)
        self.cut_off.add(source.path)
        if name in self.sources:
            message = f"no version of {name} is in force yet on {source.head.version}"
            self._at(source, "extends", "base_not_in_force", message, f"version: {min(self.sources[name])}")
        else:
            others = self.sources.keys() - {source.head.matter}
            self.notes.unknown(_value(source.node, "extends"), "base", name, others)
        return None


def _each_once(faults: set[Fault]) -> set[Fault]:
    """The faults without those a matter only inherits from a base that was itself found to have them."""
    own = {(fault.path, fault.line, fault.code, fault.message) for fault in faults}
    return {
        fault
        for fault in faults
        if USED_BY not in fault.message
        or (fault.path, fault.line, fault.code, fault.message.partition(USED_BY)[0]) not in own
    }


def _value(node: Node, key: str) -> Node:
    return node.value.get(key, node) if isinstance(node.value, dict) else node


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def shown(path: Path) -> str:
    """The path as faults name it: from the working directory where it lies in it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
