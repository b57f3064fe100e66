"""Events at every limit: sums stay exact."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from itertools import repeat
from pathlib import Path

import pytest
from tests.api.clients import client_of
from tests.job.counting import check_agrees
from tests.job.logs import ALL, T0, CutLog, Log, click, entry, folded, log_of, raw, view

from footfall.job import Counter, verify
from footfall.model.rules import Rules
from footfall.store import open_store

MOST, MANY = 10**9, 10**5
"""The largest price and the largest amount."""


@pytest.mark.prove("limits")
def test_a_million_events_at_the_limits_are_summed_exactly(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    pairs, few = many(1_000_000) // 2, 1_000
    dear = [entry(click(price=MOST, amount=MANY)), entry(click(price="999 999 999,9999", amount=str(MANY)))]
    cheap = [entry(click(price="0.0001", amount=MANY, currency="EUR")), entry(view())]
    log = CutLog(Log([]), repeat(20_000))
    log.append("live", [raw(event) for event in dear] * pairs + [raw(event) for event in cheap] * few)

    with closing(open_store(tmp_path / "store.db")) as store:
        Counter(log, store, Rules(), ALL, lambda _: None).once()
        (total,) = store.totals(0)
        assert verify(store) == []
        with client_of(store, now=T0 / 1000) as client:
            (order,) = client.get("/api/v1.0/orders/0").json()["contents"]
            (user,) = client.get("/api/v1.0/users/0").json()["contents"]

    roubles = pairs * MANY * (MOST * 10_000 + 9_999_999_999_999)
    euros = few * MANY
    assert total.values == {"RUB": roubles, "EUR": euros}
    assert (total.quantity, total.clicks) == ((2 * pairs + few) * MANY, 2 * pairs + few)
    assert (total.views, total.depth_sum) == (few, few * (few + 1) // 2)
    assert order["sum"] == float(Fraction(roubles + euros, 10_000))
    with closing(sqlite3.connect(tmp_path / "store.db")) as db:
        # The view has 64 bits only: beyond 10^14 roubles of one item in one minute its last digit may differ.
        (shown,) = db.execute("SELECT sum FROM orders").fetchone()
    assert shown == pytest.approx(order["sum"], rel=1e-15)
    assert user["deep"] == (few + 1) / 2
    tell(f"{2 * pairs} events at the limits: {roubles} of 1/10,000 RUB, {few} more: {euros} of 1/10,000 EUR, exactly")


def test_binary_floats_would_not_be_exact() -> None:
    """The negative control: what the sums above would be if they were floats."""
    wrong = 0.0
    for _ in range(1000):
        wrong += 999_999_999.9999 * MANY

    assert Fraction(wrong) != Fraction(9_999_999_999_999, 10_000) * MANY * 1000


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({"price": MOST, "amount": MANY}, "counted"),
        ({"price": str(MOST), "amount": str(MANY)}, "counted"),
        ({"price": "1 000 000 000,0000", "amount": "+100000"}, "counted"),
        ({"price": MOST + 1}, "price_over_limit"),
        ({"price": "1000000000,0001"}, "price_over_limit"),
        ({"price": 10**400}, "price_over_limit"),
        ({"amount": MANY + 1}, "amount_over_limit"),
        ({"amount": "9" * 5000}, "amount_over_limit"),
        ({"price": 0, "amount": 1}, "counted"),
        ({"price": "0.0001"}, "counted"),
        ({"price": "0.00001"}, "price_decimals"),
        ({"amount": 0}, "amount_not_positive"),
    ],
)
def test_the_limits_themselves_pass(fields: dict[str, object], ending: str, tmp_path: Path) -> None:
    log = log_of(click() | fields)
    fold = folded(log)
    with closing(open_store(tmp_path / "store.db")) as store:
        Counter(CutLog(log, repeat(1)), store, Rules(), ALL, lambda _: None).once()

        check_agrees(store, fold)
        assert [str(event.reason) for event in store.set_aside()] == ([] if ending == "counted" else [ending])
