"""Ports are found before anything starts."""

import socket

import pytest

from footfall.demo import find_ports
from footfall.errors import SettingsError


def test_free_ports_are_all_different_and_can_be_listened_on() -> None:
    found = find_ports("127.0.0.1", {f"--{number}-port": 0 for number in range(20)})

    assert len(set(found.values())) == 20
    for port in found.values():
        socket.create_server(("127.0.0.1", port)).close()


def test_a_port_in_use_is_named_by_its_flag() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SettingsError, match=rf"^--api-port {port}: cannot listen there on 127.0.0.1: .*expected"):
            find_ports("127.0.0.1", {"--shop-port": 0, "--api-port": port})


def test_a_port_wanted_twice_is_refused() -> None:
    free = find_ports("127.0.0.1", {"--shop-port": 0})["--shop-port"]

    with pytest.raises(SettingsError, match=f"--api-port {free}"):
        find_ports("127.0.0.1", {"--shop-port": free, "--api-port": free})
