"""Whether we live and are ready, and what we count (Prometheus)."""

from http import HTTPStatus

from litestar import MediaType, get
from litestar.di import NamedDependency
from litestar.response import Response

from voltway.runtime.metrics import rendered
from voltway.web.house import House


@get("/health/live", media_type=MediaType.TEXT, include_in_schema=False)
async def live() -> str:
    """The process answers."""
    return "live\n"


@get("/health/ready", media_type=MediaType.TEXT, include_in_schema=False)
async def ready(house: NamedDependency[House]) -> Response[str]:
    """Every check is well, and the house is not about to stop; a line for each that says so."""
    found = await house.health.readiness()
    return Response(
        "".join(f"{name}: {said}\n" for name, said in {**found.checks, **found.notes}.items()),
        status_code=HTTPStatus.OK if found.is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    return Response(rendered(), media_type="text/plain; version=0.0.4; charset=utf-8")
