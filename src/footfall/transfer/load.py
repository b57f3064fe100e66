"""`footfall import`: events of files into a partition of their own, each exactly once whatever happens."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from footfall.errors import InputError
from footfall.journal import Journal, pack
from footfall.model.columns import DEFAULT_FIELDS, Column
from footfall.model.frames import FrameKind, unpack_line
from footfall.model.rules import EARLIEST, FUTURE
from footfall.transfer.entries import Entry, by_time, entries_of
from footfall.transfer.known import CLOCK, MOST_PLACES, Job, begin_job, known_files
from footfall.transfer.names import Names, check_known, names_of
from footfall.transfer.rows import Progress
from footfall.transfer.source import Source, look_at

LATE: Final = 86_400_000
"""An event this many ms behind the clock of its partition finds its session forgotten (counting.md)."""

_GROUP: Final = 4_000
"""Records a transaction: its fsync costs no more than writing them."""

_GROUP_BYTES: Final = 1_000_000

_FIRST: Final = 100
"""Lines by which JSON lines are told to hold events."""

_PARTITION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}").fullmatch

_LIVE: Final = "live"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, parts of it done by earlier runs included."""

    files: int
    imported: int
    """Records that are in the log, without the broken ones."""
    resumed: int
    """How many records an earlier run, stopped since, had written already."""
    broken: int
    """Lines set aside: in the log too, and counted as set aside, with their place."""
    broken_places: Sequence[str]
    """The first of them, as `FILE:LINE: why`."""
    late: int
    """Events over 24 hours behind the clock of the partition: each begins a session of its own."""
    timeless: int
    """Events without a timestamp or a session: counting sets them aside."""
    early: int
    """Events before the year 2000: counting sets them aside. Mostly their timestamps are seconds."""


def import_files(
    paths: Sequence[str],
    *,
    folder: Path,
    partition: str = "import",
    renames: Mapping[str, str] | None = None,
    sort: bool = False,
    strict: bool = False,
    again: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    fields: Mapping[Column, Sequence[str]] = DEFAULT_FIELDS,
    max_bytes: int = 50_000_000_000,
    begin: int = 0,
    now: Callable[[], float] = time.time,
) -> ImportReport:
    """Write the events of the files into `folder/partition.db` and return what was done. `-` is standard input.

    1. Every file is read once: its kind, its digest, and that it is whole. Nothing is imported if one is not.
    2. With `strict`, every record is read too; nothing is imported if one is broken.
    3. The records are written in groups; each group and how far the import is by it are one transaction. So after a
       kill the same call goes on where it stopped, and every record is in the log exactly once.

    `renames`: field of the file -> column. `sort`: in the order of time, over all files together. `fields`: which field
    names feed which column. `begin`: see `Journal`. `now`: seconds since epoch.

    Raises InputError (unreadable files, or a file imported before without `again`), HeldError (another process imports
    into the partition), UnavailableError (disk or journal full: run it again when there is room).
    """
    _check_partition(partition)
    names = names_of(renames or {}, fields)
    options = {"sort": sort, "renames": dict(renames or {}), "names": [names.renames, names.timestamp if sort else []]}
    with (
        closing(Journal(folder / f"{partition}.db", max_bytes=max_bytes, begin=begin)) as journal,
        ExitStack() as open_files,
    ):
        known = known_files(folder)
        lengths = {file.size for file in known.values()}
        sources = [open_files.enter_context(look_at(path, folder, lengths, progress)) for path in paths]
        _check_begins(sources, names)
        if strict:
            _check_records(sources, names, progress)
        job = begin_job(journal, partition, sources, options, known, again=again)
        entries: Iterator[Entry] = entries_of(sources, names)
        if sort:
            entries = by_time(entries, folder)
        resumed = job.rows
        job = _Import(journal, job, sum(source.records for source in sources), progress, now).write(entries)
    return ImportReport(
        files=len(sources),
        imported=job.rows - job.broken,
        resumed=resumed,
        broken=job.broken,
        broken_places=job.places,
        late=job.late,
        timeless=job.timeless,
        early=job.early,
    )


class _Import:
    """The writing of one job."""

    def __init__(
        self,
        journal: Journal,
        job: Job,
        total: int,
        progress: Callable[[Progress], None],
        now: Callable[[], float],
    ) -> None:
        self._journal, self._job, self._total, self._progress, self._now = journal, job, total, progress, now
        noted = journal.note(CLOCK)
        self._clock = int(noted) if noted else EARLIEST

    def write(self, entries: Iterator[Entry]) -> Job:
        """Write all entries that are not written yet; return the job, done."""
        next(islice(entries, self._job.rows, self._job.rows), None)
        for group in _groups(entries):
            arrival = int(self._now() * 1000)
            records = []
            for entry in group:
                since = arrival if entry.arrival is None else min(entry.arrival, arrival)
                records.append(pack(entry.kind, since, entry.payload))
                self._note(entry, since)
            self._job = replace(self._job, rows=self._job.rows + len(group))
            self._journal.append(records, {CLOCK: str(self._clock), **self._job.note})
            self._progress(Progress("importing", self._job.rows, max(self._total, self._job.rows)))
        self._job = replace(self._job, done=True)
        self._journal.append([], self._job.note)
        return self._job

    def _note(self, entry: Entry, arrival: int) -> None:
        """Take an entry into account for the report."""
        job, moment = self._job, entry.moment
        if entry.kind is FrameKind.BROKEN:
            places = job.places
            if len(places) < MOST_PLACES:
                origin, _, problem = unpack_line(entry.payload)
                places = [*places, f"{origin}: {problem}"]
            self._job = replace(job, broken=job.broken + 1, places=places)
        elif moment is None:
            self._job = replace(job, timeless=job.timeless + 1)
        elif moment < EARLIEST:
            self._job = replace(job, early=job.early + 1)
        elif moment <= arrival + FUTURE:
            if moment > self._clock:
                self._clock = moment
            elif self._clock - moment > LATE:
                self._job = replace(job, late=job.late + 1)


def _groups(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    group: list[Entry] = []
    size = 0
    for entry in entries:
        group.append(entry)
        size += len(entry.payload)
        if len(group) == _GROUP or size >= _GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _check_partition(partition: str) -> None:
    if not _PARTITION(partition):
        raise InputError(f"--partition {partition}: expected up to 64 letters, digits, - and _, such as import-2025")
    if partition == _LIVE:
        raise InputError(f"--partition {_LIVE}: is the collector's; expected a partition of its own, such as import")


def _check_begins(sources: Sequence[Source], names: Names) -> None:
    """Raise InputError if a file is of something else, before anything is imported."""
    for source in sources:
        found = source.fields()
        if found is None:  # JSON lines: each says its own
            with closing(source.rows()) as rows:
                found = list({name for row in islice(rows, _FIRST) for name in row.fields or ()})
        if found:
            check_known(names, found, source.name)


def _check_records(sources: Sequence[Source], names: Names, progress: Callable[[Progress], None]) -> None:
    """Raise InputError that names the broken lines, if there are any."""
    total, broken = sum(source.records for source in sources), 0
    places: list[str] = []
    for number, entry in enumerate(entries_of(sources, names), 1):
        if number % _GROUP == 0:
            progress(Progress("checking every record", number, max(total, number)))
        if entry.kind is FrameKind.BROKEN:
            broken += 1
            if broken <= MOST_PLACES:
                origin, _, problem = unpack_line(entry.payload)
                places.append(f"\n  {origin}: {problem}")
    if broken:
        raise InputError(f"--strict: nothing was imported, for {broken:,} records are broken:{''.join(places)}")
