"""Listening on what the settings say."""

import socket

import pytest

from footfall.errors import SettingsError
from footfall.settings import address_of, is_loopback, listen


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("shop.example", False),
    ],
)
def test_who_listens_on_loopback(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_a_free_port_is_taken_and_told() -> None:
    (sock,) = listen("api", "127.0.0.1", 0)
    port = sock.getsockname()[1]

    assert port > 0
    assert address_of("127.0.0.1", sock) == f"http://127.0.0.1:{port}"
    assert address_of("::1", sock) == f"http://[::1]:{port}"
    sock.close()


def test_every_address_of_a_name_is_listened_on_at_one_port() -> None:
    sockets = listen("collector", "localhost", 0)

    assert len({sock.getsockname()[1] for sock in sockets}) == 1
    assert {sock.family for sock in sockets} <= {socket.AF_INET, socket.AF_INET6}
    for sock in sockets:
        sock.close()


@pytest.mark.parametrize("section", ["collector", "api"])
def test_what_is_wrong_is_told_by_the_name_of_its_setting(section: str) -> None:
    (taken,) = listen("api", "127.0.0.1", 0)
    taken.listen()
    port = taken.getsockname()[1]

    with pytest.raises(SettingsError, match=f"^{section}.port = {port}: in use on 127.0.0.1; expected a free port"):
        listen(section, "127.0.0.1", port)  # type: ignore[arg-type]
    for host in ("no.such.host.invalid", "203.0.113.7", "a" * 300):
        with pytest.raises(SettingsError, match=rf"^{section}\.host = .*expected"):
            listen(section, host, 0)  # type: ignore[arg-type]
    taken.close()
