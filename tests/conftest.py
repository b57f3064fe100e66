"""What holds for all tests: no deadlines, counts that `scripts/prove` makes ten times as large, servers they share."""

import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from tests.kafka.broker import Broker, need_kafka
from tests.postgres import Server, running

# A slow example on a busy machine is no failure; how fast things are is measured in benchmarks.
settings.register_profile("footfall", deadline=None)
settings.load_profile("footfall")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="Run the counts of scripts/prove in full, not a tenth.")
    parser.addoption("--proof", help="Run only the proof of this name.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    name = config.getoption("--proof")
    if not name:
        return
    chosen = [item for item in items if any(mark.args[:1] == (name,) for mark in item.iter_markers("prove"))]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture(scope="session")
def many(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """Return so many under `scripts/prove`, a tenth in the suite; at least one."""
    full = bool(request.config.getoption("--full"))
    return lambda count: count if full else max(1, count // 10)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return what says a line of a proof: what was done, how often, with which seed, what was seen."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    proving = bool(request.config.getoption("--full"))

    def say(line: str) -> None:
        if not proving or capture is None:
            return
        with capture.global_and_fixture_disabled():
            print(line, file=sys.stdout, flush=True)

    return say


@pytest.fixture(scope="session")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Start the one broker of this test process."""
    need_kafka()
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.kill9()


@pytest.fixture
def broker(shared_broker: Broker) -> Broker:
    """Return the running broker; a test may stop or kill it, and need not start it again. Topics are left behind."""
    if not shared_broker.running:
        shared_broker.start()
    return shared_broker


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run a PostgreSQL server, without fsync, for all tests that need no other."""
    with running() as server:
        yield server
