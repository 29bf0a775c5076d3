"""Where a request comes from: the peer, unless it is a trusted proxy."""

import ipaddress
from functools import lru_cache

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Sources:
    """Reads addresses; believes `X-Forwarded-For` only from the networks given."""

    def __init__(self, trusted_proxies: str) -> None:
        words = (word.strip() for word in trusted_proxies.split(","))
        self._trusted: list[_Network] = [ipaddress.ip_network(word) for word in words if word]

    def source(self, peer: str, forwarded_for: str) -> str:
        """The peer's address, or the rightmost one in `forwarded_for` that is no trusted proxy."""
        if not forwarded_for or not self._is_trusted(peer):
            return peer
        for hop in reversed(forwarded_for.split(",")):
            text = hop.strip()
            if _address(text) is None:
                return peer
            if not self._is_trusted(text):
                return text
        return peer

    def _is_trusted(self, text: str) -> bool:
        address = _address(text) if self._trusted else None
        return address is not None and any(address in network for network in self._trusted)


def is_loopback(source: str) -> bool:
    """Whether only this machine can have sent it; what is no address (a socket in the file system, say) does not count."""
    address = _address(source)
    return address is not None and address.is_loopback


@lru_cache(maxsize=4096)
def throttle_key(source: str) -> str:
    """The address as limits count it: IPv6 by its /64."""
    return _network(source, 32, 64)


def network_of(source: str) -> str:
    """The network by which two uses of a token are told apart: /24, or /48 of IPv6."""
    return _network(source, 24, 48)


def _network(source: str, v4_bits: int, v6_bits: int) -> str:
    address = _address(source)
    if address is None:
        return source
    bits = v4_bits if address.version == 4 else v6_bits
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


def _address(text: str) -> _Address | None:
    """The address, IPv4 mapped into IPv6 as what it is (a socket for both reports it so); None for any other text."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
