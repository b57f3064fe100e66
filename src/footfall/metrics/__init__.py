"""What is counted: one definition in SQL, and the engine that runs it. Integers only."""

from footfall.metrics.counts import COLUMNS, Columns, Counts, ask
from footfall.metrics.engine import MEMORY_LIMIT, Engine
from footfall.metrics.queries import counting

__all__ = ["COLUMNS", "MEMORY_LIMIT", "Columns", "Counts", "Engine", "ask", "counting"]
