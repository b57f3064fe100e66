"""The API's app: its routes, and what every request passes."""

from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from footfall import __version__
from footfall.answers import Answers
from footfall.api import health, pages, problems, v1_0
from footfall.api.front import Front
from footfall.api.hosts import served_names
from footfall.api.metrics import Metrics
from footfall.settings import Settings

_DESCRIPTION = """\
Numbers of an online shop's items: how often a page was viewed and how deep in the visit, how many pieces were put into
carts and for how much. Every number is a sum of exact facts of minutes, counted once.

Errors are problem documents (RFC 9457, application/problem+json)."""

_TAGS = [
    {"name": "v1.0", "description": "The numbers."},
    {"name": "operation", "description": "How the service is."},
]


def create_app(answers: Answers, settings: Settings) -> FastAPI:
    """Return the API as an ASGI app."""
    app = FastAPI(
        title="Footfall",
        version=__version__,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # FastAPI's own pages load their scripts from another host; ours is in pages.py
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    metrics = Metrics(answers)
    app.include_router(v1_0.router(answers))
    app.include_router(health.router(answers))
    app.include_router(metrics.router())
    app.include_router(pages.router())
    problems.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    if settings.api.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.api.cors_origins, allow_methods=("GET", "HEAD"))
    app.add_middleware(
        Front, served=served_names(settings.api.host, settings.api.hosts), measure=metrics.measure
    )  # added last: the outermost
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Put the problem document into OpenAPI's schemas, to which the answers refer."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        schema = generate()
        schema["components"]["schemas"].setdefault("Problem", problems.Problem.model_json_schema())
        return schema

    app.openapi = openapi  # type: ignore[method-assign]
