"""A backlog is counted in steps within the limits: memory does not grow with it, and each step says how far it is."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fold import Entry
from tests.job.counters import ROOT, fill
from tests.job.logs import BROWSER, T0, Log, raw

from footfall.job import verify
from footfall.store import open_store

MOST = 1.2
"""How much more memory ten times the backlog may take: what is remembered of single values fills up, to some MB."""


def backlog(events: int) -> Log:
    """Return events of ever new visits, each of ten pages."""
    entries = []
    for n in range(events):
        fields = {
            "timestamp": T0 + n,
            "sessionId": f"0:visit:{n // 10:030}",
            "eventId": f"0:event:{n:030}",
            "eventType": "pageView",
            "location": f"https://shop.example/item/product-{n % 997}/?utm_campaign={n:0100}",
            "userAgentString": BROWSER,
        }
        entries.append(("live", n, Entry(T0 + n, fields)))
    return Log(entries)


@dataclass(frozen=True)
class Run:
    """What a counter in a process of its own did and said."""

    peak: int
    """Most memory at any time, kB."""
    lines: list[dict[str, object]]
    """What it logged, a step a line."""


def count(data: Path, **settings: int) -> Run:
    """Count the journals of the folder once and for all."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    environ |= {f"FOOTFALL_COUNTING__{name.upper()}": str(value) for name, value in settings.items()}
    options = ["--data", str(data), "--log-format", "json", "count", "--once"]
    command = [sys.executable, "-m", "tests.job.measured", str(data / "peak"), *options]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (done.stdout + done.stderr).splitlines() if line.startswith("{")]
    return Run(int((data / "peak").read_text()), [line for line in lines if line["event"] == "step"])


def filled(data: Path, events: int) -> Path:
    fill(data, backlog(events), random.Random(1))
    return data


@pytest.mark.prove("backlog")
def test_memory_does_not_grow_with_the_backlog(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    events, step = many(300_000), 1_000

    small = count(filled(tmp_path / "small", events // 10), step_events=step)
    large = count(filled(tmp_path / "large", events), step_events=step)

    assert len(large.lines) == events // step
    assert large.peak < MOST * small.peak
    tell(
        f"most memory of a counter in steps of {step}: {small.peak // 1000} MB for {events // 10} waiting events, "
        f"{large.peak // 1000} MB for {events}"
    )


def test_without_a_limit_memory_would_grow(tmp_path: Path) -> None:
    """The negative control."""
    small = count(filled(tmp_path / "small", 3_000), step_events=10**6)
    large = count(filled(tmp_path / "large", 30_000), step_events=10**6)

    assert len(large.lines) == 1
    assert large.peak > MOST * small.peak


@pytest.mark.parametrize(("events", "size"), [(300, 10**9), (10**6, 50_000), (10**6, 1)])
def test_steps_are_within_the_limits_and_each_says_how_far_behind_it_is(events: int, size: int, tmp_path: Path) -> None:
    log = backlog(2_000 if size > 1 else 5)
    run = count(filled(tmp_path, len(log)), step_events=events, step_bytes=size)

    with closing(open_store(tmp_path / "store.db")) as store:
        ledger = list(store.ledger())
        assert verify(store) == []
    lengths = [len(raw(item, position)) for _, position, item in log.entries]
    for step in ledger[:-1]:
        taken = sum(lengths[step.first : step.next])
        assert step.tally.read == events or taken <= size < taken + lengths[step.next] or step.tally.read == 1
    assert len(ledger) == 7 if size == 10**9 else len(ledger) > 4
    assert [line["read"] for line in run.lines] == [step.tally.read for step in ledger]
    assert [line["behind"] for line in run.lines] == [len(log) - step.next for step in ledger]
    assert ledger[-1].next == len(log)
