"""The two stores side by side: small steps, large steps, and a question over 30 days."""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.postgres import running

from footfall.model.steps import Fact, Position, Reason, SeenEvent, SessionState, Step, Tally
from footfall.store import Store, open_store

BEGIN = 1_790_000_040_000
MINUTE = 60_000
EVENTS, SESSIONS, GO_ON = 20_000, 15_000, 5_000
"""Of a large step; so many of its sessions were in an earlier one."""
MEMORY = 8 * MINUTE
"""Steps lie a minute apart: after eight, as many sessions are forgotten as are new."""
PRODUCTS, DAYS = 2_000, 40


def small(before: Position, number: int) -> Step:
    """Return a step of one event."""
    clock = BEGIN + number * 1000
    fact = Fact("shop.example", "dress", clock // MINUTE * MINUTE, 1, 1, 0, 0)
    seen = SeenEvent(f"s{number}", "e", clock)
    session = SessionState(f"s{number}", 1, clock)
    return Step(before, before.next + 1, clock, Tally(1, 1), facts=[fact], sessions=[session], seen=[seen])


def large(rnd: random.Random) -> Iterator[tuple[int, list[Fact], list[str], list[tuple[str, str]]]]:
    """Yield clock, facts, sessions and ids of large steps, one after the other. Sessions begin with the time."""
    known: list[str] = []
    clock = BEGIN
    while True:
        clock += MINUTE
        old = rnd.sample(known, min(GO_ON, len(known)))
        new = [f"0:{clock + rnd.randrange(MINUTE):x}:{rnd.getrandbits(128):032x}" for _ in range(SESSIONS - len(old))]
        known = (known + new)[-2 * SESSIONS :]
        sessions = old + new
        views = Counter(int(rnd.paretovariate(1.1)) % PRODUCTS for _ in range(EVENTS * 3 // 5))
        minute = clock // MINUTE * MINUTE
        facts = [Fact("shop.example", f"product-{item}", minute, many, many, 0, 0) for item, many in views.items()]
        yield clock, facts, sessions, [(rnd.choice(sessions), f"{rnd.getrandbits(128):032x}") for _ in range(EVENTS)]


def commits(store: Store, many: int = 200) -> float:
    """Return small steps a second."""
    began = time.monotonic()
    for number in range(many):
        store.commit(small(store.position("small"), number))
    return many / (time.monotonic() - began)


def events(store: Store, many: int = 16) -> float:
    """Return events a second of the later half of large steps: asked for what is remembered, and committed."""
    took = []
    for _, (clock, facts, sessions, ids) in zip(range(many), large(random.Random(1)), strict=False):
        before = store.position("large")
        counted = sum(fact.views for fact in facts)
        tally = Tally(read=EVENTS, counted=counted, ignored=EVENTS - counted)
        step = Step(
            before,
            before.next + EVENTS,
            clock,
            tally,
            reasons={Reason.KIND: EVENTS - counted},
            facts=facts,
            sessions=[SessionState(name, 1, clock) for name in sessions],
            seen=[SeenEvent(session, event, clock) for session, event in ids],
        )
        began = time.monotonic()
        store.carried("large", sessions, ids)
        store.commit(step)
        took.append(time.monotonic() - began)
    later = took[many // 2 :]
    return EVENTS * len(later) / sum(later)


def question(store: Store, rows: int) -> float:
    """Return the ms of a question over 30 days and an odd minute, with so many rows of minutes in the store."""
    rnd, begin = random.Random(2), BEGIN // 86_400_000 * 86_400_000
    for day in range(DAYS):
        minutes = [begin + day * 86_400_000 + n % 1440 * MINUTE for n in range(rows // DAYS)]
        facts = [Fact("shop.example", f"product-{rnd.randrange(PRODUCTS)}", minute, 1, 1, 0, 0) for minute in minutes]
        before = store.position("question")
        store.commit(Step(before, before.next + len(facts), begin, Tally(len(facts), len(facts)), facts=facts))
    took = []
    for _ in range(5):
        began = time.monotonic()
        store.totals(begin + (DAYS - 30) * 86_400_000 - 17 * MINUTE)
        took.append(time.monotonic() - began)
    return sorted(took)[2] * 1000


def measure(rows: int = 1_000_000) -> dict[str, float]:
    """Measure both stores in one run; PostgreSQL with fsync, on this machine."""
    found = {}
    with tempfile.TemporaryDirectory() as folder, running(durable=True, settings={"shared_buffers": "256MB"}) as server:
        for name, place in (("sqlite", Path(folder) / "store.db"), ("postgresql", server.new_store())):
            with closing(open_store(place, session_memory=MEMORY)) as store:
                found[f"{name}_commits_per_second"] = commits(store)
                found[f"{name}_events_per_second"] = events(store)
                found[f"{name}_30_days_ms"] = question(store, rows)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
