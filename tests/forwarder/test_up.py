"""Everything together, as it is typed: a page view goes through journal and topic into the API."""

import json
import re
from pathlib import Path

import pytest
from tests.cli.calling import ask, call, post, running
from tests.forwarder.journals import append, raw
from tests.kafka.broker import Broker
from tests.kafka.topics import eventually, topic_name
from tests.sinks import registry as registries
from tests.sinks.topic import committed

from footfall.journal import kept_aside
from footfall.mapping import avro_schema
from footfall.sinks import Target


@pytest.fixture
def folder(tmp_path: Path, broker: Broker) -> Path:
    (tmp_path / "footfall.toml").write_text(f'log = "kafka://{broker.address}/{topic_name()}"\n')
    return tmp_path


def event(number: int) -> dict[str, object]:
    return {
        "eventType": "pageView",
        "location": "https://shop.example/item/dress/",
        "sessionId": f"s{number % 5}",
        "eventId": str(number),
    }


def test_up_takes_an_event_through_kafka_into_the_answers(folder: Path) -> None:
    made = call(folder, "topics", "create", "--partitions", "3")
    assert made.returncode == 0, made.stderr
    assert re.search(r"made online_store-\S+ and online_store-\S+-forwarded", made.stdout)
    with running(folder, "up", "--collector-port", "0", "--api-port", "0") as up:
        collector, api = up.address("collector"), up.address("API")
        for number in range(20):
            post(collector, event(number))

        eventually(lambda: [row["count"] for row in ask(f"{api}/api/v1.0/users")["contents"]] == [20])
        eventually(lambda: bool(ask(f"{collector}/health")["journal"]["behind"] == 0))
        eventually(lambda: _waiting(folder) == [0, 0, 0])
        looked = call(folder, "doctor").stdout
        assert up.end() == 0

    assert "live: forwarded up to 20" in looked
    assert "-forwarded: positions are kept" in looked


def _waiting(folder: Path) -> list[int]:
    """Return how many records of each partition wait to be counted, by `footfall topics describe`."""
    described = call(folder, "topics", "describe").stdout
    return [int(line.split()[-1]) for line in described.splitlines()[1:]]


def test_what_could_not_be_forwarded_is_listed_shown_and_sent_again(folder: Path) -> None:
    assert call(folder, "topics", "create").returncode == 0
    journal = folder / "footfall-data" / "journal" / "live.db"
    append(journal, [raw(json.dumps(event(0)).encode()), raw(b"[1]")])
    with running(folder, "forward"):
        eventually(lambda: [one.position for one in kept_aside(journal)] == [1])

    listed = call(folder, "set-aside", "list")
    shown = call(folder, "set-aside", "show", "live:1")
    asked = call(folder, "set-aside", "retry", "live:1")

    assert re.match(r"live:1 .* undecodable: .*no JSON object.* \(not forwarded\)\n$", listed.stdout), listed.stdout
    assert listed.stderr == "1 set aside\n"
    assert shown.stdout.endswith("/events\n\n[1]\n")
    assert asked.stdout == "the forwarder sends again, within a second if it runs: 1\n"


def test_without_a_kafka_log_there_is_nothing_to_forward(tmp_path: Path) -> None:
    for command in (("forward",), ("topics", "create"), ("topics", "check"), ("topics", "describe")):
        done = call(tmp_path, *command)

        assert done.returncode == 2
        assert done.stderr == "footfall: log = '': expected kafka://HOST:PORT[,HOST:PORT]/TOPIC\n"


def test_a_schema_other_than_the_one_that_is_written_is_refused(folder: Path) -> None:
    (folder / "other.avsc").write_text('{"type": "record", "name": "other", "fields": []}')
    settings = folder / "footfall.toml"
    settings.write_text(settings.read_text().replace('"\n', '?schema=other.avsc"\n'))

    done = call(folder, "forward")

    assert done.returncode == 2
    assert "schema = other.avsc: is not what is written (schema = 'default')" in done.stderr


def test_a_retention_that_is_no_duration_is_an_error_by_name(folder: Path) -> None:
    done = call(folder, "topics", "create", "--retention", "long")

    assert done.returncode == 1
    assert done.stderr.startswith("footfall: --retention long: expected a duration")


def test_topics_that_are_missing_fail_the_check_and_say_what_to_type(folder: Path) -> None:
    done = call(folder, "topics", "check")

    assert done.returncode == 1
    assert "no such topic" in done.stdout
    assert "footfall topics create" in done.stdout


def test_the_registry_is_told_the_schema_before_anything_is_sent(folder: Path) -> None:
    with registries.running() as registry:
        registry.schemas.append('"string"')
        settings = folder / "footfall.toml"
        servers, topic = re.findall(r"kafka://([^/]+)/([^\"]+)", settings.read_text())[0]
        settings.write_text(f'log = "kafka://{servers}/{topic}?registry={registry.address}"\n')
        assert call(folder, "topics", "create").returncode == 0
        append(folder / "footfall-data" / "journal" / "live.db", [raw(json.dumps(event(0)).encode())])
        target = Target(topic, {"bootstrap.servers": servers})
        with running(folder, "forward"):
            eventually(lambda: len(committed(target)) == 1)

        assert json.loads(registry.schemas[1]) == avro_schema("default")
        assert committed(target)[0].value[:5] == b"\x00\x00\x00\x00\x02"
