"""The collector that tests of a module share."""

from collections.abc import Iterator

import pytest
from tests.collector.running import Running, collecting


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a collector with default settings; its tests tell their events by their ids."""
    with collecting(tmp_path_factory.mktemp("collector")) as running:
        yield running
