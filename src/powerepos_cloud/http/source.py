"""Where a request comes from: the peer, unless it is a trusted proxy."""

import ipaddress
from functools import lru_cache

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
            address = hop.strip()
            if not _is_address(address):
                return peer
            if not self._is_trusted(address):
                return address
        return peer

    def _is_trusted(self, address: str) -> bool:
        if not self._trusted or not _is_address(address):
            return False
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._trusted)


@lru_cache(maxsize=4096)
def throttle_key(source: str) -> str:
    """The address as limits count it: IPv6 by its /64."""
    return _network(source, 32, 64)


def network_of(source: str) -> str:
    """The network by which two uses of a token are told apart: /24, or /48 of IPv6."""
    return _network(source, 24, 48)


def _network(source: str, v4_bits: int, v6_bits: int) -> str:
    if not _is_address(source):
        return source
    address = ipaddress.ip_address(source)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    bits = v4_bits if address.version == 4 else v6_bits
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
