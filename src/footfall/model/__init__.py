"""The words: event columns, identifiers, items, money, facts, positions. Pure: no I/O, no clock."""
