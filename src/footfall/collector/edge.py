"""What all connections of a collector share."""

from dataclasses import dataclass

from footfall.collector.commit import Commit
from footfall.collector.counts import Counts
from footfall.collector.privacy import Privacy
from footfall.collector.room import Room
from footfall.collector.stamp import Stamp
from footfall.collector.upkeep import Counted
from footfall.collector.wire import Wire
from footfall.journal import Journal
from footfall.settings import Settings


@dataclass(slots=True)
class Edge:
    """The collector's parts, put together by `serve`."""

    settings: Settings
    journal: Journal
    commit: Commit
    stamp: Stamp
    privacy: Privacy
    room: Room
    wire: Wire
    counts: Counts
    counted: Counted
    """How far the journal is done with: counted, or forwarded into Kafka."""
    stopping: bool = False
    """After SIGTERM: what is open is answered, then the connections end."""
