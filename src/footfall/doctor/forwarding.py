"""How far the forwarder is, with a Kafka log."""

from pathlib import Path
from typing import Final

from footfall.doctor.finding import Finding
from footfall.errors import FootfallError
from footfall.journal import JournalReader, forwarded, kept_aside

_STALLED: Final = 60.0
"""Seconds in which a forwarder that goes on has surely noted where it is."""


def forwarding(path: Path, topic: str, now: float) -> Finding:
    """Compare a journal with what is noted of it; `now` in seconds since epoch."""
    name = path.stem
    try:
        reader = JournalReader(path)
        end = reader.span()[1]
        reader.close()
        noted, aside = forwarded(path), len(kept_aside(path))
    except FootfallError as error:
        return Finding("fail", str(error), "see that the disk is not full and the file can be read")
    if noted is None or noted.topic != topic:
        return Finding("warn", f"{name}: {end:,} events, none forwarded to {topic} yet", "start it: footfall forward")
    behind, idle = end - noted.next, now - noted.moment / 1000
    what = f"{name}: forwarded up to {noted.next:,}" + (f", {behind:,} behind" if behind > 0 else "")
    if idle > _STALLED and behind > 0:
        return Finding("fail", f"{what}; nothing for {idle:,.0f} s", "see the log of footfall forward, or start it")
    if aside:
        return Finding(
            "warn",
            f"{what}; {aside:,} events could not be",
            "look: footfall set-aside list; then footfall set-aside retry",
        )
    return Finding("ok", what)
