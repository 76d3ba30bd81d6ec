"""Who pays for a fleet: from when, for which cards, and on whose statement it lands."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.billing.months import a_card, a_customer, charges, in_month, read, stated
from tests.payments.scene import Scene
from voltway.billing import customers, fleets
from voltway.billing.model_statements import Customer
from voltway.billing.store_statements import NoSuchCustomer
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Fleet, Token
from voltway.kernel.ids import ContractId, InvoiceId, new_id


async def a_fleet(scene: Scene, name: str = "Vans") -> tuple[Fleet, ContractId]:
    party = scene.station.party.id
    async with scene.begin() as work:
        fleet = await contracts.add_fleet(work, party, name)
        made = await contracts.add_contract(work, party, f"FI-{name}", fleet=fleet.id)
    return fleet, made.id


async def joins(scene: Scene, card: Token, contract: ContractId | None) -> None:
    async with scene.begin() as work:
        await fleets.stands_for(work, card.id, contract)


async def pays(scene: Scene, fleet: Fleet, customer: Customer | None, at: str = "") -> int:
    if at:
        zone = ZoneInfo(scene.station.party.time_zone)
        scene.clock.jump_to(datetime.fromisoformat(at).replace(tzinfo=zone))
    async with scene.begin() as work:
        whose = customer.id if customer else None
        return await fleets.pays(work, fleet.party, fleet.id, whose, by="Aino")


async def on_account(scene: Scene, card: Token) -> bool:
    async with scene.begin() as work:
        known = await drivers.tokens(work, scene.station.party.id)
    return next(each.on_account for each in known if each.id == card.id)


async def march(scene: Scene, *who: Customer) -> list[list[tuple[str, int]]]:
    """By customer: the day of each line of March's statement, and what it is of."""
    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    issued: list[InvoiceId] = await stated(scene, "2026-03", *(each.id for each in who))
    found = {}
    for id in issued:
        _, made = await read(scene, id)
        lines = [(line.at[8:10], line.energy_wh) for line in made.charges]
        found[made.recipient.name] = sorted(lines)
    return [found.get(each.name, []) for each in who]


async def test_a_statement_has_what_a_fleets_cards_began_while_its_customer_paid(
    scene: Scene,
) -> None:
    old, new = await a_customer(scene), await a_customer(scene, name="Uusi Oy")
    fleet, contract = await a_fleet(scene)
    early, late = await a_card(scene, "04AAAA01"), await a_card(scene, "04BBBB02")
    await joins(scene, early, contract)
    await charges(scene, early, "2026-03-02T10:00", wh=1_000)

    assert await pays(scene, fleet, old, "2026-03-03T08:00") == 1
    await joins(scene, late, contract)
    await charges(scene, early, "2026-03-04T10:00", wh=2_000)
    await charges(scene, late, "2026-03-05T10:00", wh=3_000)
    await pays(scene, fleet, new, "2026-03-06T08:00")
    await charges(scene, late, "2026-03-07T10:00", wh=4_000)
    await joins(scene, late, None)
    await charges(scene, late, "2026-03-08T10:00", wh=5_000)
    await pays(scene, fleet, None, "2026-03-09T08:00")
    await charges(scene, early, "2026-03-10T10:00", wh=6_000)

    assert await march(scene, old, new) == [[("04", 2_000), ("05", 3_000)], [("07", 4_000)]]
    assert not await on_account(scene, early)
    async with scene.begin() as work:
        rows = await fleets.history(work, fleet.id)
    assert [(row["customer"], row["until"] is None) for row in rows] == [
        ("Uusi Oy", False),
        ("Posti Kuljetus Oy", False),
    ]


async def test_a_session_under_way_when_the_payer_changes_is_whose_it_began_as(
    scene: Scene,
) -> None:
    old, new = await a_customer(scene), await a_customer(scene, name="Uusi Oy")
    fleet, contract = await a_fleet(scene)
    card = await a_card(scene, "04AAAA01")
    await joins(scene, card, contract)
    await pays(scene, fleet, old, "2026-03-03T08:00")

    await scene.starts(card.uid, ref="tx", wh=0)
    await pays(scene, fleet, new, "2026-03-03T08:20")
    await scene.ends(7_000, ref="tx", minutes=30)
    await scene.settles()

    assert await march(scene, old, new) == [[("03", 7_000)], []]


async def test_a_card_given_by_itself_stays_its_customers_until_it_is_taken_off(
    scene: Scene,
) -> None:
    company, ann = await a_customer(scene), await a_customer(scene, name="Ann Aalto")
    fleet, contract = await a_fleet(scene)
    card = await a_card(scene, "04AAAA01")
    await joins(scene, card, contract)
    await pays(scene, fleet, company, "2026-03-03T08:00")
    await charges(scene, card, "2026-03-04T10:00", wh=1_000)

    async with scene.begin() as work:
        await customers.give_cards(work, ann.id, [card.uid])
    await charges(scene, card, "2026-03-05T10:00", wh=2_000)

    assert await march(scene, company, ann) == [[("04", 1_000)], [("05", 2_000)]]
    async with scene.begin() as work:
        await customers.take_card(work, ann.id, card.id)
    assert await on_account(scene, card)
    async with scene.begin() as work:
        with pytest.raises(customers.CardOfItsFleet, match="fleet Vans"):
            await customers.take_card(work, company.id, card.id)


async def test_asking_again_for_what_holds_already_changes_nothing_and_says_so(
    scene: Scene,
) -> None:
    company = await a_customer(scene)
    fleet, _ = await a_fleet(scene)
    with pytest.raises(fleets.NobodyPays):
        await pays(scene, fleet, None)
    await pays(scene, fleet, company)

    with pytest.raises(fleets.PaysAlready, match="Posti Kuljetus Oy pays"):
        await pays(scene, fleet, company)
    async with scene.begin() as work:
        with pytest.raises(NoSuchCustomer):
            await fleets.pays(work, fleet.party, fleet.id, new_id(work.now), by="Aino")
        assert len(await fleets.history(work, fleet.id)) == 1
