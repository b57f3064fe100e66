"""Counted into PostgreSQL: the numbers of the fold in any cut, and the answers of SQLite byte for byte."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.clients import client_of
from tests.job.counting import check_agrees, check_answers, check_endings, check_file, count
from tests.job.logs import DAY, MEMORY, SECOND, TIMEOUT, Log, click, cuts, folded, log_of, logs, view
from tests.postgres import Server

from footfall.model.rules import Rules
from footfall.store import Store, open_store

ZONE = "Asia/Kathmandu"

PATHS = ["/api/v1.0/users/0", "/api/v1.0/orders/0", "/api/v1.0/users", "/api/v1.0/orders"]


@pytest.mark.prove("cuts")
def test_any_cut_of_any_log_gives_the_numbers_of_the_fold_and_the_answers_of_sqlite(
    postgres: Server, many: Callable[[int], int]
) -> None:
    @settings(max_examples=many(150), deadline=None, suppress_health_check=list(HealthCheck))
    @given(logs(), cuts(), cuts(), st.sampled_from([Rules().session_memory, 2**60]))
    def check(log: Log, sizes: list[int], others: list[int], memory: int) -> None:
        fold = folded(log)
        address = postgres.emptied_store()
        with (
            TemporaryDirectory() as name,
            closing(open_store(Path(name) / "store.db", timezone="Asia/Kathmandu")) as file,
        ):
            count(log, others, file)
            with closing(open_store(address, timezone="Asia/Kathmandu", session_memory=memory)) as store:
                count(log, sizes, store)
                check_agrees(store, fold)
                check_endings(store, fold)
                check_answers(store, fold, [0])
                check_same_bytes(file, store, [minute // 1000 for *_, minute in fold.facts])
        check_file(address, "Asia/Kathmandu", fold)

    check()


def check_same_bytes(one: Store, other: Store, moments: list[int]) -> None:
    """Assert that the API answers the same bytes from both stores, by the clock of the latest of these seconds."""
    now = max(moments, default=0) + 1800
    paths = PATHS + [f"/api/v1.0/{kind}/{moment}" for kind in ("users", "orders") for moment in moments[:2]]
    with client_of(one, now=now) as first, client_of(other, now=now) as second:
        for path in paths:
            answers = [client.get(path) for client in (first, second)]
            assert answers[0].status_code == answers[1].status_code == 200
            assert answers[0].content == answers[1].content


LIMITS = {
    "silence": [view(0), view(TIMEOUT - 1), view(2 * TIMEOUT - 1), view(2 * TIMEOUT)],
    "memory": [view(0, eventId="e"), view(MEMORY - 1, session="B"), view(MEMORY, eventId="e"), view(MEMORY + DAY)],
    "retries": [view(0, eventId="e\0"), view(1, eventId="e"), view(2, eventId="e\0"), view(3, eventId="\1" + "0e")],
    "ids": [view(0, session="s\0"), view(1, session="s"), view(2, session="s\0"), view(3, session="s\1" + "0")],
    "money": [
        click(n * SECOND, price=p, amount=a) for n, (p, a) in enumerate([("0.0001", 1), (10**9, 100_000), ("1.1", 3)])
    ],
}


@pytest.mark.parametrize("name", LIMITS)
def test_so_it_is_at_the_limits_one_event_a_step(name: str, postgres: Server) -> None:
    log = log_of(*LIMITS[name])
    fold = folded(log)
    address = postgres.emptied_store()
    with closing(open_store(address, session_memory=MEMORY)) as store:
        count(log, [1], store)

        check_agrees(store, fold)
        check_endings(store, fold)
        check_answers(store, fold, [0])
    check_file(address, "UTC", fold)
