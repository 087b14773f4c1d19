"""Channels by code: only codes that the product or the district declares may stand in an event.

A column of channels may hold anything, a name or a phone too. What holds one of our words becomes that word's code;
what is a declared code stays; all else is `other`, and what was written goes into the vault.
"""

from __future__ import annotations

from collections.abc import Collection

WORDS: tuple[tuple[str, str], ...] = (
    ("微信", "wechat"), ("小程序", "wechat"), ("app", "app"), ("客户端", "app"), ("邮件", "mail"), ("邮箱", "mail"),
    ("来信", "letter"), ("信件", "letter"), ("来访", "counter"), ("窗口", "counter"), ("巡查", "patrol"),
    ("网格", "patrol"), ("走访", "visit"), ("媒体", "media"), ("网", "web"), ("留言", "web"), ("短信", "sms"),
    ("电话", "phone"), ("热线", "phone"), ("12345", "phone"),
)  # fmt: skip
"""Words in a channel's name and its code; the first that fits counts."""

OTHER = "other"
CODES: frozenset[str] = frozenset({code for _, code in WORDS} | {OTHER, "file", "firm", "hotline", "open311", "sensor"})
"""The codes of the product. A district adds its own: `channels` in sanban.toml."""


def channel_of(said: str, declared: Collection[str] = ()) -> str:
    """The code of what was written; '' for nothing."""
    plain = said.strip().casefold()
    if not plain or plain in CODES or plain in declared:
        return plain
    return next((code for word, code in WORDS if plain == word or (word in plain and _is_short(plain))), OTHER)


def _is_short(plain: str) -> bool:
    """A channel's name is short and holds no number but the hotline's."""
    return len(plain) <= 20 and not any(sign.isdigit() for sign in plain.replace("12345", ""))
