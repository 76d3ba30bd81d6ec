"""Sockets that came and went, the gateways that hold them, and what becomes of a dead one's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from voltway.kernel.errors import Outage
from voltway.kernel.ids import GatewayId, PartyId, StationId
from voltway.runtime.work import Work
from voltway.stations import store_links, store_network
from voltway.stations.model import LinkClosed, LinkOpened, StationConnected, StationLost


@dataclass(eq=False)
class GatewayForgotten(Outage):
    """This gateway was silent for so long that it was taken for dead; it registers anew."""


async def number_links(work: Work, count: int) -> Sequence[int]:
    """Generations for so many new sockets, higher than all before, in all processes."""
    return await store_links.numbers(work, count)


async def record_links(
    work: Work, opened: Sequence[LinkOpened] = (), closed: Sequence[LinkClosed] = ()
) -> None:
    """Sockets that came and went. An old socket's end never touches a newer one.

    A gateway that still holds a station's socket from before is told to close it. Raises
    ``GatewayForgotten`` for sockets of a gateway that was called dead.
    """
    if opened:
        await _open(work, opened)
    if closed:
        lost = await store_links.close_links(work, closed)
        await _announce_lost(work, lost)


async def _open(work: Work, opened: Sequence[LinkOpened]) -> None:
    newest = {link.station: link for link in sorted(opened, key=lambda link: link.generation)}
    for gateway in {link.gateway for link in opened if link.gateway is not None}:
        if not await store_links.is_registered(work, gateway):
            raise GatewayForgotten
    fresh = await store_links.open_links(work, list(newest.values()))
    await work.announce(
        StationConnected(
            party=found.party,
            at=newest[station].at,
            station=station,
            version=newest[station].version,
            took_over=newest[station].took_over or found.left is not None,
        )
        for station, found in fresh.items()
    )
    _touch_walls(work, (found.party for found in fresh.values()))
    moved = [
        (found.left, station, newest[station].generation)
        for station, found in fresh.items()
        if found.left is not None
    ]
    if moved:
        await store_links.add_moves(work, moved)
    renewed = [link.station for link in opened if link.with_next_key]
    if renewed and await store_network.take_next_keys(work, renewed):
        work.touch("credentials")


async def join_gateways(
    work: Work, gateway: GatewayId, name: str, held: Mapping[StationId, int]
) -> set[StationId]:
    """A gateway begins, or begins anew after it was called dead; ``held`` are the generations of
    the sockets that it has. Gives the stations whose newest socket that still is."""
    await store_links.add_gateway(work, gateway, name)
    if not held:
        return set()
    ours = await store_links.reopen_links(work, gateway, held)
    await work.announce(
        StationConnected(
            party=found.party, at=work.now, station=station, version=found.version, took_over=False
        )
        for station, found in ours.items()
        if found.was_lost
    )
    _touch_walls(work, (found.party for found in ours.values()))
    return set(ours)


async def beat(work: Work, gateway: GatewayId) -> Mapping[StationId, int]:
    """A gateway says that it lives, and hears which stations have moved to another: the newer
    socket's generation. Raises ``GatewayForgotten``."""
    if not await store_links.beat(work, gateway):
        raise GatewayForgotten
    return await store_links.take_moves(work, gateway)


async def gateway_beats(work: Work) -> Mapping[GatewayId, int]:
    """How often each gateway said that it lives."""
    return await store_links.gateways(work)


async def lose_gateway(work: Work, gateway: GatewayId, beats: int | None = None) -> int | None:
    """A gateway is no more, and so are its sockets: how many stations are lost. With ``beats``,
    only if it has not beaten since they were counted; ``None`` if it has, or was lost before."""
    if not await store_links.remove_gateway(work, gateway, beats):
        return None
    lost = await store_links.close_links_of(work, gateway)
    await _announce_lost(work, lost)
    return len(lost)


async def _announce_lost(work: Work, lost: Mapping[StationId, PartyId]) -> None:
    await work.announce(
        StationLost(party=party, at=work.now, station=station) for station, party in lost.items()
    )
    _touch_walls(work, lost.values())


def _touch_walls(work: Work, parties: Iterable[object]) -> None:
    work.touch(*{f"wall:{party}" for party in parties})


async def moved_away(work: Work, links: Mapping[StationId, int]) -> set[StationId]:
    """Those of these stations that have a newer socket than ours, perhaps at another gateway. The
    others come to no other gateway before this work is kept."""
    newest = await store_links.newest_links(work, links.keys())
    return {station for station, number in links.items() if newest.get(station, number) > number}


def insist_on_links(work: Work, links: Mapping[StationId, int]) -> None:
    """The same, believed to be none: where one has a newer socket, the work is undone and raises
    ``Overtaken``."""
    store_links.insist_on_links(work, dict(sorted(links.items())))
