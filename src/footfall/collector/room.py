"""How much may wait in memory, over all connections."""


class Room:
    """Counts bytes that wait: for the disk, or for the rest of their request."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken = 0

    @property
    def full(self) -> bool:
        """Whether nothing more may come in."""
        return self.taken >= self._limit

    def take(self, size: int) -> bool:
        """Take room for so many bytes; say whether there was."""
        if self.taken + size > self._limit:
            return False
        self.taken += size
        return True

    def give(self, size: int) -> None:
        """Give room back."""
        self.taken -= size
