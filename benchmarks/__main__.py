"""Print all figures as one table, measured in one run."""

import platform
from datetime import UTC, datetime

from benchmarks import counting, edge, running


def main() -> None:
    """Measure and print."""
    print(
        f"Footfall beside nginx empty_gif, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, one run\n"
    )
    at = edge.measure()
    commit = at["commit_ms"]
    bound = min(at["nginx_64"] / 2, 64 / (commit / 1000)) if commit else at["nginx_64"] / 2
    rows = [
        (
            "answers/s at 64 connections",
            f"{at['rate_64']:,.0f}",
            f"{at['ratio_64']:.2f} of nginx ({at['nginx_64']:,.0f})",
        ),
        ("  of the bound min(nginx/2, 64/commit)", f"{at['rate_64'] / bound:.2f}", "goal >= 0.80"),
        ("  median commit + gathering", f"{commit:.2f} ms", ""),
        ("  p50 / p99", f"{at['p50_64']:.1f} / {at['p99_64']:.1f} ms", f"errors {at['errors_64']:.0f}"),
        (
            "answers/s at 1,024 connections",
            f"{at['rate_1024']:,.0f}",
            f"{at['ratio_1024']:.2f} of nginx ({at['nginx_1024']:,.0f}), goal >= 0.50",
        ),
        ("  p50 / p99", f"{at['p50_1024']:.1f} / {at['p99_1024']:.1f} ms", f"errors {at['errors_1024']:.0f}"),
    ]
    counted = counting.measure()
    rows.append(("events/s, journal to facts", f"{counted['counted_per_second']:,.0f}", "goal >= 20,000"))
    runs = running.measure()
    rows += [
        ("first event accepted after `up`", f"{runs['first_event_s']:.2f} s", "goal <= 4"),
        (
            "click to API at 1,000 events/s, p50 / p99",
            f"{runs['fresh_p50_s']:.2f} / {runs['fresh_p99_s']:.2f} s",
            "goal p99 <= 2",
        ),
        ("idle memory, all processes (PSS)", f"{runs['idle_mb']:.0f} MB", "goal <= 250"),
        ("  after the load", f"{runs['after_load_mb']:.0f} MB", ""),
    ]
    for name, figure, note in rows:
        print(f"{name:<44} {figure:>16}   {note}")


if __name__ == "__main__":
    main()
