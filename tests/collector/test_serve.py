"""The collector as a process: real signals, real files."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
from tests.collector.running import ROOT, clean_environ, journal_path, process, requests, settings_of
from tests.collector.talking import Client, an_event, ask, event, get, send_json

from footfall import collector
from footfall.errors import SettingsError
from footfall.journal import FrameKind, Journal
from footfall.settings import listen


def test_it_collects(tmp_path: Path) -> None:
    with process(tmp_path) as running:
        assert ask(running.port, event("one")).is_gif
        assert send_json(running.port, an_event()).status == 200
        assert b"divolte" in ask(running.port, get("/divolte.js")).body
        assert requests(tmp_path)[0].target.endswith(b"&e=one")  # there while it runs, for other processes
    assert len(requests(tmp_path, FrameKind.POSTED)) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with process(tmp_path) as running:
        ask(running.port, event("one"))
        running.signal(number)
        code, errors = running.wait()

    assert (code, errors) == (0, "")
    assert not Path(f"{journal_path(tmp_path)}-wal").exists()  # closed: the write-ahead log is in the file
    Journal(journal_path(tmp_path)).close()  # and let go


def test_at_the_end_ping_says_so_and_open_requests_are_answered(tmp_path: Path) -> None:
    """Who asks in the half second after the signal is still served; a request that has begun may be finished."""
    with process(tmp_path) as running:
        with Client(running.port) as half, Client(running.port) as idle, Client(running.port) as posting:
            half.send(event("half")[:-10])
            posting.send(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
            idle.send(get()).answer()
            assert ask(running.port, get()).body == b"pong"

            running.signal(signal.SIGTERM)
            time.sleep(0.2)
            ping = ask(running.port, get())
            assert (ping.status, ping.body) == (503, b"No p*ng for you, shutting down")
            assert ping.header("connection") == "close"
            assert ask(running.port, get("/health")).status == 503
            late = ask(running.port, event("late"))
            assert (late.is_gif, late.header("connection")) == (True, "close")

            assert idle.ended
            answer = half.send(event("half")[-10:]).answer()
            assert (answer.is_gif, answer.header("connection")) == (True, "close")
            assert half.ended
            assert posting.send(b"}").answer().status == 422
            assert posting.ended
        code, errors = running.wait()

    assert (code, errors) == (0, "")
    assert len(requests(tmp_path)) == 2


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with process(tmp_path) as running, Client(running.port) as half:
        half.send(b"GET /csc-event")
        ask(running.port, event("kept"))
        running.signal(signal.SIGTERM)
        time.sleep(1.5)
        assert running.process.poll() is None  # it waits for the half request

        begun = time.monotonic()
        running.signal(signal.SIGTERM)
        code, _ = running.wait()

    assert code == -signal.SIGTERM
    assert time.monotonic() - begun < 2
    assert len(requests(tmp_path)) == 1


def test_a_client_that_never_ends_its_request_does_not_keep_it(tmp_path: Path) -> None:
    with process(tmp_path, settings={"COLLECTOR__HEAD_TIMEOUT": "500ms"}) as running, Client(running.port) as half:
        half.send(b"GET /csc-event")
        running.signal(signal.SIGTERM)
        code, errors = running.wait()

    assert (code, errors) == (0, "")


def footfall(data: Path, *arguments: str, settings: Mapping[str, str] = {}) -> "subprocess.CompletedProcess[str]":
    environ = clean_environ() | dict(settings)
    command = [sys.executable, "-m", "footfall", "--data", str(data), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)


def test_a_second_collector_on_the_same_journal_is_refused_by_name(tmp_path: Path) -> None:
    with process(tmp_path) as running:
        second = footfall(tmp_path, "collect", "--port", "0")
        assert ask(running.port, event("unharmed")).is_gif

        assert second.returncode == 3
        assert f"live.db: the journal is held by process {running.process.pid}" in second.stderr
        assert second.stdout == ""
        running.process.kill()  # a lock file alone holds nothing
        running.wait()
    with process(tmp_path) as third:
        assert ask(third.port, event("again")).is_gif


def test_a_port_in_use_is_told_by_its_setting(tmp_path: Path) -> None:
    (taken,) = listen("collector", "127.0.0.1", 0)
    taken.listen()
    port = taken.getsockname()[1]
    found = footfall(tmp_path, "collect", "--port", str(port))
    taken.close()

    assert found.returncode == 2
    assert f"collector.port = {port}: in use on 127.0.0.1; expected a free port" in found.stderr
    Journal(journal_path(tmp_path)).close()  # not held by whom did not start


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "a" * 300])
def test_an_address_of_another_machine_is_told_by_its_setting(tmp_path: Path, host: str) -> None:
    journal = Journal(journal_path(tmp_path))
    with pytest.raises(SettingsError, match=r"collector\.host = .*expected"):
        collector.serve(
            settings_of(tmp_path, {"collector.host": host}), journal, b"", counted=lambda: 0, ready=lambda _: None
        )
    Journal(journal_path(tmp_path)).close()  # the journal was let go


@pytest.mark.parametrize("where", ["/proc/footfall", "{}/file"])
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("x")
    found = footfall(Path(where.format(tmp_path)), "collect", "--port", "0")

    assert found.returncode == 4
    assert "the journal cannot be opened" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_listening_beyond_this_machine_warns(tmp_path: Path, host: str, warned: bool) -> None:
    with process(tmp_path, "--host", host) as running:
        assert ask(running.port, event("one")).is_gif
        running.signal(signal.SIGTERM)
        _, errors = running.wait()

    assert ("takes events from everywhere" in errors) == warned


def test_ipv6_is_served_under_its_brackets(tmp_path: Path) -> None:
    try:
        listen("collector", "::1", 0)[0].close()
    except SettingsError:
        pytest.skip("no IPv6 on this machine")
    with (
        process(tmp_path, "--host", "::1", settings={"PRIVACY__ADDRESSES": "full"}) as running,
        socket.create_connection(("::1", running.port), timeout=10) as connection,
    ):
        connection.sendall(event("six"))
        assert b"200 OK" in connection.recv(1000)
    assert requests(tmp_path)[0].peer == "::1"


def test_more_connections_than_the_soft_limit_of_files_are_served(tmp_path: Path) -> None:
    """Systems give 1,024 files and more when asked."""
    before = ("prlimit", "--nofile=256:4096")
    with process(tmp_path, settings={"COLLECTOR__CONNECTIONS": "1000"}, before=before) as running:
        clients = [Client(running.port) for _ in range(600)]
        assert all(client.send(event("file")).answer().is_gif for client in clients)
        for client in clients:
            client.socket.close()


def test_when_files_are_too_few_it_says_so_and_serves(tmp_path: Path) -> None:
    before = ("prlimit", "--nofile=256:300")
    with process(tmp_path, before=before) as running:
        assert ask(running.port, event("few")).is_gif
        running.signal(signal.SIGTERM)
        _, errors = running.wait()

    assert "fewer connections are possible" in errors


def test_it_is_small(tmp_path: Path) -> None:
    with process(tmp_path) as running:
        for number in range(100):
            ask(running.port, event(str(number)))
        memory = psutil.Process(running.process.pid).memory_full_info().pss

    print(f"collector process, alone: {memory / 1e6:.1f} MB")
    assert memory <= 90_000_000
