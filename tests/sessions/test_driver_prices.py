"""The price of the driver who charges, frozen at the start, and what it costs the batch."""

from dataclasses import dataclass, field
from typing import Any, cast

from tests.network import TARIFF, AStation, a_tariff, a_token
from tests.sessions.telling import CARD, Line, minute, start16, started, updated
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.kernel.ids import TokenUid
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions, actions_price
from voltway.stations.reports import Heard
from voltway.tariffs import actions as tariffs
from voltway.tariffs import assigning
from voltway.tariffs.model_versions import GroupMember, Scope


async def a_fleet_price(begin: BeginWork, here: AStation, uid: TokenUid) -> None:
    """The card is of a fleet with a price of its own, below that of everybody."""
    async with begin() as work:
        await tariffs.add_version(
            work, here.party.id, TARIFF.format(id="FLEET", energy="0.10", more="")
        )
        await a_tariff(work, here.party, "0.50", id="ALL")
        fleet = await contracts.fleet_for(work, here.party.id, "Vans")
        made = await contracts.add_contract(work, here.party.id, "C1", fleet=fleet)
        asked = (here.party.id, uid)
        token = (await drivers.tokens_of(work, [asked]))[asked]
        await contracts.stands_for(work, token.id, made.id)
        await assigning.assign_to(work, here.party.id, Scope.FLEET, fleet, ident="FLEET")


async def test_a_session_has_the_price_of_the_fleet_that_its_card_is_of(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await a_fleet_price(begin, here, CARD)
    clock.jump_to(minute(180))

    await line.starts16(1, 130, 10_000)
    await line.starts16(2, 131, 10_000, "05B2")

    mine, other = await line.sessions()
    assert mine.tariff_why == "Tariff FLEET, version 1, is assigned to the fleet."
    assert other.tariff_why == "Tariff ALL, version 1, is assigned to the party."
    async with begin() as work:
        asks = actions_price.Asks(token=CARD)
        told = await actions_price.which_tariff(work, here.evse(1), asks, mine.started_at)
    assert told.winner is not None
    assert told.winner.version is not None
    assert told.winner.version.id == mine.tariff_version_id
    assert told.winner.says == mine.tariff_why


async def test_a_token_that_comes_late_brings_its_price_along(
    line: Line, begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    await a_fleet_price(begin, here, CARD)
    clock.jump_to(minute(180))

    await line.tell(started("tx", 0, 130, 10_000, token=None))
    before = await line.one()
    await line.tell(updated("tx", 1, 131, 10_100, token=CARD))
    after = await line.one()

    assert before.tariff_why == "Tariff ALL, version 1, is assigned to the party."
    assert after.tariff_why == "Tariff FLEET, version 1, is assigned to the fleet."


@dataclass
class Counted:
    """A work that counts what it asks of the database."""

    inside: Work
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inside, name)
        if name not in ("one", "all", "ask", "run", "run_many", "copy"):
            return found

        async def counted(sql: str, *values: Any) -> Any:
            self.asked.append(" ".join(sql.split()))
            return await found(sql, *values)

        return counted


async def asked_of_a_start(begin: BeginWork, here: AStation, evse: int, at: int = 60) -> list[str]:
    """What the batch of one start asks about tariffs, and how much in all."""
    async with begin() as work:
        counted = Counted(work)
        call = Heard(
            index=0,
            station=here.station.id,
            action="StartTransaction",
            received_at=work.now,
            reports=[start16(evse, at, 10_000)],
        )
        await actions.record(cast("Work", counted), [call])
    return counted.asked


async def test_a_start_without_groups_asks_no_more_than_it_asked_before_there_were_any(
    begin: BeginWork, here: AStation
) -> None:
    async with begin() as work:
        await a_token(work, here.party)
    plain = await asked_of_a_start(begin, here, 1)
    await a_fleet_price(begin, here, CARD)
    of_fleet = await asked_of_a_start(begin, here, 2)
    async with begin() as work:
        await assigning.add_group(work, here.party.id, "G", [GroupMember("ALL")])
        await assigning.assign_to(work, here.party.id, Scope.EVSE, here.evse(1), group="G")
    with_group = await asked_of_a_start(begin, here, 1, at=90)

    def about_tariffs(asked: list[str]) -> list[str]:
        return [sql.split(" FROM ")[1].split()[0] for sql in asked if "FROM tariff" in sql]

    assert about_tariffs(plain) == ["tariff_assignment", "tariff_version"]
    assert about_tariffs(of_fleet) == about_tariffs(plain)
    assert len(of_fleet) <= len(plain)
    assert about_tariffs(with_group) == [
        "tariff_assignment",
        "tariff_group_version",
        "tariff_version",
    ]
