"""`extends`: one file on top of another.

Keys merge, at every depth; lists and texts replace. `remove` names inherited parts by their dotted path, which are left
out before the file's own keys are laid on top, so a part can be removed and declared anew. What makes a file that file
(its matter, version, title, origin ...) is never inherited. Nodes keep the path and line of the file they stand in.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from sanban.packs.document import Node
from sanban.packs.reading.section import Notes

OWN: Final = frozenset(
    {
        "format",
        "kind",
        "matter",
        "version",
        "title",
        "origin",
        "source",
        "adopted",
        "extends",
        "remove",
        "migrations",
        "public",
    }
)
"""Keys that belong to one file and are not inherited."""


def extend(base: Node, node: Node, notes: Notes) -> Node:
    """The file `node` laid on top of the merged file `base` it extends."""
    if not isinstance(base.value, dict) or not isinstance(node.value, dict):
        return node
    inherited = replace(base, value={key: value for key, value in base.value.items() if key not in OWN})
    for each in removed(node, notes):
        inherited = _without(inherited, str(each.value).split("."), each, notes)
    return merged(inherited, node)


def merged(base: Node, node: Node) -> Node:
    """Two nodes of the same place: mappings merge key by key, anything else of `node` replaces."""
    if not isinstance(base.value, dict) or not isinstance(node.value, dict):
        return node
    value = dict(base.value)
    for key, own in node.value.items():
        value[key] = merged(value[key], own) if key in value else own
    return replace(node, value=value)


def removed(node: Node, notes: Notes) -> list[Node]:
    """The dotted paths that a file removes from what it inherits."""
    given = node.value.get("remove") if isinstance(node.value, dict) else None
    if given is None:
        return []
    listed = given.value if isinstance(given.value, list) else [given]
    good = [each for each in listed if isinstance(each.value, str) and each.value]
    if len(good) < len(listed):
        notes.refuse(given, "wrong_kind", "remove is a list of dotted paths", "remove: [steps.return_again]")
    return good


def _without(node: Node, path: list[str], place: Node, notes: Notes) -> Node:
    """The node without the part at the path; a path that leads nowhere is reported at `place`."""
    values = node.value if isinstance(node.value, dict) else {}
    if path[0] not in values:
        notes.unknown(place, "part_to_remove", path[0], values)
        return node
    kept = {key: value for key, value in values.items() if key != path[0]}
    if len(path) > 1:
        kept = {
            key: _without(value, path[1:], place, notes) if key == path[0] else value for key, value in values.items()
        }
    return replace(node, value=kept)


def plain(node: Node) -> object:
    """The node as plain texts, lists and mappings, for hashing and comparing."""
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    if isinstance(node.value, list):
        return [plain(value) for value in node.value]
    return node.value
