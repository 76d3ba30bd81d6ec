"""Stand-alone payment terminals, one for many bays, run by a platform that speaks OCPI 2.3.0.

The platform holds and takes the money with its own acquirer. It asks us to start a bay under a
reference of its own, reads what the charge cost, and confirms what it took. To the payments this is
the provider ``terminal``, as a station's own terminal is.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID

from voltway.drivers import actions as drivers
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, PartyId, StationId, new_id
from voltway.parties import actions as parties
from voltway.parties import rules as secrecy
from voltway.payments import store, store_kiosks, store_terminals, terminals
from voltway.payments.actions_money import keep
from voltway.payments.actions_visit import START_WITHIN_S
from voltway.payments.beginning import TOKEN_LASTS
from voltway.payments.model import Payment, PaymentState
from voltway.payments.rules_terminals import TerminalHold, TerminalState
from voltway.runtime.work import Row, Work
from voltway.stations import actions as stations
from voltway.stations.orders import StartCharging
from voltway.stations.reports import SettlementTold

PREFIX: Final = "vt"
NAME_MAX: Final = 80
REFERENCE_MAX: Final = 36
#: For what is told of a card that no station of ours has to do with.
NOWHERE: Final = StationId(UUID(int=0))
#: Who is above knows for whom bays are kept (``waiting.starting.may_start_now``).
MayStart = Callable[[Work, EvseId], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Platform:
    """Who runs terminals and speaks to us."""

    id: UUID
    party: PartyId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a platform says that it took; the amount is gross, in major units."""

    id: str
    reference: str
    status: str
    amount: Decimal
    currency: str
    said: str


class NotAPlatform(Refusal):
    """A platform of terminals needs a name of up to 80 characters."""

    kind: ClassVar[Kind] = Kind.INVALID


class NoSuchPlatform(Refusal):
    """There is no such platform, or its key is revoked already."""

    kind: ClassVar[Kind] = Kind.ABSENT


class NoSuchTerminal(Refusal):
    """This platform has told of no such terminal."""

    kind: ClassVar[Kind] = Kind.ABSENT


class NotOurs(Refusal):
    """One of these bays belongs to somebody else."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NotAtThisTerminal(Refusal):
    """This bay can be paid for at none of your terminals."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NotAReference(Refusal):
    """An authorization_reference of 1 to 36 printable characters is needed."""

    kind: ClassVar[Kind] = Kind.INVALID


class ReferenceTaken(Refusal):
    """This authorization_reference was used for something else."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NoPriceThere(Refusal):
    """This bay has no price yet, so nobody can pay for it."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def add_platform(work: Work, party: PartyId, name: str) -> tuple[UUID, str]:
    """A platform's id and its key, in clear only here."""
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise NotAPlatform
    id, secret = new_id(work.now), secrets.token_urlsafe(32)
    await store_kiosks.add_platform(work, id, party, name, secrecy.digest(secret))
    return id, f"{PREFIX}_{id.hex}_{secret}"


async def revoke_platform(work: Work, party: PartyId, id: UUID) -> None:
    """Let its key hold no more. Charges under way are settled without it."""
    if not await store_kiosks.revoke_platform(work, party, id):
        raise NoSuchPlatform


def parts_of_key(key: str) -> tuple[UUID, str] | None:
    """The id and the secret of ``vt_<id>_<secret>``."""
    match = re.fullmatch(rf"{PREFIX}_([0-9a-f]{{32}})_([A-Za-z0-9_-]{{27,43}})", key.strip())
    return (UUID(match[1]), match[2]) if match else None


async def who(work: Work, key: str) -> Platform | None:
    """Whose key this is, if it holds."""
    parts = parts_of_key(key)
    found = await store_kiosks.platform(work, parts[0]) if parts else None
    if parts is None or found is None or found["revoked_at"]:
        return None
    if not secrecy.is_same(parts[1], found["secret_hash"]):
        return None
    if found["before_hash"] is not None:
        await store_kiosks.forget_key_before(work, found["id"])
    return Platform(found["id"], PartyId(found["party_id"]), found["name"])


async def keep_terminal(work: Work, platform: Platform, terminal: str, document: str) -> None:
    """A platform tells of a terminal. Which bays it serves is for us to say, and stays."""
    await store_kiosks.keep_kiosk(work, platform.id, platform.party, terminal, document)


async def assign(
    work: Work, party: PartyId, platform: UUID, terminal: str, evses: Collection[EvseId]
) -> None:
    """Let these bays, and no others, be paid for at a terminal."""
    if not await store_kiosks.has_kiosk(work, party, platform, terminal):
        raise NoSuchTerminal
    for evse in evses:
        if (await stations.place_of(work, evse)).party != party:
            raise NotOurs
    await store_kiosks.assign(work, party, platform, terminal, evses)


async def start(
    work: Work, platform: Platform, evse: EvseId | None, reference: str, may_start: MayStart
) -> Payment:
    """Start a bay for a card that a terminal holds, under the platform's reference; asked twice it
    is started once. Raises a ``Refusal`` that says why nothing starts; ``may_start`` raises what
    stands against it at the bay."""
    if not 0 < len(reference) <= REFERENCE_MAX or not reference.isprintable():
        raise NotAReference
    known = await store_terminals.lock(work, platform.party, reference)
    if known is not None:
        if known.provider != platform.id or known.payment is None:
            raise ReferenceTaken
        payment = await store.load(work, known.payment)
        if payment.evse != evse:
            raise ReferenceTaken
        return payment
    if evse is None or not await store_kiosks.serves(work, platform.id, evse):
        raise NotAtThisTerminal
    await may_start(work, evse)
    at = await terminals.priced(work, evse)
    if at is None:
        raise NoPriceThere
    place, assigned = at
    us = await parties.party(work, platform.party)
    token = await drivers.make_ad_hoc_token(
        work, platform.party, assigned.version_id, work.now + TOKEN_LASTS
    )
    hold = TerminalHold(
        id=new_id(work.now),
        party=platform.party,
        station=place.station,
        psp_ref=reference,
        token=token,
        held_minor=us.hold_minor,
        currency=us.currency,
        state=TerminalState.HELD,
        told_at=work.now,
        provider=platform.id,
    )
    await store_terminals.add(work, hold)
    payment = await terminals.begin_payment(work, hold, place, assigned)
    order = await stations.place_order(
        work,
        place.station,
        StartCharging(evse=place.number, token=token, remote_start_id=payment.remote_start_id),
        by="driver",
        expires_s=START_WITHIN_S,
    )
    started = replace(payment, order=order)
    await keep(work, payment, started)
    assert started.state is PaymentState.HELD
    return started


async def advised(work: Work, platform: Platform, told: Advice, document: str) -> None:
    """A platform confirms what it took of a card. One that was told is told once."""
    if not await store_kiosks.keep_advice(work, platform.id, platform.party, told.id, document):
        return
    us = await parties.party(work, platform.party)
    hold = await store_terminals.lock(work, platform.party, told.reference)
    own = hold is not None and hold.provider == platform.id
    other = told.currency != us.currency
    news = SettlementTold(
        psp_ref=told.reference,
        status=told.status,
        amount=Decimal("NaN") if other else told.amount,
        at=None,
        said=f"{told.amount:f} {told.currency} {told.said}".strip() if other else told.said,
    )
    station = hold.station if hold is not None and own else NOWHERE
    await terminals.settled(work, platform.party, station, news)


async def terminal(work: Work, platform: Platform, id: str) -> Row | None:
    """A terminal as we have it, with the bays that it serves."""
    return await store_kiosks.kiosk(work, platform.id, id)


async def advice(work: Work, platform: Platform, id: str) -> str | None:
    """What a platform confirmed under this id, as it did."""
    row = await store_kiosks.advice(work, platform.id, id)
    return row["document"] if row else None
