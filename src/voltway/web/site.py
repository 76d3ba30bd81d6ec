"""The site: every door for people, on one address."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.types import ControllerRouterHandler, LifeSpanScope, Receive, Scope, Send

from voltway.payments.actions import WebhookDoors
from voltway.payments.choosing import Providers
from voltway.web import (
    appearance,
    assets,
    card_numbers,
    health,
    photos,
    problems,
    security,
    speaking,
    webhooks,
)
from voltway.web.console.site import CONSOLE
from voltway.web.driver.site import DRIVER
from voltway.web.house import House
from voltway.web.ocpi.site import OCPI


class Site(Litestar):
    """Litestar behind our guard, which stands before the routing: a path that leads nowhere is
    answered with the same headers as every other."""

    guard: security.Guard

    def open_to(self, house: House) -> None:
        """Serve this house from now on."""
        settings = house.settings
        pays_at = security.origin_of(settings.provider_url) if settings.provider_url else None
        pages = house.provider.pages if isinstance(house.provider, Providers) else ()
        plugs_at = security.origin_of(settings.simulator_url) if settings.simulator_url else None
        self.state["house"] = house
        self.state["webhooks"] = WebhookDoors(house.begin, house.provider)
        self.guard = security.Guard(
            self.answer,
            form_targets=tuple(filter(None, (pays_at, *pages, plugs_at))),
            is_https=settings.public_url.startswith("https://"),
            map_origins=tuple(filter(None, map(security.origin_of, settings.map_style.split()))),
        )

    async def __call__(self, scope: Scope | LifeSpanScope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
        else:
            await self.guard(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What Litestar itself does."""
        await super().__call__(scope, receive, send)


def make_site(
    house: House,
    *,
    more: Sequence[ControllerRouterHandler] = (),
    openapi: OpenAPIConfig | None = None,
) -> Site:
    """The ASGI app that uvicorn serves. ``more`` are doors of other files, such as the API."""
    site = build_site(more=more, openapi=openapi)
    site.open_to(house)
    return site


def make_health_site(house: House) -> Site:
    """For processes that serve no pages: whether they live, are ready, and what they count."""
    site = Site.from_config(
        AppConfig(
            route_handlers=[health.live, health.ready, health.metrics],
            dependencies={
                "house": Provide(_house, sync_to_thread=False),
                "webhooks": Provide(_webhooks, sync_to_thread=False),
            },
            exception_handlers=problems.HANDLERS,
            debug=False,
        )
    )
    site.open_to(house)
    return site


def build_site(
    *, more: Sequence[ControllerRouterHandler] = (), openapi: OpenAPIConfig | None = None
) -> Site:
    """All doors, with no house behind them yet; building them takes a good part of a second."""
    assets.load()  # a missing build is told at start, not with the first page
    config = AppConfig(
        route_handlers=[
            health.live,
            health.ready,
            health.metrics,
            appearance.choose,
            webhooks.payments,
            webhooks.texts,
            assets.asset,
            photos.photo,
            *DRIVER,
            *CONSOLE,
            *OCPI,
            *more,
        ],
        dependencies={
            "house": Provide(_house, sync_to_thread=False),
            "webhooks": Provide(_webhooks, sync_to_thread=False),
        },
        exception_handlers=problems.HANDLERS,
        before_request=_guard,
        request_max_body_size=security.BODY_BYTES_MAX,
        openapi_config=openapi,
        debug=False,
    )
    return Site.from_config(config)


def _house(state: State) -> House:
    house: House = state["house"]
    return house


def _webhooks(state: State) -> WebhookDoors:
    kept: WebhookDoors = state["webhooks"]
    return kept


async def _guard(request: Request[Any, Any, Any]) -> None:
    security.must_be_keepable(request.scope)
    security.must_be_from_here(request.method, request.url.path, request.headers)
    await card_numbers.must_hold_none(request)
    await speaking.listen(request)
