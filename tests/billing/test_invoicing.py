"""A company gets one full invoice for a visit, and what is given back is credited once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.billing.words import NO, charged, owes, receipt
from tests.network import a_token
from tests.payments.scene import Scene
from voltway.billing import actions, checking, documents_invoice, invoicing
from voltway.billing.crediting import CreditTooLarge, PaidByCard
from voltway.billing.documents_invoice import InvoiceDocument
from voltway.billing.invoicing import (
    AlreadyInvoiced,
    NotAReceipt,
    NoTaxStated,
    NothingToInvoice,
    VatIdNotRegistered,
)
from voltway.billing.model import Invoice
from voltway.billing.registers import RegisterSilent
from voltway.billing.rules_buyer import GivenBuyer
from voltway.billing.rules_tax import NotCheckedByRegister
from voltway.billing.vies import Vies
from voltway.kernel.ids import OnceKey, PaymentId, SessionId
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ocpp.hearing import heard_again
from voltway.payments import actions as payments
from voltway.tariffs import actions as tariffs
from voltway_world.vies import ViesServer

COMPANY = GivenBuyer(
    name="Muster & Söhne GmbH",
    street="Weg 1",
    postal_code="10115",
    city="Berlin",
    country="DE",
    vat_id="DE136695976",
    reference="PO-7",
)
DEALER = replace(COMPANY, resells=True)


@pytest.fixture
async def vies() -> AsyncIterator[ViesServer]:
    async with ViesServer() as server:
        yield server


async def invoiced(
    scene: Scene, session: SessionId, given: GivenBuyer = COMPANY, vies: ViesServer | None = None
) -> tuple[Invoice, InvoiceDocument]:
    found, _ = await receipt(scene, session)
    register = Vies(vies.url) if vies else None
    made = await actions.invoice_for_company(scene.begin, register, found.id, given)
    return made, documents_invoice.invoice(made.document)


async def gives_back(scene: Scene, payment: PaymentId, minor: int, key: str = "refund-1") -> None:
    await payments.refund(
        scene.begin,
        scene.provider,
        payment,
        Money(minor, EUR),
        reason="The bay was dark",
        once=OnceKey(key),
    )
    await scene.settles()


async def credits_of(scene: Scene) -> list[InvoiceDocument]:
    async with scene.begin() as work:
        rows = await work.all(
            "SELECT id FROM document_view WHERE kind = 'credit_note' ORDER BY place"
        )
        found = [await actions.invoice(work, row["id"]) for row in rows]
    return [documents_invoice.invoice(each.document) for each in found]


async def books_balance(scene: Scene) -> bool:
    async with scene.begin() as work:
        return (await ledger.trial_balance(work)).balances


async def faults(scene: Scene) -> list[str]:
    """What the nightly check finds wrong."""
    await ledger.seal(scene.begin)
    party = scene.station.station.party
    check = await checking.check_books(
        scene.begin, heard_again, party, asked_by="the test", whole=True
    )
    return [f"{part.invariant}: {one.said}" for part in check.parts for one in part.found]


async def test_an_invoice_takes_the_place_of_the_receipt(scene: Scene) -> None:
    _, payment, session = await charged(scene)
    await scene.settles()
    first, before = await receipt(scene, session)

    made, document = await invoiced(scene, session)

    assert made.number.rpartition("-")[0].endswith("-I2026")
    assert (made.original, made.relation) == (first.id, "replaces")
    assert (document.total_minor, document.net_minor) == (before.total_minor, before.net_minor)
    assert document.refers is not None
    assert (document.refers.number, document.refers.sha256) == (first.number, first.sha256)
    assert document.buyer is not None
    assert document.buyer.vat_id == "DE136695976"
    assert document.open_minor == 0
    assert (await receipt(scene, session))[0] == first
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO
    assert await books_balance(scene)


async def test_the_books_have_the_tax_of_the_invoice(scene: Scene) -> None:
    """4.01 is 3.20 and a rest of 0.81; 25.5 % of 3.20 are 0.82, so a cent is rounded away."""
    _, payment, session = await charged(scene, wh=8_184)
    await scene.settles()
    assert await owes(scene, "tax:vat:25.5") == Money(-81, EUR)

    made, document = await invoiced(scene, session)

    assert (document.net_minor, document.tax_minor, document.rounding_minor) == (320, 82, -1)
    assert await owes(scene, "tax:vat:25.5") == Money(-82, EUR)
    assert await owes(scene, "revenue:rounding") == Money(1, EUR)
    await gives_back(scene, payment.id, 401)
    assert await owes(scene, "tax:vat:25.5") == await owes(scene, "revenue:rounding") == NO
    assert made.figures is not None
    assert made.figures.rounding_minor == -1


async def test_asked_twice_or_by_two_at_once_there_is_one_invoice(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()

    made = await asyncio.gather(*(invoiced(scene, session) for _ in range(4)))

    assert len({each.id for each, _ in made}) == 1
    other = replace(COMPANY, name="Somebody else")
    with pytest.raises(AlreadyInvoiced, match=made[0][0].number):
        await invoiced(scene, session, other)
    assert await scene.count("document_view WHERE kind = 'invoice'") == 1


async def test_what_is_no_receipt_or_came_to_nothing_cannot_be_invoiced(scene: Scene) -> None:
    _, _, session = await charged(scene, wh=0)
    await scene.settles()
    with pytest.raises(NothingToInvoice):
        await invoiced(scene, session)


async def test_an_invoice_is_not_invoiced_again(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()
    made, _ = await invoiced(scene, session)

    with pytest.raises(NotAReceipt):
        await actions.invoice_for_company(scene.begin, None, made.id, COMPANY)


async def test_a_dealer_abroad_owes_the_tax_and_gets_it_back(
    scene: Scene, vies: ViesServer
) -> None:
    _, payment, session = await charged(scene)
    await scene.settles()
    _, before = await receipt(scene, session)

    _, document = await invoiced(scene, session, DEALER, vies)
    await scene.settles()

    assert document.rounding == "net-leading"
    assert (document.tax_minor, document.total_minor) == (0, before.net_minor)
    assert [(part.category, part.exempt) for part in document.taxes] == [("AE", "VATEX-EU-AE")]
    assert document.buyer is not None
    assert document.buyer.vat_checked_at is not None
    assert scene.moved_minor == before.net_minor
    assert await owes(scene, "tax:vat:25.5") == NO
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO
    assert await owes(scene, "provider:simulated:due") == Money(before.net_minor, EUR)
    assert await credits_of(scene) == []
    assert await faults(scene) == []


async def test_the_tax_passes_to_nobody_whom_the_register_has_not_found_valid(
    scene: Scene, vies: ViesServer
) -> None:
    _, _, session = await charged(scene)
    await scene.settles()

    with pytest.raises(NotCheckedByRegister):
        await invoiced(scene, session, DEALER)
    vies.silent = True
    with pytest.raises(NotCheckedByRegister):
        await invoiced(scene, session, DEALER, vies)
    _, document = await invoiced(scene, session, COMPANY, vies)
    assert document.buyer is not None
    assert document.buyer.vat_checked_at is None


async def test_an_id_that_the_register_does_not_know_is_refused(
    scene: Scene, vies: ViesServer
) -> None:
    _, _, session = await charged(scene)
    await scene.settles()

    with pytest.raises(VatIdNotRegistered, match="SK2020007000"):
        await invoiced(scene, session, replace(COMPANY, country="SK", vat_id="SK2020007000"), vies)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.0.0.1:1/x?"])
async def test_a_register_that_cannot_be_reached_is_silent(url: str) -> None:
    with pytest.raises(RegisterSilent):
        await Vies(url, timeout_s=2).ask("DE136695976")


async def test_where_no_tax_was_stated_there_is_no_full_invoice(scene: Scene) -> None:
    scene.clock.jump(timedelta(minutes=1))
    async with scene.begin() as work:
        party = scene.station.party.id
        await tariffs.add_version(
            work,
            party,
            """{"id": "RAW", "currency": "EUR", "tax_included": "N/A", "elements": [
                {"price_components": [{"type": "ENERGY", "price": 0.49, "step_size": 1}]}]}""",
        )
        await tariffs.assign(work, party, "RAW")
    _, payment, session = await charged(scene)
    await scene.settles()

    with pytest.raises(NoTaxStated):
        await invoiced(scene, session)
    await gives_back(scene, payment.id, 300)
    [note] = await credits_of(scene)
    assert (note.total_minor, note.tax_minor, note.taxes[0].rate) == (300, 0, None)


async def test_a_refund_is_credited_once_and_undoes_its_part_of_the_sale(scene: Scene) -> None:
    _, payment, session = await charged(scene)
    await scene.settles()
    first, before = await receipt(scene, session)

    for _ in range(2):
        await gives_back(scene, payment.id, 300)

    [note] = await credits_of(scene)
    assert note.refers is not None
    assert (note.refers.relation, note.refers.number) == ("credits", first.number)
    assert (note.total_minor, note.net_minor, note.tax_minor) == (300, 239, 61)
    assert note.reason == "The bay was dark"
    assert await owes(scene, "revenue:energy") == Money(239 - before.net_minor, EUR)
    assert await owes(scene, "tax:vat:25.5") == Money(61 - before.tax_minor, EUR)
    assert await owes(scene, "cost:refunds") == NO
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO


async def test_parts_given_back_one_after_the_other_leave_nothing(scene: Scene) -> None:
    _, payment, session = await charged(scene)
    await scene.settles()
    await gives_back(scene, payment.id, 333, "a")
    await invoiced(scene, session)
    await gives_back(scene, payment.id, 1, "b")
    await gives_back(scene, payment.id, 980 - 334, "c")

    notes = await credits_of(scene)

    assert [note.total_minor for note in notes] == [333, 1, 646]
    assert [note.buyer is not None for note in notes] == [False, True, True]
    assert await owes(scene, "revenue:energy") == NO
    assert await books_balance(scene)
    assert await faults(scene) == []
    with pytest.raises(AlreadyInvoiced):
        await invoiced(scene, session, replace(COMPANY, city="Bonn"))


async def test_what_nobody_paid_yet_is_credited_off_the_account(scene: Scene) -> None:
    async with scene.begin() as work:
        token = await a_token(work, scene.station.party)
    session = await scene.starts(token.uid)
    await scene.ends(70_000, minutes=60)
    await scene.settles()
    found, _ = await receipt(scene, session)

    async def credits(minor: int, key: str) -> Invoice:
        async with scene.begin() as work:
            return await actions.credit_receipt(
                work, found.id, minor, reason="The bay was dark", once=OnceKey(key)
            )

    made = await credits(300, "a")
    assert (await credits(300, "a")).id == made.id
    for minor in (0, 681):
        with pytest.raises(CreditTooLarge, match="cannot be taken off"):
            await credits(minor, "b")
    await credits(680, "c")
    [first, rest] = await credits_of(scene)
    assert (first.paid_minor, first.open_minor, rest.total_minor) == (0, 300, 680)
    assert await owes(scene, "revenue:energy") == await owes(scene, "tax:vat:25.5") == NO
    assert await owes(scene, f"driver:{token.id}:receivable") == NO
    assert await faults(scene) == []


async def test_what_a_card_paid_is_given_back_and_not_only_credited(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()
    found, _ = await receipt(scene, session)

    with pytest.raises(PaidByCard):
        async with scene.begin() as work:
            await actions.credit_receipt(work, found.id, 100, reason="No", once=OnceKey("a"))


async def test_what_was_given_back_whole_is_not_invoiced(scene: Scene) -> None:
    _, payment, session = await charged(scene)
    await scene.settles()
    await gives_back(scene, payment.id, 980)

    with pytest.raises(NothingToInvoice):
        await invoiced(scene, session)


async def test_the_database_refuses_to_credit_more_than_there_was(scene: Scene) -> None:
    _, payment, _ = await charged(scene)
    await scene.settles()
    await gives_back(scene, payment.id, 500)
    copied = """
        INSERT INTO invoice (id, party_id, session_id, kind, series, year, place, number,
                             total_minor, currency, document, sha256, issued_at, original_id,
                             relation, once)
        SELECT gen_random_uuid(), party_id, session_id, kind, series, year, 2, 'X-2', 481,
               currency, document, sha256, issued_at, original_id, relation, 'x'
          FROM invoice WHERE kind = 'credit_note'
        """

    with pytest.raises(Exception, match="takes back more"):
        async with scene.begin() as work:
            await work.run(copied)


@pytest.mark.parametrize(
    "sql",
    ["UPDATE invoiced_session SET invoice_id = invoice_id", "DELETE FROM invoiced_session"],
)
async def test_what_an_invoice_covers_is_never_changed(scene: Scene, sql: str) -> None:
    _, _, session = await charged(scene)
    await scene.settles()
    await invoiced(scene, session)

    with pytest.raises(Exception, match="never changed"):
        async with scene.begin() as work:
            await work.run(sql)


def test_countries_are_told_with_two_letters() -> None:
    told = [invoicing.two_letters(country) for country in ("FIN", "DEU", "GRC", "NO")]

    assert told == ["FI", "DE", "GR", "NO"]
