"""What the simulated outside's small web pages share: the request, and one style sheet."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, TypeAlias

from litestar import Litestar, Request, Response, get
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
