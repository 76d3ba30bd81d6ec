"""When and where tokens may charge: said of a card, a contract, a driver or a fleet.

A station asks at the start of a session, and that is when it is decided: one that began in time
goes on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from voltway.drivers.model import Token
from voltway.drivers.rules_when_where import EVERY_DAY, Allowed, Kept
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, StationId, TokenId, new_id
from voltway.runtime.work import Row, Work

PLACES_MAX: Final = 500


class Scope(StrEnum):
    TOKEN = "token"
    CONTRACT = "contract"
    DRIVER = "driver"
    FLEET = "fleet"


@dataclass(eq=False)
class KeepsNothing(Refusal):
    """Say days, or hours (both from and to), or places: else it may charge always and
    everywhere."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NobodySo(Refusal):
    """There is no card, contract, driver or fleet “{name}”, or there are several."""

    kind: ClassVar[Kind] = Kind.ABSENT

    name: str


@dataclass(eq=False)
class NoSuchRule(Refusal):
    """Nothing such is said of when and where somebody may charge."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class NoSuchPlace(Refusal):
    """There is no place “{name}” of yours."""

    kind: ClassVar[Kind] = Kind.ABSENT

    name: str


_NAMED: Final = {
    Scope.TOKEN: "SELECT id FROM token WHERE party_id = $1 AND lower(uid) = lower($2) LIMIT 2",
    Scope.CONTRACT: "SELECT id FROM contract WHERE party_id = $1 AND ident = $2",
    Scope.DRIVER: """
        SELECT id FROM driver
         WHERE party_id = $1 AND (lower(email) = lower($2) OR name = $2) LIMIT 2
        """,
    Scope.FLEET: "SELECT id FROM fleet WHERE party_id = $1 AND name = $2",
}
_KNOWN: Final = {
    scope: f"SELECT id FROM {scope.value} WHERE party_id = $1 AND id = $2" for scope in Scope
}


async def subject_named(work: Work, party: PartyId, scope: Scope, name: str) -> UUID:
    """The card of a uid, the contract of an id, the driver of a name or an address, the fleet of a
    name. Raises ``NobodySo``."""
    rows = await work.all(_NAMED[scope], party, name.strip())
    if len(rows) != 1:
        raise NobodySo(name.strip()[:80])
    return UUID(str(rows[0]["id"]))


async def subject_known(work: Work, party: PartyId, scope: Scope, id: UUID) -> UUID:
    """The same, by its own id."""
    if await work.one(_KNOWN[scope], party, id) is None:
        raise NobodySo(str(id))
    return id


async def places_named(work: Work, party: PartyId, names: Sequence[str]) -> list[LocationId]:
    """The places of these names. Raises ``NoSuchPlace``."""
    wanted = list(dict.fromkeys(each.strip() for each in names if each.strip()))[:PLACES_MAX]
    rows = await work.all(
        "SELECT id, name FROM location_view WHERE party_id = $1 AND name = ANY($2::text[])",
        party,
        wanted,
    )
    known = {row["name"] for row in rows}
    for name in wanted:
        if name not in known:
            raise NoSuchPlace(name[:80])
    return [LocationId(row["id"]) for row in rows]


async def places_known(work: Work, party: PartyId, ids: Collection[UUID]) -> list[LocationId]:
    """The same, by their own ids."""
    rows = await work.all(
        "SELECT id FROM location_view WHERE party_id = $1 AND id = ANY($2::uuid[])",
        party,
        list(ids)[:PLACES_MAX],
    )
    known = {row["id"] for row in rows}
    for id in ids:
        if id not in known:
            raise NoSuchPlace(str(id))
    return [LocationId(row["id"]) for row in rows]


async def keep_to(
    work: Work,
    party: PartyId,
    scope: Scope,
    subject: UUID,
    allowed: Allowed,
    *,
    by: str,
) -> UUID:
    """Let it charge then and there alone from now on, instead of what was said before. Raises
    ``KeepsNothing``."""
    days = allowed.days if allowed.days < EVERY_DAY else frozenset[int]()
    has_hours = allowed.opens is not None
    if has_hours != (allowed.closes is not None) or not (days or has_hours or allowed.places):
        raise KeepsNothing
    if has_hours and allowed.opens == allowed.closes and not (days or allowed.places):
        raise KeepsNothing  # a whole day from any hour on: always
    row = await work.one(
        """
        INSERT INTO charging_rule (id, party_id, scope, subject_id, days, opens, closes, places,
                                   set_by, set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (party_id, scope, subject_id) DO UPDATE
           SET days = $5, opens = $6, closes = $7, places = $8, set_by = $9, set_at = $10
        RETURNING id
        """,
        new_id(work.now),
        party,
        scope.value,
        subject,
        sorted(days),
        allowed.opens,
        allowed.closes,
        sorted(allowed.places),
        by,
        work.now,
    )
    assert row is not None, "an upsert gives a row"
    return UUID(str(row["id"]))


async def let_go(work: Work, party: PartyId, id: UUID) -> None:
    """It may charge always and everywhere again."""
    await work.run("DELETE FROM charging_rule WHERE id = $1 AND party_id = $2", id, party)


async def of_tokens(work: Work, tokens: Collection[TokenId]) -> Mapping[TokenId, list[Row]]:
    """What is said of tokens, of whichever scope, as ``charging_rule_view`` shows it."""
    rows = await work.all(
        """
        SELECT t.id AS token_id, r.*
          FROM token t LEFT JOIN contract c ON c.id = t.contract_id
          JOIN charging_rule_view r
            ON r.subject_id IN (t.id, t.contract_id, c.driver_id, c.fleet_id)
         WHERE t.id = ANY($1::uuid[]) ORDER BY r.id
        """,
        list(tokens),
    )
    found: dict[TokenId, list[Row]] = {}
    for row in rows:
        found.setdefault(TokenId(row["token_id"]), []).append(row)
    return found


async def kept_at(
    work: Work, shown: Collection[tuple[StationId, Token]]
) -> Mapping[tuple[StationId, TokenId], Kept]:
    """What is said of tokens that are shown at stations, with the place of each."""
    rows = await work.all(
        """
        SELECT w.station, w.token, s.location_id, s.time_zone, r.days, r.opens, r.closes, r.places
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[])
               AS w (station, token, contract, driver, fleet)
          JOIN station_view s ON s.id = w.station
          JOIN charging_rule r ON r.subject_id IN (w.token, w.contract, w.driver, w.fleet)
        """,
        [station for station, _ in shown],
        [token.id for _, token in shown],
        [token.contract for _, token in shown],
        [token.driver for _, token in shown],
        [token.fleet for _, token in shown],
    )
    found: dict[tuple[StationId, TokenId], Kept] = {}
    for row in rows:
        key = (StationId(row["station"]), TokenId(row["token"]))
        before = found[key].rules if key in found else ()
        place = LocationId(row["location_id"])
        found[key] = Kept((*before, allowed_of(row)), place, row["time_zone"])
    return found


def allowed_of(row: Row) -> Allowed:
    opens: time | None = row["opens"]
    closes: time | None = row["closes"]
    return Allowed(frozenset(row["days"]), opens, closes, frozenset(row["places"]))


async def note_turned_away(
    work: Work, turned_away: Mapping[TokenId, tuple[PartyId, StationId, str]]
) -> None:
    """Note where tokens opened nothing, and why, in one order for all."""
    if not turned_away:
        return
    rows = sorted(turned_away.items())
    await work.run(
        """
        INSERT INTO token_turned_away (token_id, party_id, station_id, word, at)
        SELECT token, party, station, word, $5
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
               AS w (token, party, station, word)
            ON CONFLICT (token_id) DO UPDATE
           SET station_id = excluded.station_id, word = excluded.word, at = excluded.at
        """,
        [token for token, _ in rows],
        [party for _, (party, _, _) in rows],
        [station for _, (_, station, _) in rows],
        [word for _, (_, _, word) in rows],
        work.now,
    )


async def forget_turned_away(work: Work, token: TokenId) -> None:
    await work.run("DELETE FROM token_turned_away WHERE token_id = $1", token)


async def last_turned_away(work: Work, tokens: Collection[TokenId]) -> Mapping[TokenId, Row]:
    """Where tokens opened nothing last, when, and why (in the words of ``Decision.token``)."""
    rows = await work.all(
        """
        SELECT a.token_id, a.word, a.at, s.location_name AS place, s.time_zone
          FROM token_turned_away a LEFT JOIN station_all_view s ON s.id = a.station_id
         WHERE a.token_id = ANY($1::uuid[])
        """,
        list(tokens),
    )
    return {TokenId(row["token_id"]): row for row in rows}
