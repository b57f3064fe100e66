"""Events in from files; events and facts out again."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from footfall.settings import Settings
from footfall.transfer import Format, ImportReport, Progress
from footfall.wiring.logs import existing_log
from footfall.wiring.places import journals
from footfall.wiring.services import _counted_before
from footfall.wiring.stores import existing_store


def import_files(
    settings: Settings,
    files: Sequence[str],
    *,
    partition: str,
    renames: Mapping[str, str],
    sort: bool,
    strict: bool,
    again: bool,
    progress: Callable[[Progress], None],
) -> ImportReport:
    """Write the events of files into a partition of their own."""
    from footfall import transfer

    return transfer.import_files(
        files,
        folder=journals(settings),
        partition=partition,
        renames=renames,
        sort=sort,
        strict=strict,
        again=again,
        progress=progress,
        fields=settings.counting.fields,
        max_bytes=settings.journal.max_bytes,
        begin=_counted_before(settings, partition),
    )


def export(
    settings: Settings,
    what: str,
    format: Format,
    out: Path | None,
    *,
    since: int | None,
    until: int | None,
    progress: Callable[[Progress], None],
) -> None:
    """Write `facts` or `events` of `since <= moment < until` (ms) into the file `out`, or to standard output."""
    from footfall import transfer

    if what == "facts":
        with existing_store(settings) as store, transfer.target(out) as file:
            transfer.export_facts(store, format, file, since=since, until=until, progress=progress)
        return
    log = existing_log(settings)
    with transfer.target(out) as file:
        report = transfer.export_events(
            log,
            format,
            file,
            since=since,
            until=until,
            fields=settings.counting.fields,
            schema=settings.schema_name,
            progress=progress,
        )
    if report.undecodable:
        structlog.get_logger().warning("undecodable records are not exported", count=report.undecodable)
