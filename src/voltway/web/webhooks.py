"""Where payment providers tell us that something happened. They prove themselves by a signature."""

from http import HTTPStatus
from typing import Final

from litestar import MediaType, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from voltway.kernel.errors import Kind, Refusal
from voltway.payments.actions import WebhookDoors
from voltway.web.pages import HttpRequest

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
