"""Webhooks over HTTP: one POST to an address outside, signed; the answer's status is all that is read of it.

The name is looked up once and the connection goes to the address found then, so that what was checked is what is
reached. Addresses of this machine, of private networks and the like are refused where the deployment is not a demo;
so is anything but https. Redirects are not followed, an answer's body is not read, and after `DEADLINE` seconds the
connection is cut, however slowly the other side drips.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from threading import Timer
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from sanban.kernel.errors import SanbanError
from sanban.kernel.notice import SENT, Carried, Parcel

CONNECT_SECONDS = 5.0
DEADLINE = 10.0
LONGEST_URL = 2000
EXAMPLE = "https://receiver.example/sanban"

Headers = Callable[[str, str, int, bytes], dict[str, str]]
"""Key, id, seconds UTC, body -> the headers of one attempt."""


class Target(NamedTuple):
    """Where a URL leads, looked up."""

    secure: bool
    host: str
    port: int
    path: str
    address: str


class ReceiverCarrier:
    """Carries events. `clock`: seconds UTC. `open_inside`: whether addresses inside are allowed (demo and tests)."""

    def __init__(self, headers: Headers, clock: Callable[[], int], *, open_inside: bool = False) -> None:
        self._headers = headers
        self._clock = clock
        self._open_inside = open_inside

    def carry(self, parcel: Parcel) -> Carried:
        """One attempt: 2xx is sent, everything else is tried again later."""
        try:
            target = looked_up(parcel.to, open_inside=self._open_inside)
        except SanbanError:
            return Carried("never", "address_refused")
        except OSError:
            return Carried("later", "name_unknown")
        body = parcel.text.encode()
        headers = self._headers(parcel.secret, parcel.key, self._clock(), body)
        try:
            status = _posted(target, headers, body)
        except (OSError, http.client.HTTPException):
            return Carried("later", "no_answer")
        if 200 <= status < 300:
            return SENT
        return Carried("later", f"status_{status}")


def looked_up(url: str, *, open_inside: bool) -> Target:
    """Where a URL leads. Raises SanbanError for one that may not be called, OSError for a name that is unknown."""
    parts = _parts(url)
    secure = parts.scheme == "https"
    if not secure and not (open_inside and parts.scheme == "http"):
        raise SanbanError("a webhook is called by https", EXAMPLE)
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    found = sorted({str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
    if not open_inside and not all(_is_outside(address) for address in found):
        raise SanbanError("a webhook is called outside, never on this machine nor in its own network", EXAMPLE)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, port, path, found[0])


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError as error:
        raise SanbanError("this is no address of a webhook", EXAMPLE) from error
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not (plain and has_port and parts.hostname) or parts.username or parts.password or parts.fragment:
        raise SanbanError("the address of a webhook is a plain URL without user, password or fragment", EXAMPLE)
    return parts


def _is_outside(address: str) -> bool:
    """Whether an address is one of the public internet's; an IPv4 address inside an IPv6 one is looked at itself."""
    found = ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    teredo = getattr(found, "teredo", None)
    return found.is_global and not found.is_multicast and (inner is None or _is_outside(str(inner))) and teredo is None


def _posted(target: Target, headers: dict[str, str], body: bytes) -> int:
    """The status of the answer."""
    raw = socket.create_connection((target.address, target.port), timeout=CONNECT_SECONDS)
    shadow = socket.socket(fileno=os.dup(raw.fileno()))  # TLS takes the first one over, this one can still cut
    timer = Timer(DEADLINE, _cut, (shadow,))
    timer.daemon = True
    timer.start()
    try:
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = raw
        if target.secure:
            connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=target.host)
        try:
            connection.request("POST", target.path, body, {**headers, "user-agent": "sanban", "connection": "close"})
            return connection.getresponse().status
        finally:
            connection.close()
    finally:
        timer.cancel()
        raw.close()
        shadow.close()


def _cut(raw: socket.socket) -> None:
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        raw.close()
