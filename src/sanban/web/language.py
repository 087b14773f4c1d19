"""The two languages: message catalogues, dates, time left.

Message ids are English. The Chinese texts stand in `locale/zh/LC_MESSAGES/messages.po`, of this package and of any
slice that has its own, and are compiled in memory at the start; a test finds every id that has no text.
A refusal is translated by its reason code under the context `refusal`; its English sentence is the fallback.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup

from sanban.kernel.errors import Refused
from sanban.kernel.view import Language, TimeLeft

LANGUAGES: tuple[Language, ...] = ("zh", "en")
TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
NAMES: dict[Language, str] = {"zh": "中文", "en": "English"}
CATALOGUE = Path("locale") / "zh" / "LC_MESSAGES" / "messages.po"

_WEEKDAYS: dict[Language, str] = {"zh": "周一 周二 周三 周四 周五 周六 周日", "en": "Mon Tue Wed Thu Fri Sat Sun"}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec"
"""Names of days and months. Source: Unicode CLDR, zh and en-GB, abbreviated; all its tables are megabytes."""
_DAYS: dict[Language, str] = {
    "zh": "{local.year}年{local.month}月{local.day}日 {weekday}",
    "en": "{weekday} {local.day} {month} {local.year}",
}
_INSTANTS: dict[Language, str] = {
    "zh": "{local:%Y-%m-%d %H:%M}",
    "en": "{local.day} {month} {local.year}, {local:%H:%M}",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def catalogues(packages: Iterable[Path]) -> list[Path]:
    """The Chinese catalogues of the shells and slices in these packages."""
    return [path for package in packages for path in sorted(package.glob(f"*/{CATALOGUE}"))]


def load(language: Language, files: Iterable[Path]) -> NullTranslations:
    """The translations into a language; English ids are their own."""
    if language == "en":
        return NullTranslations()
    merged = _compiled(Catalog(locale="zh"))
    for path in files:
        with path.open("rb") as file:
            merged.merge(_compiled(read_po(file, locale="zh")))
    return merged


def _compiled(catalogue: Catalog) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class Speech:
    """One language: what to call things, and how to write dates and lengths of time."""

    def __init__(self, language: Language, translations: NullTranslations, zone: str) -> None:
        self.language = language
        self.translations = translations
        self._zone = ZoneInfo(zone)

    def say(self, text: str, **values: object) -> str:
        """A message id in this language, with its values put in."""
        found = str(self.translations.gettext(text)) if text else ""
        return found % values if values else found

    def refusal(self, refused: Refused) -> str:
        """Why not, in this language."""
        found = str(self.translations.pgettext("refusal", refused.reason))
        return refused.message if found == refused.reason else found

    def local(self, instant: int) -> datetime:
        """Microseconds UTC as local time of the district."""
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(self._zone)

    def instant(self, instant: int) -> Markup:
        """A date with its time, readable by people and machines."""
        local = self.local(instant)
        return _time(local.isoformat(timespec="seconds"), self._written(_INSTANTS, local))

    def day(self, instant: int) -> Markup:
        """A date with its weekday."""
        local = self.local(instant)
        return _time(local.date().isoformat(), self._written(_DAYS, local))

    def left(self, left: TimeLeft) -> str:
        """How long is left, e.g. `2 working days left`, `overdue by 3 h`."""
        amount = self.amount(left.amount, left.unit)
        if left.stopped:
            return self.say("clock stopped, %(amount)s left", amount=amount)
        if left.overdue:
            return self.say("overdue by %(amount)s", amount=amount)
        return self.say("%(amount)s left", amount=amount)

    def amount(self, number: int, unit: str) -> str:
        """A length of time, e.g. `3 h`, `2 working days`."""
        if unit == "hour":
            return self.say("%(number)s h", number=number)
        if unit == "minute":
            return self.say("%(number)s min", number=number)
        if unit == "day":
            return self._counted("%(number)s day", "%(number)s days", number)
        return self._counted("%(number)s working day", "%(number)s working days", number)

    def _written(self, how: dict[Language, str], local: datetime) -> str:
        weekday = _WEEKDAYS[self.language].split()[local.weekday()]
        return how[self.language].format(local=local, weekday=weekday, month=_MONTHS.split()[local.month - 1])

    def _counted(self, one: str, many: str, number: int) -> str:
        return str(self.translations.ngettext(one, many, number)) % {"number": number}


def _time(machine: str, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(machine, shown)
