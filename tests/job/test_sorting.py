"""What each event says by itself."""

import pytest
from tests.fold import ROBOTS
from tests.job.logs import ALL, BROWSER, DAY, HOUR, T0, CutLog, Log, click, entry, view

from footfall.job.reading import Reading, Refusal
from footfall.job.sorting import CLEAR, CORRUPT, DUPLICATE, NUMBERS, ROBOT, Sorted, sort_out
from footfall.log import Batch
from footfall.model.rules import Rules
from footfall.model.steps import PRICE_REASONS, Reason


def batch(*events: dict[str, object] | None, lead: int = 0) -> Batch:
    log = Log([("live", position, entry(event, lead)) for position, event in enumerate(events)])
    return CutLog(log, iter([1000])).read("live", 0, ALL)


def sorted_out(*events: dict[str, object] | None, rules: Rules | None = None, lead: int = 0) -> Sorted:
    return sort_out(batch(*events, lead=lead), Reading(rules or Rules()))


def refusal(event: dict[str, object] | None, lead: int = 0) -> Refusal | None:
    return sorted_out(event, lead=lead).refused.get(0)


@pytest.mark.parametrize(
    ("event", "reason", "detail"),
    [
        (None, Reason.UNDECODABLE, "b'[1]' is no JSON object"),
        (view() | {"referer": "\ud800"}, Reason.UNDECODABLE, "holds a lone surrogate"),
        (view(timestamp=None), Reason.NO_TIMESTAMP, "expected ms since 1970 as an integer or as digits"),
        (view(timestamp="2026-11-24"), Reason.NO_TIMESTAMP, "expected ms since 1970"),
        (view(session=None), Reason.NO_SESSION, "no session id; expected a text or an integer"),
        (view(session=""), Reason.NO_SESSION, "no session id"),
        (view(timestamp=0), Reason.WILD_TIMESTAMP, "timestamp 1970-01-01T00:00:00.000Z; expected 2000-01-01 or later"),
        (view(timestamp=946_684_799_999), Reason.WILD_TIMESTAMP, "timestamp 1999-12-31T23:59:59.999Z"),
        (view(timestamp="9" * 30), Reason.WILD_TIMESTAMP, "timestamp 4611686018427387904 ms; expected at most an hour"),
        (view(session="s" * 301), Reason.LONG_SESSION, f"session id '{'s' * 40}'...; expected at most 300 bytes"),
        (view(session="ш" * 151), Reason.LONG_SESSION, "expected at most 300 bytes"),
        (view(eventId="e" * 301), Reason.LONG_EVENT, f"event id '{'e' * 40}'...; expected at most 300 bytes"),
        (view(timestamp=5, session="s" * 301, eventId="e" * 301), Reason.WILD_TIMESTAMP, "1970"),
        (view(session="s" * 301, eventId="e" * 301), Reason.LONG_SESSION, "session id"),
        (view(timestamp=None, session=None), Reason.NO_TIMESTAMP, "no timestamp"),
    ],
)
def test_an_event_is_set_aside_for_what_it_is(event: dict[str, object] | None, reason: Reason, detail: str) -> None:
    found = refusal(event)

    assert found is not None
    assert (found.reason, detail in found.detail) == (reason, True), found.detail


def test_a_timestamp_an_hour_ahead_of_its_arrival_passes_and_one_more_millisecond_does_not() -> None:
    assert refusal(view(), lead=HOUR) is None
    assert refusal(view(), lead=-100 * DAY) is None, "history is no future"

    found = refusal(view(), lead=HOUR + 1)

    assert found is not None
    assert found.detail == (
        "timestamp 2026-09-21T14:14:00.000Z; expected at most an hour later than its arrival, 2026-09-21T13:13:59.999Z"
    )


@pytest.mark.parametrize(
    "event",
    [
        view(timestamp=946_684_800_000),
        view(session="s" * 300, eventId="e" * 300),
        view(session="ш" * 150, eventId="🎩" * 75),
        view(session=0, eventId=-1),
        view(timestamp=str(T0)),
        view(timestamp=T0 + 0.999),
    ],
)
def test_the_limits_themselves_pass(event: dict[str, object]) -> None:
    assert refusal(event) is None


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({}, CLEAR),
        ({"userAgentString": BROWSER}, CLEAR),
        ({"userAgentString": ROBOTS[0]}, ROBOT),
        ({"userAgentString": ROBOTS[1]}, ROBOT),
        ({"userAgentString": ""}, CLEAR),
        ({"detectedCorruption": True, "detectedDuplicate": True, "userAgentString": ROBOTS[0]}, CORRUPT),
        ({"detectedDuplicate": "1", "userAgentString": ROBOTS[0]}, DUPLICATE),
        ({"detectedDuplicate": "yes", "detectedCorruption": 2}, CLEAR),
    ],
)
def test_the_first_of_corrupt_duplicate_and_robot_is_the_flag(fields: dict[str, object], flag: int) -> None:
    assert sorted_out(view() | fields).flag == [flag]


def test_events_keep_their_order_and_texts_are_numbered_as_they_come() -> None:
    found = sorted_out(
        view(5, eventId="e"), None, view(3, item="hat", session="B"), click(4, price=2, amount=3), view(4, eventId="e")
    )

    assert (found.pos, found.ts) == ([0, 2, 3, 4], [T0 + 5, T0 + 3, T0 + 4, T0 + 4])
    assert (found.session, found.sessions) == ([0, 1, 0, 0], {"A": 0, "B": 1})
    assert (found.event, found.ids) == ([0, None, None, 0], {("A", "e"): 0})
    assert [list(found.places)[place or 0] for place in found.place] == [
        ("shop.example", item) for item in ("dress", "hat", "dress", "dress")
    ]
    assert (found.kind, found.amount, found.high, found.low) == ([1, 1, 2, 1], [0, 0, 3, 0], [0] * 4, [0, 0, 60_000, 0])
    assert set(found.refused) == {1}
    assert len({len(getattr(found, name)) for name in Sorted.COLUMNS}) == 1


def test_one_id_in_two_sessions_is_two() -> None:
    assert sorted_out(view(eventId="e"), view(session="B", eventId="e")).event == [0, 1]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (view(), None),
        (click(price="1 990 ₽"), None),
        (view(item=""), Reason.NO_ITEM),
        (click(item="", price="нет"), Reason.NO_ITEM),
        (view(eventType="checkout"), Reason.KIND),
        (view(item="", eventType="checkout", price="нет"), Reason.KIND),
        (view(eventType="PageView"), Reason.KIND),
        (view(eventType=None), Reason.KIND),
        (view(price="нет", amount=-1), None),
        (click(price="нет"), Reason.PRICE_UNREADABLE),
        (click(price="нет", amount=0), Reason.AMOUNT_NOT_POSITIVE),
        (click(price="-5"), Reason.PRICE_NEGATIVE),
        (click(price="0.00001"), Reason.PRICE_DECIMALS),
        (click(price=10**9 + 1), Reason.PRICE_OVER_LIMIT),
        (click(amount="x"), Reason.AMOUNT_UNREADABLE),
        (click(amount=100_001), Reason.AMOUNT_OVER_LIMIT),
    ],
)
def test_why_an_event_is_not_counted(event: dict[str, object], reason: Reason | None) -> None:
    found = sorted_out(event)

    assert found.reason == [None if reason is None else NUMBERS[reason]]
    assert set(found.unreadable) == ({0} if reason in PRICE_REASONS else set())
    assert (found.place == [None]) == (reason in (Reason.NO_ITEM, Reason.KIND))


def test_an_event_of_another_shop_is_ignored_for_that_whatever_else_it_is() -> None:
    rules = Rules(shops=("shop.example", "*.SHOP.example"))
    elsewhere = {"location": "https://evil.example/item/dress/"}
    found = sorted_out(
        view(), view(location="https://a.shop.example/item/x"), view() | elsewhere, click(price="нет") | elsewhere,
        view(eventType="checkout") | elsewhere, rules=rules,
    )  # fmt: skip

    assert found.reason == [None, None, *[NUMBERS[Reason.OTHER_SHOP]] * 3]
    assert found.unreadable == {}


def test_the_numbers_of_reasons_tell_ignored_from_set_aside() -> None:
    assert {reason for reason, number in NUMBERS.items() if number < 0} == PRICE_REASONS
    assert len(set(NUMBERS.values())) == len(NUMBERS)
    assert 0 not in NUMBERS.values()
