"""What the simulated outside's small web pages share: the request, and one style sheet."""

import copy
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, TypeAlias

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

Asking: TypeAlias = Request[Any, Any, Any]

_LOOK = files("voltway_world").joinpath("look.css").read_bytes()
_ICON = files("voltway_world").joinpath("icon.svg").read_bytes()


@get("/look.css", sync_to_thread=False)
def look() -> Response[bytes]:
    return Response(_LOOK, media_type="text/css")


@get(["/icon.svg", "/favicon.ico"], sync_to_thread=False)
def icon() -> Response[bytes]:
    return Response(_ICON, media_type="image/svg+xml")


def quiet_site(handlers: Sequence[ControllerRouterHandler], **more: Any) -> Litestar:
    """A site that describes itself to nobody and leaves the logs to the program that runs it."""
    return Litestar(handlers, openapi_config=None, logging_config=None, **more)


def opened_to(site: Litestar, **behind: Any) -> Litestar:
    """The same doors to something else: building them takes a tenth of a second, and a program that
    opens many worlds builds them once."""
    twin = copy.copy(site)
    twin.state = State(behind)
    return twin
