"""Where a request comes from, when some proxies may be believed and everybody else not."""

import ipaddress
from collections.abc import Iterable

from litestar.types import HTTPScope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
UNKNOWN = ""


class Trusted:
    """The proxies that are believed when they say for whom they ask."""

    def __init__(self, networks: Iterable[str]) -> None:
        self.networks: list[Network] = [ipaddress.ip_network(one) for one in networks]

    def holds(self, address: str) -> bool:
        try:
            known = _plain(address)
        except ValueError:
            return False
        return any(known in network for network in self.networks)


def client(scope: HTTPScope, trusted: Trusted) -> tuple[str, str]:
    """Address and scheme of who asks: the nearest hop that is no trusted proxy.

    Walks X-Forwarded-For from its right end, because what stands further left anybody may have written. The scheme is
    believed from a trusted neighbour alone. An address that is none comes out as UNKNOWN.
    """
    peer = _peer(scope)
    if not trusted.holds(peer):
        return peer, scope["scheme"]
    address = peer
    for hop in reversed(_values(scope, b"x-forwarded-for")):
        try:
            address = str(_plain(hop))
        except ValueError:
            return UNKNOWN, _scheme(scope)
        if not trusted.holds(address):
            break
    return address, _scheme(scope)


def is_loopback(scope: HTTPScope) -> bool:
    """Whether the asker sits at this machine. A request that was passed on by anybody unknown does not."""
    passed_on = scope["state"].get("passed_on", False)
    peer = _peer(scope)
    try:
        return _plain(peer).is_loopback and not passed_on
    except ValueError:
        return False


def passed_on(scope: HTTPScope, trusted: Trusted) -> bool:
    """Whether some proxy that nobody told us about stands between."""
    forwarded = any(name in (b"x-forwarded-for", b"forwarded", b"x-real-ip") for name, _ in scope["headers"])
    peer = _peer(scope)
    return forwarded and not trusted.holds(peer)


def group(address: str) -> str:
    """What limits count as one asker: an IPv4 address, or the /64 that one IPv6 household gets."""
    try:
        known = _plain(address)
    except ValueError:
        return UNKNOWN
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)


def _peer(scope: HTTPScope) -> str:
    peer = scope.get("client")
    return peer[0] if peer else UNKNOWN


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Raises ValueError. An IPv4 address written the IPv6 way is the IPv4 address; ports and brackets go."""
    text = address.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    known = ipaddress.ip_address(text.partition("%")[0])
    return known.ipv4_mapped or known if isinstance(known, ipaddress.IPv6Address) else known


def _values(scope: HTTPScope, name: bytes) -> list[str]:
    joined = ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
    return [hop for hop in joined.split(",") if hop.strip()]


def _scheme(scope: HTTPScope) -> str:
    said = [word.strip().lower() for word in _values(scope, b"x-forwarded-proto")]
    return said[-1] if said and said[-1] in ("http", "https") else scope["scheme"]
