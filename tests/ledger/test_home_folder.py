"""The home: made once, private, and found again with a useful message when it is not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sanban.kernel.errors import SanbanError
from sanban.ledger.home import HomeMissingError, home_folder, init_home, open_home, temporary, write_private
from sanban.ledger.settings import District, Settings, VaultSettings
from sanban.ledger.vault_keys import MasterKeyError, load_master_key

SETTINGS = Settings(District("310100", "示范区"))


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_private_and_has_a_key_and_settings(tmp_path: Path) -> None:
    home = init_home(tmp_path / "home", SETTINGS)
    assert (_mode(home.folder), _mode(home.key_file), _mode(home.folder / "sanban.toml")) == (0o700, 0o600, 0o600)
    assert len(home.key_file.read_bytes()) == 32
    assert open_home(home.folder) == home
    assert home.district == "310100"


def test_two_homes_have_different_keys(tmp_path: Path) -> None:
    homes = [init_home(tmp_path / name, SETTINGS) for name in ("a", "b")]
    assert homes[0].key_file.read_bytes() != homes[1].key_file.read_bytes()


def test_the_home_names_its_files(tmp_path: Path) -> None:
    register = tmp_path / "elsewhere.jsonl"
    settings = Settings(District("1", "x"), matters=("m",), vault=VaultSettings(erasure_register=str(register)))
    home = init_home(tmp_path / "home", settings)
    assert home.engine_url == f"sqlite:///{home.folder}/ledger.db"
    assert home.erasure_register == register
    assert register.read_bytes() == b""
    assert home.matters == (home.folder / "m",)
    assert home.is_sqlite


def test_a_database_url_goes_through_psycopg(tmp_path: Path) -> None:
    home = init_home(tmp_path / "home", Settings(District("1", "x"), database_url="postgresql://u@h/d"))
    assert not home.is_sqlite
    assert home.engine_url == "postgresql+psycopg://u@h/d"


def test_a_home_is_never_made_twice(tmp_path: Path) -> None:
    home = init_home(tmp_path / "home", SETTINGS)
    key = home.key_file.read_bytes()
    with pytest.raises(SanbanError, match="already is a home"):
        init_home(home.folder, SETTINGS)
    assert home.key_file.read_bytes() == key


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(SanbanError, match=r"not empty \(it holds letter.txt\)"):
        init_home(tmp_path, SETTINGS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter.txt"]


def test_an_interrupted_making_is_finished_with_the_same_key(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    write_private(folder / "master.key", bytes(range(32)))
    temporary(folder / "sanban.toml").write_text("half", encoding="utf-8")
    home = init_home(folder, SETTINGS)
    assert home.key_file.read_bytes() == bytes(range(32))
    assert not temporary(folder / "sanban.toml").exists()


def test_a_folder_that_was_never_initialised_says_how_to(tmp_path: Path) -> None:
    with pytest.raises(HomeMissingError, match=f"sanban init --home {tmp_path}"):
        open_home(tmp_path)


def test_a_place_that_cannot_be_written_is_an_error_with_an_example(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SanbanError, match="cannot be written: Not a directory"):
        init_home(tmp_path / "file" / "home", SETTINGS)


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (Path("/a"), {}, Path("/a")),
        (Path("/a"), {"SANBAN_HOME": "/b"}, Path("/a")),
        (None, {"SANBAN_HOME": "/b"}, Path("/b")),
    ],
    ids=["option", "option before variable", "variable"],
)
def test_the_option_comes_before_the_variable(given: Path | None, environment: dict[str, str], expected: Path) -> None:
    assert home_folder(given, environment) == expected


def test_without_option_and_variable_the_home_is_asked_for() -> None:
    with pytest.raises(HomeMissingError, match="SANBAN_HOME"):
        home_folder(None, {"SANBAN_HOME": ""})


def test_a_missing_master_key_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match=rf"{tmp_path}/master.key is missing"):
        load_master_key(tmp_path / "master.key")


def test_a_master_key_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    write_private(path, bytes(32))
    path.chmod(0o640)
    with pytest.raises(MasterKeyError, match=f"chmod 600 {path}"):
        load_master_key(path)


def test_a_master_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    write_private(tmp_path / "master.key", bytes(31))
    with pytest.raises(MasterKeyError, match="32 bytes, not 31"):
        load_master_key(tmp_path / "master.key")


def test_a_master_key_that_is_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="cannot be read: Is a directory"):
        load_master_key(tmp_path)
