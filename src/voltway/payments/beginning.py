"""The first row of a visit: who is asked for money, for which bay, at the price of now."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from voltway.drivers import actions as drivers
from voltway.kernel.emails import is_email
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, EvseId, PaymentId, PublicEvseId, TokenUid, new_id
from voltway.parties import actions as parties
from voltway.payments import store
from voltway.payments.model import Payment, PaymentState
from voltway.payments.model_methods import Method
from voltway.payments.provider import Provider
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.tariffs import actions as tariffs
from voltway.tariffs.model_versions import DriverKind, Place

#: How long a token that was made for one visit can start a session.
TOKEN_LASTS: Final = timedelta(hours=2)
#: Nobody needs more unpaid visits at one EVSE than this; each costs the provider and us a row.
CROWD: Final = 20
CROWD_WITHIN: Final = timedelta(minutes=10)


@dataclass(eq=False)
class NoPriceHere(Refusal):
    """{evse} has no price yet, so nobody can pay here. Please use another one."""

    kind = Kind.CONFLICT

    evse: PublicEvseId


@dataclass(eq=False)
class TooManyVisits(Refusal):
    """Too many people have just begun to pay at {evse}. Please try again in some minutes."""

    kind = Kind.LIMIT

    evse: PublicEvseId


@dataclass(eq=False)
class NotAnAddress(Refusal):
    """This does not look like an e-mail address. Leave it empty if you need no receipt by mail."""

    kind = Kind.INVALID


async def new_payment(
    work: Work,
    provider: Provider,
    *,
    evse: EvseId,
    email: str | None,
    locale: str,
    urls: tuple[str, str],
    saved: Method | None = None,
    token: TokenUid | None = None,
    driver: DriverId | None = None,
) -> Payment:
    """A visit's payment with a provider, at the price of now, and the token that it is for.
    ``driver``: who has signed in; what is told of it is told to them."""
    email = (email or "").strip() or None
    if email is not None and not is_email(email):
        raise NotAnAddress
    place = await stations.place_of(work, evse)
    party = await parties.party(work, place.party)
    where = Place(
        place.party, place.location, place.station, evse=place.evse, kind=DriverKind.AD_HOC
    )
    assigned = (await tariffs.tariff_for(work, {where}, work.now)).get(where)
    if assigned is None:
        raise NoPriceHere(place.public_id)
    if await store.waiting_at(work, evse, work.now - CROWD_WITHIN) >= CROWD:
        raise TooManyVisits(place.public_id)
    token = await drivers.make_ad_hoc_token(
        work, place.party, assigned.version_id, work.now + TOKEN_LASTS, known=token
    )
    key = secrets.token_urlsafe(18)
    return Payment(
        id=PaymentId(new_id(work.now)),
        party=place.party,
        visit_key=key,
        evse=evse,
        station=place.station,
        token=token,
        tariff_version=assigned.version_id,
        locale=locale[:16],
        email=email,
        provider=provider.name,
        state=PaymentState.ASKED,
        hold_minor=party.hold_minor,
        currency=party.currency,
        created_at=work.now,
        return_url=urls[0].replace("{visit_key}", key),
        cancel_url=urls[1].replace("{visit_key}", key),
        description=f"{party.name}, {place.location_name}, {place.public_id}",
        method=saved.id if saved else None,
        driver=driver,
    )
