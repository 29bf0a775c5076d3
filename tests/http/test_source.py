"""Where a request comes from: the peer, unless it is a trusted proxy (contract section 3, "too many failures")."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.http.source import Sources, is_loopback, network_of, throttle_key

PROXIED = Sources("10.0.0.0/8, 192.0.2.1, 2001:db8:ffff::/48")


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("10.1.2.3", "203.0.113.7", "203.0.113.7"),
        ("10.1.2.3", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.1.2.3", "203.0.113.7,10.9.9.9 , 192.0.2.1", "203.0.113.7"),
        ("2001:db8:ffff::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.1.2.3", "203.0.113.7", "203.0.113.7"),
        ("10.1.2.3", "203.0.113.7, ::ffff:10.0.0.1", "203.0.113.7"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "10.0.0.1, 10.0.0.2", "10.1.2.3"),  # nothing but proxies
        ("10.1.2.3", "unknown", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.7, unknown", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.7:443", "10.1.2.3"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not a proxy of ours
        ("", "198.51.100.1", ""),
        ("unix", "198.51.100.1", "unix"),
    ],
)
def test_the_source_is_the_rightmost_address_that_is_no_trusted_proxy(peer: str, forwarded: str, source: str) -> None:
    assert PROXIED.source(peer, forwarded) == source


@given(st.text(max_size=60), st.text(max_size=100))
def test_without_trusted_proxies_the_peer_is_the_source_whatever_is_forwarded(peer: str, forwarded: str) -> None:
    assert Sources("").source(peer, forwarded) == peer


@given(st.lists(st.ip_addresses().map(str) | st.text(max_size=20)), st.ip_addresses(v=4, network="203.0.113.0/24").map(str))
def test_what_a_caller_writes_to_the_left_changes_nothing(left: list[str], caller: str) -> None:
    assert PROXIED.source("10.0.0.1", ", ".join([*left, caller])) == caller


@given(st.text(max_size=60) | st.ip_addresses().map(str))
def test_any_source_has_a_key_and_a_network(source: str) -> None:
    assert isinstance(throttle_key(source), str)
    assert isinstance(network_of(source), str)
    assert isinstance(is_loopback(source), bool)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_ipv6_is_counted_by_its_64(address: ipaddress.IPv6Address, host: int) -> None:
    neighbour = ipaddress.IPv6Address(int(address) >> 64 << 64 | host)
    if address.ipv4_mapped is None and neighbour.ipv4_mapped is None:
        assert throttle_key(str(address)) == throttle_key(str(neighbour))
        assert throttle_key(str(ipaddress.IPv6Address(int(address) ^ 1 << 64))) != throttle_key(str(address))


@given(st.ip_addresses(v=4))
def test_ipv4_is_counted_by_itself_also_if_mapped(address: ipaddress.IPv4Address) -> None:
    assert throttle_key(str(address)) == throttle_key(f"::ffff:{address}") == f"{address}/32"
    assert network_of(str(address)) == network_of(f"::ffff:{address}")
    assert network_of(str(address)).endswith("/24")


def test_loopback_is_told_from_everything_else() -> None:
    for source in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        assert is_loopback(source)
    for source in ("", "unix", "localhost", "10.0.0.1", "::", "0.0.0.0", "::2"):
        assert not is_loopback(source)
