"""A bill is raised only where an owner lets it and a person says so; else it is given away."""

import asyncpg
import pytest

from tests.billing.months import a_card, a_customer
from tests.billing.test_adjusting import WHY, billed
from tests.billing.test_invoicing import faults
from tests.billing.words import NO, owes
from tests.payments.scene import Scene
from voltway.billing import actions, documents_invoice
from voltway.billing.actions import Made, NothingMoreOwed
from voltway.billing.model_statements import Customer
from voltway.billing.rules_charge import (
    ChargeTooLarge,
    ChargeTooLate,
    GuestIsNotCharged,
    NobodyToCharge,
    NotToBeCharged,
)
from voltway.billing.store_adjustments import Adjustment
from voltway.drivers.model import Token
from voltway.kernel.ids import SessionId
from voltway.kernel.money import EUR, Money


async def lets(scene: Scene, most_minor: int, within_days: int = 30) -> None:
    async with scene.begin() as work:
        await actions.set_charge_rule(
            work,
            scene.station.party.id,
            most_minor=most_minor,
            within_days=within_days,
            by="Olga",
        )


async def decides(scene: Scene, session: SessionId, choice: Made) -> Adjustment:
    async with scene.begin() as work:
        made = await actions.adjust(work, session, choice, reason=WHY, by="Olga")
    await scene.settles()
    return made


async def a_late_register(scene: Scene) -> tuple[SessionId, Token, Customer]:
    """A fleet's session of 7.35, of which 17 kWh were told late: 8.33."""
    card = await a_card(scene, "04AAAA01")
    customer = await a_customer(scene, [card])
    session = await billed(scene, card.uid)
    await scene.meters(67_000, seq=2)
    return session, card, customer


async def test_a_customer_is_invoiced_the_difference_where_an_owner_lets_it(scene: Scene) -> None:
    session, card, customer = await a_late_register(scene)
    await lets(scene, 100)

    made = await decides(scene, session, Made.CHARGED)

    assert (made.before_minor, made.after_minor, made.delta_minor) == (735, 833, 98)
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM document_view WHERE kind = 'invoice'")
        assert row is not None
        invoice = documents_invoice.invoice((await actions.invoice(work, row["id"])).document)
        kept = await actions.kept_cdrs_of(work, session)
    assert (invoice.total_minor, invoice.paid_minor) == (98, 0)
    assert invoice.buyer is not None
    assert invoice.buyer.name == customer.name
    assert WHY in invoice.reason
    assert [bool(each.record.credits) for each in kept] == [False, True, False]
    assert await owes(scene, f"customer:{customer.id}:receivable") == Money(98, EUR)
    assert await owes(scene, f"driver:{card.id}:receivable") == Money(735, EUR)
    assert await faults(scene) == []


async def test_what_was_charged_is_taken_off_first_where_it_was_too_much(scene: Scene) -> None:
    session, card, customer = await a_late_register(scene)
    await lets(scene, 100)
    await decides(scene, session, Made.CHARGED)
    async with scene.begin() as work:  # the station's own last register, told at last
        await work.run("UPDATE session SET end_wh = 60000 WHERE id = $1", session)

    made = await decides(scene, session, Made.ADJUSTED)

    assert made.before_minor == 833
    assert made.delta_minor < -98
    assert await owes(scene, f"customer:{customer.id}:receivable") == NO
    assert await owes(scene, f"driver:{card.id}:receivable") == Money(made.after_minor, EUR)
    assert await faults(scene) == []


async def test_by_itself_nothing_is_charged_and_the_limits_hold(scene: Scene) -> None:
    session, _, _ = await a_late_register(scene)
    with pytest.raises(NotToBeCharged):
        await decides(scene, session, Made.CHARGED)
    await lets(scene, 97)
    with pytest.raises(ChargeTooLarge):
        await decides(scene, session, Made.CHARGED)
    await lets(scene, 98, within_days=0)
    with pytest.raises(ChargeTooLate):
        await decides(scene, session, Made.CHARGED)
    assert await scene.count("adjustment_view") == 0


async def test_a_guest_s_card_is_never_asked_again_and_what_is_owed_is_given_away(
    scene: Scene,
) -> None:
    await lets(scene, 10_000)
    payment = await scene.pays(await scene.opens())
    session = await billed(scene, payment.token)
    await scene.meters(67_000, seq=2)
    with pytest.raises(GuestIsNotCharged):
        await decides(scene, session, Made.CHARGED)

    made = await decides(scene, session, Made.GIVEN)

    assert (made.told_minor, made.after_minor) == (833, 735)
    assert scene.moved_minor == 735
    assert await owes(scene, "cost:given_away") == Money(78, EUR)  # 0.98 without its VAT
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO
    async with scene.begin() as work:
        [entry] = await work.all("SELECT memo FROM entry_view WHERE debit = 'cost:given_away'")
    assert entry["memo"] == f"Owed, given away: {WHY}"
    assert await faults(scene) == []


async def test_a_card_that_is_no_customer_s_has_nobody_to_invoice(scene: Scene) -> None:
    await lets(scene, 10_000)
    session = await billed(scene, (await a_card(scene, "04BBBB02")).uid)
    await scene.meters(67_000, seq=2)
    with pytest.raises(NobodyToCharge):
        await decides(scene, session, Made.CHARGED)


async def test_what_costs_less_is_neither_charged_nor_given_away(scene: Scene) -> None:
    session = await billed(scene, (await a_card(scene, "04BBBB02")).uid)
    await scene.meters(62_000, seq=2)
    for choice in (Made.CHARGED, Made.GIVEN):
        with pytest.raises(NothingMoreOwed):
            await decides(scene, session, choice)


async def test_the_database_lets_no_other_choice_raise_a_bill(scene: Scene) -> None:
    session, _, _ = await a_late_register(scene)
    await decides(scene, session, Made.LEFT)
    with pytest.raises(asyncpg.CheckViolationError):
        async with scene.begin() as work:
            await work.run(
                """
                INSERT INTO adjustment
                SELECT gen_random_uuid(), party_id, session_id, settlement_id, place + 1,
                       'adjusted', before_minor, told_minor, told_minor, before_wh, told_wh,
                       currency, reason, document, sha256, decided_by, decided_at FROM adjustment
                """
            )
