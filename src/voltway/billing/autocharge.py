"""Cars that show themselves (Autocharge): offered to their drivers, limited, and guarded.

A car that was shown and opened nothing is offered to the driver who then charged at that station
with a card of their own, if nobody else began there meanwhile. Says the driver yes, the car's
address is one of their tokens, within a budget a day. An address can be copied: one that is at two
places at once, or moves faster than any car, is stopped and barred until somebody has looked.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.billing import budgets, fleets
from voltway.billing.rules_budgets import Period, Scope
from voltway.billing.rules_cars import Seen, spoofed
from voltway.drivers import actions as drivers
from voltway.drivers import cars
from voltway.drivers.model import Bar, Token, TokenKind
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import ContractId, DriverId, PartyId, SessionId, TokenId, new_id
from voltway.parties import actions as parties
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionStarted

#: Who plugs in and shows a card is the car's driver within this time.
SHOWN_WITHIN: Final = timedelta(minutes=5)
#: How long back the guard looks for the place before.
LOOKS_BACK: Final = timedelta(hours=24)
#: What a car may charge in a day until somebody sets another budget: so many usual holds.
HOLDS_A_DAY: Final = 2
BY: Final = "guard"


@dataclass(eq=False)
class NoSuchOffer(Refusal):
    """There is nothing to decide: it was decided before, or it is not yours."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class NoReason(Refusal):
    """Say why this car may charge again: whoever looks next reads it."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True, slots=True, kw_only=True)
class CarSpoofed(Fact):
    """One car's address was at two places where no car can be."""

    finding: UUID
    driver: DriverId | None

    @property
    def subject(self) -> str:
        return f"car_finding:{self.finding}"


async def hears_session_started(work: Work, facts: Sequence[Fact]) -> None:
    """Guard the cars that show themselves, and offer others to their drivers."""
    started = [
        fact for fact in facts if isinstance(fact, SessionStarted) and fact.token is not None
    ]
    asked = {(fact.party, fact.token) for fact in started if fact.token is not None}
    known = await drivers.tokens_of(work, asked)
    for fact in started:
        assert fact.token is not None
        token = known.get((fact.party, fact.token))
        if token is None:
            continue
        if token.kind is TokenKind.VEHICLE:
            await _guard(work, fact, token)
        elif token.kind is not TokenKind.AD_HOC and token.driver and token.contract:
            await _offer(work, fact, token)


async def _offer(work: Work, fact: SessionStarted, token: Token) -> None:
    """Offer the car that was shown at this station just now, if it can only be this driver's."""
    rows = await work.all(
        """
        SELECT mac, at FROM car_seen_view
         WHERE party_id = $1 AND station_id = $2 AND at BETWEEN $3 AND $4
        """,
        fact.party,
        fact.station,
        fact.at - SHOWN_WITHIN,
        fact.at + SHOWN_WITHIN,
    )
    if len(rows) != 1:
        return
    beside = await work.one(
        """
        SELECT count(*)::int AS n FROM session_view
         WHERE station_id = $1 AND started_at >= $2 AND id <> $3
        """,
        fact.station,
        rows[0]["at"] - timedelta(seconds=1),
        fact.session,
    )
    if beside is None or beside["n"]:
        return
    await work.run(
        """
        INSERT INTO car_offer (id, party_id, mac, driver_id, contract_id, session_id, at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'offered') ON CONFLICT DO NOTHING
        """,
        new_id(work.now),
        fact.party,
        rows[0]["mac"],
        token.driver,
        token.contract,
        fact.session,
        work.now,
    )
    work.touch(f"holder:{token.driver}")


async def offers_to(work: Work, party: PartyId, driver: DriverId) -> Sequence[Row]:
    """The cars that may be this driver's, and of which they have said nothing yet."""
    return await work.all(
        """
        SELECT id, mac, at, location_name FROM car_offer_view
         WHERE party_id = $1 AND driver_id = $2 AND state = 'offered' ORDER BY at DESC
        """,
        party,
        driver,
    )


async def accept(work: Work, party: PartyId, driver: DriverId, offer: UUID, *, by: str) -> Token:
    """It is their car: it opens stations from now on, within a budget a day. Raises
    ``NoSuchOffer``, ``drivers.TokenTaken`` where somebody else has it."""
    row = await _decide(work, party, driver, offer, "accepted", by)
    token = await drivers.add_token(
        work,
        party,
        cars.uid_of(row["mac"]),
        kind=TokenKind.VEHICLE,
        label=f"Car {row['mac'][-4:]}",
    )
    token = await fleets.stands_for(work, token.id, ContractId(row["contract_id"]))
    usual = (await parties.party(work, party)).hold_minor
    await budgets.set_budget(
        work,
        party,
        Scope.TOKEN,
        token.id,
        Period.DAY,
        amount_minor=usual * HOLDS_A_DAY,
        energy_wh=None,
        by=by,
    )
    return token


async def decline(work: Work, party: PartyId, driver: DriverId, offer: UUID, *, by: str) -> None:
    """It is not their car: it is not offered to them again. Raises ``NoSuchOffer``."""
    await _decide(work, party, driver, offer, "declined", by)


async def _decide(
    work: Work, party: PartyId, driver: DriverId, offer: UUID, state: str, by: str
) -> Row:
    row = await work.one(
        """
        UPDATE car_offer SET state = $4, decided_by = $5, decided_at = $6
         WHERE id = $1 AND party_id = $2 AND driver_id = $3 AND state = 'offered'
        RETURNING mac, contract_id
        """,
        offer,
        party,
        driver,
        state,
        by,
        work.now,
    )
    if row is None:
        raise NoSuchOffer
    return row


async def _guard(work: Work, fact: SessionStarted, token: Token) -> None:
    """Look whether one car can have been where this token was last, and here now."""
    mac = cars.mac_of(token.uid)
    rows = await work.all(
        """
        SELECT s.id, s.ended_at, l.lat, l.lon, l.name
          FROM session_view s JOIN location_view l ON l.id = s.location_id
         WHERE s.party_id = $1 AND s.token_uid = ANY($2::text[]) AND s.started_at > $3
           AND (s.id = $4 OR s.started_at < $5 OR s.ended_at IS NULL)
         ORDER BY s.ended_at DESC NULLS FIRST
        """,
        fact.party,
        sorted(
            {token.uid, str(fact.token), f"{cars.PREFIX}:{mac}", f"{cars.PREFIX}:{mac}".lower()}
        ),
        work.now - LOOKS_BACK,
        fact.session,
        fact.at,
    )
    here = [row for row in rows if row["id"] == fact.session]
    if not here:
        return
    now = _seen(here[0])
    for row in rows:
        said = None if row["id"] == fact.session else spoofed(_seen(row), now, fact.at)
        if said is not None:
            await _found(work, fact, token, said)
            return


def _seen(row: Row) -> Seen:
    return Seen(float(row["lat"]), float(row["lon"]), row["name"], row["ended_at"])


async def _found(work: Work, fact: SessionStarted, token: Token, said: str) -> None:
    finding = new_id(work.now)
    if not await work.run(
        """
        INSERT INTO car_finding (id, party_id, token_id, session_id, said, at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (session_id) DO NOTHING
        """,
        finding,
        fact.party,
        token.id,
        fact.session,
        said,
        work.now,
    ):
        return
    await drivers.bar(work, [token.id], Bar.TWO_PLACES)
    with suppress(sessions.SessionOver):
        await sessions.stop(work, SessionId(fact.session), by=BY)
    driver = DriverId(token.driver) if token.driver else None
    if driver is not None:
        work.touch(f"holder:{driver}")
    await work.announce([CarSpoofed(party=fact.party, at=work.now, finding=finding, driver=driver)])


async def let_charge(work: Work, party: PartyId, token: TokenId, *, why: str, by: str) -> None:
    """Somebody has looked: the car may charge again. Raises ``NoReason``."""
    why = " ".join(why.split())[:200]
    if not why:
        raise NoReason
    await work.run(
        """
        UPDATE car_finding SET closed_by = $3, closed_why = $4, closed_at = $5
         WHERE party_id = $1 AND token_id = $2 AND closed_at IS NULL
        """,
        party,
        token,
        by,
        why,
        work.now,
    )
    await drivers.unbar(work, [token], Bar.TWO_PLACES)
