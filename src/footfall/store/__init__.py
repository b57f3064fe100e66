"""What was counted: facts, rollups, sessions, positions, ledger and set-aside events, written in one transaction."""

from footfall.store.address import name_of
from footfall.store.memory import MemoryStore
from footfall.store.opening import open_store, store_exists
from footfall.store.peek import counted_up_to
from footfall.store.protocol import LedgerEntry, Store, Sums, Total

__all__ = [
    "LedgerEntry",
    "MemoryStore",
    "Store",
    "Sums",
    "Total",
    "counted_up_to",
    "name_of",
    "open_store",
    "store_exists",
]
