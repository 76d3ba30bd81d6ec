"""The SQL of drivers, fleets and contracts."""

from collections.abc import Collection

from voltway.drivers.model import Contract, Driver, Fleet
from voltway.kernel.ids import ContractId, DriverId, FleetId, PartyId
from voltway.runtime.work import Row, Work


async def add_driver(work: Work, driver: Driver) -> None:
    await work.run(
        "INSERT INTO driver (id, party_id, name, email, created_at) VALUES ($1, $2, $3, $4, $5)",
        driver.id,
        driver.party,
        driver.name,
        driver.email,
        driver.created_at,
    )


async def add_fleet(work: Work, fleet: Fleet) -> bool:
    """Whether the party had no fleet of this name yet."""
    return bool(
        await work.run(
            """
            INSERT INTO fleet (id, party_id, name, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT DO NOTHING
            """,
            fleet.id,
            fleet.party,
            fleet.name,
            fleet.created_at,
        )
    )


async def add_contract(work: Work, contract: Contract) -> bool:
    """Whether the party had no contract of this name yet."""
    return bool(
        await work.run(
            """
            INSERT INTO contract (id, party_id, ident, driver_id, fleet_id, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT DO NOTHING
            """,
            contract.id,
            contract.party,
            contract.ident,
            contract.driver,
            contract.fleet,
            contract.created_at,
        )
    )


async def drivers(work: Work, party: PartyId, ids: Collection[DriverId]) -> list[Driver]:
    rows = await work.all(
        "SELECT * FROM driver WHERE party_id = $1 AND id = ANY($2::uuid[])", party, list(ids)
    )
    return [
        Driver(DriverId(row["id"]), party, row["name"], row["email"], row["created_at"])
        for row in rows
    ]


async def fleets(work: Work, party: PartyId, ids: Collection[FleetId]) -> list[Fleet]:
    rows = await work.all(
        "SELECT * FROM fleet WHERE party_id = $1 AND id = ANY($2::uuid[])", party, list(ids)
    )
    return [Fleet(FleetId(row["id"]), party, row["name"], row["created_at"]) for row in rows]


async def fleet_named(work: Work, party: PartyId, name: str) -> FleetId | None:
    row = await work.one("SELECT id FROM fleet WHERE party_id = $1 AND name = $2", party, name)
    return FleetId(row["id"]) if row else None


async def contract(work: Work, party: PartyId, id: ContractId) -> Contract | None:
    row = await work.one("SELECT * FROM contract WHERE party_id = $1 AND id = $2", party, id)
    return _contract(row) if row else None


async def contract_named(work: Work, party: PartyId, ident: str) -> Contract | None:
    row = await work.one("SELECT * FROM contract WHERE party_id = $1 AND ident = $2", party, ident)
    return _contract(row) if row else None


def _contract(row: Row) -> Contract:
    return Contract(
        id=ContractId(row["id"]),
        party=PartyId(row["party_id"]),
        ident=row["ident"],
        driver=row["driver_id"],
        fleet=row["fleet_id"],
        created_at=row["created_at"],
    )
