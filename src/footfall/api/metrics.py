"""Figures for Prometheus, in a registry of our own."""

from collections.abc import Iterator
from dataclasses import asdict

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from footfall.answers import Answers
from footfall.errors import FootfallError

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds. An answer is to take at most 0.05."""


class _Counting(Collector):
    """What answers says about counting, asked when Prometheus asks."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("footfall_ready", "1 if the store can be read.")
        try:
            figures = [*self._events(), *self._progress()]
        except FootfallError:
            figures = []
        up.add_metric([], 1.0 if figures else 0.0)
        yield up
        yield from figures

    def _events(self) -> Iterator[Metric]:
        events = CounterMetricFamily("footfall_events", "Events read, by how they ended.", labels=["verdict"])
        for verdict, count in asdict(self._answers.tally()).items():
            if verdict != "read":
                events.add_metric([verdict], count)
        yield events
        yield GaugeMetricFamily("footfall_set_aside", "Events that wait for a retry.", self._answers.set_aside())

    def _progress(self) -> Iterator[Metric]:
        progress = self._answers.progress()
        if progress.newest is not None and progress.age is not None:
            yield GaugeMetricFamily(
                "footfall_newest_event_timestamp_seconds", "The newest event counted.", progress.newest / 1000
            )
            yield GaugeMetricFamily("footfall_newest_event_age_seconds", "How old it is.", progress.age)
        behind = GaugeMetricFamily("footfall_events_behind", "Events on disk, not counted yet.", labels=["partition"])
        for partition, count in (progress.behind or {}).items():
            behind.add_metric([partition], count)
        yield behind


class Metrics:
    """The registry, and what is written into it."""

    def __init__(self, answers: Answers) -> None:
        """Make a registry with figures of this process, of requests and of counting."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "footfall_api_requests", "Requests answered.", ("route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "footfall_api_request_seconds",
            "How long answers took.",
            ("route",),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._registry.register(_Counting(answers))

    def measure(self, route: str, status: int, seconds: float) -> None:
        """Note one answer."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def router(self) -> APIRouter:
        """Return the route /metrics."""
        routes = APIRouter(tags=["operation"])

        @routes.get(
            "/metrics",
            summary="Figures for Prometheus",
            response_class=Response,
            responses={
                200: {
                    "description": "Text of Prometheus.",
                    "content": {"text/plain": {"example": "footfall_ready 1.0\n"}},
                }
            },
        )
        def metrics() -> Response:
            """Events by how they ended, how far behind counting is, requests and their times, this process."""
            return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

        return routes
