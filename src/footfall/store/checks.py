"""What every store asks of a step before it writes it."""

from collections.abc import Sequence

from footfall.errors import FencedError
from footfall.model.steps import Loss, Position, Step

MEMORY = 86_400_000
"""How long sessions and event ids are remembered unless told otherwise, ms (counting.md, "Sessions and depth")."""


def check_step(step: Step) -> None:
    """Refuse a step that cannot be right. Raises ValueError."""
    where = f"step of {step.before.partition} from {step.before.next}"
    if not step.tally.holds:
        raise ValueError(f"{where}: read is not the sum of the others: {step.tally}")
    if step.lost is not None and (step.tally.read or step.facts or step.values or step.set_aside):
        raise ValueError(f"{where}: counts events and says that positions are lost; expected two steps")
    if step.next < step.before.next and (step.lost is None or step.lost.why is not Loss.TRUNCATED):
        raise ValueError(f"{where}: goes back to {step.next}")
    if step.before.clock is not None and (step.clock is None or step.clock < step.before.clock):
        raise ValueError(f"{where}: the clock runs back from {step.before.clock} to {step.clock}")
    if len(set(step.resolves)) != len(step.resolves):
        raise ValueError(f"{where}: resolves a position twice")


def fenced(before: Position, found: Position) -> FencedError:
    """Return the error for a step computed from another position than the store's."""
    return FencedError(
        f"{before.partition}: another writer was here: the step began at position {before.next} after {before.steps} "
        f"steps, the store is at {found.next} after {found.steps}"
    )


def not_waiting(partition: str, missing: Sequence[int]) -> FencedError:
    """Return the error for a retry of events that are no longer set aside."""
    some = ", ".join(str(position) for position in missing[:5]) + (", ..." if len(missing) > 5 else "")
    return FencedError(f"{partition}: not set aside, or no longer: among {some}; another retry may have resolved them")


def printable(text: str) -> str:
    r"""Return the text with lone surrogates written as \udc80 and U+0000 as \x00.

    File names and what cannot be read may hold them; UTF-8 has no place for the first, PostgreSQL none for the second.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", r"\x00")
