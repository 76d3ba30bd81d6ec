"""The proof of a bill out of a real house: made of what stations sent, checked without it."""

import asyncio
from pathlib import Path

import pytest

from tests.cli.test_admin import environment
from tests.stories.test_recomputed import CARD, some_sessions
from tests.stories.world import World
from voltway.billing import actions as billing
from voltway.billing import documents_proof, rules_proof
from voltway.cli.main import app, run
from voltway.kernel.ids import InvoiceId
from voltway.ocpp.own_frames import StationDoor, mask

DOOR = StationDoor()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_every_bill_is_proved_by_its_own_frames_whatever_version_the_station_speaks(
    world: World, version: str, database_url: str, tmp_path: Path
) -> None:
    await world.prices(
        {"type": "ENERGY", "price": 0.49},
        {"type": "TIME", "price": 1.30, "step_size": 60},
        {"type": "FLAT", "price": 0.35},
    )
    await some_sessions(world, await world.station(version))
    bills = await world.bills(3)

    async with world.house.begin() as work:
        rows = await work.all("SELECT id, number, total_minor FROM invoice_view ORDER BY number")
        files = [await billing.prove(work, DOOR, InvoiceId(row["id"])) for row in rows]
        again = await billing.prove(work, DOOR, InvoiceId(rows[0]["id"]))

    assert again == files[0]
    written = tmp_path / "a.proof.json"
    with environment(VOLTWAY_DATABASE_URL=database_url):
        proves = ["prove", rows[0]["number"], "--out", str(written)]
        assert await asyncio.to_thread(run, app, proves) == 0
        assert await asyncio.to_thread(run, app, ["prove", "NO-R2026-1"]) == 2
    assert written.read_bytes() == files[0]
    assert run(app, ["check", str(written), "--quiet"]) == 0
    assert len(bills) == 3
    for row, raw in zip(rows, files, strict=True):
        proof = documents_proof.read(raw)
        steps = list(rules_proof.check(proof, DOOR.hear))
        assert [step.says for step in steps if not step.holds] == []
        assert (proof.receipt.name, proof.sum.total_minor) == (row["number"], row["total_minor"])
        assert CARD not in raw.decode()
        assert mask(CARD) in raw.decode()
        own = [frame for frame in proof.frames if not frame.said]
        assert 2 <= len(own) <= 6, "its own frames, and no others"
