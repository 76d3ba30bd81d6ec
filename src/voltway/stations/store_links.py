"""The tables of sockets and gateways: which process holds which station, and which one lives."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from voltway.kernel.ids import GatewayId, PartyId, StationId
from voltway.runtime.work import Work
from voltway.stations.model import LinkClosed, LinkOpened


@dataclass(frozen=True, slots=True)
class Opened:
    """A socket that is its station's newest now; ``left`` still holds the one before."""

    party: PartyId
    left: GatewayId | None


@dataclass(frozen=True, slots=True)
class Reopened:
    """A socket that was its station's newest all the time."""

    party: PartyId
    version: str
    was_lost: bool


async def numbers(work: Work, count: int) -> list[int]:
    rows = await work.all(
        "SELECT nextval('station_generation') AS number FROM generate_series(1, $1)", count
    )
    return [row["number"] for row in rows]


async def open_links(work: Work, opened: Sequence[LinkOpened]) -> dict[StationId, Opened]:
    """The stations' newest sockets; those that are older than one we know change nothing."""
    rows = await work.all(
        """
        WITH link AS (
            SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[],
                                 $5::timestamptz[], $6::bool[], $7::uuid[])
                          AS l (id, generation, version, source, at, took_over, gateway)
        ), before AS (
            SELECT s.id, CASE WHEN s.disconnected_at IS NULL THEN s.gateway_id END AS gateway_id
              FROM station s JOIN link ON link.id = s.id
             ORDER BY s.id
               FOR NO KEY UPDATE OF s
        )
        UPDATE station s
           SET generation = l.generation, ocpp_version = l.version, source = l.source,
               connected_at = l.at, disconnected_at = NULL, last_heard_at = l.at,
               gateway_id = l.gateway,
               takeovers = s.takeovers
                         + (l.took_over OR before.gateway_id IS DISTINCT FROM l.gateway
                                       AND before.gateway_id IS NOT NULL)::int
          FROM link l JOIN before ON before.id = l.id
         WHERE s.id = l.id AND s.generation < l.generation
        RETURNING s.id, s.party_id, nullif(before.gateway_id, l.gateway) AS left_id
        """,
        [link.station for link in opened],
        [link.generation for link in opened],
        [link.version for link in opened],
        [link.source for link in opened],
        [link.at for link in opened],
        [link.took_over for link in opened],
        [link.gateway for link in opened],
    )
    return {row["id"]: Opened(row["party_id"], row["left_id"]) for row in rows}


async def newest_links(work: Work, stations: Collection[StationId]) -> dict[StationId, int]:
    """The generations of these stations' newest sockets, which stay the newest until the work ends:
    who opens another one waits for us."""
    rows = await work.all(
        "SELECT id, generation FROM station WHERE id = ANY($1::uuid[]) ORDER BY id FOR SHARE",
        list(stations),
    )
    return {row["id"]: row["generation"] for row in rows}


def insist_on_links(work: Work, links: Mapping[StationId, int]) -> None:
    """Undo the work where one of these sockets is not its station's newest; who opens another one
    waits for us."""
    work.later(
        """
        SELECT
          FROM unnest($1::uuid[], $2::bigint[]) AS l (id, generation)
          JOIN station s ON s.id = l.id AND s.generation <= l.generation
           FOR SHARE OF s
        """,
        list(links),
        list(links.values()),
        rows=len(links),
    )


async def close_links(work: Work, closed: Sequence[LinkClosed]) -> dict[StationId, PartyId]:
    """Only the newest socket's end is the station's (the generation says so)."""
    rows = await work.all(
        """
        UPDATE station s SET disconnected_at = l.at
          FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[]) AS l (id, generation, at)
         WHERE s.id = l.id AND s.generation = l.generation AND s.disconnected_at IS NULL
        RETURNING s.id, s.party_id
        """,
        [link.station for link in closed],
        [link.generation for link in closed],
        [link.at for link in closed],
    )
    return {row["id"]: row["party_id"] for row in rows}


async def reopen_links(
    work: Work, gateway: GatewayId, held: Mapping[StationId, int]
) -> dict[StationId, Reopened]:
    """Those of these sockets that are still their stations' newest, and are this gateway's now."""
    rows = await work.all(
        """
        WITH link AS (SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS l (id, generation)),
        before AS (
            SELECT s.id, s.disconnected_at IS NOT NULL AS was_lost
              FROM station s JOIN link ON link.id = s.id
             ORDER BY s.id
               FOR NO KEY UPDATE OF s
        )
        UPDATE station s SET disconnected_at = NULL, gateway_id = $3
          FROM link l JOIN before ON before.id = l.id
         WHERE s.id = l.id AND s.generation = l.generation
        RETURNING s.id, s.party_id, s.ocpp_version, before.was_lost
        """,
        list(held),
        list(held.values()),
        gateway,
    )
    return {
        row["id"]: Reopened(row["party_id"], row["ocpp_version"], row["was_lost"]) for row in rows
    }


async def close_links_of(work: Work, gateway: GatewayId) -> dict[StationId, PartyId]:
    """The sockets of a gateway that is no more: nobody told us of their end."""
    rows = await work.all(
        """
        WITH held AS (
            SELECT id FROM station
             WHERE gateway_id = $1 AND disconnected_at IS NULL
             ORDER BY id
               FOR NO KEY UPDATE
        )
        UPDATE station s SET disconnected_at = greatest(s.connected_at, s.last_heard_at)
          FROM held
         WHERE s.id = held.id AND s.gateway_id = $1 AND s.disconnected_at IS NULL
        RETURNING s.id, s.party_id
        """,
        gateway,
    )
    return {row["id"]: row["party_id"] for row in rows}


# -- gateways


async def add_gateway(work: Work, gateway: GatewayId, name: str) -> None:
    await work.run(
        "INSERT INTO gateway (id, name, began_at) VALUES ($1, $2, $3)", gateway, name, work.now
    )


async def is_registered(work: Work, gateway: GatewayId) -> bool:
    """Whether it is thought alive; it cannot be called dead until this work ends."""
    row = await work.one("SELECT id FROM gateway WHERE id = $1 FOR KEY SHARE", gateway)
    return row is not None


async def beat(work: Work, gateway: GatewayId) -> bool:
    # The beat need not outlive a crash of the database, so it does not wait for the disk.
    await work.run("SET LOCAL synchronous_commit = off")
    return bool(await work.run("UPDATE gateway SET beats = beats + 1 WHERE id = $1", gateway))


async def gateways(work: Work) -> dict[GatewayId, int]:
    rows = await work.all("SELECT id, beats FROM gateway")
    return {row["id"]: row["beats"] for row in rows}


async def remove_gateway(work: Work, gateway: GatewayId, beats: int | None) -> bool:
    """``False`` if it is gone already, or beat since these beats were counted."""
    removed = await work.run(
        "DELETE FROM gateway WHERE id = $1 AND ($2::bigint IS NULL OR beats = $2)", gateway, beats
    )
    if removed:
        await work.run("DELETE FROM station_move WHERE gateway_id = $1", gateway)
    return bool(removed)


async def add_moves(work: Work, moved: Sequence[tuple[GatewayId, StationId, int]]) -> None:
    await work.run(
        """
        INSERT INTO station_move (gateway_id, station_id, generation)
        SELECT m.gateway_id, m.station_id, m.generation
          FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
               AS m (gateway_id, station_id, generation)
         WHERE EXISTS (SELECT FROM gateway g WHERE g.id = m.gateway_id)
         ORDER BY 1, 2
        ON CONFLICT (gateway_id, station_id) DO UPDATE
           SET generation = greatest(station_move.generation, EXCLUDED.generation)
        """,
        [each[0] for each in moved],
        [each[1] for each in moved],
        [each[2] for each in moved],
    )


async def take_moves(work: Work, gateway: GatewayId) -> dict[StationId, int]:
    rows = await work.all(
        "DELETE FROM station_move WHERE gateway_id = $1 RETURNING station_id, generation", gateway
    )
    return {row["station_id"]: row["generation"] for row in rows}
