"""How it is: for whoever watches Footfall, person or machine."""

from datetime import UTC, datetime
from typing import Final

import orjson
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from footfall import __version__
from footfall.answers import Answers, Progress
from footfall.errors import FootfallError

_STALLED: Final = 60.0
"""Seconds without a step, events waiting: then it is worth a word."""


class Health(BaseModel):
    """How it is."""

    live: bool = Field(description="The API runs.", examples=[True])
    ready: bool = Field(description="The API can answer: the store can be read.", examples=[True])
    version: str = Field(description="Version of Footfall.", examples=["0.1.0"])
    newest_event: str | None = Field(
        None, description="The newest event counted, UTC. null before any.", examples=["2026-11-24T09:30:00.125Z"]
    )
    newest_event_age: float | None = Field(None, description="How old it is, seconds.", examples=[1.204])
    behind: dict[str, int] | None = Field(
        None,
        description="Events on disk and not counted yet, by partition. null: cannot be told.",
        examples=[{"live": 0}],
    )
    advice: str = Field(description="What to do, or nothing.", examples=[""])


def health_of(progress: Progress) -> Health:
    """Return the health of a store that can be read."""
    moment = None
    if progress.newest is not None:
        newest = datetime.fromtimestamp(progress.newest / 1000, UTC)
        moment = newest.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Health(
        live=True,
        ready=True,
        version=__version__,
        newest_event=moment,
        newest_event_age=None if progress.age is None else round(progress.age, 3),
        behind=None if progress.behind is None else dict(progress.behind),
        advice=_advice(progress),
    )


def unready(error: FootfallError) -> Health:
    """Return the health when the store cannot be read."""
    return Health(
        live=True,
        ready=False,
        version=__version__,
        advice=f"{error}. See that the disk is not full and the data folder can be read, then run: footfall doctor",
    )


def _advice(progress: Progress) -> str:
    if progress.problem:
        return f"{progress.problem}. Run: footfall doctor"
    if progress.waiting and (progress.idle is None or progress.idle > _STALLED):
        since = "nothing was counted yet" if progress.idle is None else f"none was counted for {progress.idle:.0f} s"
        return (
            f"{progress.waiting} events wait and {since}: see that counting runs (footfall up, or footfall count). "
            "On a schedule that is as it should be."
        )
    if progress.newest is None:
        return "No event came yet. Put the tag into the shop's pages: footfall tag"
    return ""


def router(answers: Answers) -> APIRouter:
    """Return the route /health."""
    routes = APIRouter(tags=["operation"])

    @routes.get(
        "/health",
        summary="How it is",
        response_model=Health,
        response_description="The API can answer.",
        responses={503: {"description": "The store cannot be read; ready is false.", "model": Health}},
    )
    def health() -> Response:
        """Whether the API can answer, how old the newest counted event is, and how many events wait.

        The status is 200 if it can answer, else 503; `advice` says what to do.
        """
        try:
            found, status = health_of(answers.progress()), 200
        except FootfallError as error:
            found, status = unready(error), 503
        return Response(orjson.dumps(found.model_dump()), status, media_type="application/json")

    return routes
