"""Commands that run services: up, collect, serve, count."""

import sys
from typing import Annotated

import structlog
import typer
from rich.console import Console

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.cli.steps import many, tell_step
from footfall.errors import InputError
from footfall.job import StepReport
from footfall.settings.units import read_duration
from footfall.supervisor import Service, supervise

_Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
_Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]


def say(name: str, what: str) -> None:
    """Tell the log what a service did."""
    structlog.get_logger().info(what, service=name)


def run_together(services: list[Service], banner: str) -> None:
    """Run the services until a signal; print `banner`, with the services' addresses filled in, once all are ready."""

    def all_ready(messages: dict[str, str]) -> None:
        print(banner.format_map(messages), flush=True)
        wiring.notify("READY=1")

    sys.exit(supervise(services, say=say, all_ready=all_ready))


@app.command()
def up(
    context: typer.Context,
    collector_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the collector.")] = None,
    api_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the API.")] = None,
    host: _Host = None,
) -> None:
    """Run collector, counting and API together.

    What dies is started again; Ctrl-C or SIGTERM ends all of them cleanly.

    Example: footfall up --collector-port 8290 --api-port 5001
    """
    settings = choices_of(context).settings(
        {"collector.port": collector_port, "api.port": api_port, "collector.host": host, "api.host": host}
    )
    services = wiring.services(settings, tell_step)
    run_together(
        services,
        "Footfall is up.\n"
        "  collector  {collector}   (the tag: {collector}/divolte.js)\n"
        "  API        {api}   (try: curl {api}/api/v1.0/users)\n"
        "Paste the tag into your shop: footfall tag\n"
        "Ctrl-C ends it.",
    )


def _listening(name: str) -> wiring.Ready:
    return lambda address: _saying(name)(f"listening on {address}")


def _saying(name: str) -> wiring.Ready:
    def ready(what: str) -> None:
        print(f"footfall {name}: {what}", flush=True)
        wiring.notify("READY=1")

    return ready


@app.command()
def collect(
    context: typer.Context,
    host: _Host = None,
    port: _Port = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that share the port; with a Kafka log only.")
    ] = None,
) -> None:
    """Run the collector alone.

    It answers a browser only when the event is on disk.

    Example: footfall collect --host 127.0.0.1 --port 8290
    """
    settings = choices_of(context).settings(
        {"collector.host": host, "collector.port": port, "collector.workers": workers}
    )
    wiring.collect(settings, _listening("collect"))


@app.command()
def forward(context: typer.Context) -> None:
    """Forward the collector's journals into the Kafka topic of the setting log.

    Each request that the collector has answered for gets into the topic exactly once, whatever dies meanwhile. One
    forwarder for each journal: the older of two ends.

    Example: FOOTFALL_LOG=kafka://127.0.0.1:9092/online_store footfall forward
    """
    wiring.forward(choices_of(context).settings(), _saying("forward"))


@app.command()
def serve(context: typer.Context, host: _Host = None, port: _Port = None) -> None:
    """Run the API alone.

    Example: footfall serve --port 5001
    """
    settings = choices_of(context).settings({"api.host": host, "api.port": port})
    wiring.serve(settings, _listening("serve"))


@app.command()
def count(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Count what is new, then exit (for cron).")] = False,
    schedule: Annotated[
        str, typer.Option(help="Count every so often, aligned to the clock: 30m, 1h.", show_default=False)
    ] = "",
    accept_loss: Annotated[
        str,
        typer.Option(help="Go on behind what the log has lost of this partition; do nothing else.", show_default=False),
    ] = "",
) -> None:
    """Count what is new in the log.

    Once, on a schedule, or (without either) until stopped. Tells of each step in one line. Of a Kafka topic, any number
    of counters that run share the partitions; one with --once counts all of them.

    Example: footfall count --once

    Example: footfall count --schedule 30m

    Example: footfall count --accept-loss online_store-0
    """
    if bool(once) + bool(schedule) + bool(accept_loss) > 1:
        raise InputError("--once, --schedule and --accept-loss exclude each other; expected one of them")
    settings = choices_of(context).settings()
    if accept_loss:
        print(f"accepted: {wiring.accept_loss(settings, accept_loss, tell_step)}")
        return
    if once:
        steps: list[StepReport] = []

        def report(step: StepReport) -> None:
            steps.append(step)
            tell_step(step)

        wiring.count_once(settings, report)
        read, counted = sum(step.tally.read for step in steps), sum(step.tally.counted for step in steps)
        print(f"counted {counted:,} of {read:,} new events in {many(len(steps), 'step')}" if steps else "nothing new")
        return
    every = None
    if schedule:
        try:
            every = read_duration(schedule)
        except ValueError as error:
            raise InputError(f"--schedule {schedule}: {error}") from error
        if not 1000 <= every <= 86_400_000:
            raise InputError(f"--schedule {schedule}: expected a duration from 1s to 24h")
    Console(stderr=True).print("Counting; Ctrl-C ends it.", highlight=False)
    wiring.count(settings, lambda _: wiring.notify("READY=1"), tell_step, every)
