"""The store's database: program, layout, safety, and what this user may do."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from footfall.doctor.finding import Finding

if TYPE_CHECKING:
    from footfall.store.state import State

_ROLES: Final = "let the owner run what footfall db roles --print prints, and give the user a role"


def database(state: "State") -> Iterator[Finding]:
    """Say what state the database is in."""
    yield Finding("ok", f"{state.name}: {state.server}")
    for setting in state.unsafe:
        yield Finding("fail", f"{state.name}: {setting}", "a power cut may cost what was counted: set it on")
    if state.layout == 0:
        yield Finding("warn", f"{state.name}: no tables yet", "footfall db upgrade makes them, or footfall count")
        return
    if state.layout < state.known:
        yield Finding("warn", f"{state.name}: layout {state.layout} of {state.known}", "run: footfall db upgrade")
        return
    for difference in state.differences:
        yield Finding("fail", f"{state.name}: {difference}", "somebody changed the tables: restore them from a copy")
    if not state.differences:
        yield Finding("ok", f"{state.name}: layout {state.layout}, all tables as they should be")
    yield from _rights(state)


def _rights(state: "State") -> Iterator[Finding]:
    if state.reads:
        yield Finding("fail", f"{state.name}: may neither count nor answer: no {_some(state.reads)}", _ROLES)
    elif state.counts:
        yield Finding("warn", f"{state.name}: may answer, but not count: no {_some(state.counts)}", _ROLES)


def _some(rights: Sequence[str]) -> str:
    return ", ".join(rights[:3]) + (", ..." if len(rights) > 3 else "")
