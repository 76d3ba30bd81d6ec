"""Whether we live and are ready, and what we count (Prometheus)."""

import asyncio
from http import HTTPStatus
from typing import Final

from litestar import MediaType, get
from litestar.di import NamedDependency
from litestar.response import Response

from voltway.kernel.errors import Outage
from voltway.runtime.metrics import rendered
from voltway.web.house import House

#: A database that takes longer than this to say yes is not ready.
READY_WITHIN_S: Final = 2.0


@get("/health/live", media_type=MediaType.TEXT, include_in_schema=False)
async def live() -> str:
    """The process answers."""
    return "live\n"


@get("/health/ready", media_type=MediaType.TEXT, include_in_schema=False)
async def ready(house: NamedDependency[House]) -> Response[str]:
    """The database answers too."""
    try:
        async with asyncio.timeout(READY_WITHIN_S), house.begin() as work:
            await work.one("SELECT 1")
    except (Outage, TimeoutError, OSError):
        return Response(
            "the database does not answer\n", status_code=HTTPStatus.SERVICE_UNAVAILABLE
        )
    return Response("ready\n")


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    return Response(rendered(), media_type="text/plain; version=0.0.4; charset=utf-8")
