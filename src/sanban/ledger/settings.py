"""The settings of a deployment: one `sanban.toml`, checked key by key before anything is opened.

`Settings` is the one table: a field's annotation carries its type, its limits, its meaning and an example. From it
come the checker (`read_settings`), the file `sanban init` writes (`write_settings`) and the reference (`SETTINGS`).
A key that is not in the table is a fault with its line and the nearest known name; every fault is reported at once.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sanban.kernel.errors import Fault, FaultsFound, in_words

FILE_NAME = "sanban.toml"

Mode = Literal["demo", "production", "trial"]
CipherName = Literal["AES-256-GCM", "SM4-GCM"]


class District(msgspec.Struct, frozen=True):
    """Whose deployment it is."""

    code: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-z][0-9a-z_-]{0,31}$(?!\n)",
            description="Code of the district; part of every key in the ledger, so it never changes.",
            examples=["310100"],
        ),
    ]
    title: Annotated[
        str,
        Meta(
            pattern=r"^[^\x00-\x1f\x7f]{1,80}$(?!\n)",
            description="Name of the district as pages and documents show it.",
            examples=["示范区"],
        ),
    ]


class VaultSettings(msgspec.Struct, frozen=True):
    """Where personal data's keys are and what encrypts it."""

    key_file: Annotated[
        str,
        Meta(
            min_length=1,
            description="File of the vault's master key (32 bytes, mode 0600), relative to the home or absolute. "
            "Keep a copy apart from the backups: without it no personal data can be read.",
            examples=["master.key"],
        ),
    ] = "master.key"
    cipher: Annotated[
        CipherName,
        Meta(
            description="Cipher of new personal keys; what is already stored keeps the cipher it was written with.",
            examples=["SM4-GCM"],
        ),
    ] = "AES-256-GCM"
    erasure_register: Annotated[
        str,
        Meta(
            min_length=1,
            description="Append-only register of erased persons (JSON lines, ids only), relative to the home or "
            "absolute. Restoring a backup applies it again, so keep it on another disk than the database.",
            examples=["/var/lib/sanban/erasures.jsonl"],
        ),
    ] = "erasures.jsonl"


class Open311Settings(msgspec.Struct, frozen=True):
    """The Open311 server: whether it is there, and what it shows."""

    serve: Annotated[
        bool,
        Meta(
            description="Whether anybody may read public matters over Open311, and programs with a key may file. "
            "In `demo` mode it is served in any case.",
            examples=[True],
        ),
    ] = False
    jurisdiction: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9.-]{0,64}$(?!\n)",
            description="The district's `jurisdiction_id`; a call that names another is answered 404. "
            "Empty: any is taken.",
            examples=["district.example"],
        ),
    ] = ""
    descriptions: Annotated[
        bool,
        Meta(
            description="Whether descriptions of what was filed over Open311 are shown, "
            "redacted to words that may stand.",
            examples=[True],
        ),
    ] = False
    per_minute: Annotated[
        int, Meta(ge=1, le=10_000, description="How many requests a key may file within a minute.", examples=[60])
    ] = 60
    reads_per_minute: Annotated[
        int,
        Meta(
            ge=1,
            le=100_000,
            description="How often one address may read public requests within a minute.",
            examples=[300],
        ),
    ] = 300
    address: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s]{1,200})?$(?!\n)",
            description="Address by which others reach this server, without `/open311`, for the discovery document. "
            "Empty: the one that was asked.",
            examples=["https://requests.district.example"],
        ),
    ] = ""
    contact: Annotated[
        str,
        Meta(max_length=200, description="Whom developers ask, for the discovery document.", examples=["021-12345"]),
    ] = ""


class NoticeSettings(msgspec.Struct, frozen=True):
    """How people and units are told; without a channel nobody is told by itself."""

    sms: Annotated[
        str,
        Meta(
            pattern=r"^$(?!\n)|^[^\s]*\{to\}[^\s]*$(?!\n)|^memory://$(?!\n)",
            description="Channel for text messages, an address of `apprise` with `{to}` for the number; `memory://` "
            "keeps them in memory (demo and trial). Empty: none.",
            examples=["json://gateway.example/sms/{to}"],
        ),
    ] = ""
    mail: Annotated[
        str,
        Meta(
            pattern=r"^$(?!\n)|^[^\s]*\{to\}[^\s]*$(?!\n)|^memory://$(?!\n)",
            description="Channel for mail, likewise.",
            examples=["mailtos://user:password@smtp.example?to={to}"],
        ),
    ] = ""
    wecom: Annotated[
        str,
        Meta(
            pattern=r"^$(?!\n)|^[^\s]*\{to\}[^\s]*$(?!\n)|^memory://$(?!\n)",
            description="Channel for groups of WeCom, likewise.",
            examples=["wecombot://{to}"],
        ),
    ] = ""
    units: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.\-]+=(sms|mail|wecom):[^\s]+$(?!\n)")], ...],
        Meta(
            description="Where units are told of tasks, reminders and missed limits: `UNIT=CHANNEL:ADDRESS`. A unit "
            "that is not listed is told nothing.",
            examples=[["street-01=mail:duty@street-01.example"]],
        ),
    ] = ()
    quiet: Annotated[
        str,
        Meta(
            pattern=r"^$(?!\n)|^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)",
            description="Quiet hours: people are told afterwards, units at once of what is urgent when somebody is on "
            "duty. Empty: none.",
            examples=["21:00-08:00"],
        ),
    ] = "21:00-08:00"
    link: Annotated[
        str,
        Meta(
            pattern=r"^$(?!\n)|^https://[^\s]+$(?!\n)",
            description="Where people follow their request; added to notices of those who filed online, never of "
            "others. Empty: no notice has a link.",
            examples=["https://district.example/follow"],
        ),
    ] = ""
    attempts: Annotated[
        int,
        Meta(ge=1, le=20, description="After so many attempts a notice has failed and the desk sees it.", examples=[6]),
    ] = 6


class Settings(msgspec.Struct, frozen=True):
    """Everything `sanban.toml` may say."""

    district: District
    mode: Annotated[
        Mode,
        Meta(
            description="`demo` has synthetic data and demo accounts; `trial` takes real data with illustrative "
            "matters; `production` refuses demo accounts and illustrative matters.",
            examples=["production"],
        ),
    ] = "demo"
    database_url: Annotated[
        str,
        Meta(
            pattern=r"^$(?!\n)|^postgresql://[^\s]+$(?!\n)",
            description="PostgreSQL database of the ledger. Empty: SQLite, in the file `ledger.db` of the home.",
            examples=["postgresql://sanban@localhost:5432/sanban"],
        ),
    ] = ""
    calendar: Annotated[
        str,
        Meta(
            min_length=1,
            description="Working-day calendar: the name of a shipped one, or a folder of calendar files relative to "
            "the home.",
            examples=["cn"],
        ),
    ] = "cn"
    duty: Annotated[
        str,
        Meta(
            min_length=1,
            description="The district's units, grids, dispatch directory and rosters: the name of a shipped district "
            "(`demo` is synthetic), or a folder relative to the home.",
            examples=["district"],
        ),
    ] = "demo"
    matters: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...],
        Meta(
            description="Folders of the district's own matters, relative to the home. From its first version on, an "
            "own matter replaces the shipped one of the same name.",
            examples=[["matters"]],
        ),
    ] = ()
    shipped_matters: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...],
        Meta(
            description="Which shipped matters run: `all`, or their names; an empty list runs the own ones alone. "
            "Others can still be extended.",
            examples=[["noise", "water-outage"]],
        ),
    ] = ("all",)
    channels: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$(?!\n)")], ...],
        Meta(
            description="Codes of the district's own channels. A channel that is none of these nor ours is kept as "
            "`other`, its words in the vault.",
            examples=[["kiosk"]],
        ),
    ] = ()
    language: Annotated[
        Literal["zh", "en"],
        Meta(description="Language of pages and messages where a user has chosen none.", examples=["en"]),
    ] = "zh"
    port: Annotated[int, Meta(ge=1, le=65535, description="TCP port of `sanban serve`.", examples=[8330])] = 8330
    city: Annotated[
        str,
        Meta(
            pattern=r"^[^\x00-\x1f\x7f]{0,200}$(?!\n)",
            description="Folder that is shared with the city's hotline platform, relative to the home or absolute: "
            "orders come in through it, replies go out. Empty: there is none.",
            examples=["city"],
        ),
    ] = ""
    revise_days: Annotated[
        int,
        Meta(
            ge=0,
            le=366,
            description="Days after which a server proposes changes of rules again, each with its replay, and measures "
            "those in force. 0: only when asked (`sanban revision round`).",
            examples=[30],
        ),
    ] = 0
    trusted_proxy: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses or networks of the reverse proxies before this server. Whom they passed on "
            "(`X-Forwarded-For`) is believed of them alone; what one place may do is counted by it.",
            examples=[["127.0.0.1", "10.0.8.0/24"]],
        ),
    ] = ()
    vault: VaultSettings = VaultSettings()
    open311: Open311Settings = Open311Settings()
    notices: NoticeSettings = NoticeSettings()


class Setting(msgspec.Struct, frozen=True):
    """One documented setting. `name` is dotted: `vault.cipher` is `cipher` under `[vault]`."""

    name: str
    type: str
    default: str
    meaning: str
    example: str


def _toml(value: Any) -> str:
    """A TOML value; JSON text is valid TOML for strings, integers, booleans and lists of them."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _is_table(field: msgspec.structs.FieldInfo) -> bool:
    return isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)


def _plain(field_type: Any) -> Any:
    """The annotation without its documentation."""
    return getattr(field_type, "__origin__", field_type) if hasattr(field_type, "__metadata__") else field_type


_TYPE_WORDS: Mapping[Any, str] = {str: "text", int: "integer", bool: "true or false"}


def _type_text(field_type: Any) -> str:
    plain = _plain(field_type)
    if plain in _TYPE_WORDS:
        return _TYPE_WORDS[plain]
    options = getattr(plain, "__args__", ())
    if getattr(plain, "__origin__", None) is Literal:
        return " or ".join(_toml(option) for option in options)
    return "list of text"


def _describe(prefix: str, field: msgspec.structs.FieldInfo) -> Setting:
    meta = next(note for note in field.type.__metadata__ if isinstance(note, Meta))
    default = "" if field.required else _toml(field.default)
    example = _toml((meta.examples or [""])[0])
    return Setting(prefix + field.encode_name, _type_text(field.type), default, str(meta.description), example)


def _documented(struct: type[msgspec.Struct], prefix: str = "") -> Iterator[Setting]:
    for field in msgspec.structs.fields(struct):
        if _is_table(field):
            yield from _documented(field.type, f"{field.encode_name}.")
        else:
            yield _describe(prefix, field)


SETTINGS: tuple[Setting, ...] = tuple(_documented(Settings))
"""Every setting there is, in the order of the file; `default` is empty where the setting is required."""


def read_settings(path: Path) -> Settings:
    """The checked settings of a file; raises `FaultsFound` with every fault in it."""
    return check_settings(_text(path), path)


def check_settings(text: str, path: Path) -> Settings:
    """The settings that a text says, before or after it is written to `path`; raises `FaultsFound`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultsFound([_syntax_fault(path, error)]) from error
    faults: list[Fault] = []
    values = _table(Settings, data, "", _Place(path, text), faults)
    if not faults:
        faults.extend(_not_networks(values.get("trusted_proxy", ()), _Place(path, text)))
    if faults:
        raise FaultsFound(faults)
    return msgspec.convert(values, Settings)


def write_settings(settings: Settings) -> str:
    """The text of a `sanban.toml` that reads back as `settings`, each line with its meaning."""
    values = msgspec.to_builtins(settings)
    lines = ["# Settings of this deployment of Sanban. A key that is not known is refused.", ""]
    table = ""
    for setting in sorted(SETTINGS, key=lambda item: "." in item.name):
        head, _, key = setting.name.rpartition(".")
        if head != table:
            lines += [f"[{head}]"]
            table = head
        value = values[head][key] if head else values[key]
        lines += [f"# {setting.meaning}", f"{key} = {_toml(value)}", ""]
    return "\n".join(lines)


class _Place(msgspec.Struct, frozen=True):
    """Where a key stands in the file's text: TOML readers give no lines."""

    path: Path
    text: str

    def line(self, name: str) -> int:
        """Line of a dotted key or of a table's head; 0 when it is nowhere to be seen."""
        table = ""
        for number, line in enumerate(self.text.splitlines(), start=1):
            head = re.match(r"\s*\[([^\[\]]+)\]", line)
            key = re.match(r"""\s*["']?([A-Za-z0-9_.-]+)["']?\s*=""", line)
            if head:
                table = head[1].strip()
            found = table if head else ".".join(filter(None, (table, key[1]))) if key else ""
            if found == name:
                return number
        return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start})"
        raise FaultsFound([Fault(str(path), 0, "not_utf8", message, "save the file as UTF-8")]) from error


def _syntax_fault(path: Path, error: tomllib.TOMLDecodeError) -> Fault:
    place = re.search(r"line (\d+), column (\d+)", str(error))
    line, column = (int(place[1]), int(place[2])) if place else (0, 0)
    return Fault(str(path), line, "not_toml", f"is not TOML: {error}", 'mode = "demo"', column)


def _table(
    struct: type[msgspec.Struct], data: Mapping[str, Any], prefix: str, place: _Place, faults: list[Fault]
) -> dict[str, Any]:
    """The known values of one table; adds a fault for every key that is unknown, wrong or missing."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    faults.extend(_unknown(prefix + key, prefix, list(fields), place) for key in data if key not in fields)
    values: dict[str, Any] = {}
    for key, field in fields.items():
        value = data.get(key, {} if _is_table(field) else msgspec.UNSET)
        if _is_table(field) and isinstance(value, dict):
            values[key] = _table(field.type, value, f"{key}.", place, faults)
        elif _is_table(field):
            faults.append(_wrong(key, place, "must be a table", f"[{key}]"))
        elif value is msgspec.UNSET and field.required:
            faults.append(_missing(prefix + key, place))
        elif value is not msgspec.UNSET:
            faults.extend(_misfit(prefix + key, field.type, value, place))
            values[key] = value
    return values


def _example(name: str) -> str:
    """A valid line for a setting, with its table."""
    table, _, key = name.rpartition(".")
    setting = next(item for item in SETTINGS if item.name == name)
    return f"{key} = {setting.example}" + (f"  # under [{table}]" if table else "")


def _unknown(name: str, prefix: str, known: list[str], place: _Place) -> Fault:
    near = difflib.get_close_matches(name.removeprefix(prefix), known, n=1)
    hint = f"; did you mean `{prefix}{near[0]}`?" if near else f"; known here: {', '.join(known)}"
    nearest = next((item.name for item in SETTINGS if near and item.name == prefix + near[0]), "mode")
    return Fault(
        str(place.path), place.line(name), "unknown_setting", f"`{name}` is not a setting{hint}", _example(nearest)
    )


def _missing(name: str, place: _Place) -> Fault:
    line = place.line(name.rpartition(".")[0])
    return Fault(str(place.path), line, "missing_setting", f"`{name}` is required", _example(name))


def _wrong(name: str, place: _Place, message: str, example: str) -> Fault:
    return Fault(str(place.path), place.line(name), "bad_setting", f"`{name}` {message}", example)


def _not_networks(proxies: Sequence[str], place: _Place) -> Iterator[Fault]:
    for proxy in proxies:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            message = f"must be addresses or networks, and `{proxy}` is neither"
            yield _wrong("trusted_proxy", place, message, _example("trusted_proxy"))


def _misfit(name: str, field_type: Any, value: Any, place: _Place) -> Iterator[Fault]:
    try:
        msgspec.convert(value, field_type)
    except msgspec.ValidationError as error:
        allowed = _type_text(field_type)
        yield _wrong(name, place, f"must be {allowed}: {in_words(str(error))}", _example(name))
