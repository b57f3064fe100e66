"""What a log no longer holds: noticed, named, and left out of the count only if that is accepted."""

from collections.abc import Iterable, Mapping, Sequence

from footfall.errors import LossError
from footfall.model.partitions import mark_of, place_of
from footfall.model.steps import Loss, Lost, Position, Step, Tally


def opening(partition: str, listed: Sequence[str], known: Mapping[str, Position]) -> list[tuple[Position, Lost | None]]:
    """Return what is to be entered before anything of a partition is counted: (position, what is lost).

    Only partitions that can be made anew (their names bear a mark) are opened. All of a log are opened together, the
    first of them last: if that one is open and another is not, the other was added later.
    """
    if not mark_of(partition) or partition in known:
        return []
    remade = _earlier(partition, known.values())
    if remade is not None:
        return [(Position(partition), remade)]
    if listed[0] in known:
        return [(Position(partition), Lost(Loss.ADDED, partition, 0, 0))]
    others = [name for name in listed[1:] if name not in known and _earlier(name, known.values()) is None]
    return [(Position(name), None) for name in (*others, listed[0])]


def _earlier(partition: str, known: Iterable[Position]) -> Lost | None:
    """Return what is lost if another partition was counted at this place: it was deleted, and this one made anew."""
    others = [position for position in known if place_of(position.partition) == place_of(partition)]
    if not others:
        return None
    last = max(others, key=lambda position: (position.clock or 0, position.partition))
    return Lost(Loss.REMADE, last.partition, last.next, None)


def named(lost: Lost, before: Position) -> Lost:
    """Return a loss by its right name: what was gone before anything was counted was nobody's to keep."""
    if lost.why is Loss.DELETED and before.next == 0 and before.clock is None:
        return Lost(Loss.BEFORE, lost.partition, lost.first, lost.end)
    return lost


def stops(lost: Lost) -> bool:
    """Say whether somebody must decide before the partition goes on."""
    return lost.why not in (Loss.BEFORE, Loss.ADDED)


def refusal(lost: Lost, partition: str) -> LossError:
    """Return the error that stops a partition."""
    how = f"look why; to go on without them: footfall count --accept-loss {partition}"
    return LossError(f"{partition}: {describe(lost)}; {how}")


def describe(lost: Lost) -> str:
    """Return in words what is lost."""
    first, end = lost.first, lost.end or 0
    match lost.why:
        case Loss.BEFORE:
            return f"positions {first:,} to {end - 1:,} were deleted before anything was counted"
        case Loss.DELETED:
            return f"positions {first:,} to {end - 1:,} were deleted before they were counted"
        case Loss.REMADE:
            return f"{lost.partition}, counted up to {first:,}, was deleted and made anew; what it held beyond is gone"
        case Loss.TRUNCATED:
            return f"counted up to {end:,}, but the log ends at {first:,}: it lost records, or an old copy was restored"
        case Loss.ADDED:
            return "the partition was added; sessions under way may go on in it, with depths from 1"


def step_of(lost: Lost | None, before: Position, given_up: Iterable[int] = ()) -> Step:
    """Return the step that says in the ledger what is lost, and goes on behind it; None opens a partition.

    `given_up`: of a truncated log, the set-aside events whose positions other records will have.
    """
    next = before.next
    if lost is not None:
        match lost.why:
            case Loss.BEFORE | Loss.DELETED:
                next = lost.end or next
            case Loss.TRUNCATED:
                next = lost.first
    return Step(before=before, next=next, clock=before.clock, tally=Tally(), resolves=sorted(given_up), lost=lost)
