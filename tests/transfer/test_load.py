"""`footfall import`: what is in the log after it, and what it refuses."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.transfer.files import BEGIN, KINDS, avro, counted, csv_text, event, frames, jsonl, lines, log_of, packed
from tests.transfer.files import records as records_of

from footfall.errors import HeldError, InputError, UnavailableError
from footfall.journal import FrameKind, Journal
from footfall.transfer import ImportReport, Progress, import_files

ROOT = Path(__file__).parents[2]
NOW = BEGIN / 1000 + 86_400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal"


def run(folder: Path, *paths: Path | str, **options: Any) -> ImportReport:
    return import_files([str(path) for path in paths], folder=folder, **{"now": lambda: NOW, **options})


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_imported_in_file_order_and_means_the_same(
    tmp_path: Path, folder: Path, kind: str, gzipped: bool
) -> None:
    events = [event(n) for n in range(18)]
    events.append(event(18, eventType="buy_button_click", price="3\u00a0499,50 ₽", amount="2"))
    data = KINDS[kind](events)
    path = put(tmp_path / f"x.{kind}{'.gz' * gzipped}", packed(data) if gzipped else data)

    report = run(folder, path)

    assert (report.imported, report.broken, report.files) == (19, 0, 1)
    rows = counted(log_of(folder), "import")
    assert [row["timestamp"] for row in rows] == [one["timestamp"] for one in events]
    assert [row["location"] for row in rows] == [one["location"] for one in events]
    assert (rows[18]["price"], rows[18]["price_kind"], rows[18]["amount"]) == ("3\u00a0499,50 ₽", 1, "2")
    assert all(frame.kind is FrameKind.IMPORTED and frame.arrival == NOW * 1000 for frame in frames(folder))


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_is_told_without_a_name(tmp_path: Path, folder: Path, kind: str) -> None:
    path = put(tmp_path / "events", packed(KINDS[kind]([event(n) for n in range(3)])))

    assert run(folder, path).imported == 3


def test_numbers_stay_numbers_and_texts_texts(tmp_path: Path, folder: Path) -> None:
    line = b'{"timestamp":1790000000000,"sessionId":12,"price":1.990,"amount":"1.990","big":123456789012345678901234}'
    run(folder, put(tmp_path / "x.jsonl", line))

    assert lines(folder) == [(f"{tmp_path}/x.jsonl:1", line, "")]
    row = counted(log_of(folder), "import")[0]
    assert (row["price"], row["price_kind"]) == ("1.99", 2)
    assert (row["amount"], row["amount_kind"]) == ("1.990", 1)


def test_a_byte_order_mark_and_blank_lines_are_no_records(tmp_path: Path, folder: Path) -> None:
    data = b"\xef\xbb\xbf\r\n\n" + jsonl([event(0)]) + b"   \n\t\r\n" + jsonl([event(1)]).rstrip()
    report = run(folder, put(tmp_path / "x.jsonl", data))

    assert report.imported == 2
    assert [origin.rpartition(":")[2] for origin, _, _ in lines(folder)] == ["3", "6"]


def test_a_byte_order_mark_before_a_header_is_no_part_of_its_first_name(tmp_path: Path, folder: Path) -> None:
    run(folder, put(tmp_path / "x.csv", b"\xef\xbb\xbf" + csv_text([event(0)])))

    assert records_of(folder)[0]["timestamp"] == str(BEGIN)


def test_a_broken_line_is_set_aside_by_its_place_and_the_rest_is_imported(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(0)]) + b'{"timestamp":\n' + jsonl([event(1)]))
    report = run(folder, path)

    assert (report.imported, report.broken) == (2, 1)
    assert report.broken_places[0].startswith(f"{path}:2: ")
    origin, body, problem = lines(folder)[1]
    assert (origin, body) == (f"{path}:2", b'{"timestamp":')
    assert problem
    assert counted(log_of(folder), "import")[1]["problem"] == problem


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[1]",
        b"null",
        b'{"price": NaN}',
        b'{"price": Infinity}',
        b'{"location": "\\ud800"}',
        b'{"location": "\xff"}',
        b'{"a":' * 101 + b"1" + b"}" * 101,
        b'{"timestamp": ' + b"1" * 1001 + b"}",
        b'{"location": "' + b"x" * 1_000_000 + b'"}',
    ],
)
def test_what_is_no_json_object_is_broken_and_harms_no_neighbour(tmp_path: Path, folder: Path, line: bytes) -> None:
    report = run(folder, put(tmp_path / "x.jsonl", jsonl([event(0)]) + line + b"\n" + jsonl([event(1)])))

    assert (report.imported, report.broken) == (2, 1)
    problems = [row["problem"] is not None for row in counted(log_of(folder), "import")]
    assert problems == [False, True, False]
    assert len(lines(folder)[1][1]) <= 64_000


def test_strict_imports_nothing_of_any_file_if_one_line_is_broken(tmp_path: Path, folder: Path) -> None:
    good = put(tmp_path / "good.jsonl", jsonl([event(0)]))
    bad = put(tmp_path / "bad.jsonl", jsonl([event(1)]) + b"{oops}\n")

    with pytest.raises(InputError, match=r"(?s)nothing was imported, for 1 records.*bad\.jsonl:2: "):
        run(folder, good, bad, strict=True)

    assert frames(folder) == []
    assert run(folder, good, strict=True).imported == 1


def test_a_file_is_refused_a_second_time_whatever_its_name_or_packing(tmp_path: Path, folder: Path) -> None:
    data = jsonl([event(0)])
    run(folder, put(tmp_path / "x.jsonl", data))

    for path in (tmp_path / "x.jsonl", put(tmp_path / "y.json", data), put(tmp_path / "y.gz", packed(data))):
        with pytest.raises(InputError, match=f"{path.name}: was imported before, into import, as .*x.jsonl"):
            run(folder, path)
    with pytest.raises(InputError, match="was imported before, into import"):
        run(folder, tmp_path / "x.jsonl", partition="other")
    assert len(frames(folder)) == 1


def test_again_imports_it_again(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(0)]))
    run(folder, path)

    for times in (2, 3):
        report = run(folder, path, again=True)

        assert (report.imported, report.resumed) == (1, 0)
        assert len(frames(folder)) == times


def test_one_new_file_beside_a_known_one_is_refused_whole(tmp_path: Path, folder: Path) -> None:
    old, new = put(tmp_path / "old.jsonl", jsonl([event(0)])), put(tmp_path / "new.jsonl", jsonl([event(1)]))
    run(folder, old)

    with pytest.raises(InputError, match=r"old\.jsonl: was imported before"):
        run(folder, old, new)

    assert len(frames(folder)) == 1


def test_a_file_given_twice_is_refused(tmp_path: Path, folder: Path) -> None:
    one, two = put(tmp_path / "a.jsonl", jsonl([event(0)])), put(tmp_path / "b.jsonl", jsonl([event(0)]))

    with pytest.raises(InputError, match=r"b\.jsonl: holds the same as .*a\.jsonl"):
        run(folder, one, two)

    assert run(folder, one, two, again=True).imported == 2


def test_a_file_that_has_only_grown_since_is_refused(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(0), event(1)]))
    run(folder, path)
    put(path, jsonl([event(n) for n in range(5)]))

    with pytest.raises(InputError, match=r"begins with all of a file imported before"):
        run(folder, path)

    assert run(folder, put(tmp_path / "y.jsonl", jsonl([event(n) for n in range(1, 5)]))).imported == 4


def test_what_is_appended_while_a_file_is_read_is_left_for_later(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(0), event(1)]))

    def append(at: Progress) -> None:
        if at.what.startswith("checking"):
            with path.open("ab") as file:
                file.write(jsonl([event(2)]))

    assert run(folder, path, progress=append).imported == 2


def test_sort_is_by_time_over_all_files_and_leaves_equal_moments_as_they_came(tmp_path: Path, folder: Path) -> None:
    one = put(tmp_path / "a.jsonl", jsonl([event(3), event(1), event(1, eventType="second")]) + b"{oops\n")
    two = put(tmp_path / "b.csv", csv_text([event(2), event(0)]))
    report = run(folder, one, two, sort=True)

    assert (report.imported, report.broken, report.late) == (5, 1, 0)
    found = [(record.get("timestamp"), record.get("eventType")) for record in records_of(folder)]
    assert [moment if moment is None else int(moment) - BEGIN for moment, _ in found] == [
        0,
        1000,
        1000,
        None,
        2000,
        3000,
    ]
    assert found[2][1] == "second"


def test_events_over_a_day_behind_the_clock_are_reported(tmp_path: Path, folder: Path) -> None:
    day = 86_400
    events = [event(0), event(2 * day), event(day), event(day - 1), event(0), event(10**9), event(2 * day)]
    path = put(tmp_path / "x.jsonl", jsonl(events))

    assert run(folder, path, now=lambda: BEGIN / 1000 + 2 * day).late == 2
    assert run(folder, put(tmp_path / "y.jsonl", jsonl([event(3)])), now=lambda: NOW).late == 1
    assert run(folder, put(tmp_path / "z.jsonl", jsonl([event(4)])), now=lambda: NOW, partition="other").late == 0


def test_events_that_cannot_count_for_want_of_a_field_are_reported(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(0, sessionId=""), event(1, timestamp="then"), event(2)]))

    assert run(folder, path).timeless == 2


def test_fields_are_renamed_to_the_columns_default_names(tmp_path: Path, folder: Path) -> None:
    line = '{"ts":5,"timestamp":"kept out","who":"a","цена":"990 ₽","eventType":"pageView"}'
    path = put(tmp_path / "x.jsonl", line.encode())
    run(folder, path, renames={"ts": "timestamp", "who": "session", "цена": "price"})

    assert records_of(folder) == [{"timestamp": 5, "sessionId": "a", "price": "990 ₽", "eventType": "pageView"}]


def test_renamed_infinities_stay_unreadable(tmp_path: Path, folder: Path) -> None:
    run(folder, put(tmp_path / "x.jsonl", b'{"cost":1e999,"amount":-1e999}'), renames={"cost": "price"})

    row = counted(log_of(folder), "import")[0]
    assert (row["price_kind"], row["amount_kind"]) == (3, 3)


@pytest.mark.parametrize(
    ("renames", "match"),
    [
        ({"ts": "timestmp"}, r"--map ts=timestmp: no such column; did you mean timestamp\?"),
        ({"ts": "xyz"}, "expected one of timestamp, event_type"),
        ({"a": "price", "b": "price"}, "two fields are mapped to one column"),
    ],
)
def test_wrong_renames_are_refused(tmp_path: Path, folder: Path, renames: dict[str, str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        run(folder, put(tmp_path / "x.jsonl", jsonl([event(0)])), renames=renames)


_ZIP = b"PK\x03\x04" + b"\0" * 40


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("x.jsonl", b"", "x.jsonl: is empty"),
        ("x.csv", b"\xef\xbb\xbf \n\n", "x.csv: is empty"),
        ("x.gz", packed(b""), "x.gz: is empty"),
        ("x.jsonl", b'[{"timestamp": 1}]', "looks like one JSON array"),
        ("x.jsonl", b"a,b\n1,2\n", "no line of it begins a JSON object"),
        ("x.jsonl", b'{"session":0,"events":[]}\n', "no field of an event among: events, session"),
        ("x.csv", b"a,b\n1,2\n", "no field of an event among: a, b; expected timestamp"),
        ("x.csv", b"timestamp,timestamp\n1,2\n", "two columns are named timestamp"),
        ("x.csv", b"timestamp,\xff\n1,2\n", "x.csv:1: no UTF-8"),
        ("x.avro", jsonl([event(0)]), "does not begin as an Avro container does"),
        ("x.parquet", b"PAR2" + b"x" * 40, "does not begin as Parquet does"),
        ("x.parquet", b"PAR1" + b"x" * 40, "no Parquet file, or cut"),
        ("x.parquet", KINDS["parquet"]([event(0)])[:-30], "no Parquet file, or cut"),
        ("x.xlsx", _ZIP, "looks like a zip archive or an Excel workbook"),
        ("x.bin", b"\x01\x02\0\x04", "looks like binary data"),
        ("x.txt", "timestamp;a\n".encode("utf-16"), "text in UTF-16"),
        ("x.txt", b"hello\n", "begins with b'hello"),
        ("x.gz", packed(packed(jsonl([event(0)]))), "a gzip file within a gzip file"),
        ("x.gz", packed(jsonl([event(n) for n in range(99)]))[:-300], "damaged or cut after"),
        ("x.gz", packed(jsonl([event(0)]))[:-5] + b"12345", "damaged or cut"),
        ("x.avro", avro([event(n) for n in range(99)])[:-200], "damaged or cut after record"),
        ("x.avro", avro([event(n) for n in range(99)]) + b"\xff", "cut after record 99"),
        ("x.avro", avro([event(0)])[:60], "cut within its header"),
    ],
)
def test_files_that_are_cut_or_no_events_are_refused_by_name_with_nothing_imported(
    tmp_path: Path, folder: Path, name: str, data: bytes, match: str
) -> None:
    good = put(tmp_path / "good.jsonl", jsonl([event(0)]))

    with pytest.raises(InputError, match=match) as refused:
        run(folder, good, put(tmp_path / name, data))

    assert f"{tmp_path}/{name}" in str(refused.value)
    assert frames(folder) == []
    assert run(folder, good).imported == 1


def test_what_is_not_there_is_refused_by_name(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv: cannot be read: No such file"):
        run(folder, tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        run(folder, tmp_path)


@pytest.mark.parametrize("partition", ["", "a/b", "..", ".x", "a b", "live", "x" * 65])
def test_partitions_need_a_name_of_their_own(tmp_path: Path, folder: Path, partition: str) -> None:
    with pytest.raises(InputError, match=f"--partition {partition}: "):
        run(folder, put(tmp_path / "x.jsonl", jsonl([event(0)])), partition=partition)


def test_two_imports_at_once_need_two_partitions(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(0)]))
    with closing(Journal(folder / "import.db")):
        with pytest.raises(HeldError, match=f"held by process {os.getpid()}"):
            run(folder, path)
        assert run(folder, path, partition="other").imported == 1


def test_standard_input_is_imported_and_known_again(tmp_path: Path, folder: Path) -> None:
    data = packed(csv_text([event(n) for n in range(50)]))
    command = [sys.executable, "-m", "tests.transfer.importing", str(folder), "stdin"]
    done = subprocess.run(command, input=data, cwd=ROOT, capture_output=True, check=True)

    assert done.stdout.splitlines()[-1] == b"imported 50 resumed 0"
    assert lines(folder)[0][0] == "<stdin>:2"
    with pytest.raises(InputError, match="was imported before, into import, as <stdin>"):
        run(folder, put(tmp_path / "x.gz", data))
    again = subprocess.run(command, input=data, cwd=ROOT, capture_output=True, check=False)
    assert b"<stdin>: was imported before" in again.stderr


def test_a_pipe_is_imported_like_a_file(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    feeder = subprocess.Popen([sys.executable, "-c", "import sys; open(sys.argv[1], 'wb').write(sys.argv[2].encode())",
                               str(path), jsonl([event(0)]).decode()])  # fmt: skip

    assert run(folder, path).imported == 1
    assert feeder.wait() == 0


def test_a_full_journal_stops_the_import_which_goes_on_when_there_is_room(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(n) for n in range(9000)]))
    with pytest.raises(UnavailableError, match="the journal is full"):
        run(folder, path, max_bytes=1_800_000)
    before = len(frames(folder))

    report = run(folder, path)

    assert 0 < before == report.resumed < 9000
    assert [record["timestamp"] for record in records_of(folder)] == [BEGIN + n * 1000 for n in range(9000)]


def test_a_stopped_import_is_not_begun_anew_by_other_options(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(n) for n in range(9000)]))
    with pytest.raises(UnavailableError):
        run(folder, path, max_bytes=1_800_000, renames={"a": "price"})

    with pytest.raises(InputError, match=r"import stopped after \d,000 events; .* footfall import .*x\.jsonl --map a="):
        run(folder, path, sort=True)
    with pytest.raises(InputError, match=r"--partition import --map a=price"):
        run(folder, path, partition="other")


def test_the_report_of_a_resumed_import_is_of_all_of_it(tmp_path: Path, folder: Path) -> None:
    data = b"{oops\n" + jsonl([event(n) for n in range(9000)]) + b"{oops\n"
    path = put(tmp_path / "x.jsonl", data)
    with pytest.raises(UnavailableError):
        run(folder, path, max_bytes=1_800_000)
    report = run(folder, path)

    assert (report.imported, report.broken) == (9000, 2)
    assert [place.split(":")[1] for place in report.broken_places] == ["1", "9002"]


def test_progress_ends_at_the_number_of_records(tmp_path: Path, folder: Path) -> None:
    seen: list[Progress] = []
    run(folder, put(tmp_path / "x.jsonl", jsonl([event(n) for n in range(5000)])), progress=seen.append)

    assert seen[-1] == Progress("importing", 5000, 5000)
    assert [at.done for at in seen if at.what == "importing"] == [4000, 5000]


def test_otto_sessions_flattened_are_imported_in_the_order_of_time(tmp_path: Path, folder: Path) -> None:
    sessions = [json.loads(line) for line in (ROOT / "tests/data/otto/train.jsonl").read_text().splitlines()]
    events = [
        {
            "timestamp": one["ts"],
            "eventType": {"clicks": "pageView", "carts": "buy_button_click"}.get(one["type"], one["type"]),
            "itemId": str(one["aid"]),
            "sessionId": str(session["session"]),
        }
        for session in sessions
        for one in session["events"]
    ]
    path = put(tmp_path / "otto.jsonl", jsonl(events))
    assert run(folder, path).late > 0
    report = run(folder, path, sort=True, partition="sorted", again=True)

    assert (report.imported, report.late) == (862, 0)
    moments = [record["timestamp"] for record in records_of(folder, "sorted")]
    assert moments == sorted(moments)


def test_timestamps_in_seconds_are_reported(tmp_path: Path, folder: Path) -> None:
    path = put(tmp_path / "x.jsonl", jsonl([event(0), event(1, timestamp=BEGIN // 1000), event(2, timestamp=-1)]))

    assert run(folder, path).early == 2
