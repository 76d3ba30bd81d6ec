"""Who pays for fleets, and which cards stood under that, as rows."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.kernel.ids import FleetId, PartyId, TokenId, new_id
from voltway.runtime.work import Work

#: The customer of a card's charge, as ``payer.customer_id``: of a CDR as ``d.made``. A card of a
#: fleet is whose it was when the charge began; one that was given by itself is whose it is now.
PAYER: Final = """
    LATERAL (
        SELECT coalesce(
            (SELECT f.customer_id FROM fleet_card f
              WHERE f.token_id = k.id
                AND f.since <= (d.made #>> '{visit,begins}')::timestamptz
                AND (f.until IS NULL OR (d.made #>> '{visit,begins}')::timestamptz < f.until)
              ORDER BY f.since DESC LIMIT 1),
            (SELECT m.customer_id FROM customer_token m
              WHERE m.token_id = k.id AND m.fleet_id IS NULL)) AS customer_id
          FROM (SELECT (d.made ->> 'account')::uuid AS id) k
    ) AS payer
    """


async def lock(work: Work, party: PartyId) -> None:
    """Who pays for a party's fleets, and which cards are theirs, is changed by one at a time."""
    await work.one("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"fleets:{party}")


async def lock_of_token(work: Work, token: TokenId) -> None:
    """The same, by one of the party's cards."""
    row = await work.one("SELECT party_id FROM token_view WHERE id = $1", token)
    if row is not None:
        await lock(work, PartyId(row["party_id"]))


async def payer(work: Work, fleet: FleetId) -> UUID | None:
    row = await work.one(
        "SELECT customer_id FROM fleet_payer WHERE fleet_id = $1 AND until IS NULL", fleet
    )
    return row["customer_id"] if row else None


async def end(work: Work, fleet: FleetId, by: str) -> None:
    await work.run(
        """
        UPDATE fleet_payer SET until = $2, ended_by = $3 WHERE fleet_id = $1 AND until IS NULL
        """,
        fleet,
        work.now,
        by,
    )


async def begin(work: Work, party: PartyId, fleet: FleetId, customer: UUID, by: str) -> None:
    await work.run(
        """
        INSERT INTO fleet_payer (id, party_id, fleet_id, customer_id, since, set_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        new_id(work.now),
        party,
        fleet,
        customer,
        work.now,
        by,
    )


async def cards(work: Work, party: PartyId, fleet: FleetId) -> list[TokenId]:
    """Those that stand for contracts of a fleet, and those that still count as its."""
    rows = await work.all(
        """
        SELECT t.id FROM token_view t JOIN contract_view c ON c.id = t.contract_id
         WHERE t.party_id = $1 AND c.fleet_id = $2
         UNION
        SELECT token_id FROM fleet_card WHERE fleet_id = $2 AND until IS NULL
        """,
        party,
        fleet,
    )
    return [TokenId(row["id"]) for row in rows]


async def wanted(work: Work, tokens: Collection[TokenId]) -> dict[TokenId, tuple[UUID, UUID]]:
    """By card, the fleet and the customer whose it should be because somebody pays for its fleet.
    A card that was given to a customer by itself is left out."""
    rows = await work.all(
        """
        SELECT t.id, p.fleet_id, p.customer_id
          FROM token_view t
          JOIN contract_view c ON c.id = t.contract_id
          JOIN fleet_payer p ON p.fleet_id = c.fleet_id AND p.until IS NULL
         WHERE t.id = ANY($1::uuid[])
           AND NOT EXISTS (SELECT FROM customer_token m
                            WHERE m.token_id = t.id AND m.fleet_id IS NULL)
        """,
        list(tokens),
    )
    return {TokenId(row["id"]): (row["fleet_id"], row["customer_id"]) for row in rows}


async def held(work: Work, tokens: Collection[TokenId]) -> dict[TokenId, tuple[UUID, UUID]]:
    """The same, as it was noted last."""
    rows = await work.all(
        """
        SELECT token_id, fleet_id, customer_id FROM fleet_card
         WHERE token_id = ANY($1::uuid[]) AND until IS NULL
        """,
        list(tokens),
    )
    return {TokenId(row["token_id"]): (row["fleet_id"], row["customer_id"]) for row in rows}


async def by_themselves(work: Work, tokens: Collection[TokenId]) -> set[TokenId]:
    """Those of these cards that were given to a customer by themselves."""
    rows = await work.all(
        """
        SELECT token_id FROM customer_token
         WHERE token_id = ANY($1::uuid[]) AND fleet_id IS NULL
        """,
        list(tokens),
    )
    return {TokenId(row["token_id"]) for row in rows}


async def let_go(work: Work, tokens: Collection[TokenId], until: datetime) -> None:
    """These cards are no fleet's from now on; what was given by itself stays."""
    await work.run(
        "UPDATE fleet_card SET until = $2 WHERE token_id = ANY($1::uuid[]) AND until IS NULL",
        list(tokens),
        until,
    )
    await work.run(
        """
        DELETE FROM customer_token WHERE token_id = ANY($1::uuid[]) AND fleet_id IS NOT NULL
        """,
        list(tokens),
    )


async def take_up(
    work: Work, party: PartyId, tokens: dict[TokenId, tuple[UUID, UUID]], since: datetime
) -> None:
    """These cards are, from now on, of these fleets and customers."""
    await work.copy(
        "fleet_card",
        ("id", "party_id", "token_id", "fleet_id", "customer_id", "since"),
        [
            (new_id(work.now), party, token, fleet, customer, since)
            for token, (fleet, customer) in tokens.items()
        ],
    )
    await work.copy(
        "customer_token",
        ("token_id", "party_id", "customer_id", "since", "fleet_id"),
        [(token, party, customer, since, fleet) for token, (fleet, customer) in tokens.items()],
    )
