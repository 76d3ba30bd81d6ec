"""A database that is away fills no memory: what nobody waits for is let go, the rest goes on."""

import asyncio
from collections.abc import Iterable, Sequence

from tests.network import a_location, a_party, a_station
from tests.ocpp.gateway_floor import WITHIN_S, Wire, a_gateway
from voltway.ocpp.batch import Extras
from voltway.ocpp.dialects import DIALECTS
from voltway.ocpp.gateway import Gateway
from voltway.ocpp.gateways import Membership
from voltway.ocpp.link import ALL_WAITING_BYTES_MAX, Link
from voltway.ocpp.lobby import Guest
from voltway.ocpp.stalled import BLINKS_FROM, Stalled
from voltway.ocpp.transport import Close
from voltway.runtime.database import Database
from voltway.stations import actions as stations
from voltway.stations.model import Credential

LONG = b'[2,"1","DataTransfer",{"vendorId":"long","data":"%b"}]' % (b"x" * 1_000_000)
SHORT = b'[2,"1","DataTransfer",{"vendorId":"short","data":"%b"}]' % (b"x" * 10_000)
FULL = ALL_WAITING_BYTES_MAX // len(LONG) + 1


async def credentials(database: Database, count: int) -> Sequence[Credential]:
    """Stations of one place, by what they are let in with."""
    async with database.begin() as work:
        party = await a_party(work)
        place = await a_location(work, party)
        for _ in range(count):
            await a_station(work, party, place, evses=1)
        return await stations.credentials(work)


def dial(gateway: Gateway, some: Iterable[Credential]) -> list[tuple[Link, Wire]]:
    lines = []
    for one in some:
        guest = Guest(one, "ocpp1.6", with_next_key=False, source="")
        link, wire = Link(gateway, guest, DIALECTS["ocpp1.6"]), Wire()
        link.opened(wire)
        lines.append((link, wire))
    return lines


async def test_while_nothing_can_be_kept_only_so_much_waits_and_the_rest_is_told_again(
    database: Database,
) -> None:
    gateway = a_gateway(database)
    lines = dial(gateway, await credentials(database, FULL + 3))

    for link, _ in lines[:FULL]:
        link.heard(LONG)
    assert gateway.waiting.is_full
    gone, staying = lines[:2], lines[2:FULL]
    for link, _ in gone:
        link.closed()
    comes, late, later = lines[FULL:]
    comes[0].heard(LONG)
    assert comes[1].closed is None, "it has the place of those who left"

    late[0].heard(LONG)
    later[0].heard(LONG)
    later[0].heard(LONG)
    assert gateway.waiting.bytes < ALL_WAITING_BYTES_MAX + 2 * len(LONG)
    assert [late[1].closed, later[1].closed] == [None, Close.TRY_AGAIN_LATER]

    await Membership(database.begin, gateway).join()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(gateway.run())
        await gateway.rest()
        running.cancel()
    assert all(len(wire.said) == 1 for _, wire in [*staying, comes, late])
    assert not any(wire.said for _, wire in [*gone, later])
    assert gateway.waiting.bytes == 0


async def test_long_messages_take_no_place_from_short_ones(database: Database) -> None:
    gateway = a_gateway(database)
    lines = dial(gateway, await credentials(database, FULL + 2))
    for link, _ in lines[:FULL]:
        link.heard(LONG)
    assert gateway.waiting.is_full

    long, short = lines[FULL:]
    long[0].heard(LONG)
    short[0].heard(SHORT)

    assert [long[1].closed, short[1].closed] == [Close.TRY_AGAIN_LATER, None]


async def test_lines_that_came_and_went_unrecorded_are_forgotten_and_no_others(
    database: Database,
) -> None:
    gateway = a_gateway(database)
    (one,) = await credentials(database, 1)
    recorded, *blinks, last = (link for link, _ in dial(gateway, [one] * (BLINKS_FROM + 2)))
    for link in (recorded, *blinks):
        link.closed_at = database.clock.now()
    extras = Extras(opened=[*blinks, last], closed=[recorded, *blinks])
    Stalled().forget_blinks(extras)

    assert extras.opened == [last]
    assert extras.closed == [recorded]
