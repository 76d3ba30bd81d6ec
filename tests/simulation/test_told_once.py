"""Two processes tell partners and platforms of terminals, and each thing is told once."""

import asyncio
from pathlib import Path

import pytest

from tests.billing.months import GIVEN
from tests.nats_server import a_nats_server
from tests.network import a_party
from tests.simulation.network import a_desk, a_network
from voltway.partners import actions, platforms, store_events
from voltway.payments import kiosks
from voltway_world.maker import Maker
from voltway_world.terminals_ear import Ear

WITHIN_S = 20
SUBJECTS, OF_EACH = 12, 3


@pytest.mark.campaign
async def test_what_two_processes_could_tell_is_told_by_one_of_them_once_and_in_order(
    data_folder: Path, database_url: str
) -> None:
    async with (
        a_nats_server() as nats,
        a_desk(database_url, nats.url) as desk,
        a_network(data_folder, database_url, nats.url) as network,
        Maker() as maker,
        Ear() as ear,
    ):
        await asyncio.gather(network.add("first", "worker"), network.add("second", "worker"))
        async with desk.database.begin() as work:
            party = await a_party(work)
            partner = await actions.add_partner(
                work, party, GIVEN, country_code="DE", ident="AUR", url=maker.url
            )
            maker.secret = partner.secret
            kiosk, _ = await kiosks.add_platform(work, party.id, "Kiosk Oy")
            await platforms.set_line(work, party.id, kiosk, ear.url, ear.token)
            for number in range(SUBJECTS):
                await platforms.activate(work, party.id, kiosk, f"SN-{number}", [])
            for step in range(OF_EACH):
                for number in range(SUBJECTS):
                    await store_events.tell(
                        work,
                        partner.id,
                        party.id,
                        kind="session.updated",
                        subject=f"session:{number}",
                        body=f'{{"id":"{number}","step":{step}}}',
                    )

        async with asyncio.timeout(WITHIN_S):
            await maker.until(lambda: len(maker.heard) == SUBJECTS * OF_EACH)
            await ear.until(lambda: len(ear.heard) == SUBJECTS)

    assert set(maker.came.values()) == {1}
    assert set(ear.came.values()) == {1}
    steps = [
        event["data"]["step"] for event in maker.heard.values() if event["subject"] == "session:5"
    ]
    assert steps == [0, 1, 2]
