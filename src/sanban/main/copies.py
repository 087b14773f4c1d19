"""Copies and their care: backup, restore, upgrade of the store, and erasing a person."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from pathlib import Path

from sanban.intake.open311.keys import FILE_NAME as OPEN311_KEYS
from sanban.kernel.permission import Actor
from sanban.ledger.copies.backup import backup, restore
from sanban.ledger.home import Home, open_home
from sanban.ledger.migrations.addresses import postgres_url, sqlite_url
from sanban.ledger.migrations.upgrading import pending, upgrade
from sanban.ledger.owner import OwnWriter, owned
from sanban.ledger.vault import Vault
from sanban.main.house import LOOKS, House, wall_clock
from sanban.main.learning.advising import MODELS
from sanban.main.scorecard.wiring import OWN as FIGURES
from sanban.web.access.officers import FILE_NAME as OFFICERS

Lines = list[tuple[str, object]]
KEEPER = Actor("keeper", "system")
ALSO = (MODELS, FIGURES, OFFICERS, OPEN311_KEYS, LOOKS)
"""What goes with a backup though no setting names it; facts are filled again, sessions end with their key."""


def back_up(house: House, destination: Path, with_key: bool) -> Lines:
    """A backup, made while the home may be serving."""
    manifest = backup(house.home, destination, house.clock(), with_key=with_key, also=ALSO)
    key = "in the backup: keep it safe" if manifest.with_key else f"NOT in it; keep {house.home.key_file} elsewhere"
    return [
        ("backup", destination),
        ("ledger", f"{manifest.position} events, head {manifest.head_hash}"),
        ("files beside", len(manifest.beside)),
        ("master key", key),
        ("erasure register", manifest.erasure_register),
    ]


def restore_into(source: Path, folder: Path, erasures: Path | None, key: Path | None, no_erasures: bool) -> Lines:
    """A new home from a backup, erased again where it has to be, and verified."""
    restored = restore(source, folder, _make_writer, erasures=erasures, no_erasures=no_erasures, key=key)
    with House(restored.home) as house:
        report = house.verify()
    return [
        ("home", restored.home.folder),
        ("ledger", f"{report.events} events, {'whole' if report.is_whole else 'ALTERED'}"),
        ("erased again", len(restored.erased)),
        ("next", f"sanban serve --home {restored.home.folder}"),
    ]


def upgrade_store(folder: Path, *, check_only: bool) -> Lines:
    """The store's pending migrations, carried out unless only looked at."""
    home = open_home(folder)
    url = sqlite_url(home.database) if home.is_sqlite else postgres_url(home.settings.database_url)
    if check_only:
        steps = pending(url)
    else:
        with owned(home) if home.is_sqlite else nullcontext():
            steps = upgrade(url)
    word = "would be done" if check_only else "done"
    return [(word, step) for step in steps] or [("store", "up to date")]


def erase_person(house: House, person: str) -> Lines:
    """Destroys a person's keys, texts and look-ups for ever."""
    erased = house.store_ledger.erase_person(person, KEEPER, house.clock())
    when = dt.datetime.fromtimestamp(house.clock() / 1_000_000, house.zone).isoformat(timespec="seconds")
    return [("erased", erased.person), ("rows destroyed", erased.entries), ("at", when)]


def _make_writer(home: Home, vault: Vault) -> OwnWriter:
    """The writer of a home that is being restored, as its own house would make it."""
    return House(home, wall_clock).make_writer(home, vault)
