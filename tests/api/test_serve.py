"""The API as a process: real sockets, real signals, a real store."""

import contextlib
import gzip
import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.answers.facts import MINUTE, Log, fill
from tests.api.clients import Served, served, settings_of

from footfall.answers import Answers
from footfall.api.serve import serve
from footfall.errors import SettingsError
from footfall.model.steps import Fact, Value
from footfall.settings import listen
from footfall.store import MemoryStore, open_store

BEGIN = 1_790_000_040_000


def ask(server: Served, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose store has 100,000 facts of 1,000 items in 100 minutes of the last two hours."""
    folder = tmp_path_factory.mktemp("data")
    store = open_store(folder / "store.db")
    begin = int(time.time()) // 60 * MINUTE - 100 * MINUTE
    for minute in range(0, 100, 10):
        places = [(f"item-{item}", begin + (minute + m) * MINUTE) for m in range(10) for item in range(1000)]
        facts = [Fact("shop.example", item, at, 3, 7, 1, 1) for item, at in places]
        values = [Value("shop.example", item, at, "RUB", 0, 35_000_000) for item, at in places[::10]]
        fill(store, Log([(facts, values)]), now=begin)
    store.close()
    return folder


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Served]:
    with served(data, "api.hosts=stats.example", "api.cors_origins=https://shop.example") as running:
        yield running


def test_a_real_server_answers(server: Served) -> None:
    answer, body = ask(server, "/api/v1.0/orders/0")

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["server"] is None
    rows = json.loads(body)["contents"]
    assert len(rows) == 1000
    assert rows[0] == {"url": "shop.example", "id_item": "item-0", "count": 100, "sum": 350_000.0}


def test_long_answers_are_compressed_for_who_takes_it(server: Served) -> None:
    plain = ask(server, "/api/v1.0/users/0")
    packed = ask(server, "/api/v1.0/users/0", Accept_Encoding="gzip, br")

    assert plain[0].headers["content-encoding"] is None
    assert packed[0].headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed[0].headers["vary"]
    assert gzip.decompress(packed[1]) == plain[1]
    assert len(packed[1]) < len(plain[1]) / 5


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("[::1]:5001", 200), ("stats.example", 200), ("evil.example", 421), ("", 421)],
)
def test_only_known_hosts_are_served(server: Served, host: str, status: int) -> None:
    assert ask(server, "/health", Host=host)[0].status == status


@pytest.mark.parametrize(("hosts", "status"), [(b"", 400), (b"Host: localhost\r\nHost: evil.example\r\n", 400)])
def test_a_request_with_no_host_or_two_is_refused(server: Served, hosts: bytes, status: int) -> None:
    answer = raw(server, b"GET /health HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 %d " % status)


def raw(server: Served, request: bytes) -> bytes:
    """Return all that comes back; a reset ends it, since a server may close before it has read everything."""
    found = b""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection,
        contextlib.suppress(ConnectionResetError, BrokenPipeError),
    ):
        connection.sendall(request)
        while part := connection.recv(65536):
            found += part
    return found


def test_chosen_origins_may_read(server: Served) -> None:
    ours, _ = ask(server, "/api/v1.0/users", Origin="https://shop.example")
    other, _ = ask(server, "/api/v1.0/users", Origin="https://evil.example")

    assert ours.headers["access-control-allow-origin"] == "https://shop.example"
    assert other.headers["access-control-allow-origin"] is None


def test_a_head_without_end_is_cut_off_and_hurts_nobody(server: Served) -> None:
    answer = raw(server, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000)

    assert answer[:13] in (b"HTTP/1.1 400 ", b"")
    assert ask(server, "/health")[0].status == 200


@pytest.mark.parametrize(
    "request_", [b"\xff\x00\x01\r\n\r\n", b"GET /\xd1\x88 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /\r\n\r\n"]
)
def test_what_is_no_http_is_refused_and_hurts_nobody(server: Served, request_: bytes) -> None:
    assert raw(server, request_).startswith(b"HTTP/1.1 400 ")
    assert ask(server, "/health")[0].status == 200


def test_each_minute_of_100_000_facts_can_be_asked_from(server: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    begin, counts = int(time.time()) // 60 * 60 - 200 * 60, []
    for minute in range(0, 200, 10):
        connection.request("GET", f"/api/v1.0/users/{begin + minute * 60}")
        counts.append(sum(row["count"] for row in json.loads(connection.getresponse().read())["contents"]))
    connection.close()

    assert counts[0] == 300_000
    assert counts == sorted(counts, reverse=True)


def test_the_process_is_small(data: Path) -> None:
    """At most 70 MB, and nothing that only counting or files of columns need."""
    with served(data) as running:
        for path in ("/api/v1.0/users/0", "/api/v1.0/orders/0", "/openapi.json", "/docs", "/health", "/metrics"):
            assert ask(running, path)[0].status == 200
        memory = psutil.Process(running.process.pid).memory_full_info().pss
        running.process.send_signal(signal.SIGTERM)
        out, _ = running.process.communicate(timeout=15)

    print(f"API process: {memory / 1e6:.1f} MB")
    assert memory <= 70_000_000
    modules = set(json.loads(out))
    assert not modules & {"duckdb", "pyarrow", "arro3", "alembic", "fastavro", "uvloop"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with served(tmp_path) as running:
        running.process.send_signal(number)
        _, errors = running.process.communicate(timeout=15)

    assert running.process.returncode == 0
    assert errors == ""


def test_an_open_request_is_answered_before_the_end(tmp_path: Path) -> None:
    answers: list[int] = []
    with served(tmp_path, delay=1.0) as running:
        asking = threading.Thread(target=lambda: answers.append(ask(running, "/health")[0].status))
        asking.start()
        time.sleep(0.4)
        running.process.send_signal(signal.SIGTERM)
        asking.join()
        running.process.communicate(timeout=15)

    assert answers == [200]
    assert running.process.returncode == 0


def test_an_ended_server_does_not_answer(tmp_path: Path) -> None:
    """Negative control of the test above: a request that comes after the signal is refused."""
    with served(tmp_path) as running:
        running.process.send_signal(signal.SIGTERM)
        running.process.communicate(timeout=15)

        with pytest.raises(ConnectionRefusedError):
            ask(running, "/health")


def test_ipv6_is_served_under_its_brackets(tmp_path: Path) -> None:
    try:
        listen("api", "::1", 0)[0].close()
    except SettingsError:
        pytest.skip("no IPv6 on this machine")
    with served(tmp_path, "api.host=::1") as running:
        assert running.address == f"http://[::1]:{running.port}"
        connection = http.client.HTTPConnection("::1", running.port, timeout=10)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()


def test_listening_beyond_this_machine_warns(tmp_path: Path) -> None:
    with served(tmp_path, "api.host=0.0.0.0") as running:
        assert "the API can be read by others than this machine, without a password" in running.before
    with served(tmp_path) as running:
        assert running.before == ""


def test_a_port_in_use_is_told_by_its_setting() -> None:
    taken = listen("api", "127.0.0.1", 0)
    taken[0].listen()
    port = taken[0].getsockname()[1]

    with pytest.raises(SettingsError, match=f"api.port = {port}: in use on 127.0.0.1; expected a free port"):
        serve(settings_of(port=port), Answers(MemoryStore(), None, time.time), print)
    taken[0].close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "a" * 300])
def test_an_address_of_another_machine_is_told_by_its_setting(host: str) -> None:
    with pytest.raises(SettingsError, match=r"api\.host = .*expected"):
        listen("api", host, 0)
