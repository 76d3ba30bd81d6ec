"""Two cars of the demo that pay by showing themselves: one by its contract, one by its address."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from voltway.billing import budgets
from voltway.billing.rules_budgets import Period, Scope
from voltway.drivers import actions as drivers
from voltway.drivers import cars, certificates, contracts
from voltway.drivers.model import TokenKind
from voltway.kernel.ids import ContractId, PartyId
from voltway.parties import actions as parties
from voltway.runtime.work import BeginWork, Work
from voltway_world.ocsp import CONTRACTS, ROOT
from voltway_world.stations.plan import Regular

BY: Final = "Voltway demo"
#: Where the console shows them.
CARS: Final = "/console/tariffs/cars"
EMAID: Final = "DE-VWD-C00000001"
MAC: Final = "001B44113AB7"
#: What the second car may charge a day: it comes again and again.
BUDGET_MINOR: Final = 100_000

#: Where they come by themselves: stations that no other car comes to.
BY_CONTRACT: Final = ("VW-MUC-PETUEL", 2)  # OCPP 2.0.1
BY_ADDRESS: Final = ("VW-HAM-HERMANN", 2)  # OCPP 1.6


def regulars(folder: Path) -> list[Regular]:
    """The cars; ``folder`` is that of the operator who made the contract of one."""
    chains = json.loads((folder / CONTRACTS).read_bytes())
    (pays, at), (shows, there) = BY_CONTRACT, BY_ADDRESS
    return [
        Regular(station=pays, evse=at, uid=EMAID, kind="eMAID", contract=chains[EMAID]),
        Regular(station=shows, evse=there, uid=cars.uid_of(MAC)),
    ]


async def add_cars(begin: BeginWork, folder: Path) -> None:
    """Let them charge: their drivers, their tokens, and the root of the contract. Once."""
    async with begin() as work:
        party = await parties.first_party(work)
        assert party is not None, "the network is there"
        root = (folder / ROOT).read_text()
        await certificates.add_anchor(work, party.id, root, by=BY)
        with suppress(drivers.TokenTaken):
            await drivers.add_token(
                work, party.id, EMAID, kind=TokenKind.CONTRACT, label="A car by its contract"
            )
            await _by_address(work, party.id)


async def _by_address(work: Work, party: PartyId) -> None:
    driver = await contracts.add_driver(work, party, "Ada Demo", "ada@demo.example")
    contract = await contracts.add_contract(work, party, "ADA", driver=driver.id)
    car = await drivers.add_token(
        work, party, cars.uid_of(MAC), kind=TokenKind.VEHICLE, label="Ada's car"
    )
    await contracts.stands_for(work, car.id, ContractId(contract.id))
    await budgets.set_budget(
        work,
        party,
        Scope.TOKEN,
        car.id,
        Period.DAY,
        amount_minor=BUDGET_MINOR,
        energy_wh=None,
        by=BY,
    )
