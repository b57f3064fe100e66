"""The checksum by which a damaged event is known (divolte.md 1.5): a guard against cutting, not against malice."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Final

import mmh3

from footfall.mapping.base36 import read_base36
from footfall.mapping.query import Query

_PARAMETER: Final = "x"
_PLANS_KEPT: Final = 256
"""Tags send their parameters in a handful of orders; a stranger who makes up more gains nothing."""

_Plan = tuple[str, Callable[[Mapping[str, str]], tuple[str, ...]]]
_plans: dict[tuple[str, ...], _Plan] = {}


def is_corrupt(query: Query) -> bool:
    """Return whether the checksum is missing, no number, or not that of the other parameters."""
    sent = query.first.get(_PARAMETER)
    return sent is None or read_base36(sent) != checksum(query)


def checksum(query: Query) -> int:
    """Return MurmurHash3 (x86, 32 bits, seed 0, signed) of all parameters but `x` in their canonical order."""
    return mmh3.hash(canonical(query), 0, signed=True)


def canonical(query: Query) -> bytes:
    """Return what is hashed: names ascending by UTF-16 unit, each `name=value,value,;`, repeated values in order."""
    if query.pairs is not None:
        values: dict[str, list[str]] = {}
        for name, value in query.pairs:
            values.setdefault(name, []).append(value)
        names = _sorted(values)
        return "".join([f"{name}={','.join(values[name])},;" for name in names]).encode()
    form, pick = _plans.get(key := tuple(query.first)) or _plan(key)
    return (form % pick(query.first)).encode()


def _plan(names: tuple[str, ...]) -> _Plan:
    ordered = _sorted(names)
    form = "".join([name.replace("%", "%%") + "=%s,;" for name in ordered])
    plan = (form, _picker(ordered))
    if len(_plans) < _PLANS_KEPT:
        _plans[names] = plan
    return plan


def _picker(names: list[str]) -> Callable[[Mapping[str, str]], tuple[str, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _sorted(names: Mapping[str, object] | tuple[str, ...]) -> list[str]:
    rest = [name for name in names if name != _PARAMETER]
    return sorted(rest) if all(map(str.isascii, rest)) else sorted(rest, key=lambda name: name.encode("utf-16-be"))
