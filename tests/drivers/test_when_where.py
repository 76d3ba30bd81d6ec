"""When and where a token may charge."""

from dataclasses import replace
from datetime import UTC, datetime, time
from uuid import UUID

import pytest

from tests.network import AStation, a_party, a_station, a_token
from voltway.drivers import actions as drivers
from voltway.drivers import contracts, when_where
from voltway.drivers.model import Token
from voltway.drivers.rules_when_where import NOT_HERE, NOT_NOW, Allowed, Kept, refusal
from voltway.drivers.when_where import Scope
from voltway.kernel.ids import LocationId, TransactionRef
from voltway.ocpp.tokens_shown import standings
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.sessions import actions as sessions
from voltway.stations.reports import Heard, Started, TokenShown

DEPOT = LocationId(UUID(int=1))
ELSEWHERE = LocationId(UUID(int=2))
WORK = Allowed(frozenset({1, 2, 3, 4, 5}), time(7), time(18))
NIGHT = Allowed(frozenset({5}), time(22), time(6))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rules", "moment", "said"),
    [
        # 23 November 2026 is a Monday; Helsinki is two hours before UTC in winter
        ((WORK,), "2026-11-23T05:00", None),
        ((WORK,), "2026-11-23T04:59", NOT_NOW),
        ((WORK,), "2026-11-23T16:00", NOT_NOW),
        ((WORK,), "2026-11-22T10:00", NOT_NOW),
        ((NIGHT,), "2026-11-27T20:00", None),
        ((NIGHT,), "2026-11-28T03:59", None),
        ((NIGHT,), "2026-11-28T04:00", NOT_NOW),
        ((NIGHT,), "2026-11-28T20:00", NOT_NOW),
        ((NIGHT,), "2026-11-27T03:00", NOT_NOW),
        ((Allowed(days=frozenset({7})),), "2026-11-22T10:00", None),
        ((Allowed(places=frozenset({DEPOT})),), "2026-11-22T10:00", None),
        ((Allowed(places=frozenset({ELSEWHERE})),), "2026-11-22T10:00", NOT_HERE),
        ((WORK, Allowed(places=frozenset({ELSEWHERE}))), "2026-11-23T05:00", NOT_HERE),
        ((WORK, NIGHT), "2026-11-23T05:00", NOT_NOW),
        ((), "2026-11-23T05:00", None),
    ],
)
def test_a_token_may_charge_when_and_where_all_that_is_said_of_it_allows(
    rules: tuple[Allowed, ...], moment: str, said: str | None
) -> None:
    assert refusal(Kept(rules, DEPOT, "Europe/Helsinki"), at(moment)) == said


def test_hours_are_those_of_the_clock_on_the_wall_when_clocks_change() -> None:
    kept = Kept((Allowed(opens=time(7), closes=time(18)),), DEPOT, "Europe/Helsinki")
    assert refusal(kept, at("2026-10-24T04:30")) is None  # 07:30 in summer
    assert refusal(kept, at("2026-10-25T04:30")) == NOT_NOW  # 06:30 in winter


async def asks(begin: BeginWork, here: AStation, card: Token) -> str | None:
    """A station asks whether a card may charge."""
    station, party = here.station.id, here.party.id
    async with begin() as work:
        known = await drivers.shown_at(work, {(station, card.uid)}, {station: party})
        asked = [(0, station, TokenShown(card.uid))]
        return (await standings(work, asked, known, lambda _: party))[0].token


@pytest.fixture
async def here(begin: BeginWork) -> AStation:
    async with begin() as work:
        return await a_station(work, await a_party(work))


@pytest.fixture
async def card(begin: BeginWork, here: AStation) -> Token:
    async with begin() as work:
        return await a_token(work, here.party, "04A1B2C3")


async def test_what_is_said_of_a_fleet_holds_for_its_cards_and_its_driver_reads_why(
    begin: BeginWork, here: AStation, card: Token, clock: JumpingClock
) -> None:
    party = here.party
    async with begin() as work:
        fleet = await contracts.add_fleet(work, party.id, "Vans")
        agreed = await contracts.add_contract(work, party.id, "FI-VLT-C1", fleet=fleet.id)
        await contracts.stands_for(work, card.id, agreed.id)
        other = (await a_station(work, party)).location.id
    assert await asks(begin, here, card) == "accepted"

    async with begin() as work:
        only = Allowed(places=frozenset({other}))
        rule = await when_where.keep_to(work, party.id, Scope.FLEET, fleet.id, only, by="Aino")
    assert await asks(begin, here, card) == "not_at_this_location"
    async with begin() as work:
        only = replace(WORK, places=frozenset({here.location.id}))
        await when_where.keep_to(work, party.id, Scope.FLEET, fleet.id, only, by="Aino")
    clock.jump_to(at("2027-11-22T17:00"))  # a Monday, 19:00 there
    assert await asks(begin, here, card) == "not_at_this_time"
    async with begin() as work:
        away = (await when_where.last_turned_away(work, [card.id]))[card.id]
        await when_where.let_go(work, party.id, rule)

    assert (away["word"], away["place"]) == ("not_at_this_time", here.location.name)
    assert await asks(begin, here, card) == "accepted"


async def test_a_start_that_is_told_late_is_judged_by_the_moment_at_which_it_was(
    begin: BeginWork, here: AStation, card: Token, clock: JumpingClock
) -> None:
    clock.jump_to(at("2027-11-22T17:00"))
    async with begin() as work:
        await when_where.keep_to(work, here.party.id, Scope.TOKEN, card.id, WORK, by="Aino")
    said = {}
    for hour in (10, 16):  # 12:00 and 18:00 there
        start = Started(
            ref=TransactionRef(f"at-{hour}"),
            evse=1,
            connector=1,
            token=card.uid,
            at=clock.now().replace(hour=hour),
            readings=(),
            seq=0,
            charging=True,
        )
        heard = Heard(0, here.station.id, "TransactionEvent", clock.now(), [start])
        async with begin() as work:
            said[hour] = (await sessions.record(work, [heard]))[0].token

    assert said == {10: "accepted", 16: "not_at_this_time"}


@pytest.mark.parametrize(
    "allowed",
    [
        Allowed(),
        Allowed(days=frozenset(range(1, 8))),
        Allowed(opens=time(7)),
        Allowed(closes=time(7)),
        Allowed(opens=time(7), closes=time(7)),
    ],
)
async def test_what_keeps_a_token_from_nothing_is_refused(
    begin: BeginWork, here: AStation, card: Token, allowed: Allowed
) -> None:
    async with begin() as work:
        with pytest.raises(when_where.KeepsNothing):
            await when_where.keep_to(work, here.party.id, Scope.TOKEN, card.id, allowed, by="Aino")


async def test_nobody_is_kept_to_what_is_anothers(
    begin: BeginWork, here: AStation, card: Token
) -> None:
    async with begin() as work:
        mine = (await a_party(work)).id
        for scope in Scope:
            with pytest.raises(when_where.NobodySo):
                await when_where.subject_named(work, mine, scope, card.uid)
            with pytest.raises(when_where.NobodySo):
                await when_where.subject_known(work, mine, scope, card.id)
        with pytest.raises(when_where.NoSuchPlace):
            await when_where.places_known(work, mine, [here.location.id])
        with pytest.raises(when_where.NoSuchPlace):
            await when_where.places_named(work, mine, [here.location.name])
