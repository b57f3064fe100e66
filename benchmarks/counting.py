"""Events a second from the journal to committed facts: raw requests in, one process, SQLite store."""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from footfall.journal import FrameKind, Journal, Request, pack, pack_request

START = 1_700_000_000_000


def requests(events: int, seed: int = 1) -> list[bytes]:
    """Return records of plausible visits: a fifth of the pages are products, one view in twelve ends in a click."""
    rnd, now = random.Random(seed), START
    records: list[bytes] = []
    agent = (
        b"user-agent",
        b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    )
    while len(records) < events:
        party, session = rnd.getrandbits(128), rnd.getrandbits(128)
        for view in range(rnd.randint(1, 8)):
            now += rnd.randint(1, 40)
            page = f"item%2Fproduct-{int(rnd.paretovariate(1.1))}%2F" if rnd.random() < 0.6 else "catalog%2F"
            click = page.startswith("item") and rnd.random() < 0.12
            kind, extra = (
                ("buy_button_click", "&u=(sprice!4%20590%20%D1%80%D1%83%D0%B1.!samount!2!)")
                if click
                else ("pageView", "")
            )
            target = (
                f"/csc-event?p=0%3Ai1t84hgy%3A{party:032x}&s=0%3Ai1t84hgy%3A{session:032x}&v=0%3A{session:032x}{view:x}"
                f"&e=0%3A{session:032x}{view:x}0&c=i1t8q2b6&n=f&f=f&l=https%3A%2F%2Fshop.example%2F{page}"
                f"&i=1ak&j=sj&k=2&w=uq&h=qd&t={kind}{extra}&x=si9804"
            )
            request = Request("127.0.0.0", target.encode(), (agent, (b"referer", b"https://shop.example/")))
            records.append(pack(FrameKind.EVENT, now, pack_request(_checked(request))))
    return records[:events]


def _checked(request: Request) -> Request:
    """Put the right checksum on, so that the events are not corrupt."""
    from urllib.parse import parse_qsl

    import mmh3

    query = request.target.decode().partition("?")[2].rpartition("&x=")[0]
    text = "".join(f"{name}={value},;" for name, value in sorted(parse_qsl(query, keep_blank_values=True)))
    number, digits = mmh3.hash(text), ""
    rest = abs(number)
    while rest:
        rest, digit = divmod(rest, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    target = f"/csc-event?{query}&x={'-' if number < 0 else ''}{digits or '0'}"
    return Request(request.peer, target.encode(), request.headers)


def measure(events: int = 200_000, rounds: int = 3) -> dict[str, float]:
    """Return the median rate of `footfall count --once` over a journal of so many events, start-up taken off."""
    rates = []
    with tempfile.TemporaryDirectory() as name:
        records = requests(events)
        for number in range(rounds):
            data = Path(name) / str(number)
            journal = Journal(data / "journal" / "live.db")
            for first in range(0, events, 500):
                journal.append(records[first : first + 500])
            journal.close()
            command = [
                sys.executable,
                "-m",
                "footfall",
                "--data",
                str(data),
                "--log-level",
                "warning",
                "count",
                "--once",
            ]
            began = time.monotonic()
            subprocess.run(command, check=True)
            took = time.monotonic() - began
            began = time.monotonic()
            subprocess.run(command, check=True)
            rates.append(events / (took - (time.monotonic() - began)))
    return {"counted_per_second": sorted(rates)[len(rates) // 2], "events": float(events)}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
