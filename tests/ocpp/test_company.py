"""When a batch begins: in company where there may be some, at once where nobody is left to come."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
import uvloop

from tests.ocpp.gateway_floor import a_gateway
from voltway.kernel.ids import PartyId, StationId, StationIdentity
from voltway.ocpp.batch import Pending, read
from voltway.ocpp.company import BATCH_ENOUGH, CROWD_MIN, WAITED_ENOUGH, Company
from voltway.ocpp.dialects import DIALECTS
from voltway.ocpp.link import Link
from voltway.ocpp.lobby import Guest
from voltway.runtime.database import Database
from voltway.stations.model import Credential

#: As good as for ever.
LONG_S = 3600.0
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
READING = (
    b'[2,"1","MeterValues",{"connectorId":1,"meterValue":'
    b'[{"timestamp":"2026-03-02T12:00:00Z","sampledValue":[{"value":"5"}]}]}]'
)
REPLY = f'[3,"{UUID(int=7)}",{{}}]'.encode()


@pytest.fixture
async def said(database: Database) -> list[Pending]:
    """A reading of each of many stations."""
    gateway = a_gateway(database)
    return [
        read(Link(gateway, guest(number), DIALECTS["ocpp1.6"]), READING, NOON)
        for number in range(BATCH_ENOUGH)
    ]


def guest(number: int) -> Guest:
    credential = Credential(
        station=StationId(UUID(int=number)),
        party=PartyId(UUID(int=1)),
        identity=StationIdentity(f"CS{number}"),
        key_hash=b"",
        next_key_hash=None,
        assume_subprotocol=None,
        pin_subprotocol=None,
        removed=False,
    )
    return Guest(credential, "ocpp1.6", with_next_key=False, source="127.0.0.1")


async def begins(company: Company) -> bool:
    """Whether a batch begins now, and not only when somebody has waited long enough."""
    try:
        await asyncio.wait_for(company.gathers(), 0.02)
    except TimeoutError:
        return False
    return True


def join(company: Company, some: Sequence[Pending]) -> None:
    for ready, each in enumerate(some, start=1):
        company.joins(each, ready)


async def test_a_reading_waits_for_company(said: list[Pending]) -> None:
    company = Company(LONG_S)
    join(company, said[:1])
    assert not await begins(company)


async def test_without_a_wait_nobody_waits(said: list[Pending]) -> None:
    company = Company(0.0)
    join(company, said[:1])
    assert await begins(company)


async def test_enough_of_them_wait_for_nobody(said: list[Pending]) -> None:
    company = Company(LONG_S)
    join(company, said[:-1])
    assert not await begins(company)
    join(company, said)
    assert await begins(company)


async def test_a_reply_to_an_order_waits_for_nobody(said: list[Pending]) -> None:
    company = Company(LONG_S)
    join(company, [read(said[0].link, REPLY, NOON)])
    assert await begins(company)


async def test_when_all_of_a_crowd_that_was_answered_have_spoken_nobody_is_waited_for(
    said: list[Pending],
) -> None:
    company = Company(LONG_S)
    crowd = said[:CROWD_MIN]
    company.was_answered(crowd, [])

    join(company, crowd[:-1])
    assert not await begins(company)
    company.joins(crowd[-1], CROWD_MIN)
    assert await begins(company)


async def test_those_who_spoke_during_the_commit_count_as_well(said: list[Pending]) -> None:
    company = Company(LONG_S)
    crowd = said[:CROWD_MIN]
    company.was_answered(crowd, crowd)
    assert await begins(company)

    company.was_answered(crowd, crowd[:-1])
    assert not await begins(company)
    company.joins(crowd[-1], CROWD_MIN)
    assert await begins(company)


async def test_the_more_waited_for_a_commit_the_shorter_they_wait_for_others(
    said: list[Pending],
) -> None:
    answered, waited = said[-1:], said[:WAITED_ENOUGH]
    company = Company(LONG_S)
    company.was_answered(answered, waited)
    assert await begins(company)

    begun: list[str] = []

    async def begin(name: str, ready: Sequence[Pending]) -> None:
        company = Company(0.2)
        company.was_answered(answered, ready)
        await company.gathers()
        begun.append(name)

    await asyncio.gather(begin("alone", waited[:1]), begin("half", waited[: len(waited) // 2]))
    assert begun == ["half", "alone"]


async def test_a_few_that_were_answered_are_no_crowd(said: list[Pending]) -> None:
    company = Company(LONG_S)
    few = said[: CROWD_MIN - 1]
    company.was_answered(few, [])
    join(company, few)
    assert not await begins(company)


def test_the_shortest_wait_is_a_wait_on_the_loop_that_serves() -> None:
    async def waits() -> None:
        company = Company(0.0)
        company.go(0.0001)
        company.go(0.0001)  # which asks when the first is due
        async with asyncio.timeout(1):
            await company.gathers()

    uvloop.run(waits())
