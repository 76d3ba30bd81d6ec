"""A bill by the prices of a market is recomputed and proved like any other."""

from datetime import timedelta
from decimal import Decimal

from tests.stories.test_recomputed import some_sessions
from tests.stories.world import World
from voltway.billing import actions as billing
from voltway.billing import documents_proof, rules_proof
from voltway.kernel.ids import InvoiceId
from voltway.kernel.money import EUR
from voltway.ocpp.own_frames import StationDoor
from voltway.tariffs import actions_spot
from voltway.tariffs.model import SpotPrice

DOOR = StationDoor()
QUARTER = timedelta(minutes=15)


async def test_a_bill_by_a_market_is_proved_with_what_the_market_asked(world: World) -> None:
    begins = world.clock.now().replace(minute=0, second=0, microsecond=0)
    asked = [
        SpotPrice(begins + nth * QUARTER, begins + (nth + 1) * QUARTER, Decimal(nth % 7) / 100)
        for nth in range(400)
    ]
    async with world.house.begin() as work:
        await actions_spot.import_prices(work, world.party.id, "FI", EUR, asked)
    follows = {"series": "FI", "markup": 0.12, "percent": 7, "mode": "dynamic"}
    await world.prices({"type": "ENERGY", "price": 0.60, "voltway_spot": follows})
    await some_sessions(world, await world.station("2.0.1"))
    await world.bills(3)

    async with world.house.begin() as work:
        rows = await work.all("SELECT id, total_minor FROM invoice_view ORDER BY number")
        files = [await billing.prove(work, DOOR, InvoiceId(row["id"])) for row in rows]

    for row, raw in zip(rows, files, strict=True):
        proof = documents_proof.read(raw)
        steps = list(rules_proof.check(proof, DOOR.hear))
        assert [step.says for step in steps if not step.holds] == []
        assert proof.sum.total_minor == row["total_minor"]
        assert proof.tariff is not None
        assert '"curve"' in proof.tariff.text
