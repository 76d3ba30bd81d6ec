"""The console's addresses."""

from typing import Final

from litestar.types import ControllerRouterHandler

CONSOLE: Final[tuple[ControllerRouterHandler, ...]] = ()
