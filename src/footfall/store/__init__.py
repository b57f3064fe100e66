"""What was counted: facts, rollups, sessions, positions, ledger and set-aside events, written in one transaction."""

from footfall.store.protocol import LedgerEntry, Store

__all__ = ["LedgerEntry", "Store"]
