"""From an approved proposal to a file: the home's own version of a matter, or a row of its own directory.

What ships is never touched. A matter that the home does not have yet is copied into it, with every version, and the
changed one is put beside them, in force from its day: until then, and for cases that run, the versions before hold. A
shipped district is copied the same way. Everything is loaded before anything is put in its place.

A version is made of the one it follows as that lies on disk now, so that what was approved before stays; where one is
in force from the same day or a later one, nothing is written over it and nothing slipped in before it.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from sanban.kernel.errors import Refused, SanbanError
from sanban.ledger.port import Part, Submission
from sanban.main.deployment.adopting import DISTRICT, MATTERS
from sanban.main.deployment.settings_line import change_setting
from sanban.main.house import House
from sanban.main.revision.proposing import changed_text, put_waves, wave_numbers
from sanban.main.revision.replaying import ROWS, day
from sanban.packs.change.adopt import adopt_parameters, adoption
from sanban.packs.change.revise import dated
from sanban.packs.district import load_district
from sanban.packs.loading import load_matters, load_running
from sanban.packs.matter import Matter
from sanban.revision.aggregate import Revision, stream_of
from sanban.revision.change import Change
from sanban.revision.ports import Approval
from sanban.revision.replay.standing import SYSTEM

EXAMPLE: Final = "day: 2027-01-01"


def command_id(revision: str, step: str) -> str:
    """The name of the system's one command of this step to a proposal."""
    return str(uuid5(NAMESPACE_URL, f"{stream_of(revision)} {step}"))


def check(house: House, revision: Revision, approval: Approval) -> None:
    """Raises SanbanError, with how it would do, where an approval cannot be put into a file. Nothing is written."""
    adoption(approval.authority, approval.document, approval.day)
    with TemporaryDirectory() as name:
        _drafted(house, revision.change, approval, Path(name))


def enact(house: House, revision_id: str, approval: Approval) -> Refused | None:
    """Write the approved change and record it. Done again, it writes the same and records nothing new."""
    revision = house.reader.state(stream_of(revision_id))
    if not isinstance(revision, Revision):
        raise SanbanError(f"there is no proposal {revision_id}", "sanban revision list")
    if revision.state == "in_force":
        return None
    change = revision.change
    with TemporaryDirectory() as name:
        written = _drafted(house, change, approval, Path(name))
        own = _own_folder(house, change, approval)
        content = b""
        for file in written:
            content += file.read_bytes()
            _put(file, own / file.relative_to(_draft(change, Path(name))))
    from_at = day(house, approval.day, EXAMPLE)
    args = {"digest": hashlib.sha256(content).hexdigest(), "from_at": from_at}
    part = Part(stream_of(revision_id), "enact", args)
    return house.ledger.submit(Submission(command_id(revision_id, "enact"), SYSTEM, (part,))).refused


def _drafted(house: House, change: Change, approval: Approval, place: Path) -> list[Path]:
    """The changed files in a copy of their folder, loaded and without fault."""
    draft = _draft(change, place)
    if change.kind == "row":
        shutil.copytree(house.district_folder, draft)
        (draft / ROWS).write_text(
            changed_text(draft / ROWS, change, approval.day, f"{approval.authority} {approval.document}"),
            encoding="utf-8",
        )
        house.apart(load_district, draft)
        return [draft / ROWS]
    followed, later = _followed(house, change, approval)
    shutil.copytree(followed.path.parent, draft)
    if change.kind == "wave":
        before = wave_numbers(draft)
        files = put_waves(draft, change, approval.day)
        adopt_parameters(files[0], approval.authority, approval.document, approval.day)
        if before not in ("", wave_numbers(draft)):
            raise SanbanError(f"{change.matter} declares waves already; put the new numbers there by hand", EXAMPLE)
    else:
        files = [draft / f"mechanism-{approval.day}.yaml"]
        adopted = adoption(approval.authority, approval.document, approval.day)
        text = dated(changed_text(followed.path, change), approval.day, adopted)
        if any(one.path.name != files[0].name or one.path.read_text(encoding="utf-8") != text for one in later):
            message = f"{change.matter} has another version in force from {later[-1].head.version}; choose a later day"
            raise SanbanError(message, EXAMPLE)
        files[0].write_text(text, encoding="utf-8")
    load_matters((draft,))
    return files


def _followed(house: House, change: Change, approval: Approval) -> tuple[Matter, tuple[Matter, ...]]:
    """The version on disk that one in force from the day follows, and those that are there for that day and later."""
    home, from_at = house.home, day(house, approval.day, EXAMPLE)
    versions = load_running(home.matters, home.settings.shipped_matters, zone=house.zone).versions.get(
        change.matter, ()
    )
    before = sum(one.head.valid_from < from_at for one in versions)
    if not before:
        raise SanbanError(f"there is no matter {change.matter} in force", "sanban revision propose")
    return versions[before - 1], versions[before:]


def _draft(change: Change, place: Path) -> Path:
    """Where the copy is: a matter's folder is called as the matter is."""
    return place / (DISTRICT if change.kind == "row" else change.matter)


def _put(file: Path, place: Path) -> None:
    """The file at its place, whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(place.name + ".new")
    shutil.copyfile(file, part)
    part.replace(place)


def _own_folder(house: House, change: Change, approval: Approval) -> Path:
    """The home's own folder of the matter or the district, copied from what ships where there is none yet."""
    home = house.home
    if change.kind == "row":
        if not (home.folder / home.settings.duty).is_dir():
            _copied(house.district_folder, home.folder / DISTRICT)
            change_setting(home, "duty", DISTRICT)
        return home.folder / home.settings.duty
    shipped = _followed(house, change, approval)[0].path.parent
    if any(shipped.is_relative_to(folder) for folder in home.matters):
        return shipped
    _copied(shipped, home.folder / MATTERS / change.matter)
    if MATTERS not in home.settings.matters:
        change_setting(home, "matters", (*home.settings.matters, MATTERS))
    return home.folder / MATTERS / change.matter


def _copied(source: Path, target: Path) -> None:
    """A copy of a folder, at its place whole or not at all."""
    if target.is_dir():
        return
    part = target.parent / f".{target.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part)
    part.rename(target)
