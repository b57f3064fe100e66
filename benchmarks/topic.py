"""From a Kafka topic to committed facts: events a second of one process, and how soon new events are there."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from confluent_kafka import Producer
from tests.kafka import topics
from tests.kafka.broker import Broker, need_kafka
from tests.kafka.records import naked
from tests.kafka.topics import Written, make_topic

from footfall.store import open_store

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


def records(events: int, seed: int = 1) -> Iterator[Written]:
    """Yield records of plausible visits: a fifth of the sessions' pages are products, one view in twelve a click."""
    rnd, now, left = random.Random(seed), round(time.time() * 1000) - events, events
    while left:
        party, session = (f"0:i1t84hgy:{rnd.getrandbits(128):032x}" for _ in range(2))
        for view in range(min(left, rnd.randint(1, 8))):
            now, left = now + 1, left - 1
            page = f"item/product-{int(rnd.paretovariate(1.1))}/" if rnd.random() < 0.6 else "catalog/"
            click = page.startswith("item") and rnd.random() < 0.12
            fields = {
                "timestamp": now,
                "sessionId": session,
                "partyId": party,
                "eventId": f"{session}{view:x}",
                "eventType": "buy_button_click" if click else "pageView",
                "location": "https://shop.example/" + page,
                "referer": "https://shop.example/",
                "userAgentString": AGENT,
                "price": "4 590 руб." if click else None,
                "amount": "2" if click else None,
            }
            yield Written(naked(fields), party.encode(), now)


def _command(data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "footfall", "--data", str(data), "--log-level", "warning", "count", *arguments]


def _environ(address: str, topic: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    return {**clean, "FOOTFALL_LOG": f"kafka://{address}/{topic}"}


def _once(data: Path, environ: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run(_command(data, "--once"), env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


@contextmanager
def _worker(data: Path, environ: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(_command(data), env=environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _fresh(address: str, folder: Path, probes: int) -> list[float]:
    """Return, for each probe, seconds from the first of 5,000 new records to the commit of the last."""
    topic = make_topic(address)
    producer = Producer({**topics.PRODUCER, "bootstrap.servers": address})
    found = []
    with closing(open_store(folder / "store.db")) as store, _worker(folder, _environ(address, topic)):
        for probe in range(probes + 1):
            some = list(records(5000, seed=100 + probe))
            began = time.monotonic()
            topics.produce(producer, topic, some)
            while store.tally().read < 5000 * (probe + 1):
                time.sleep(0.005)
            found.append(time.monotonic() - began)
    return sorted(found[1:])  # the first waits for the worker to join its group


def measure(events: int = 1_000_000, rounds: int = 3, probes: int = 10) -> dict[str, float]:
    """Return the median rate of `footfall count --once` over a topic, start-up taken off, and the median freshness."""
    need_kafka()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = Broker(folder / "broker")
        broker.start()
        try:
            topic = make_topic(broker.address)
            topics.write(broker.address, topic, records(events), {"linger.ms": 20})
            environ, rates = _environ(broker.address, topic), []
            for number in range(rounds):
                data = folder / str(number)
                rates.append(events / (_once(data, environ) - _once(data, environ)))
            fresh = _fresh(broker.address, folder / "fresh", probes)
        finally:
            broker.kill9()
    return {
        "counted_per_second": sorted(rates)[len(rates) // 2],
        "events": float(events),
        "fresh_p50_s": fresh[len(fresh) // 2],
        "fresh_max_s": fresh[-1],
    }


if __name__ == "__main__":
    print(json.dumps(measure(*(int(argument) for argument in sys.argv[1:])), indent=1))
