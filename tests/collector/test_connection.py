"""One connection: order, patience, limits, and clients that mean harm or are merely slow."""

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.running import Running, collecting, process
from tests.collector.talking import Answer, Client, an_event, ask, event, get, metrics, post, target

JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A collector that waits 400 ms for a head and 800 ms for everything else."""
    flags = {"collector.head_timeout": "400ms", "collector.idle_timeout": "800ms"}
    with collecting(tmp_path_factory.mktemp("impatient"), flags) as running:
        yield running


def eventually(running: Running, **figures: float) -> None:
    """Return once the collector's metrics say so."""
    deadline = time.monotonic() + 10
    while True:
        found = metrics(running.port)
        seen = {name: found[f"footfall_collector_{name}"] for name in figures}
        if seen == figures:
            return
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)


# Order


def test_answers_come_in_the_order_of_the_requests_however_early_they_are_ready(collector: Running) -> None:
    """An event waits for the disk; a ping behind it is ready at once and waits for its turn."""
    body = json.dumps(an_event()).encode()
    with Client(collector.port) as client:
        client.send(event("o1") + get("/ping") + event("o2") + post(body) + get("/x") + event("o3") + get("/ping"))
        answers = [client.answer() for _ in range(7)]

    assert [answer.status for answer in answers] == [200, 200, 200, 200, 404, 200, 200]
    assert [answer.is_gif for answer in answers] == [True, False, True, False, False, True, False]
    assert answers[3].json == {"kept": 1, "refused": []}


KINDS: Final[dict[str, tuple[bytes, Callable[[Answer], bool]]]] = {
    "event": (event("mixed"), lambda answer: answer.is_gif),
    "ping": (get("/ping"), lambda answer: answer.body == b"pong"),
    "post": (post(json.dumps(an_event()).encode(), JSON), lambda answer: answer.json["kept"] == 1),
    "large post": (
        post(json.dumps([an_event(extra="x" * 900)] * 100).encode(), JSON),
        lambda answer: answer.json["kept"] == 100,
    ),
    "bad post": (post(b"{}", JSON), lambda answer: answer.status == 422),
    "lost": (get("/lost"), lambda answer: answer.status == 404),
    "script": (get("/divolte.js"), lambda answer: answer.header("content-type") == "application/javascript"),
    "unchanged": (event("x", 'If-None-Match: "6b3edc43-20ec-4078-bc47-e965dd76b88a"'), lambda a: a.status == 304),
    "other method": (get("/divolte.js").replace(b"GET", b"PUT", 1), lambda answer: answer.status == 405),
}


@settings(max_examples=60)
@given(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=80), st.lists(st.integers(1, 3000), max_size=30))
def test_any_requests_in_any_pieces_get_their_own_answers(
    collector: Running, kinds: list[str], sizes: list[int]
) -> None:
    data = b"".join(KINDS[kind][0] for kind in kinds)
    with Client(collector.port) as client:
        at = 0
        for size in sizes:
            client.send(data[at : at + size])
            at += size
        client.send(data[at:])
        for kind in kinds:
            assert KINDS[kind][1](client.answer()), kind


def test_thousands_at_once_are_all_answered(collector: Running) -> None:
    """More than the connection takes at once: the rest waits, in the client at last."""
    before = len(collector.events())
    with Client(collector.port) as client:
        client.send(event("thousands") * 3000)
        assert all(client.answer().is_gif for _ in range(3000))

    assert len(collector.events()) == before + 3000
    assert metrics(collector.port)["footfall_collector_waiting_bytes"] == 0


def test_the_requests_before_a_bad_one_are_answered(collector: Running) -> None:
    body = json.dumps(an_event()).encode()
    with Client(collector.port) as client:
        client.send(event("good") + post(body, JSON) * 2 + get("/ping") + b"\x00\xff nonsense\r\n\r\n" + event("never"))
        answers = [client.answer() for _ in range(5)]
        assert client.ended

    assert [answer.status for answer in answers] == [200, 200, 200, 200, 400]
    assert collector.events("e=never") == []


@pytest.mark.parametrize("first", [event("last", "Connection: close"), get("/ping", "Connection: close")])
def test_after_the_last_request_nothing_is_taken(collector: Running, first: bytes) -> None:
    with Client(collector.port) as client:
        client.send(first + event("beyond"))
        assert client.answer().header("connection") == "close"
        assert client.ended

    assert collector.events("e=beyond") == []


@pytest.mark.parametrize(
    "extra", [b"", b"GET /half", b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"]
)
def test_who_says_that_he_is_done_gets_his_answers(collector: Running, extra: bytes) -> None:
    """As `printf ... | nc` does; also if half a request follows."""
    body = json.dumps(an_event()).encode()
    with Client(collector.port) as client:
        client.send(event("eof") + post(body, JSON) + get() + extra).end()
        assert [client.answer().status for _ in range(3)] == [200, 200, 200]
        assert client.ended


def test_requests_may_come_a_byte_at_a_time(collector: Running) -> None:
    data = event("bytewise") + get() + post(json.dumps(an_event()).encode(), JSON)
    with Client(collector.port) as client:
        for at in range(len(data)):
            client.send(data[at : at + 1])
        assert [client.answer().status for _ in range(3)] == [200, 200, 200]
    assert len(collector.events("e=bytewise")) == 1


# Heads


@pytest.fixture(scope="module")
def small_heads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with collecting(tmp_path_factory.mktemp("heads"), {"collector.head_limit": 10_000}) as running:
        yield running


PIECE = 4096
"""A head is measured to within a piece of what is read at once."""


@pytest.mark.parametrize("path", [target("long"), "/ping"])
@pytest.mark.parametrize("where", ["target", "header", "headers"])
def test_a_head_below_the_limit_is_taken_and_one_above_is_not(small_heads: Running, path: str, where: str) -> None:
    def sized(size: int) -> bytes:
        match where:
            case "target":
                return get(path + ("&" if "?" in path else "?") + "x=" + "y" * size)
            case "header":
                return get(path, "X: " + "y" * size)
            case _:
                return get(path, *["X: " + "y" * (size // 100)] * 100)

    assert ask(small_heads.port, sized(9000)).status == 200
    with Client(small_heads.port) as client:
        answer = client.send(sized(10_000 + PIECE)).answer()
        assert (answer.status, answer.body) == (400, b"the head is too large\n")
        assert client.ended


def test_by_default_a_location_of_200_kb_is_taken(collector: Running) -> None:
    assert ask(collector.port, get(target("l=" + "x" * 200_000))).is_gif


@pytest.mark.parametrize("data", [b"GET /csc-event?" + b"x" * 1_000_000, get("/", "X: " + "y" * 1_000_000)])
def test_a_megabyte_of_head_is_refused_and_hurts_nobody(collector: Running, data: bytes) -> None:
    with Client(collector.port) as client:
        assert client.send(data).answer().status == 400
        assert client.ended
    assert metrics(collector.port)["footfall_collector_waiting_bytes"] == 0


def test_a_head_of_the_largest_setting_is_taken(tmp_path: Path) -> None:
    """Divolte's limit."""
    with collecting(tmp_path, {"collector.head_limit": 2**20}) as running:
        assert ask(running.port, get(target("x=" + "y" * (2**20 - 10_000)))).is_gif


# What is no request


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"\xff" * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"HELLO\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /csc-event?e=http09\r\n\r\n",
        b"GET /csc-event?e=http09 \r\n\r\n",
        b"GET csc-event?e=http09 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT shop.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /csc-event?e=http09 HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET /csc-event?e=http09 HTTP/1.1\r\nHo st: x\r\n\r\n",
        b"GET /csc-event?e=http09 HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /csc-event?e=http09 HTTP/1.1\r\n: x\r\n\r\n",
        b"GET /csc-event?e=http09 HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"GET /csc-event?e=http09 HTTP/1.1\r\nX: a\x7f\x01b\r\n\r\n",
        "GET /csc-event?e=http09&l=шапка HTTP/1.1\r\n\r\n".encode(),
        b"GET /csc-event?e=http09&l=%zz HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_with_a_reason_and_not_recorded(collector: Running, data: bytes) -> None:
    with Client(collector.port) as client:
        answer = client.send(data).answer()
        assert client.ended

    assert answer.status in (400, 405)
    assert answer.body
    assert answer.header("connection") == "close"
    assert collector.events("http09") == []
    assert ask(collector.port, get()).body == b"pong"


SMUGGLED = b"GET /csc-event?e=smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"0\r\n\r\n" + SMUGGLED


def pair(*lines: bytes, path: bytes = b"POST /events") -> bytes:
    return path + b" HTTP/1.1\r\nHost: x\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


@pytest.mark.parametrize("path", [b"POST /events", b"GET /csc-event?e=outer", b"GET /ping"])
@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 5"),
        (b"Content-Length: 5", b"Content-Length: 6"),
        (b"Content-Length: 5", b"Content-Length: 5"),
        (b"Content-Length: 5, 5",),
        (b"Content-Length: +5",),
        (b"Content-Length: -5",),
        (b"Content-Length: 0x5",),
        (b"Content-Length: 5 5",),
        (b"Content-Length: 99999999999999999999999",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding: chunked, identity",),
        (b"Transfer-Encoding : chunked",),
        (b"Transfer-Encoding\x00: chunked",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
        (b"X: y\nContent-Length: 5",),
        (b" Transfer-Encoding: chunked",),
    ],
    ids=repr,
)
def test_a_request_whose_end_two_readers_would_see_in_two_places_is_refused(
    collector: Running, path: bytes, lines: tuple[bytes, ...]
) -> None:
    """So that no proxy before us and we can be made to disagree (request smuggling)."""
    with Client(collector.port) as client:
        client.send(pair(*lines, path=path) + CHUNKED)
        answers = client.rest()

    assert answers.startswith(b"HTTP/1.1 400 ") or b"HTTP/1.1 400 " in answers
    assert collector.events("e=smuggled") == []
    assert ask(collector.port, get()).body == b"pong"


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nab\r\n0\r\n\r\n",
        b"-1\r\nab\r\n0\r\n\r\n",
        b"0x2\r\nab\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\nab\r\n0\r\n\r\n",
        b"2\r\nabc\r\n0\r\n\r\n",
        b"2 \r\nab\r\n0\r\n\r\n",
        b"2\nab\n0\n\n",
        b"\r\n\r\n",
    ],
)
def test_a_body_of_wrong_chunks_is_refused_at_once(collector: Running, chunks: bytes) -> None:
    begun = time.monotonic()
    with Client(collector.port) as client:
        client.send(event("before") + pair(b"Transfer-Encoding: chunked") + chunks + SMUGGLED)
        assert client.answer().is_gif
        assert client.answer().status == 400
        assert client.ended

    assert collector.events("e=smuggled") == []
    assert time.monotonic() - begun < 10  # not only when patience ends


def test_what_follows_a_shorter_body_is_the_next_request_and_a_longer_one_is_waited_for(impatient: Running) -> None:
    body = json.dumps(an_event(eventId="length")).encode()
    with Client(impatient.port) as client:
        client.send(post(body, JSON).replace(b": %d" % len(body), b": %d" % (len(body) - 5)))
        assert client.answer().status == 422
        assert client.answer().status == 400
    with Client(impatient.port) as client:
        client.send(post(body, JSON).replace(b": %d" % len(body), b": %d" % (len(body) + 5)))
        assert client.ended
    assert impatient.posted("length") == []


# Patience


@pytest.mark.parametrize(
    "data",
    [b"G", b"GET /csc-event?e=slow", b"GET /csc-event?e=slow\r\n", b"GET /csc-event?e=slow HTTP/1.1\r\nHost: x\r\n"],
)
def test_a_head_that_takes_too_long_is_ended_with_a_reason(impatient: Running, data: bytes) -> None:
    """The third is a whole request of HTTP/0.9, which nobody speaks."""
    with Client(impatient.port) as client:
        answer = client.send(data).answer()
        assert client.ended

    assert (answer.status, answer.body) == (408, b"the head took too long\n")


def test_a_slow_loris_gains_nothing_by_a_byte_now_and_then(impatient: Running) -> None:
    with Client(impatient.port, timeout=0.05) as client:
        client.send(b"GET /csc-event?e=loris HTTP/1.1\r\n")
        begun = time.monotonic()
        while time.monotonic() - begun < 10:
            client.send(b"X: y\r\n")
            try:
                assert client.answer().status == 408
                break
            except TimeoutError:
                continue
        assert time.monotonic() - begun < 5


def test_a_hundred_of_them_hurt_nobody(impatient: Running) -> None:
    clients = [Client(impatient.port).send(b"GET / HTTP/1.1\r\nX: ") for _ in range(100)]
    for number in range(20):
        assert ask(impatient.port, event(f"beside-{number}")).is_gif
    assert all(client.answer().status == 408 for client in clients)
    for client in clients:
        client.socket.close()


@pytest.mark.parametrize("data", [b"", get(), event("idle")])
def test_an_idle_connection_is_ended_without_a_word(impatient: Running, data: bytes) -> None:
    with Client(impatient.port) as client:
        client.send(data)
        if data:
            client.answer()
        assert client.ended


def test_one_that_is_used_is_kept(impatient: Running) -> None:
    with Client(impatient.port) as client:
        begun = time.monotonic()
        while time.monotonic() - begun < 2.5:
            assert client.send(event("used")).answer().is_gif
            time.sleep(0.3)


@pytest.mark.parametrize("head", [post(b"x" * 1000), event("half-body", "Content-Length: 1000")])
def test_a_body_that_does_not_come_is_not_waited_for(impatient: Running, head: bytes) -> None:
    with Client(impatient.port) as client:
        client.send(head[:300])
        client.rest()
    with Client(impatient.port, timeout=0.2) as client:
        client.send(head.replace(b"x" * 1000, b""))
        begun = time.monotonic()
        while time.monotonic() - begun < 10:
            client.send(b"x")
            try:
                if not client.socket.recv(1000):
                    break
            except TimeoutError:
                continue
            except ConnectionResetError:
                break
        assert time.monotonic() - begun < 5


def reset(client: Client) -> None:
    """End the connection rudely."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


@pytest.mark.parametrize(
    "data", [b"", b"GET", event("r"), event("r") * 200, post(b"{}")[:-1], get("/divolte.js") * 100, b"\xff" * 9000]
)
def test_a_reset_hurts_nobody(collector: Running, data: bytes) -> None:
    for pause in (0, 0.001, 0.02):
        client = Client(collector.port).send(data)
        time.sleep(pause)
        reset(client)
    assert ask(collector.port, event("after-reset")).is_gif
    eventually(collector, waiting_bytes=0, connections=1)


def test_an_event_is_recorded_though_its_client_has_gone(collector: Running) -> None:
    reset(Client(collector.port).send(event("gone")))
    ask(collector.port, event("then"))

    assert len(collector.events("e=gone")) == 1


# Limits


def test_more_connections_than_allowed_are_told_to_come_later(tmp_path: Path) -> None:
    with collecting(tmp_path, {"collector.connections": 3}) as running:
        clients = [Client(running.port).send(get()) for _ in range(3)]
        assert [client.answer().status for client in clients] == [200, 200, 200]

        with Client(running.port) as one_more:
            answer = one_more.answer()
            assert (answer.status, answer.header("retry-after")) == (503, "2")
            assert one_more.ended

        clients.pop().socket.close()
        time.sleep(0.2)
        assert ask(running.port, event("again")).is_gif
        for client in clients:
            client.socket.close()


def test_when_too_much_waits_the_next_are_told_to_come_later(tmp_path: Path) -> None:
    """Half heads wait in memory: of 30 with 9 kB each, 100 kB hold eleven. What is whole is served all the same."""
    with collecting(tmp_path, {"collector.waiting_bytes": 100_000}) as running:
        clients = [Client(running.port).send(b"GET / HTTP/1.1\r\nX: " + b"y" * 9000) for _ in range(30)]
        statuses = []
        for client in clients:
            client.socket.settimeout(0.2)
            try:
                statuses.append(client.answer().status)
            except TimeoutError:
                statuses.append(0)
        assert 8 <= statuses.count(0) <= 12
        assert statuses.count(503) == 30 - statuses.count(0)
        for client in clients:
            client.socket.close()
        eventually(running, waiting_bytes=0)
        assert ask(running.port, event("then")).is_gif


SLOW_CLIENTS = 100


@pytest.mark.parametrize(
    "data", [event("unread", "Cookie: " + "x" * 500) * 1000, get("/divolte.js") * 3000, post(b"{}", JSON) * 3000],
    ids=["events", "script", "posts"],
)  # fmt: skip
def test_a_client_that_reads_a_byte_a_second_costs_at_most_64_kb(
    tmp_path: Path, data: bytes, tell: Callable[[str], None]
) -> None:
    """It sends for ever and reads hardly anything. Measured in a process of its own, over many such clients."""
    cost = cost_of_a_slow_client(tmp_path, data)

    tell(f"a client that reads a byte a second costs {cost / 1000:.1f} kB")
    assert cost <= 64_000


def test_if_all_that_comes_were_taken_in_it_would_cost_more(tmp_path: Path) -> None:
    """Negative control of the test above: a collector that never lets a client wait."""
    cost = cost_of_a_slow_client(tmp_path, event("unread") * 1000, ("-m", "tests.collector.broken", "greedy"))

    assert cost > 64_000


def cost_of_a_slow_client(data: Path, sent: bytes, command: tuple[str, ...] = ("-m", "footfall")) -> float:
    """Return by how many bytes the process grows for each client that sends as much as it can and reads hardly any."""
    with process(data, command=command) as running:
        memory = psutil.Process(running.pid).memory_info
        warm = flood(running.port, sent, 20)
        before = memory().rss
        clients = flood(running.port, sent, SLOW_CLIENTS)
        after = memory().rss
        time.sleep(1)
        for client in clients:
            client.setblocking(True)
            client.recv(1)
        after = max(after, memory().rss)
        assert ask(running.port, event("beside")).is_gif
        for client in [*warm, *clients]:
            client.close()
    return (after - before) / SLOW_CLIENTS


def flood(port: int, data: bytes, count: int) -> list[socket.socket]:
    """Return connections into each of which so much was sent as it takes, and from which nothing was read."""
    left: dict[socket.socket, memoryview] = {}
    for _ in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)  # or the system takes megabytes for it
        client.connect(("127.0.0.1", port))
        client.setblocking(False)
        left[client] = memoryview(data)
    quiet, until = 0, time.monotonic() + 2  # the system finds room for a little more again and again
    while quiet < 4 and time.monotonic() < until:
        time.sleep(0.1)
        quiet += 1
        for client, rest in left.items():
            try:
                sent = client.send(rest)
            except BlockingIOError:
                continue
            left[client], quiet = rest[sent:], 0
    return list(left)


def test_who_never_reads_is_ended(impatient: Running) -> None:
    with Client(impatient.port, small=True) as client, pytest.raises(ConnectionError):
        client.socket.sendall(event("never-read", "Cookie: " + "x" * 500) * 20_000)
    eventually(impatient, connections=1)


def test_a_thousand_connections_are_served(collector: Running) -> None:
    clients = [Client(collector.port) for _ in range(1000)]
    for number, client in enumerate(clients):
        client.send(event(f"crowd-{number}"))
    assert all(client.answer().is_gif for client in clients)
    for client in clients:
        client.socket.close()
    assert len({request.target for request in collector.events("e=crowd-")}) == 1000
