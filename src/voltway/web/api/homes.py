"""Home charging paid back: homes, rates, drivers' months, and what they are paid."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import homes, homes_paying
from voltway.drivers import contracts
from voltway.drivers import homes as places
from voltway.kernel.ids import DriverId, FleetId, PartyId
from voltway.kernel.money import Currency, Money
from voltway.parties.model import Permission
from voltway.runtime.work import Row
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, moves_money, puts, reads, removes
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Page, Shown, shown

HOMES = Source("home_station_view")
RATES = Source("home_rate_view")
STATEMENTS = Source("home_statement_view")

PerKwh = Annotated[str, Meta(pattern=r"^\d{1,2}(\.\d{1,6})?$", examples=["0.30"])]


class Home(Shown):
    """A station that is, or was, the home of a driver of a fleet."""

    id: UUID
    station_id: UUID
    driver_id: UUID
    fleet_id: UUID
    since: Moment
    until: Annotated[Moment | None, Meta(description="null: still.")]
    set_by: str
    ended_by: str | None


class NewHome(Given):
    """A station that is a driver's home from now on."""

    station: Annotated[str, Meta(max_length=48, pattern=NO_NUL, description="Its identity.")]
    driver_id: UUID
    fleet_id: UUID


class HomeRate(Shown):
    """What is paid back for a kWh at home: a version that never changes."""

    id: UUID
    fleet_id: UUID
    version: int
    valid_from: date
    per_kwh: Annotated[str, Meta(description="0: nothing any more.")]
    currency: str
    made_at: Moment
    made_by: str


class NewHomeRate(Given):
    """What is paid back for a kWh at home from a day on."""

    per_kwh: PerKwh
    valid_from: date


class HomeStatement(Shown):
    """A driver's month of charging at home."""

    id: UUID
    number: Annotated[str, Meta(examples=["VLT-D2026-000003"])]
    driver_id: UUID
    customer_id: UUID
    claim_id: Annotated[UUID, Meta(description="The statement by which the customer pays it.")]
    month: date
    energy_wh: int
    total: Amount
    sha256: Annotated[str, Meta(description="Of the frozen document's bytes.")]
    issued_at: Moment
    paid_at: Annotated[Moment | None, Meta(description="null: not yet.")]


class HomeStatementWhole(HomeStatement):
    """A driver's month and its frozen document."""

    document: Annotated[msgspec.Raw, Meta(description="The frozen document, byte for byte.")]


class HomeDue(Shown):
    """What a driver is to be paid now: all statements that nobody paid yet."""

    driver_id: UUID
    driver: str
    holder: str | None
    iban: Annotated[str | None, Meta(description="null: nobody said where they are paid.")]
    amount: Amount
    numbers: list[str]


class Payee(Given):
    """To whose account a driver is paid."""

    holder: Annotated[str, Meta(min_length=1, max_length=70, pattern=NO_NUL)]
    iban: Annotated[str, Meta(max_length=42, pattern=NO_NUL, examples=["FI2112345600000785"])]


class NewPayout(Given):
    """That the bank paid a driver what was due."""

    driver_id: UUID
    minor: Annotated[int, Meta(ge=1, le=10**14, description="What was paid: all that is due.")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]


class Payout(Shown):
    """What a driver was paid, once."""

    id: UUID
    driver_id: UUID
    amount: Amount


@reads("/home-stations", "List the stations at drivers' homes")
async def list_homes(
    caller: Calling,
    window: Paging,
    fleet: Annotated[UUID | None, QueryParameter(description="Those of this fleet.")] = None,
) -> Page[Home]:
    async with caller.begin() as work:
        return await listed(
            work, HOMES, window, lambda row: shown(Home, row), [("fleet_id = {}", fleet)]
        )


@adds("/home-stations", "Say that a station is a driver's home", Permission.EDIT_NETWORK)
async def add_home(caller: Calling, data: JSONBody[NewHome]) -> Home:
    """What the driver charges there from now on with a card of the fleet is not sold."""
    party, fleet = PartyId(caller.actor.party), FleetId(data.fleet_id)
    async with caller.begin() as work:
        driver = DriverId(data.driver_id)
        id = await homes.make_home(work, party, data.station, driver, fleet, by=caller.name)
        await caller.audit(work, "said where a driver is at home", f"fleet:{fleet}")
        row = await work.one("SELECT * FROM home_station_view WHERE id = $1", id)
        assert row is not None, "it was made just now"
        return shown(Home, row)


@removes("/home-stations/{home_id:uuid}", "End a driver's home", Permission.EDIT_NETWORK)
async def end_home(caller: Calling, home_id: FromPath[UUID]) -> None:
    async with caller.begin() as work:
        await places.is_home_no_more(work, PartyId(caller.actor.party), home_id, by=caller.name)
        await caller.audit(work, "said where a driver is at home", f"home:{home_id}")


@reads("/fleets/{fleet_id:uuid}/home-rates", "List a fleet's rates", Permission.SEE_MONEY)
async def list_home_rates(
    caller: Calling, fleet_id: FromPath[UUID], window: Paging
) -> Page[HomeRate]:
    async with caller.begin() as work:
        await contracts.fleet_of(work, PartyId(caller.actor.party), FleetId(fleet_id))
        return await listed(work, RATES, window, _rate, [("fleet_id = {}", fleet_id)])


@adds("/fleets/{fleet_id:uuid}/home-rates", "Set a fleet's rate", Permission.MOVE_MONEY)
async def add_home_rate(
    caller: Calling, fleet_id: FromPath[UUID], data: JSONBody[NewHomeRate]
) -> HomeRate:
    """What was credited stays. What was charged from that day on and not credited yet, is now."""
    async with caller.begin() as work:
        made = await homes.set_rate(
            work,
            PartyId(caller.actor.party),
            FleetId(fleet_id),
            Decimal(data.per_kwh),
            data.valid_from,
            by=caller.name,
        )
        await caller.audit(work, "set a rate for home charging", f"fleet:{fleet_id}")
        row = await work.one("SELECT * FROM home_rate_view WHERE id = $1", made.id)
        assert row is not None, "it was made just now"
        return _rate(row)


@reads("/home-statements", "List drivers' months of home charging", Permission.SEE_MONEY)
async def list_home_statements(
    caller: Calling,
    window: Paging,
    driver: Annotated[UUID | None, QueryParameter(description="Those of this driver.")] = None,
) -> Page[HomeStatement]:
    async with caller.begin() as work:
        return await listed(
            work,
            STATEMENTS,
            window,
            lambda row: shown(HomeStatement, row, **_total(row)),
            [("driver_id = {}", driver)],
        )


@reads("/home-statements/{statement_id:uuid}", "Read a driver's month", Permission.SEE_MONEY)
async def read_home_statement(caller: Calling, statement_id: FromPath[UUID]) -> HomeStatementWhole:
    """With each session, its registers and its rate."""
    async with caller.begin() as work:
        raw = await homes_paying.document(work, PartyId(caller.actor.party), statement_id)
        row = await work.one("SELECT * FROM home_statement_view WHERE id = $1", statement_id)
    assert row is not None, "its document was found"
    whole = {"document": msgspec.Raw(raw.encode()), **_total(row)}
    return shown(HomeStatementWhole, row, **whole)


@reads("/home-payouts/due", "List what drivers are to be paid", Permission.SEE_MONEY)
async def list_home_due(caller: Calling) -> list[HomeDue]:
    async with caller.begin() as work:
        found = await homes_paying.due(work, PartyId(caller.actor.party))
    return [
        HomeDue(
            driver_id=each.driver,
            driver=each.name,
            holder=each.holder,
            iban=each.iban,
            amount=Amount.of(each.amount.minor, each.amount.currency),
            numbers=list(each.numbers),
        )
        for each in found
    ]


@puts("/drivers/{driver_id:uuid}/payee", "Say where a driver is paid", Permission.MOVE_MONEY)
async def put_home_payee(caller: Calling, driver_id: FromPath[UUID], data: JSONBody[Payee]) -> None:
    async with caller.begin() as work:
        await homes.pay_to(
            work,
            PartyId(caller.actor.party),
            DriverId(driver_id),
            holder=data.holder,
            iban=data.iban,
            by=caller.name,
        )
        await caller.audit(work, "said where a driver is paid", f"driver:{driver_id}")


@moves_money("/home-payouts", "Note that a driver was paid")
async def add_home_payout(caller: Calling, data: JSONBody[NewPayout]) -> Payout:
    """All that is due to the driver, once. Another amount than is due by now is refused."""
    amount = Money(data.minor, Currency(data.currency))
    async with caller.begin() as work:
        party, driver = PartyId(caller.actor.party), DriverId(data.driver_id)
        id = await homes_paying.paid(work, party, driver, amount, by=caller.name)
        await caller.audit(work, "noted a driver's payout", f"home_payout:{id}")
    return Payout(id=id, driver_id=driver, amount=Amount.of(amount.minor, amount.currency))


def _rate(row: Row) -> HomeRate:
    return shown(HomeRate, row, per_kwh=f"{row['per_kwh']:f}")


def _total(row: Row) -> dict[str, Any]:
    return {"total": Amount.of(row["total_minor"], row["currency"])}


ROUTER = Router(
    "/",
    tags=["homes"],
    route_handlers=[
        list_homes,
        add_home,
        end_home,
        list_home_rates,
        add_home_rate,
        list_home_statements,
        read_home_statement,
        list_home_due,
        put_home_payee,
        add_home_payout,
    ],
)
