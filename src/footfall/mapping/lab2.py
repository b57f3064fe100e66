"""Where the six-field record `lab2_event` differs: prices and amounts are text, as Divolte's `eventParameter` gives."""

from decimal import Decimal
from math import isfinite
from typing import Final

from footfall.mapping import events, posted


def plain_text(value: object) -> str | None:
    """Return a parameter as text, a number in plain decimals: 10000000, never `1E+7` (divolte.md 0).

    null and a number beyond a double are left out; a list or an object is the empty text.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _plain_decimal(value) if isfinite(value) else None
        case None:
            return None
    return ""


def _plain_decimal(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _event_text(name: str) -> events.Getter:
    """Divolte's habit: a parameter that is not among those sent is the empty text, and absent if none were sent."""

    def get(event: events.Event) -> object:
        parameters = event.parameters
        if not isinstance(parameters, dict):
            return None if parameters is None else ""
        return plain_text(parameters.get(name, ""))

    return get


def _posted_text(name: str) -> posted.Getter:
    return lambda event: plain_text(event.members.get(name))


EVENTS: Final[dict[str, events.Getter]] = {
    "eventType": lambda event: event.first.get("t"),
    "price": _event_text("price"),
    "amount": _event_text("amount"),
}

POSTED: Final[dict[str, posted.Getter]] = {
    "eventType": posted.text("eventType"),
    "price": _posted_text("price"),
    "amount": _posted_text("amount"),
}
