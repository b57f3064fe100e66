"""`footfall`, writing at its end how much memory it took at most, kB: `python -m tests.job.measured FILE ARGUMENTS`."""

import sys
from pathlib import Path

from footfall.cli import main

if __name__ == "__main__":
    told = Path(sys.argv.pop(1))
    try:
        main()
    finally:
        status = Path("/proc/self/status").read_text()
        told.write_text(status.partition("VmHWM:")[2].split()[0])  # kB; of this program alone, unlike ru_maxrss
