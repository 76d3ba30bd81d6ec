"""The lobby: stations that knocked and were not let in, until somebody adopts or dismisses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, StationIdentity, new_id
from voltway.runtime.work import Row, Work
from voltway.stations import keys
from voltway.stations.actions_network import add_station_by_hash
from voltway.stations.model import EvsePlan, Knock, LobbyEntry, Refused, Station

#: Whoever knocks with made-up names pushes out the oldest of these, and never a real station.
ENTRIES_MAX = 1_000

SHOWN_MAX = 200


@dataclass(eq=False)
class NotInLobby(Refusal):
    """There is no such entry in the lobby."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class NotToBeAdopted(Refusal):
    """{identity} is a station of this network already; mend its key or its URL instead."""

    identity: str


async def record_knocks(work: Work, knocks: Sequence[Knock]) -> None:
    """Refused handshakes, joined by identity and reason.

    A name that was knocked with from two places is contested: whose key it was cannot be known,
    so neither can be kept when the station is adopted.
    """
    for knock in knocks:
        await work.run(
            """
            INSERT INTO lobby_entry (id, identity, reason, station_id, subprotocols, credentials,
                                     key_hash, source, agent, tries, first_at, last_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
            ON CONFLICT (identity, reason) DO UPDATE
               SET tries = lobby_entry.tries + EXCLUDED.tries, last_at = EXCLUDED.last_at,
                   subprotocols = EXCLUDED.subprotocols, credentials = EXCLUDED.credentials,
                   contested = lobby_entry.contested OR lobby_entry.source <> EXCLUDED.source,
                   key_hash = CASE
                       WHEN lobby_entry.contested OR lobby_entry.source <> EXCLUDED.source THEN NULL
                       ELSE EXCLUDED.key_hash END,
                   source = EXCLUDED.source, agent = EXCLUDED.agent,
                   station_id = EXCLUDED.station_id
            """,
            new_id(work.now),
            knock.identity[:200],
            knock.reason.value,
            knock.station,
            knock.subprotocols[:200],
            knock.credentials,
            knock.key_hash,
            knock.source,
            knock.agent[:200],
            knock.tries,
            knock.at,
        )
    await work.run(
        """
        DELETE FROM lobby_entry WHERE id IN (
            SELECT id FROM lobby_entry ORDER BY last_at DESC, id DESC OFFSET $1)
        """,
        ENTRIES_MAX,
    )
    work.touch("lobby")


async def lobby(work: Work) -> Sequence[LobbyEntry]:
    """Who knocked, the newest first."""
    rows = await work.all(
        "SELECT * FROM lobby_entry ORDER BY last_at DESC, id DESC LIMIT $1", SHOWN_MAX
    )
    return [_entry(row) for row in rows]


def _entry(row: Row) -> LobbyEntry:
    return LobbyEntry(
        id=row["id"],
        identity=StationIdentity(row["identity"]),
        reason=Refused(row["reason"]),
        station=row["station_id"],
        subprotocols=row["subprotocols"],
        credentials=row["credentials"],
        key_usable=row["key_hash"] is not None,
        source=row["source"],
        agent=row["agent"],
        tries=row["tries"],
        first_at=row["first_at"],
        last_at=row["last_at"],
    )


async def adopt(
    work: Work,
    entry: UUID,
    party: PartyId,
    location: LocationId,
    evses: Sequence[EvsePlan] = (EvsePlan(1),),
    *,
    keep_its_key: bool = False,
) -> tuple[Station, str | None]:
    """Take a station of the lobby into the network.

    With ``keep_its_key`` the key that it showed holds, if that was long enough, and nobody must
    go there; otherwise a new key is given, in clear only here.
    """
    row = await work.one("SELECT * FROM lobby_entry WHERE id = $1 FOR UPDATE", entry)
    if row is None:
        raise NotInLobby
    if row["station_id"] is not None:
        raise NotToBeAdopted(row["identity"])
    key = None if keep_its_key and row["key_hash"] is not None else keys.new_key()
    key_hash = row["key_hash"] if key is None else keys.hashed(key)
    station = await add_station_by_hash(work, party, location, row["identity"], evses, key_hash)
    await work.run("DELETE FROM lobby_entry WHERE identity = $1", row["identity"])
    work.touch("lobby")
    return station, key


async def dismiss(work: Work, entry: UUID) -> None:
    await work.run("DELETE FROM lobby_entry WHERE id = $1", entry)
    work.touch("lobby")
