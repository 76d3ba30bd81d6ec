"""Sessions that wait for their end: stations, prices, holds and cards, told through the actions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

import msgspec

from voltway.drivers import actions as drivers
from voltway.kernel.ids import EvseId, StationId, TokenUid, TransactionRef
from voltway.kernel.units import PowerW, RegisterWh
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.payments import actions as payments
from voltway.payments.provider import (
    Capabilities,
    Card,
    HoldOrder,
    HoldSeen,
    HoldState,
    Provider,
)
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlan
from voltway.stations.reports import Context, Ended, Heard, Metered, Reading, Report, Started
from voltway.tariffs import actions as tariffs
from voltway_world.provider import books

EVSES: Final = 4
READINGS: Final = 10
TOLD_AT_ONCE: Final = 500
#: Of ten sessions, how each is paid.
MIX: Final = (
    *("card",) * 6,
    *("contract",) * 3,
    "free",
)

TARIFF: Final = """{"id": "DAY", "currency": "EUR", "tax_included": "YES", "elements": [
    {"price_components": [
        {"type": "ENERGY", "price": 0.49, "vat": 25.5, "step_size": 1},
        {"type": "PARKING_TIME", "price": 6.00, "vat": 25.5, "step_size": 1}]}]}"""


@dataclass(frozen=True, slots=True)
class Plugged:
    """A car at an EVSE: how it pays, and what its session will have charged."""

    station: StationId
    evse: EvseId
    number: int
    ref: TransactionRef
    paid_by: str
    energy_wh: int
    token: TokenUid
    hold: str | None = None


class Opened:
    """Stands for the provider while holds are opened: it says yes to each, and writes it down."""

    name = "simulated"
    can = Capabilities()

    def __init__(self) -> None:
        self.orders: list[HoldOrder] = []

    async def open_hold(self, order: HoldOrder) -> HoldSeen:
        self.orders.append(order)
        return _seen(f"hold_{len(self.orders):08d}", order, HoldState.AWAITING)


def _seen(ref: str, order: HoldOrder, state: HoldState) -> HoldSeen:
    nothing = order.amount - order.amount
    return HoldSeen(
        ref=ref,
        reference=order.reference,
        state=state,
        amount=order.amount,
        captured=nothing,
        refunded=nothing,
        hosted_url="http://127.0.0.1/",
        card=Card("visa", "4242") if state is HoldState.HELD else None,
        expires_at=datetime.now(UTC) + timedelta(days=7),
    )


async def plug_in(
    begin: BeginWork, count: int, provider: Opened, *, email: str | None
) -> list[Plugged]:
    """A party with a price and as many EVSEs as cars, each with what its driver shows."""
    async with begin() as work:
        party = await parties.add_party(
            work,
            name="Voltway Oy",
            ident="VLT",
            vat_id="FI12345678",
            address={"street": "Salomonkatu 1", "city": "Helsinki"},
        )
        await tariffs.add_version(work, party.id, TARIFF, valid_from=work.now - timedelta(days=1))
        await tariffs.assign(work, party.id, "DAY", since=work.now - timedelta(days=1))
        evses = await _evses(work, party, count)
    cars = []
    for place, (station, evse, number) in enumerate(evses[:count]):
        paid_by = MIX[place % len(MIX)]
        token, hold = await _shown(begin, party, evse, paid_by, place, provider, email)
        energy_wh = 50 if paid_by == "free" else 5_000 + 37 * (place % 300)
        ref = TransactionRef(f"tx-{place}")
        cars.append(Plugged(station, evse, number, ref, paid_by, energy_wh, token, hold))
    return cars


async def _evses(work: Work, party: Party, count: int) -> list[tuple[StationId, EvseId, int]]:
    place = await stations.add_location(
        work,
        party.id,
        name="Market Square",
        address="Pohjoisesplanadi 1",
        city="Helsinki",
        country="FIN",
        lat=60.1675,
        lon=24.9527,
        time_zone="Europe/Helsinki",
        postal_code="00130",
    )
    plans = [EvsePlan(number, power_w=PowerW(22_000)) for number in range(1, EVSES + 1)]
    added = [
        (await stations.add_station(work, party.id, place.id, f"VW-{nth:05d}", plans))[0].id
        for nth in range(-(-count // EVSES))
    ]
    wanted = {(id, plan.number) for id in added for plan in plans}
    found = await stations.evses_by_number(work, wanted)
    return [(id, found[id, plan.number].evse, plan.number) for id in added for plan in plans]


async def _shown(
    begin: BeginWork,
    party: Party,
    evse: EvseId,
    paid_by: str,
    place: int,
    provider: Opened,
    email: str | None,
) -> tuple[TokenUid, str | None]:
    if paid_by != "card":
        async with begin() as work:
            return (
                await drivers.add_token(work, party.id, f"04A1{place:08X}", label="A card")
            ).uid, None
    visit = await payments.open_visit(
        begin,
        cast("Provider", provider),
        evse=evse,
        email=email,
        locale="en",
        return_url="http://127.0.0.1/v/{visit_key}",
        cancel_url="http://127.0.0.1/e/x",
    )
    ref = f"hold_{len(provider.orders):08d}"
    async with begin() as work:
        opened = await payments.visit(work, visit.visit_key)
        held = await payments.learn(
            work, opened.id, _seen(ref, provider.orders[-1], HoldState.HELD)
        )
    return held.token, ref


async def start(begin: BeginWork, cars: Sequence[Plugged], at: datetime) -> None:
    """The cars charge for an hour; all that was told of it before the end."""
    for some in _some(cars):
        begun = [_heard(car, at, _started(car, at)) for car in some]
        async with begin() as work:
            await sessions.record(work, begun)
        async with begin() as work:
            await sessions.record(work, [_heard(car, at, _metered(car, at)) for car in some])


async def end(begin: BeginWork, cars: Sequence[Plugged], at: datetime) -> None:
    """All of them end, in one commit."""
    async with begin() as work:
        for some in _some(cars):
            await sessions.record(work, [_heard(car, at, _ended(car, at)) for car in some])


def _some(cars: Sequence[Plugged]) -> Iterator[Sequence[Plugged]]:
    for begins in range(0, len(cars), TOLD_AT_ONCE):
        yield cars[begins : begins + TOLD_AT_ONCE]


def _heard(car: Plugged, at: datetime, report: Report) -> Heard:
    return Heard(0, car.station, "TransactionEvent", at, [report])


def _reading(at: datetime, wh: int, context: Context) -> Reading:
    return Reading(at, register_wh=RegisterWh(wh), context=context)


def _started(car: Plugged, at: datetime) -> Started:
    return Started(
        ref=car.ref,
        evse=car.number,
        connector=1,
        token=car.token,
        at=at,
        readings=(_reading(at, 50_000, Context.BEGIN),),
        seq=0,
        charging=True,
    )


def _metered(car: Plugged, at: datetime) -> Metered:
    readings = tuple(
        _reading(
            at + timedelta(minutes=5 * nth),
            50_000 + car.energy_wh * nth // (READINGS + 1),
            Context.PERIODIC,
        )
        for nth in range(1, READINGS + 1)
    )
    return Metered(ref=car.ref, evse=car.number, readings=readings, at=at, seq=1)


def _ended(car: Plugged, at: datetime) -> Ended:
    register = _reading(at, 50_000 + car.energy_wh, Context.END)
    return Ended(ref=car.ref, reason="EVDisconnected", at=at, readings=(register,), seq=2)


def write_journal(folder: Path, orders: Sequence[HoldOrder]) -> None:
    """What the provider remembers of these holds."""
    _write(folder, [(f"hold_{nth:08d}", o.reference) for nth, o in enumerate(orders, start=1)])


def write_bare_journal(folder: Path, count: int) -> list[str]:
    """Holds that are no session's, for the yardstick."""
    refs = [f"hold_bare{nth:08d}" for nth in range(count)]
    _write(folder, [(ref, ref) for ref in refs])
    return refs


def _write(folder: Path, holds: Sequence[tuple[str, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "journal.jsonl").open("wb") as journal:
        for ref, reference in holds:
            page = books.Page(hold=_authorised(ref, reference))
            journal.write(msgspec.json.encode(page) + b"\n")


def _authorised(ref: str, reference: str) -> books.Hold:
    now = datetime.now(UTC)
    return books.Hold(
        id=ref,
        status=books.Status.AUTHORISED,
        amount_minor=5000,
        currency="EUR",
        reference=reference,
        description="",
        return_url="http://127.0.0.1/",
        cancel_url="http://127.0.0.1/",
        metadata={},
        hosted_url="http://127.0.0.1/",
        created_at=now,
        expires_at=now + books.HELD_FOR,
        card=books.Card(brand="visa", last4="4242"),
    )
