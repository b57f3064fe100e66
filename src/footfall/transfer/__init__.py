"""Import and export: events of files into the log, events and facts out again."""

from footfall.transfer.load import ImportReport, import_files
from footfall.transfer.rows import Progress

__all__ = ["ImportReport", "Progress", "import_files"]
