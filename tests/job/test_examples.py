"""The worked example of counting.md and 20 real shopping sessions, in every way of cutting them."""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.api.clients import client_of
from tests.fold import Entry, Sums
from tests.job.counting import check_agrees, check_answers, check_endings, check_file, count
from tests.job.logs import SECOND, T0, Log, click, folded, log_of, view

from footfall.answers import Answers
from footfall.store import MemoryStore, open_store

EXAMPLE = log_of(
    view(0, item=""),
    view(10 * SECOND),
    view(15 * SECOND, session="B"),
    click(20 * SECOND, price="1 990 ₽", amount="2"),
    view(30 * SECOND, item="hat"),
    view(1829 * SECOND),
    view(3629 * SECOND),
)
EVERY_CUT = [
    [end - begin for begin, end in zip([0, *ends], [*ends, 7], strict=True)]
    for ends in ([place for place in range(1, 7) if number >> place - 1 & 1] for number in range(64))
]


def test_the_worked_example_is_counted_as_the_page_says() -> None:
    fold = folded(EXAMPLE)

    assert list(fold.depths.values()) == [2, 1, 3, 4, 1]
    dress = [sums for (_, item, _), sums in fold.facts.items() if item == "dress"]
    assert Sums(*(sum(getattr(part, name) for part in dress) for name in Sums.__dataclass_fields__)) == Sums(4, 8, 2, 1)
    assert list(fold.money.values()) == [3980]
    assert [sums for (_, item, _), sums in fold.facts.items() if item == "hat"] == [Sums(1, 3, 0, 0)]
    for sizes in EVERY_CUT:
        store = MemoryStore()
        assert len(count(EXAMPLE, sizes, store)) == len(sizes)
        check_agrees(store, fold)


def test_the_worked_example_is_answered_as_the_page_says(tmp_path: Path) -> None:
    with closing(open_store(tmp_path / "store.db", timezone="Europe/Moscow")) as store:
        count(EXAMPLE, [2], store)

        with client_of(store, now=T0 / 1000 + 4000) as client:
            users = client.get(f"/api/v1.0/users/{T0 // 1000}").json()["contents"]
            orders = client.get(f"/api/v1.0/orders/{T0 // 1000}").json()["contents"]
        check_file(tmp_path / "store.db", "Europe/Moscow", folded(EXAMPLE))

    assert users == [
        {"url": "shop.example", "id_item": "dress", "count": 4, "deep": 2.0},
        {"url": "shop.example", "id_item": "hat", "count": 1, "deep": 3.0},
    ]
    assert orders == [{"url": "shop.example", "id_item": "dress", "count": 2, "sum": 3980.0}]


# ---- otto ------------------------------------------------------------------------------------------------------------

KINDS = {"clicks": "pageView", "carts": "buy_button_click", "orders": "order"}


def otto() -> list[tuple[str, int, Entry]]:
    """Return the sessions' events by time; a press of "buy" gets a price made of its item's number."""
    path = Path(__file__).parents[1] / "data" / "otto" / "train.jsonl"
    sessions = [json.loads(line) for line in path.read_text().splitlines()]
    events = [(event["ts"], session["session"], event) for session in sessions for event in session["events"]]
    events.sort(key=lambda event: event[:2])
    return [("import", n, Entry(ts, _fields(session, event))) for n, (ts, session, event) in enumerate(events)]


def _fields(session: int, event: dict[str, object]) -> dict[str, object]:
    item, kind = event["aid"], KINDS[str(event["type"])]
    price = {"price": f"{int(str(item)) % 100_000 / 100:.2f} €".replace(".", ",")} if event["type"] == "carts" else {}
    return {"timestamp": event["ts"], "sessionId": session, "eventType": kind, "itemId": item, **price}


OTTO = otto()


@pytest.mark.parametrize("sizes", [[10**6], [100], [7, 1, 300]])
def test_real_sessions_give_the_numbers_of_the_fold_in_any_cut(sizes: list[int], tmp_path: Path) -> None:
    check_all(Log(OTTO), sizes, tmp_path / "store.db")


@pytest.mark.prove("cuts")
def test_real_sessions_give_the_numbers_of_the_fold_one_event_a_step(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    log = Log(OTTO[: many(len(OTTO))])

    check_all(log, [1], tmp_path / "store.db")

    tell(f"{len(log)} events of real sessions, one a step; API, views, store and fold agree")


def check_all(log: Log, sizes: list[int], path: Path) -> None:
    fold = folded(log)
    with closing(open_store(path, timezone="Europe/Berlin")) as store:
        count(log, sizes, store)

        check_agrees(store, fold)
        check_endings(store, fold)
        check_answers(store, fold, [0, 1_660_000_000, 1_661_000_000])
    check_file(path, "Europe/Berlin", fold)


def test_every_click_and_every_cart_of_the_file_is_there() -> None:
    """Counted without the fold, straight from the file."""
    store = MemoryStore()
    count(Log(OTTO), [50], store)

    kinds = Counter(entry.fields["eventType"] for *_, entry in OTTO if entry.fields)
    views = Counter(
        str(entry.fields["itemId"]) for *_, entry in OTTO if entry.fields and entry.fields["eventType"] == "pageView"
    )
    answers = Answers(store, None, lambda: 1_700_000_000)

    assert kinds == {"pageView": 800, "buy_button_click": 52, "order": 10}
    assert {row.item: row.views for row in answers.users(0)} == views
    assert sum(row.quantity for row in answers.orders(0)) == 52
    assert store.tally().ignored == 10
