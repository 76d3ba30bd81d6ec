"""A card reader of the simulated Stripe, and an operator who registers it at a place."""

from collections.abc import Sequence

from tests.payments.scene import Scene
from voltway.kernel.ids import EvseId
from voltway.payments import readers
from voltway.payments.model_readers import CardReader
from voltway.payments.provider_more import ReaderSeen
from voltway.stations import actions as stations
from voltway_world.calling import a_line
from voltway_world.provider import ProviderServer


async def a_reader(bank: ProviderServer, label: str = "WisePOS") -> str:
    """Registered as in Stripe's test mode, by the code of a simulated one."""
    form = {"registration_code": "simulated-wpe", "label": label, "location": "tml_1"}
    headers = {"Authorization": f"Bearer {bank.secret}", "Stripe-Version": "2026-10-28.endive"}
    async with a_line(base_url=bank.url, headers=headers) as client:
        made = (await client.post("/v1/terminal/readers", data=form)).raise_for_status()
    return str(made.json()["id"])


async def at(bank: ProviderServer, reader: str, what: str) -> None:
    """Something happens at a reader, or it changes how it is."""
    async with a_line() as world:
        (await world.post(f"{bank.url}/_world/readers/{reader}/{what}")).raise_for_status()


async def serves(
    place: Scene, *, ref: str = "", name: str = "Entrance", evses: Sequence[EvseId] = ()
) -> CardReader:
    """A reader at the bay of a scene."""
    ref = ref or await a_reader(place.bank)
    async with place.begin() as work:
        bay = await stations.place_of(work, place.station.evse())
        seen = ReaderSeen(ref=ref, label="WisePOS", kind="", serial="", is_online=True)
        return await readers.register(
            work,
            bay.party,
            readers.Found("stripe", seen),
            name=name,
            location=bay.location,
            evses=evses,
            by="Ann",
        )
