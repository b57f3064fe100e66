"""Footfall as it runs: start-up, freshness from click to API at 1,000 events/s, idle memory of all processes."""

import http.client
import json
import re
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import psutil

from benchmarks.counting import requests
from benchmarks.servers import footfall, free_port, wait_for
from footfall.journal import unpack, unpack_request

SHOP = "https://fresh.example"


def pss(pid: int) -> int:
    """Return the proportional set size of a process and all its children, bytes."""
    total = 0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        total += 1024 * int(re.search(r"\nPss:\s+(\d+)", text)[1])  # type: ignore[index]
    return total


def _send(connection: http.client.HTTPConnection, target: str) -> None:
    connection.request("GET", target, headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/140.0 Safari/537.36"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"the collector answered {answer.status}")


def _load(port: int, targets: list[str], rate: int, stop: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    began = time.monotonic()
    for number, target in enumerate(targets):
        if stop.is_set():
            return
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        _send(connection, target)


def _posted(port: int, item: str) -> None:
    event = {
        "eventType": "pageView",
        "location": f"{SHOP}/item/{item}/",
        "sessionId": f"0:i1t84hgy:{item}",
        "partyId": f"0:i1t84hgy:{item}",
        "eventId": item,
    }
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(
        "POST",
        "/events",
        json.dumps(event),
        {"Content-Type": "application/json", "User-Agent": "Mozilla/5.0 Chrome/140.0"},
    )
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"the collector answered {answer.status}: {answer.read()!r}")
    connection.close()


def _seen(port: int, item: str) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1.0/users", timeout=5) as answer:
        return any(row["id_item"] == item for row in json.load(answer)["contents"])


def _freshness(collector: int, api: int, probes: int) -> list[float]:
    """Return, for each probe, seconds from its answer to its being in the API, while 1,000 events/s come in."""
    events = [unpack_request(unpack(record).payload).target.decode() for record in requests(20_000)]
    stop, found = threading.Event(), []
    loads = [threading.Thread(target=_load, args=(collector, events[n::4], 250, stop)) for n in range(4)]
    for load in loads:
        load.start()
    time.sleep(2)
    for number in range(probes):
        began = time.monotonic()
        _posted(collector, f"probe-{number}")
        while not _seen(api, f"probe-{number}"):
            time.sleep(0.01)
        found.append(time.monotonic() - began)
    stop.set()
    for load in loads:
        load.join()
    return sorted(found)


def measure(probes: int = 60) -> dict[str, float]:
    """Return start-up seconds, freshness percentiles and idle memory."""
    collector, api = free_port(), free_port()
    with tempfile.TemporaryDirectory() as name:
        began = time.monotonic()
        arguments = ("--log-level", "warning", "up", "--collector-port", str(collector), "--api-port", str(api))
        with footfall(Path(name), *arguments) as process:
            wait_for(f"http://127.0.0.1:{collector}/ping")
            _posted(collector, "first")
            first = time.monotonic() - began
            while not _api_up(api) or not _seen(api, "first"):
                time.sleep(0.02)
            counted = time.monotonic() - began
            time.sleep(3)
            idle = pss(process.pid)
            fresh = _freshness(collector, api, probes)
            time.sleep(3)
            busy = pss(process.pid)
    return {
        "first_event_s": first,
        "first_counted_s": counted,
        "idle_mb": idle / 1e6,
        "after_load_mb": busy / 1e6,
        "fresh_p50_s": fresh[len(fresh) // 2],
        "fresh_p99_s": fresh[min(len(fresh) - 1, int(len(fresh) * 0.99))],
    }


def _api_up(port: int) -> bool:
    try:
        wait_for(f"http://127.0.0.1:{port}/api/v1.0/users", 0.2)
    except TimeoutError:
        return False
    return True


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
