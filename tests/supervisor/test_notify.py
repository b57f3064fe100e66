"""What systemd hears, through a socket of our own."""

import os
import socket
from pathlib import Path

import pytest

from footfall.supervisor.notify import notify


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    path = tmp_path / "notify"
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    wire.bind(str(path))
    wire.settimeout(5)
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    return wire


def test_a_state_is_heard(heard: socket.socket) -> None:
    notify("READY=1")

    assert heard.recv(100) == b"READY=1"
    heard.close()


def test_an_abstract_socket_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(f"\0footfall-{os.getpid()}")
        wire.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@footfall-{os.getpid()}")

        notify("STOPPING=1")

        assert wire.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("name", ["", "relative", "/nowhere/at/all"])
def test_where_nobody_listens_nothing_happens(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", name)

    notify("READY=1")
