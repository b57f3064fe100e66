"""The month of history: plausible, the same each time, written once, and counted like anything else."""

import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path

import pytest

from footfall import wiring
from footfall.answers import Answers
from footfall.demo import write_history
from footfall.demo.history import DAYS, PARTITION, month
from footfall.demo.products import PRODUCTS
from footfall.demo.walks import ADMIRED, BESTSELLER
from footfall.errors import HeldError, InputError
from footfall.job import verify
from footfall.journal import FrameKind, Journal, JournalReader, unpack
from footfall.mapping import builtin
from footfall.model.money import Unreadable, read_price
from footfall.model.steps import Reason, Tally
from footfall.settings import Settings, load

NOW = 1_795_500_000_000
DAY = 86_400_000


class Stopped(Exception):  # noqa: N818 - an order, not an error
    pass


@dataclass(frozen=True)
class Written:
    """A month that was stopped in the middle of being written, then written to its end, then counted."""

    settings: Settings
    events: int
    raws: list[bytes]
    stopped_at: int
    progress: list[tuple[int, int]]
    tally: Tally
    took: float


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    settings = load(environ={}, flags={"data": str(tmp_path_factory.mktemp("demo"))})
    began, progress = time.monotonic(), list[tuple[int, int]]()
    with pytest.raises(Stopped):
        write_history(settings.data, NOW, stop_at(300))
    stopped_at = len(raws_of(settings.data))
    events = write_history(settings.data, NOW + 777, lambda done, total: progress.append((done, total)))
    steps = list[Tally]()
    with wiring.opened_store(settings) as store:
        wiring.counter_of(settings, store, lambda report: steps.append(report.tally)).once()
    took = time.monotonic() - began
    tally = Tally(*(sum(getattr(step, name) for step in steps) for name in Tally.__dataclass_fields__))
    return Written(settings, events, raws_of(settings.data), stopped_at, progress, tally, took)


def stop_at(hour: int) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done >= hour:
            raise Stopped

    return progress


def raws_of(folder: Path) -> list[bytes]:
    reader = JournalReader(folder / "journal" / f"{PARTITION}.db")
    try:
        return [raw for _, raw in reader.read(0, 10**9, 10**12)[0]]
    finally:
        reader.close()


@pytest.fixture(scope="module")
def undisturbed() -> list[tuple[int, int, bytes]]:
    return list(month(NOW))


def test_it_has_at_least_100_000_events_of_30_days(written: Written, tell: Callable[[str], None]) -> None:
    tell(f"{written.events} events of {DAYS} days written and counted in {written.took:.1f} s (stopped once)")

    assert written.events == len(written.raws) >= 100_000
    arrivals = [unpack(raw).arrival for raw in written.raws]
    assert NOW - DAYS * DAY <= arrivals[0] < NOW - (DAYS - 1) * DAY
    assert NOW - DAY / 24 < arrivals[-1] < NOW
    assert all(before <= after for before, after in pairwise(arrivals))


def test_stopped_and_begun_again_it_is_the_same_month(
    written: Written, undisturbed: list[tuple[int, int, bytes]]
) -> None:
    """Also though the clock went on meanwhile: the month that was begun is written to its end."""
    assert 0 < written.stopped_at < written.events
    assert written.raws == [raw for _, _, raw in undisturbed]


def test_another_seed_or_zone_is_another_month(undisturbed: list[tuple[int, int, bytes]]) -> None:
    """Negative control of the test above: the comparison does see differences."""
    assert next(month(NOW, seed=2)) != undisturbed[0]
    assert list(islice(month(NOW, zone="Asia/Vladivostok"), 100)) != undisturbed[:100]
    assert list(islice(month(NOW), 100)) == undisturbed[:100]


def test_progress_goes_on_from_where_it_was_to_the_last_hour(written: Written) -> None:
    done = [hours for hours, _ in written.progress]

    assert {total for _, total in written.progress} == {DAYS * 24}
    assert done == sorted(done)
    assert done[0] >= 300
    assert done[-1] == DAYS * 24


def test_it_is_written_once_also_a_week_later(written: Written) -> None:
    again = write_history(written.settings.data, NOW + 7 * DAY, lambda *_: pytest.fail("it was written again"))

    assert again == written.events
    assert raws_of(written.settings.data) == written.raws


@pytest.mark.parametrize("forgetful", [False, True])
def test_without_the_note_of_when_it_began_it_would_become_another_month(tmp_path: Path, forgetful: bool) -> None:
    """Negative control of being the same month after a stop: with the note taken away it is not."""
    with pytest.raises(Stopped):
        write_history(tmp_path, NOW, stop_at(1))
    if forgetful:
        with closing(sqlite3.connect(tmp_path / "journal" / f"{PARTITION}.db", isolation_level=None)) as db:
            db.execute("DELETE FROM meta WHERE key = 'note:begun'")

    with pytest.raises(Stopped):
        write_history(tmp_path, NOW + 777, stop_at(40))

    found = raws_of(tmp_path)
    expected = [raw for _, _, raw in islice(month(NOW), len(found))]
    assert (found != expected) is forgetful


def test_who_else_writes_it_is_named(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal" / f"{PARTITION}.db")
    try:
        with pytest.raises(HeldError, match="is held by process"):
            write_history(tmp_path, NOW, lambda *_: None)
    finally:
        journal.close()


def test_every_ending_is_there_and_the_ledger_proves_it(written: Written) -> None:
    tally = written.tally

    assert tally.read == written.events
    assert tally.read == (tally.counted + tally.ignored + tally.duplicate + tally.corrupt + tally.bot + tally.set_aside)
    assert min(tally.counted, tally.ignored, tally.duplicate, tally.corrupt, tally.bot, tally.set_aside) > 5
    assert tally.counted > tally.read / 2
    with wiring.opened_store(written.settings) as store:
        assert verify(store) == []
        assert store.position(PARTITION).next == written.events


def test_what_is_set_aside_has_a_price_that_nobody_can_read(written: Written) -> None:
    with wiring.opened_store(written.settings) as store:
        waiting = list(store.set_aside())

    assert len(waiting) == written.tally.set_aside
    assert {event.reason for event in waiting} == {Reason.PRICE_UNREADABLE}
    assert all("4 590 – 4 990 ₽" in event.detail for event in waiting)


def test_pieces_and_money_of_each_product_are_those_of_a_simple_sum(written: Written) -> None:
    """What a plain loop over the records, each event id once, makes of it."""
    mapping, seen = builtin("default"), set[object]()
    pieces, money = defaultdict[str, int](int), defaultdict[str, Decimal](Decimal)
    for raw in written.raws:
        if b"buy_button_click" not in raw:
            continue
        try:
            fields = mapping.map(raw)
            price = read_price(str(fields["price"])).value
        except (InputError, Unreadable):
            continue
        if fields["detectedCorruption"] or fields["eventId"] in seen:
            continue
        seen.add(fields["eventId"])
        item = str(fields["location"]).split("/item/")[1].partition("/")[0]
        pieces[item] += int(str(fields["amount"]))
        money[item] += int(str(fields["amount"])) * price

    rows = answers_of(written, "orders")
    assert {item: count for item, count, _ in rows} == pieces
    assert {item: round(total, 2) for item, _, total in rows} == {item: float(total) for item, total in money.items()}


def test_one_product_sells_best_another_is_only_looked_at_and_none_is_forgotten(written: Written) -> None:
    pieces = {item: count for item, count, _ in answers_of(written, "orders")}
    views = {item: count for item, count, _ in answers_of(written, "users")}

    assert views.keys() == PRODUCTS.keys()
    assert max(pieces, key=lambda item: pieces[item]) == BESTSELLER
    assert max(views, key=lambda item: views[item]) == ADMIRED
    assert 0 < pieces[ADMIRED] < views[ADMIRED] / 50
    assert all(1 < depth < 6 for _, _, depth in answers_of(written, "users"))


def answers_of(written: Written, question: str) -> list[tuple[str, int, float]]:
    with wiring.opened_store(written.settings) as store:
        answers = Answers(store, None, lambda: NOW / 1000)
        since = NOW // 1000 - (DAYS + 1) * 86_400
        if question == "users":
            return [(row.item, row.views, row.mean_depth) for row in answers.users(since)]
        return [(row.item, row.quantity, row.value) for row in answers.orders(since)]


def test_nights_are_quiet_and_evenings_are_not(written: Written) -> None:
    hours = Counter(datetime.fromtimestamp(unpack(raw).arrival / 1000, UTC).hour for raw in written.raws)

    assert hours[20] > 8 * hours[3]
    assert set(hours) == set(range(24))


def test_some_events_come_late_and_keep_their_own_time(written: Written) -> None:
    mapping = builtin("default")
    posted = [raw for raw in written.raws if unpack(raw).kind is FrameKind.POSTED]

    behind = []
    for raw in posted:
        timestamp = mapping.map(raw)["timestamp"]
        assert isinstance(timestamp, int)
        behind.append(unpack(raw).arrival - timestamp)

    assert len(posted) > 100
    assert 60_000 < min(behind) < max(behind) < DAY


def test_visits_have_several_pages(written: Written) -> None:
    mapping = builtin("default", only={"sessionId", "eventType"})
    pages = Counter(found["sessionId"] for found in sample(written, mapping.map) if found["eventType"] == "pageView")

    assert 2 < sum(pages.values()) / len(pages) < 6
    assert max(pages.values()) > 10


def sample(written: Written, read: Callable[[bytes], dict[str, object]]) -> Iterator[dict[str, object]]:
    for raw in written.raws[:10_000]:
        if b"bot" not in raw:
            yield read(raw)
