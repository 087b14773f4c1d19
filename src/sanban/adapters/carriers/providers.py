"""SMS, mail, WeCom and some hundred more channels through `apprise`, by one address (URL) for each channel.

The URL comes from the settings and has `{to}` where the recipient stands, for example
`mailtos://user:password@smtp.example?to={to}` or `json://gateway.example/sms/{to}`; `{key}` may stand in it too. What
is put in is quoted, so that an address cannot become another part of the URL. The library is an optional extra and is
loaded when a channel is opened; it is told to log nothing, because it would log addresses.
"""

from __future__ import annotations

import logging
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import quote

from sanban.kernel.errors import SanbanError
from sanban.kernel.notice import SENT, Carried, Parcel

SILENT = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")
EXAMPLE = "mailtos://user:password@smtp.example?to={to}"


class ProviderCarrier:
    """One channel. Raises SanbanError when the library is missing or does not understand the URL."""

    def __init__(self, url: str) -> None:
        if "{to}" not in url:
            raise SanbanError("the address of a channel says where the recipient stands: {to}", EXAMPLE)
        self._url = url
        self._library = _library()
        if self._opened(Parcel("key", "13800000000", "", "")) is None:
            raise SanbanError("the address of a channel is none that apprise understands", EXAMPLE)

    def carry(self, parcel: Parcel) -> Carried:
        """Hands the parcel to the provider."""
        channel = self._opened(parcel)
        if channel is None:
            return Carried("never", "bad_address")
        title = parcel.title if "title" in self._url or "mail" in self._url[:5] else ""
        is_sent = bool(channel.notify(body=parcel.text, title=title, body_format="text", notify_type="info"))
        return SENT if is_sent else Carried("later", "not_taken")

    def _opened(self, parcel: Parcel) -> Any:
        url = self._url.replace("{to}", quote(parcel.to, safe="")).replace("{key}", quote(parcel.key, safe=""))
        return self._library.Apprise.instantiate(url, suppress_exceptions=True)


def _library() -> ModuleType:
    try:
        library = import_module("apprise")
    except ImportError as error:
        raise SanbanError("notices need the library apprise", "pip install 'sanban[notices]'") from error
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return library
