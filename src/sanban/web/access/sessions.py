"""Sessions: a sealed cookie that only this server can make or read, and a list of those that were ended.

The cookie is a Fernet token (AES-128-CBC and HMAC-SHA-256 from `cryptography`) under HOME/web.key. It names the
account and a random session id, nothing else: role and unit are looked up at each request, so a change acts at once.
Signing out writes the session's id to HOME/sessions.ended, so a copied cookie is worthless from then on, also after a
restart and at every other server of the home; an id leaves the list when its cookie would have expired anyway.
"""

from __future__ import annotations

import fcntl
import hashlib
import secrets
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from sanban.kernel.errors import SanbanError
from sanban.ledger.home import write_private

KEY_FILE = "web.key"
ENDED_FILE = "sessions.ended"
LIFETIME_SECONDS = 12 * 3600
NOTICE_SECONDS = 60

_SESSION = b"session:"
_NOTICE = b"notice:"


class Session(msgspec.Struct, frozen=True):
    """Who signed in, and until when (microseconds UTC). `demo` sessions are worth nothing outside demo mode."""

    id: str
    account: str
    expires_at: int
    demo: bool = False

    @property
    def opened_at(self) -> int:
        """When it was opened, microseconds UTC."""
        return self.expires_at - LIFETIME_SECONDS * 1_000_000


class Sessions:
    """The sessions of one home."""

    def __init__(self, home: Path) -> None:
        key = _key(home / KEY_FILE)
        self._fernet = Fernet(key)
        self.form_secret = hashlib.sha256(b"forms" + key).hexdigest()
        self._key_path = home / KEY_FILE
        self._ended_path = home / ENDED_FILE
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, int] = {}
        self._ended()

    def open(self, account: str, now: int, *, demo: bool = False) -> str:
        """A new session's cookie."""
        session = Session(secrets.token_urlsafe(16), account, now + LIFETIME_SECONDS * 1_000_000, demo)
        return self._seal(_SESSION + msgspec.json.encode(session), now)

    def read(self, cookie: str, now: int) -> Session | None:
        """The session of a cookie; None when it is forged, expired or ended."""
        try:
            session = msgspec.json.decode(self._open(cookie, _SESSION, LIFETIME_SECONDS, now), type=Session)
        except (InvalidToken, msgspec.DecodeError):
            return None
        return session if session.id not in self._ended() and now < session.expires_at else None

    def end(self, session: Session, now: int) -> None:
        """Ends a session for good, wherever its cookie has been copied to. One at a time: others may end theirs now."""
        with self._key_path.open("rb") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            alive = {id_: until for id_, until in self._ended().items() if until > now}
            write_private(self._ended_path, msgspec.json.encode({**alive, session.id: session.expires_at}))

    def seal_notice(self, text: str, now: int) -> str:
        """A text to show on the next page, sealed so that nobody else can put words there."""
        return self._seal(_NOTICE + text.encode(), now)

    def open_notice(self, sealed: str, now: int) -> str:
        """The text; empty when it is not ours or a minute old."""
        try:
            return self._open(sealed, _NOTICE, NOTICE_SECONDS, now).decode()
        except InvalidToken:
            return ""

    def _ended(self) -> dict[str, int]:
        """Ended sessions; read again only when this server or another one of the home has ended one."""
        if self._ended_path.exists():
            status = self._ended_path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._known, self._stamp = _parsed(self._ended_path), stamp
        return self._known

    def _seal(self, content: bytes, now: int) -> str:
        return self._fernet.encrypt_at_time(content, now // 1_000_000).decode()

    def _open(self, sealed: str, purpose: bytes, seconds: int, now: int) -> bytes:
        """What was sealed for this purpose; raises `InvalidToken` for anything else."""
        if not sealed.isascii():
            raise InvalidToken
        content = self._fernet.decrypt_at_time(sealed, seconds, now // 1_000_000)
        if not content.startswith(purpose):
            raise InvalidToken
        return content[len(purpose) :]


def _key(path: Path) -> bytes:
    if not path.exists():
        write_private(path, Fernet.generate_key())
    key = path.read_bytes().strip()
    try:
        Fernet(key)
    except ValueError as error:
        message = f"{path} is not a key; delete it to get a new one (everybody signs in again)"
        raise SanbanError(message, "44 characters of URL-safe base64") from error
    return key


def _parsed(path: Path) -> dict[str, int]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except msgspec.DecodeError as error:
        message = f"{path} cannot be read: {error}; delete it and {KEY_FILE} beside it"
        raise SanbanError(message, '{"id": 1767225600000000}') from error
