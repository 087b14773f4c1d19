"""Every part that people meet has its text in Chinese and in English, and every text belongs to a part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sanban.kernel.account import Account
from sanban.kernel.capacity import Pool
from sanban.kernel.errors import Fault
from sanban.kernel.expression.report import nearest, suggestion
from sanban.kernel.notice import KINDS
from sanban.packs.check.place import fault_at
from sanban.packs.reading.mechanism import GROUND_USES, Draft

Wanted = dict[str, tuple[str, ...]]
"""Path of a text -> path of the part it is for."""


def check(draft: Draft) -> Iterator[Fault]:
    """A part without its text in one of the languages."""
    for path, part in wanted(draft).items():
        missing = draft.material.texts.missing(path)
        if missing:
            keys = path.split(".")
            lines = ": {".join(keys) + ": ..." + "}" * (len(keys) - 1)
            message = f"{path} has no text in {' and '.join(missing)}"
            yield fault_at(draft, part, "missing_text", message, f"texts/{missing[0]}.yaml: {lines}")


def unused(drafts: Sequence[Draft]) -> Iterator[Fault]:
    """Texts of one folder that belong to no part of any of its versions."""
    known = {path for draft in drafts for path in wanted(draft)}
    has_cases = any(draft.mechanism is not None for draft in drafts)
    known |= {f"notices.{kind}" for kind in KINDS if has_cases}
    for flat in drafts[0].material.own_texts.values() if drafts else ():
        for path, (_, node) in flat.items():
            if path not in known and not (has_cases and path.startswith("answers.")):
                near = nearest(path, known)
                message = f"there is no part {path} to have a text{suggestion(near)}"
                yield Fault(node.path, node.key_line, "unused_text", message, near or next(iter(sorted(known)), ""))


def wanted(draft: Draft) -> Wanted:
    """Every text that a draft needs."""
    found: Wanted = {f"parameters.{name}": ("parameters", name) for name in draft.material.parameters}
    mechanism = draft.mechanism
    if mechanism is None:
        return found | _of_primitive(draft)
    parts = {
        "states": ("states", mechanism.states),
        "steps": ("steps", mechanism.steps),
        "limits": ("limits", mechanism.limits),
        "tasks": ("tasks", mechanism.tasks),
        "tests": ("joint", mechanism.crosses),
        "fields": ("form", mechanism.form),
        "figures": ("figures", draft.figures),
    }
    found |= {f"{section}.{name}": (key, name) for section, (key, names) in parts.items() for name in names}
    for use in GROUND_USES:
        found |= {f"grounds.{code}": ("grounds", use, code) for code in getattr(mechanism.grounds, use)}
    for field in mechanism.form.values():
        found |= {f"choices.{field.name}.{choice}": ("form", field.name, "choices") for choice in field.choices}
    return found


def _of_primitive(draft: Draft) -> Wanted:
    primitive = draft.primitive
    if primitive is None:
        return {}
    if isinstance(primitive, Account):
        gives = () if primitive.redeem is None else (primitive.redeem.gives,)
        return {f"items.{code}": ("account",) for code in (primitive.unit, *gives)}
    if isinstance(primitive, Pool):
        return {f"items.{mode}": ("capacity", "modes", mode) for mode in primitive.modes}
    return {f"items.{item.code}": ("checklist", "items", item.code) for item in primitive.items}
