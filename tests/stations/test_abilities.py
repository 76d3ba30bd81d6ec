"""Whether a station can be reserved: what it tells, what it answered, and when it is asked."""

from datetime import timedelta

import pytest

from tests.conftest import NOON
from tests.stations.floor import a_station, place, reply, send
from voltway.kernel.ids import TokenUid
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.stations import abilities, actions, rules_abilities
from voltway.stations.model import LinkOpened, Station
from voltway.stations.orders import Answered, Outcome, ReadVariables, ReserveNow, Variable
from voltway.stations.rules_abilities import Evidence

LATER = NOON + timedelta(hours=1)
AVAILABLE, ENABLED = "reservationctrlr.available", "reservationctrlr.enabled"


@pytest.mark.parametrize(
    ("version", "variables", "wanted"),
    [
        ("1.6", {"supportedfeatureprofiles": "Core,Reservation,RemoteTrigger"}, True),
        ("1.6", {"supportedfeatureprofiles": "'Core', ' reservation'"}, True),
        ("1.6", {"supportedfeatureprofiles": "Core,RemoteTrigger"}, False),
        ("1.6", {"supportedfeatureprofiles": " "}, None),
        ("1.6", {}, None),
        ("2.0.1", {AVAILABLE: "true", ENABLED: "true"}, True),
        ("2.0.1", {AVAILABLE: "True"}, True),
        ("2.0.1", {ENABLED: "true"}, True),
        ("2.0.1", {AVAILABLE: "true", ENABLED: "false"}, False),
        ("2.1", {AVAILABLE: "false", ENABLED: "true"}, False),
        ("2.1", {AVAILABLE: ""}, None),
    ],
)
def test_what_it_tells(version: str, variables: dict[str, str], wanted: bool | None) -> None:
    known = Evidence(version=version, variables=variables, told_at=NOON)

    assert rules_abilities.can_reserve(known) is wanted


@pytest.mark.parametrize(
    ("profiles", "tried", "tried_at", "wanted"),
    [
        ("Core", Answered.ACCEPTED, LATER, True),
        ("Core", Answered.ACCEPTED, NOON - timedelta(hours=1), False),
        ("Core,Reservation", Answered.NOT_SUPPORTED, LATER, False),
        ("", Answered.NOT_SUPPORTED, NOON - timedelta(hours=1), False),
        ("", Answered.ACCEPTED, LATER, True),
    ],
)
def test_what_it_answered_last_counts_if_it_is_newer(
    profiles: str, tried: Answered, tried_at: object, wanted: bool
) -> None:
    told = {"supportedfeatureprofiles": profiles}
    known = Evidence(
        version="1.6",
        variables=told,
        told_at=NOON,
        tried=tried,
        tried_at=tried_at,  # type: ignore[arg-type]
    )

    assert rules_abilities.can_reserve(known) is wanted


async def connects(begin: BeginWork, station: Station, version: str) -> None:
    async with begin() as work:
        opened = LinkOpened(station.id, 1, version, "127.0.0.1", work.now)
        await actions.record_links(work, [opened], [])


async def test_a_station_is_asked_once_and_again_when_its_firmware_is_another(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    assert await abilities.ask(begin) == 0  # it has no line
    await connects(begin, station, "1.6")
    assert await abilities.ask(begin) == 1
    assert await abilities.ask(begin) == 0

    sent = await send(begin, station)
    assert sent.order == ReadVariables(("SupportedFeatureProfiles",))
    profiles = Variable("SupportedFeatureProfiles", "Core,Reservation", readonly=True)
    answer = Outcome(Answered.ACCEPTED, "Accepted", variables=(profiles,))
    await reply(begin, station, sent.id, answer)
    async with begin() as work:
        assert await abilities.can_reserve(work, station.id) is True
        await work.run("UPDATE station SET firmware = '2'")

    assert await abilities.ask(begin) == 1
    clock.jump(abilities.ASK_AGAIN + timedelta(seconds=1))
    assert await abilities.ask(begin) == 1


async def test_a_station_of_two_x_is_asked_for_its_component(
    begin: BeginWork, station: Station
) -> None:
    await connects(begin, station, "2.0.1")
    await abilities.ask(begin)

    sent = await send(begin, station)

    assert sent.order == ReadVariables(("ReservationCtrlr.Available", "ReservationCtrlr.Enabled"))
    told = (
        Variable("ReservationCtrlr.Available", "true"),
        Variable("ReservationCtrlr.Enabled", None, status="UnknownVariable"),
    )
    await reply(begin, station, sent.id, Outcome(Answered.ACCEPTED, "", variables=told))
    async with begin() as work:
        assert await abilities.can_reserve(work, station.id) is True


async def test_one_that_does_not_know_the_order_cannot_whatever_it_told(
    begin: BeginWork, station: Station
) -> None:
    await connects(begin, station, "1.6")
    async with begin() as work:
        assert await abilities.can_reserve(work, station.id) is None
    order = ReserveNow(1, 41, TokenUid("CARD"), LATER)
    placed = await place(begin, station, order)
    sent = await send(begin, station)
    assert sent.order == order
    no = Outcome(Answered.NOT_SUPPORTED, "NotImplemented: ReserveNow")
    await reply(begin, station, placed, no)

    async with begin() as work:
        assert await abilities.can_reserve(work, station.id) is False
        other = await a_station(work, "CS2")
        assert await abilities.can_reserve(work, other.id) is None
