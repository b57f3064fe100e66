"""Addresses as Java writes them."""

import pytest

from footfall.mapping.hosts import host_string


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "0:0:0:0:0:0:0:1"),
        ("2001:db8::", "2001:db8:0:0:0:0:0:0"),
        ("2001:DB8::00fa", "2001:db8:0:0:0:0:0:fa"),
        ("", ""),
        ("unix:socket", "unix:socket"),
    ],
)
def test_an_ipv6_address_is_written_out(peer: str, expected: str) -> None:
    assert host_string(peer) == expected
