"""A real collector in a process of its own, and what it wrote."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from footfall.job import Counter, StepReport
from footfall.log import JournalLog, Limits
from footfall.mapping import builtin
from footfall.model.frames import FrameKind, Request, unpack, unpack_request
from footfall.model.rules import Rules
from footfall.model.steps import Tally
from footfall.settings import CountingSettings
from footfall.store import MemoryStore

_PARTITION: Final = "live"


class Event(NamedTuple):
    """One record of the log."""

    fields: Mapping[str, Any]
    """As the default record has them."""
    request: Request
    posted: bool

    @property
    def type(self) -> str:
        return str(self.fields["eventType"])

    @property
    def id(self) -> str:
        return str(self.fields["eventId"])

    @property
    def path(self) -> str:
        """Path, query and fragment of the page."""
        address = urlsplit(str(self.fields["location"]))
        query, fragment = address.query and f"?{address.query}", address.fragment and f"#{address.fragment}"
        return address.path + query + fragment

    @property
    def query(self) -> dict[str, str]:
        """The parameters as they were sent, decoded."""
        found = parse_qs(urlsplit(self.request.target.decode()).query, keep_blank_values=True)
        return {name: values[0] for name, values in found.items()}


class Collector:
    """Starts and stops `footfall collect` on one port."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """Keep the journal in `folder`. `settings`: variables, as `TAG__CONSENT="wait"`."""
        self._folder, self._port = folder, 0
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
        self._environ |= {f"FOOTFALL_{name}": value for name, value in settings.items()}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, at the port of the time before if there was one; return when it answers."""
        command = ["-m", "footfall", "--data", "data", "collect", "--port", str(self._port)]
        self._process = subprocess.Popen(
            [sys.executable, *command], cwd=self._folder, env=self._environ, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "listening on http://127.0.0.1:" in line, line
        self._port = int(line.rpartition(":")[2])

    def stop(self) -> None:
        """End it as a service is ended."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate(timeout=20)
            self._process = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def tag(self) -> str:
        """The address of the script."""
        return f"{self.address}/divolte.js"

    def end(self) -> int:
        """Return one past the last position."""
        with self._log() as log:
            return log.span(_PARTITION).end

    def events(self, begin: str, start: int = 0) -> list[Event]:
        """Return the records from `start` on whose location begins so, in log order, repeated ones too."""
        with self._log() as log:
            found = list(log.records(_PARTITION, start))
        events = []
        for record in found:
            assert record.fields is not None, record.problem
            frame = unpack(record.raw)
            events.append(Event(record.fields, unpack_request(frame.payload), frame.kind is FrameKind.POSTED))
        return [event for event in events if str(event.fields["location"]).startswith(begin)]

    def tally(self) -> Tally:
        """Count all that is in the log, from the beginning; return how the events ended."""
        reports: list[StepReport] = []
        with self._log() as log:
            Counter(log, MemoryStore(), Rules(), Limits(events=1_000_000), reports.append).once()
        (report,) = reports
        return report.tally

    @contextmanager
    def _log(self) -> Iterator[JournalLog]:
        log = JournalLog(self._folder / "data" / "journal", builtin("default"), CountingSettings().fields)
        try:
            yield log
        finally:
            log.close()
