"""A month on account is one document: each receipt on it once, to the cent, and in the books."""

import asyncio
from datetime import date

import pytest

from tests.billing.months import a_card, a_customer, charges, in_month, read, stated
from tests.billing.words import NO, owes
from tests.payments.scene import Scene
from voltway.billing import actions, crediting, customers, store_documents
from voltway.billing.rules_statements import MonthNotOver, NotAMonth, month
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger


async def test_a_month_is_one_numbered_document_itemised_by_card(scene: Scene) -> None:
    van, car = await a_card(scene, "04AAAA01", "Van 7"), await a_card(scene, "04BBBB02")
    other = await a_card(scene, "04CCCC03")
    customer = await a_customer(scene, [van, car])
    await charges(scene, van, "2026-03-05T10:00")
    await charges(scene, car, "2026-03-06T10:00", wh=20_000, minutes=60)
    await charges(scene, other, "2026-03-07T10:00")
    await charges(scene, van, "2026-04-02T10:00")

    [id] = await stated(scene, "2026-03", customer.id)
    invoice, made = await read(scene, id)

    assert (invoice.kind, invoice.number[3:]) == ("statement", "-S2026-000001")
    assert [(each.vehicle, each.gross_minor) for each in made.charges] == [
        ("Van 7", 490),
        ("…BB02", 980),
    ]
    # 3.90 and 7.81 net; the VAT of 25.5 % once, on their sum.
    assert (made.rounding, made.net_minor, made.tax_minor) == ("net-leading", 1171, 299)
    assert made.due_on == "2026-04-16"
    assert made.recipient.reference == "Cost centre 7"
    async with scene.begin() as work:
        for line in made.charges:
            row = await work.one("SELECT sha256 FROM invoice_view WHERE number = $1", line.number)
            assert row is not None
            assert row["sha256"] == line.sha256


async def test_the_customer_owes_what_its_cards_did_and_the_books_say_so(scene: Scene) -> None:
    van, car = await a_card(scene, "04AAAA01"), await a_card(scene, "04BBBB02")
    customer = await a_customer(scene, [van, car])
    # 1.05 at 25.5 %: 0.84 net and 0.21 tax; three of them have 2.52 net and 0.64 tax.
    for day in (3, 4, 5):
        await charges(scene, van if day == 4 else car, f"2026-03-0{day}T10:00", wh=2_140)

    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    [id] = await stated(scene, "2026-03", customer.id)
    _, made = await read(scene, id)

    assert [each.gross_minor for each in made.charges] == [105, 105, 105]
    assert made.total_minor == 252 + 64 == 316
    assert await owes(scene, f"customer:{customer.id}:receivable") == Money(316, EUR)
    assert await owes(scene, f"driver:{van.id}:receivable") == NO
    assert await owes(scene, f"driver:{car.id}:receivable") == NO
    assert await owes(scene, "tax:vat:25.5") == Money(-64, EUR)
    async with scene.begin() as work:
        assert (await ledger.trial_balance(work)).balances


async def test_a_person_pays_the_gross_that_was_shown(scene: Scene) -> None:
    card = await a_card(scene, "04AAAA01")
    customer = await a_customer(scene, [card], is_business="no")
    for day in (3, 4, 5):
        await charges(scene, card, f"2026-03-0{day}T10:00", wh=2_140)

    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    [id] = await stated(scene, "2026-03", customer.id)
    _, made = await read(scene, id)

    assert (made.rounding, made.total_minor) == ("gross-leading", 315)
    assert await owes(scene, f"customer:{customer.id}:receivable") == Money(315, EUR)


async def test_written_twice_or_by_two_at_once_it_is_written_once(scene: Scene) -> None:
    card = await a_card(scene, "04AAAA01")
    customer = await a_customer(scene, [card])
    await charges(scene, card, "2026-03-05T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)

    written = await asyncio.gather(*(stated(scene, "2026-03", customer.id) for _ in range(3)))
    again = await stated(scene, "2026-03", customer.id)

    assert {tuple(each) for each in written} == {tuple(again)}
    assert len(again) == 1
    assert await scene.count("statement_view") == 1
    assert await owes(scene, f"customer:{customer.id}:receivable") == Money(489, EUR)


async def test_a_month_is_one_of_the_partys_zone(scene: Scene) -> None:
    """A charge belongs to the month in which it ended there."""
    card = await a_card(scene, "04AAAA01")
    customer = await a_customer(scene, [card])
    await charges(scene, card, "2026-03-31T23:00", wh=1_000)  # ends at 23:30
    await charges(scene, card, "2026-03-31T23:45", wh=2_000)  # ends at 00:15, in UTC still in March
    scene.clock.jump_to(in_month(scene, "2026-04").ends)

    [march] = await stated(scene, "2026-03", customer.id)
    [april] = await stated(scene, "2026-04", customer.id)

    assert [each.energy_wh for each in (await read(scene, march))[1].charges] == [1_000]
    assert [each.energy_wh for each in (await read(scene, april))[1].charges] == [2_000]


async def test_what_comes_late_lands_on_the_next_statement(scene: Scene) -> None:
    card, late = await a_card(scene, "04AAAA01"), await a_card(scene, "04BBBB02")
    customer = await a_customer(scene, [card])
    await charges(scene, card, "2026-03-05T10:00")
    await charges(scene, late, "2026-03-06T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    await stated(scene, "2026-03", customer.id)

    async with scene.begin() as work:
        await actions.give_cards(work, customer.id, [late.uid])
    assert len(await stated(scene, "2026-03", customer.id)) == 1
    await charges(scene, card, "2026-04-05T10:00")
    scene.clock.jump_to(in_month(scene, "2026-04").ends)
    [april] = await stated(scene, "2026-04", customer.id)

    shown = actions.statement_view((await read(scene, april))[0].document, "en")
    assert [(group.name, group.count) for group in shown.groups] == [
        ("…AA01", "Sessions: 1"),
        ("From earlier months", "Sessions: 1"),
    ]


async def credits(scene: Scene, number: str, minor: int) -> str:
    """Take so much off a receipt; the number of the credit note."""
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM invoice_view WHERE number = $1", number)
        assert row is not None
        receipt = await store_documents.invoice(work, row["id"])
        of = await crediting.standing(work, receipt)
        made, _ = await crediting.credit_note(
            work, scene.station.party, of, minor, reason="The bay was dark", once=OnceKey(number)
        )
    return made.number


async def test_a_correction_of_an_earlier_month_names_what_it_corrects(scene: Scene) -> None:
    card = await a_card(scene, "04AAAA01")
    customer = await a_customer(scene, [card])
    await charges(scene, card, "2026-03-05T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    [march] = await stated(scene, "2026-03", customer.id)
    first, before = await read(scene, march)
    corrected = before.charges[0].number

    note = await credits(scene, corrected, 300)
    scene.clock.jump_to(in_month(scene, "2026-04").ends)
    [april] = await stated(scene, "2026-04", customer.id)
    invoice, made = await read(scene, april)

    [line] = made.charges
    assert (line.number, line.corrects, line.stated_on) == (note, corrected, first.number)
    assert (line.gross_minor, made.net_minor, made.total_minor) == (-300, -239, -300)
    shown = actions.statement_view(invoice.document, "en")
    assert shown.groups[0].rows[0].note == f"Adjustment, corrects {corrected}, {first.number}"
    assert shown.lead == "€3.00, credited"


async def test_a_month_that_is_not_over_has_no_statement(scene: Scene) -> None:
    customer = await a_customer(scene)

    with pytest.raises(MonthNotOver, match=r"2026-03 is not over yet in Europe/Helsinki"):
        await stated(scene, "2026-03", customer.id)


async def test_who_charged_nothing_gets_nothing(scene: Scene) -> None:
    customer = await a_customer(scene, [await a_card(scene, "04AAAA01")])
    scene.clock.jump_to(in_month(scene, "2026-03").ends)

    assert await stated(scene, "2026-03", customer.id) == []


async def test_a_card_that_nobody_has_is_refused_and_nothing_changes(scene: Scene) -> None:
    card = await a_card(scene, "04AAAA01")
    customer = await a_customer(scene)

    async with scene.begin() as work:
        with pytest.raises(customers.NoSuchCard, match="04FFFF"):
            await actions.give_cards(work, customer.id, [card.uid, "04FFFF"])
    assert await scene.count("customer_token_view") == 0


async def test_the_database_lets_nobody_change_a_statement(scene: Scene) -> None:
    card = await a_card(scene, "04AAAA01")
    customer = await a_customer(scene, [card])
    await charges(scene, card, "2026-03-05T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    await stated(scene, "2026-03", customer.id)

    for table in ("statement", "statement_item"):
        with pytest.raises(Exception, match="never changed"):
            async with scene.begin() as work:
                await work.run(f"DELETE FROM {table}")


@pytest.mark.parametrize("text", ["2026-13", "march", "", "2026", "2026-03-01", "2026-3x"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(NotAMonth):
        month(text, "Europe/Helsinki")


def test_a_month_knows_its_neighbours_and_its_days() -> None:
    december = month("2026-12", "Europe/Helsinki")

    assert (str(december.before), str(december.next)) == ("2026-11", "2027-01")
    assert (december.first, december.last) == (date(2026, 12, 1), date(2026, 12, 31))
    assert december.begins.isoformat() == "2026-11-30T22:00:00+00:00"
