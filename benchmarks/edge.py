"""The edge beside nginx's `empty_gif`: the same core, the same load, alternating rounds."""

import json
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers import footfall, free_port, nginx, wait_for

TARGET = (
    "/csc-event?p=0%3Ai1t84hgy%3A5AF359Zjq5kUy98u4wQjlIZzWGhN~GlG&s=0%3Ai1t84hgy%3A95CbiPCYln_1e0a6rFvuRkDkeNnc6KC8"
    "&v=0%3A1fF6GFGjDOQiEx_OxnTm_tl4BH91eGLF&e=0%3A1fF6GFGjDOQiEx_OxnTm_tl4BH91eGLF0&c=i1t8q2b6&n=f&f=f"
    "&l=http%3A%2F%2Flocalhost%3A8290%2F&i=1ak&j=sj&k=2&w=uq&h=qd&t=pageView&x=si9804"
)
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept": "image/avif,image/webp,*/*",
    "Referer": "http://localhost:8290/item/dress/",
    "Accept-Language": "ru,en;q=0.9",
}
SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Round:
    """One round of wrk: answers a second, latencies in ms, errors."""

    rate: float
    p50: float
    p99: float
    errors: int


def _ms(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    raise ValueError(f"{text!r} is no latency of wrk")


def wrk(url: str, connections: int, seconds: int) -> Round:
    """Load the address with so many connections for so long."""
    headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
    out = subprocess.run(
        [
            "taskset",
            "-c",
            str(LOAD_CORE),
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            *headers,
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    errors = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", out)))
    errors += sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", out)))
    latency = {mark: _ms(re.search(rf"^\s*{mark}%\s+(\S+)", out, re.MULTILINE)[1]) for mark in (50, 99)}  # type: ignore[index]
    return Round(float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), latency[50], latency[99], errors)  # type: ignore[index]


def _median(rounds: list[Round], name: str) -> float:
    values: list[float] = [getattr(round_, name) for round_ in rounds]
    return statistics.median(values)


def _commit_ms(port: int) -> float:
    """Return the median group commit and its gathering wait, ms, as the collector itself measured it."""
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    buckets = [
        (float(bound), float(line.rsplit(" ", 1)[1]))
        for line in lines
        if line.startswith("footfall_collector_commit_seconds_bucket")
        for bound in [re.search(r'le="([^"]+)"', line)[1]]  # type: ignore[index]
        if bound != "+Inf"
    ]
    total = next(
        float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("footfall_collector_commit_seconds_count")
    )
    below = 0.0, 0.0
    for bound, count in buckets:
        if count >= total / 2:
            share = (total / 2 - below[1]) / max(count - below[1], 1)
            return 1000 * (below[0] + share * (bound - below[0]))
        below = bound, count
    return 1000 * below[0]


def measure(rounds: int = 5, seconds: int = 4) -> dict[str, float]:
    """Return the figures of the edge; rates are medians of alternating rounds."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = free_port()
        with (
            nginx(folder / "nginx", core=SERVER_CORE) as peer,
            footfall(folder / "footfall", "collect", "--port", str(port), core=SERVER_CORE),
        ):
            wait_for(f"http://127.0.0.1:{port}/ping")
            for connections in (64, 1024):
                ours, theirs = [], []
                for _ in range(rounds):
                    theirs.append(wrk(peer + TARGET, connections, seconds))
                    ours.append(wrk(f"http://127.0.0.1:{port}{TARGET}", connections, seconds))
                label = f"{connections}"
                figures[f"rate_{label}"] = _median(ours, "rate")
                figures[f"nginx_{label}"] = _median(theirs, "rate")
                figures[f"ratio_{label}"] = figures[f"rate_{label}"] / figures[f"nginx_{label}"]
                figures[f"p50_{label}"] = _median(ours, "p50")
                figures[f"p99_{label}"] = _median(ours, "p99")
                figures[f"errors_{label}"] = sum(round_.errors for round_ in ours)
                if connections == 64:
                    figures["commit_ms"] = _commit_ms(port)
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
