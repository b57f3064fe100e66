"""Import and export: events of files into the log, events and facts out again."""

from footfall.transfer.events import EventsReport, export_events
from footfall.transfer.facts import FACT_COLUMNS, export_facts
from footfall.transfer.load import ImportReport, import_files
from footfall.transfer.rows import Progress
from footfall.transfer.target import target
from footfall.transfer.writers import Format

__all__ = [
    "FACT_COLUMNS",
    "EventsReport",
    "Format",
    "ImportReport",
    "Progress",
    "export_events",
    "export_facts",
    "import_files",
    "target",
]
