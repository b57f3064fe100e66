"""Steps and numbers as they are told."""

import structlog

from footfall.job import StepReport, describe


def tell_step(report: StepReport) -> None:
    """Log a step: read, counted, set aside, how long, how far behind. An empty step is not worth a line."""
    structlog.get_logger().info(
        "step",
        partition=report.partition,
        read=report.tally.read,
        counted=report.tally.counted,
        set_aside=report.tally.set_aside,
        seconds=round(report.took / 1000, 3),
        behind=report.behind,
    )
    if report.lost is not None:
        structlog.get_logger().warning("events were lost", partition=report.partition, what=describe(report.lost))


def many(count: int, what: str) -> str:
    """Return `1 event`, `2 events`."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")
