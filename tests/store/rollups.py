"""Hours and days added up by hand from the minutes of a store's database."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.store.places import Place, rows


def rows_of(place: Place, table: str) -> dict[tuple[object, ...], list[int]]:
    """Return sums by (start in seconds, shop, item[, currency])."""
    keys = 4 if table.endswith("values") else 3
    columns = "start, shop, item, " + ("currency, high, low" if keys == 4 else "views, depth_sum, quantity, clicks")
    found = rows(place, f"SELECT {columns} FROM {table} JOIN products ON products.id = product")
    return {row[:keys]: list(row[keys:]) for row in found}


def summed(minutes: dict[tuple[object, ...], list[int]], zone: ZoneInfo | None) -> dict[tuple[object, ...], list[int]]:
    """Return the minutes by hour of UTC, or by local date of the zone, added up by hand."""
    sums: dict[tuple[object, ...], list[int]] = {}
    for (start, *rest), numbers in minutes.items():
        assert isinstance(start, int)
        at = datetime.fromtimestamp(start, UTC)
        begin: object = start // 3600 * 3600 if zone is None else at.astimezone(zone).date()
        known = sums.get((begin, *rest), [0] * len(numbers))
        sums[begin, *rest] = [a + b for a, b in zip(known, numbers, strict=True)]
    return sums


def dated(days: dict[tuple[object, ...], list[int]], zone: ZoneInfo) -> dict[tuple[object, ...], list[int]]:
    found: dict[tuple[object, ...], list[int]] = {}
    for (start, *rest), numbers in days.items():
        assert isinstance(start, int)
        day, before = (datetime.fromtimestamp(second, UTC).astimezone(zone).date() for second in (start, start - 1))
        assert before < day, "a day begins with the first second of its date"
        found[day, *rest] = numbers
    return found


def check_rollups(place: Place, zone: str) -> None:
    """Assert that hours and days are the sums of the minutes."""
    for kind in ("facts", "values"):
        minutes = rows_of(place, f"minute_{kind}")
        assert rows_of(place, f"hour_{kind}") == summed(minutes, None)
        assert dated(rows_of(place, f"day_{kind}"), ZoneInfo(zone)) == summed(minutes, ZoneInfo(zone))
