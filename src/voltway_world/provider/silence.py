"""What both shapes of the API do alike: let the merchant in, and fall silent when told to."""

import asyncio
import hmac

from voltway_world.provider.books import Refused
from voltway_world.provider.desk import Desk
from voltway_world.web import Asking


def let_in(request: Asking) -> Desk:
    """The desk, for who shows the secret key."""
    secret = request.app.state.secret
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), secret.encode()):
        raise Refused(401, "unauthorised", "Send the secret key as Bearer.")
    desk: Desk = request.app.state.desk
    return desk


async def silence(request: Asking, seconds: float) -> None:
    """Say nothing until the caller gives up, or the seconds are over."""

    async def caller_left() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(caller_left(), seconds)
    except TimeoutError:
        return
