"""Where a request came from, for counting what one place does: the peer, or whom trusted proxies say they passed on.

A proxy appends the address it was asked from to `X-Forwarded-For`. Read from the right, the first hop that is not a
trusted proxy is the one that the nearest trusted proxy saw itself; whatever stands left of it anybody may have made
up. A peer that is no trusted proxy is believed nothing, and a header that holds no address leaves the peer. One
subscriber line has a whole IPv6 network of /64, so that is counted as one place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from litestar.types import ASGIApp

HEADER = b"x-forwarded-for"
SUBSCRIBER_BITS = 64
MOST_HOPS = 32
WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](:\d+)?|(?P<four>[0-9.]+):\d+")

Address = IPv4Address | IPv6Address


class Origins:
    """Tells origins. `trusted`: addresses and networks of reverse proxies."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted = [ip_network(one, strict=False) for one in trusted]

    def of(self, peer: str, forwarded: Sequence[str]) -> str:
        """The place that a request counts for. `forwarded`: the values of `X-Forwarded-For`, in their order."""
        own = _address(peer)
        if own is None:
            return peer
        seen = own
        for hop in reversed(",".join(forwarded).split(",")[-MOST_HOPS:]) if forwarded else ():
            if not self._is_trusted(seen):
                break
            told = _address(hop)
            if told is None:
                return _place(own)
            seen = told
        return _place(seen)

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Puts the origin where every reader of a request's address looks."""

        async def pass_on(scope: Any, receive: Any, send: Any) -> None:
            client = scope.get("client")
            if client:
                forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == HEADER]
                scope["client"] = (self.of(client[0], forwarded), client[1])
            await app(scope, receive, send)

        return pass_on

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _address(text: str) -> Address | None:
    """An address, perhaps with a port; an IPv4 address mapped into IPv6 is the IPv4 address."""
    ported = WITH_PORT.fullmatch(text.strip())
    try:
        found = ip_address((ported["six"] or ported["four"]) if ported else text.strip())
    except ValueError:
        return None
    return found if isinstance(found, IPv4Address) else found.ipv4_mapped or found


def _place(address: Address) -> str:
    """One IPv4 address, or the /64 of an IPv6 address."""
    return (
        str(address)
        if isinstance(address, IPv4Address)
        else str(ip_network((int(address), SUBSCRIBER_BITS), strict=False))
    )
