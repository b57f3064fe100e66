"""Which files were imported, and how far an import got: notes in the journal, committed with the records themselves."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import orjson

from footfall.errors import InputError
from footfall.journal import Journal, JournalReader
from footfall.transfer.source import Source

_JOB: Final = "import:job:"
_FILE: Final = "import:file:"
CLOCK: Final = "import:clock"

MOST_PLACES: Final = 20
"""Places of broken lines kept for the report."""


@dataclass(frozen=True, slots=True)
class Job:
    """One import: these files in this order, by these options. What it has written so far."""

    key: str
    names: Sequence[str]
    options: Mapping[str, object]
    run: int = 1
    """Which time it is that these files are imported so (`--again`)."""
    rows: int = 0
    """Records written, broken ones included."""
    broken: int = 0
    late: int = 0
    timeless: int = 0
    early: int = 0
    places: Sequence[str] = ()
    """The first broken lines, as `FILE:LINE`."""
    done: bool = False

    @property
    def note(self) -> dict[str, str]:
        """The note that says so."""
        return {_JOB + self.key: orjson.dumps(asdict(self)).decode()}


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was imported, or begun."""

    digest: str
    size: int
    job: Job
    partition: str


def known_files(folder: Path) -> dict[str, KnownFile]:
    """Return the files that any partition of the folder knows, by digest."""
    known: dict[str, KnownFile] = {}
    for path in sorted(folder.glob("*.db")):
        with closing(JournalReader(path)) as journal:
            notes = journal.notes(_FILE)
            jobs = {key: _job(text) for key, text in journal.notes(_JOB).items()}
        for key, text in notes.items():
            digest, about = key.removeprefix(_FILE), orjson.loads(text)
            known[digest] = KnownFile(digest, about["size"], jobs[_JOB + about["job"]], path.stem)
    return known


def _job(text: str) -> Job:
    return Job(**orjson.loads(text))


def begin_job(
    journal: Journal,
    partition: str,
    sources: Sequence[Source],
    options: Mapping[str, object],
    known: Mapping[str, KnownFile],
    *,
    again: bool,
) -> Job:
    """Return the job of these sources, resumed if it was stopped before, noted in the journal.

    Raises InputError if it would count events twice, unless `again`: a file that was imported before, or is being
    imported by another job, or only has grown since, or is given twice.
    """
    digests = [source.digest for source in sources]
    key = hashlib.sha256(orjson.dumps([digests, options], option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
    noted = journal.note(_JOB + key)
    before = _job(noted) if noted else None
    if before is not None and not before.done:
        return before
    if not again:
        problems = list(_repeats(partition, sources, known))
        if problems:
            raise InputError("\n".join(problems))
    job = Job(key, [source.name for source in sources], options)
    if before is not None:
        job = replace(job, run=before.run + 1)
    files = {_FILE + source.digest: orjson.dumps({"size": source.size, "job": key}).decode() for source in sources}
    journal.append([], {**files, **job.note})
    return job


def _repeats(partition: str, sources: Sequence[Source], known: Mapping[str, KnownFile]) -> Iterator[str]:
    """Yield what would be imported a second time."""
    given: dict[str, str] = {}
    for source in sources:
        if source.digest in given:
            yield f"{source.name}: holds the same as {given[source.digest]}; expected each file once, or --again"
        given[source.digest] = source.name
        same = known.get(source.digest)
        older = [file for file in known.values() if file.digest in source.beginnings and file.job.rows and file != same]
        if same is not None and not same.job.done:
            job, where = same.job, "" if same.partition == partition else f" --partition {same.partition}"
            given_as = " ".join(job.names) + where + "".join([f" {flag}" for flag in _flags(job.options)])
            yield (
                f"{source.name}: its import stopped after {job.rows:,} events; to go on, run it as then: "
                f"footfall import {given_as} (or --again, to begin anew and have these events twice)"
            )
        elif same is not None:
            yield (
                f"{source.name}: was imported before, into {same.partition}, as {', '.join(same.job.names)}; "
                "--again imports it a second time, and counts its events twice unless they have event ids"
            )
        elif older:
            yield (
                f"{source.name}: begins with all of a file imported before, into {older[0].partition}; import only "
                "what is new of it (or --again, to have the rest twice)"
            )


def _flags(options: Mapping[str, object]) -> Iterator[str]:
    if options.get("sort"):
        yield "--sort"
    renames = options.get("renames")
    if isinstance(renames, dict):
        for field, column in renames.items():
            yield f"--map {field}={column}"
