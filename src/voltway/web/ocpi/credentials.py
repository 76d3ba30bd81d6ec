"""OCPI 2.3.0, module credentials: a platform of terminals registers, updates, and unregisters."""

from http import HTTPStatus
from typing import Any, Final

from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.response import Response

from voltway.parties import actions as parties
from voltway.partners import registering
from voltway.partners.registering import Credentials, NotHeard
from voltway.payments import kiosks_keys
from voltway.payments.kiosks import Platform
from voltway.payments.kiosks_keys import KeyOver, Registering
from voltway.web.house import House
from voltway.web.ocpi import shapes
from voltway.web.ocpi.envelope import INVALID, UNKNOWN, answer, key_of, stranger
from voltway.web.ocpi.terminals import ROOT
from voltway.web.pages import HttpRequest, public_url

AT: Final = f"{ROOT}/credentials"
BYTES_MAX: Final = 64 * 1024


async def _who(request: HttpRequest, house: House) -> tuple[Registering, str] | None:
    """Who asks, and the key that was shown."""
    key = key_of(request)
    if key is None:
        return None
    async with house.begin() as work:
        found = await kiosks_keys.who_registers(work, key)
    return (found, key) if found else None


@get(AT, include_in_schema=False)
async def read(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """With which token, and where, the platform asks us."""
    asks = await _who(request, house)
    if asks is None:
        return stranger(house)
    who, key = asks
    return answer(house, await _credentials(request, house, who.platform, key))


@post(AT, include_in_schema=False, request_max_body_size=BYTES_MAX)
async def register(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """The first exchange; 405 for who has registered."""
    asks = await _who(request, house)
    if asks is None:
        return stranger(house)
    return await _exchange(request, house, *asks) if asks[0].is_new else _not_now(house)


@put(AT, include_in_schema=False, request_max_body_size=BYTES_MAX)
async def update(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """Another token, or other addresses; 405 for who has not registered."""
    asks = await _who(request, house)
    if asks is None:
        return stranger(house)
    return await _exchange(request, house, *asks) if asks[0].is_registered else _not_now(house)


@delete(AT, include_in_schema=False, status_code=HTTPStatus.OK)
async def unregister(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """The end of it; 405 for who has not registered."""
    asks = await _who(request, house)
    if asks is None:
        return stranger(house)
    if not asks[0].is_registered:
        return _not_now(house)
    await registering.unregister(house.begin, asks[0])
    return answer(house)


async def _exchange(
    request: HttpRequest, house: House, who: Registering, shown: str
) -> Response[bytes]:
    try:
        given = shapes.read(Credentials, await request.body())
    except shapes.NotReadable as no:
        return answer(house, code=INVALID, says=str(no))
    own = house.settings.hook_hosts.split()
    try:
        key = await registering.register(house.begin, who, shown, given, own=own)
    except NotHeard as no:
        return answer(house, code=no.status, says=str(no))
    except KeyOver as no:
        return answer(house, code=UNKNOWN, says=str(no), http=HTTPStatus.UNAUTHORIZED)
    return answer(house, await _credentials(request, house, who.platform, key))


async def _credentials(
    request: HttpRequest, house: House, platform: Platform, key: str
) -> dict[str, Any]:
    async with house.begin() as work:
        us = await parties.party(work, platform.party)
    role = {
        "role": "CPO",
        "party_id": us.ident,
        "country_code": us.country_code,
        "business_details": {"name": us.name},
    }
    return {"token": key, "url": f"{public_url(request, house)}/ocpi/versions", "roles": [role]}


def _not_now(house: House) -> Response[bytes]:
    no = registering.NotNow()
    return answer(house, code=UNKNOWN, says=str(no), http=HTTPStatus.METHOD_NOT_ALLOWED)
