"""Where payment providers and the carrier of texts tell us that something happened. They prove
themselves by a signature."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import MediaType, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from voltway.alerts import texting, twilio_carrier
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import AlertId
from voltway.payments.actions import WebhookDoors
from voltway.web.house import House
from voltway.web.pages import HttpRequest, public_url

#: A webhook is an id and a kind; a large one is not from a provider.
BYTES_MAX: Final = 64 * 1024


class NoSuchProvider(Refusal):
    """No payment provider of this name tells us anything here."""

    kind = Kind.ABSENT


@post(
    "/webhooks/payments/{provider:str}",
    status_code=HTTPStatus.OK,
    media_type=MediaType.JSON,
    request_max_body_size=BYTES_MAX,
    include_in_schema=False,
)
async def payments(
    request: HttpRequest,
    webhooks: NamedDependency[WebhookDoors],
    provider: FromPath[str],
) -> dict[str, bool]:
    """Verify on the raw body, keep once, and fetch the truth from the provider."""
    door = webhooks.of(provider)
    if door is None:
        raise NoSuchProvider
    await door.hear(dict(request.headers), await request.body())
    return {"heard": True}


@post(
    f"{texting.NEWS_AT}{{alert:uuid}}",
    request_max_body_size=BYTES_MAX,
    include_in_schema=False,
)
async def texts(
    request: HttpRequest, house: NamedDependency[House], alert: FromPath[UUID]
) -> Response[str]:
    """What became of a text. The signature is over the address that we gave."""
    url = f"{public_url(request, house)}{texting.NEWS_AT}{alert}"
    signature = request.headers.get("x-twilio-signature", "")
    news = twilio_carrier.heard(house.settings, url, await request.body(), signature)
    async with house.begin() as work:
        await texting.heard(work, AlertId(alert), news)
    return Response("", status_code=HTTPStatus.NO_CONTENT)
