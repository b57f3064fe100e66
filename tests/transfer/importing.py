"""A process that imports: `python -m tests.transfer.importing FOLDER FILE... [--torn] [--sort] [--slow]`.

`--torn` is the negative control: the records and how far the import is by them are two transactions, not one.
`--slow` waits a little after each group, so that a kill finds it in the middle.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from footfall import transfer
from footfall.journal import Journal
from footfall.transfer import Progress, load


class TornJournal(Journal):
    """Writes records first and notes later."""

    def append(self, records: Sequence[bytes], notes: Mapping[str, str] | None = None) -> int:
        first = super().append(records) if records else self.end
        time.sleep(0.02)
        super().append([], notes)
        return first


def main() -> None:
    folder, *paths = [word for word in sys.argv[1:] if not word.startswith("--")]
    flags = set(sys.argv) & {"--torn", "--sort", "--slow"}
    if "--torn" in flags:
        patched: Any = load
        patched.Journal = TornJournal

    def progress(at: Progress) -> None:
        print(at.what, at.done, flush=True)
        if "--slow" in flags and at.what == "importing":
            time.sleep(0.02)

    report = transfer.import_files(
        [path if path != "stdin" else "-" for path in paths],
        folder=Path(folder),
        sort="--sort" in flags,
        progress=progress,
    )
    print(f"imported {report.imported} resumed {report.resumed}")


if __name__ == "__main__":
    main()
