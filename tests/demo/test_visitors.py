"""Simulated visitors against a real collector: what they send is kept, also what it could not take at first."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.calling import Up, running

from footfall.demo import find_ports, send_visitors
from footfall.demo.products import PRODUCTS
from footfall.journal import FrameKind, Journal, Request, pack, pack_request
from footfall.log import JournalLog
from footfall.mapping import builtin
from footfall.model.columns import DEFAULT_FIELDS

SHOP = "http://127.0.0.1:8080"
FAST = 0.005
"""Two hundred times as fast as people."""


@contextmanager
def visitors(count: int, collector: str, seed: int = 1, pace: float = FAST) -> Iterator[None]:
    """Let visitors wander while this lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=send_visitors, args=(count, collector, SHOP, stop, seed, pace))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


@contextmanager
def collecting(folder: Path, port: int, max_bytes: int = 50_000_000) -> Iterator[Up]:
    config = folder / "footfall.toml"
    config.write_text(f"[journal]\nmax_bytes = {max_bytes}\n")
    arguments = ("--data", str(folder / "data"), "--config", str(config), "collect", "--port", str(port))
    with running(folder, *arguments) as up:
        up.wait_for("listening on")
        yield up


def sent(folder: Path) -> list[dict[str, object]]:
    """Return the visitors' events that are in the log, each id once, in log order."""
    log = JournalLog(folder / "data" / "journal", builtin("default"), DEFAULT_FIELDS)
    found: dict[object, dict[str, object]] = {}
    for record in log.records("live", 0):
        assert record.fields is not None, record.problem
        if record.fields["eventType"] != "filling":
            found.setdefault(record.fields["eventId"], dict(record.fields))
    log.close()
    return list(found.values())


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def port() -> int:
    return find_ports("127.0.0.1", {"--port": 0})["--port"]


def test_what_they_send_is_what_counting_counts(tmp_path: Path, port: int) -> None:
    with collecting(tmp_path, port), visitors(20, f"http://127.0.0.1:{port}"):
        until(lambda: len(sent(tmp_path)) > 200)

    events = sent(tmp_path)
    assert not any(event["detectedCorruption"] for event in events)
    assert {event["eventType"] for event in events} >= {"pageView", "buy_button_click"}
    assert all(str(event["location"]).startswith(SHOP + "/") for event in events)
    items = {str(event["location"]).split("/item/")[1].split("/")[0] for event in events if event["price"]}
    assert items <= PRODUCTS.keys()
    assert_whole(events)


def test_nothing_is_lost_while_the_collector_refuses_or_is_gone(tmp_path: Path, port: int) -> None:
    fill(tmp_path / "data" / "journal" / "live.db", 1_100_000)
    address = f"http://127.0.0.1:{port}"

    with visitors(10, address):
        time.sleep(0.5)  # nobody listens
        with collecting(tmp_path, port, max_bytes=1_000_000):
            time.sleep(1)  # 503: the journal is full
            assert sent(tmp_path) == []
        with collecting(tmp_path, port):
            until(lambda: len(sent(tmp_path)) > 150)

    assert_whole(sent(tmp_path))


def assert_whole(events: list[dict[str, object]]) -> None:
    """Every session begins with its first event, and of each page's numbered events none is missing."""
    sessions, pages = defaultdict[object, list[object]](list), defaultdict[object, list[int]](list)
    for event in events:
        sessions[event["sessionId"]].append(event["firstInSession"])
        pages[event["pageViewId"]].append(int(str(event["eventId"]).removeprefix(str(event["pageViewId"])), 16))
    assert all(first is True and not any(rest) for first, *rest in sessions.values())
    assert all(numbers == list(range(len(numbers))) for numbers in pages.values())


def test_a_missing_event_would_be_seen(tmp_path: Path, port: int) -> None:
    """Negative control: without any one of the first events of a session the check fails."""
    with collecting(tmp_path, port), visitors(5, f"http://127.0.0.1:{port}"):
        until(lambda: len(sent(tmp_path)) > 20)
    events = sent(tmp_path)
    first = next(number for number, event in enumerate(events) if event["firstInSession"])

    with pytest.raises(AssertionError):
        assert_whole([*events[:first], *events[first + 1 :]])


def fill(journal: Path, size: int) -> None:
    """Make a journal of at least this size, of events that are nobody's."""
    writer = Journal(journal)
    body = b'{"eventType":"filling","eventId":"f","sessionId":"f"}'
    record = pack(FrameKind.POSTED, 1_790_000_000_000, pack_request(Request("", b"/events", (), body.ljust(1_000))))
    while writer.size() < size:
        writer.append([record] * 100)
    writer.close()


def test_the_same_seed_makes_the_same_walks_and_another_others(tmp_path: Path, port: int) -> None:
    walks = [walked(tmp_path / str(number), port, seed) for number, seed in enumerate((7, 7, 8))]

    assert walks[0] == walks[1] != walks[2]


def walked(folder: Path, port: int, seed: int) -> list[object]:
    folder.mkdir()
    with collecting(folder, port), visitors(1, f"http://127.0.0.1:{port}", seed, pace=FAST / 10):
        until(lambda: len(sent(folder)) > 20)
    return [event["location"] for event in sent(folder)][:20]
