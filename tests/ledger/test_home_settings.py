"""Settings: one table checks the file, writes it and documents it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sanban.kernel.errors import FaultsFound
from sanban.ledger.settings import SETTINGS, District, Settings, VaultSettings, read_settings, write_settings

DISTRICT = '[district]\ncode = "310100"\ntitle = "示范区"\n'


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sanban.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_least_file_names_the_district_and_everything_else_has_a_default(tmp_path: Path) -> None:
    settings = read_settings(_write(tmp_path, DISTRICT))
    assert settings == Settings(District("310100", "示范区"))
    assert (settings.mode, settings.database_url, settings.language) == ("demo", "", "zh")


@pytest.mark.parametrize(
    "settings",
    [
        Settings(District("310100", "示范区")),
        Settings(
            District("a-1", 'quote " and \\ backslash'),
            mode="production",
            database_url="postgresql://u:p@h:1/d",
            calendar="x/y",
            matters=("m", "n"),
        ),
        Settings(District("0", "一"), port=1, language="en", vault=VaultSettings("/k", "SM4-GCM", "/r")),
    ],
)
def test_a_written_file_reads_back_the_same(tmp_path: Path, settings: Settings) -> None:
    assert read_settings(_write(tmp_path, write_settings(settings))) == settings


def test_the_written_file_says_what_every_setting_means() -> None:
    text = write_settings(Settings(District("310100", "示范区")))
    assert "vault.cipher" in {setting.name for setting in SETTINGS}
    for setting in SETTINGS:
        assert setting.meaning
        assert setting.type
        assert f"# {setting.meaning}\n{setting.name.rpartition('.')[2]} = " in text


def test_the_example_of_every_setting_is_accepted(tmp_path: Path) -> None:
    for setting in SETTINGS:
        lines = dict.fromkeys(["district.code", "district.title"], '"x"') | {setting.name: setting.example}
        read_settings(_write(tmp_path, "".join(f"{name} = {value}\n" for name, value in lines.items())))


def test_a_byte_order_mark_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "sanban.toml"
    path.write_bytes(b"\xef\xbb\xbf" + DISTRICT.encode())
    assert read_settings(path).district.code == "310100"


@pytest.mark.parametrize(
    ("text", "line", "code", "says", "example"),
    [
        ('mood = "demo"\n' + DISTRICT, 1, "unknown_setting", "did you mean `mode`?", 'mode = "production"'),
        (
            DISTRICT + "colour = 1\n",
            4,
            "unknown_setting",
            "`district.colour` is not a setting; known here: code, title",
            "",
        ),
        ("zzz = 1\n" + DISTRICT, 1, "unknown_setting", "known here: district, mode,", "mode = "),
        (DISTRICT + '[vault]\ncipher = "DES"\n', 5, "bad_setting", '"AES-256-GCM" or "SM4-GCM"', 'cipher = "SM4-GCM"'),
        ('port = "80"\n' + DISTRICT, 1, "bad_setting", "`port` must be integer", "port = 8330"),
        ("port = 0\n" + DISTRICT, 1, "bad_setting", "`port` must be integer", "port = 8330"),
        ("matters = [1]\n" + DISTRICT, 1, "bad_setting", "`matters` must be list of text", 'matters = ["matters"]'),
        ('database_url = "mysql://h/d"\n' + DISTRICT, 1, "bad_setting", "`database_url`", "postgresql://"),
        (
            'trusted_proxy = ["10.0.0.1", "proxy.example"]\n' + DISTRICT,
            1,
            "bad_setting",
            "`proxy.example` is neither",
            'trusted_proxy = ["127.0.0.1"',
        ),
        ("vault = 3\n" + DISTRICT, 1, "bad_setting", "`vault` must be a table", "[vault]"),
        ('[district]\ncode = "1"\n', 1, "missing_setting", "`district.title` is required", 'title = "示范区"'),
        ('[district]\ncode = "a b"\ntitle = "x"\n', 2, "bad_setting", "`district.code`", 'code = "310100"'),
        ('mode = "demo\n', 1, "not_toml", "is not TOML", 'mode = "demo"'),
        ("mode = 1\nmode = 2\n", 2, "not_toml", "is not TOML", 'mode = "demo"'),
    ],
)
def test_a_fault_names_its_line_and_shows_what_would_do(
    tmp_path: Path, text: str, line: int, code: str, says: str, example: str
) -> None:
    with pytest.raises(FaultsFound) as found:
        read_settings(_write(tmp_path, text))
    (fault,) = found.value.faults
    assert (fault.line, fault.code) == (line, code)
    assert says in fault.message
    assert example in fault.example


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(FaultsFound) as found:
        read_settings(_write(tmp_path, 'mood = 1\nport = "x"\n[vault]\nciphr = 3\n'))
    codes = [fault.code for fault in found.value.faults]
    assert sorted(codes) == ["bad_setting", "missing_setting", "missing_setting", "unknown_setting", "unknown_setting"]


def test_a_file_that_is_not_utf8_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "sanban.toml"
    path.write_bytes(DISTRICT.encode("gbk"))
    with pytest.raises(FaultsFound, match=r"sanban.toml: not_utf8: .*\n.*UTF-8"):
        read_settings(path)


def test_setting_names_are_unique_and_lower_case() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z_]+)?", name) for name in names)
