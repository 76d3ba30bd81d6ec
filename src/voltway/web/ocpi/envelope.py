"""What every answer of OCPI is wrapped in, and who may ask (OCPI 2.3.0, transport and format)."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from litestar.response import Response

from voltway.kernel.errors import Refusal
from voltway.payments import kiosks
from voltway.payments.kiosks import Platform
from voltway.tariffs.ocpi_write import written
from voltway.web.house import House
from voltway.web.pages import HttpRequest

SUCCESS: Final = 1000
INVALID: Final = 2001  # "Invalid or missing parameters"
UNKNOWN: Final = 2000  # "Generic client error"


async def platform_of(request: HttpRequest, house: House) -> Platform | None:
    """Who asks."""
    key = key_of(request)
    if key is None:
        return None
    async with house.begin() as work:
        return await kiosks.who(work, key)


def key_of(request: HttpRequest) -> str | None:
    """The key that is shown: ``Authorization: Token`` and the key in Base64, as 2.3.0 has it."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "token":
        return None
    try:
        return b64decode(shown.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None


def answer(
    house: House,
    data: Any = None,
    *,
    code: int = SUCCESS,
    says: str = "Success",
    http: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    told = {
        "data": data,
        "status_code": code,
        "status_message": says,
        "timestamp": moment(house.clock.now()),
    }
    body = written({name: value for name, value in told.items() if value is not None})
    return Response(
        body.encode(),
        media_type="application/json",
        status_code=http,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def stranger(house: House) -> Response[bytes]:
    return answer(
        house,
        code=UNKNOWN,
        says='This needs the key of a platform: "Authorization: Token <key in Base64>".',
        http=HTTPStatus.UNAUTHORIZED,
    )


def refused(house: House, no: Refusal) -> Response[bytes]:
    return answer(house, code=UNKNOWN, says=str(no))


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
