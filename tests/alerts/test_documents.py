"""Documents reach whom they are for: once, in their language, with the invoice for machines."""

import io
from collections.abc import Mapping
from decimal import Decimal
from email.message import EmailMessage

import pikepdf
import pytest

from tests.alerts.test_alerts import ANN, alerts, charged, mails, plug, settings_for
from tests.billing.months import a_card, a_customer, charges, in_month, stated
from tests.billing.test_hosts import a_host, agreed, hearing
from tests.billing.test_settlements_hosts import settled
from tests.payments.scene import Scene
from voltway.alerts import actions as sent_by
from voltway.alerts import sending, watchers
from voltway.alerts.model import AlertState, Template
from voltway.billing import actions
from voltway.billing.actions import NoSuchCustomer
from voltway.billing.model import DocumentIssued
from voltway.billing.model_hosts import Terms
from voltway.billing.rules_buyer import GivenBuyer
from voltway.billing.words import SPOKEN, words
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import actions as payments
from voltway_world.mail import MailCatcher
from voltway_world.mail.box import content_of

REACHED = {
    "contact": "Aino Laine",
    "phone": "+358 9 1234567",
    "email": "bills@nordvolt.example",
    "iban": "FI2112345600000785",
}


@pytest.fixture
async def telling(scene: Scene, mail: MailCatcher) -> Scene:
    """The scene, whose documents are mailed."""
    plug(scene, settings_for(mail))
    scene.bus.watch_many("alerts.documents", [DocumentIssued], watchers.hears_document_issued)
    async with scene.begin() as work:
        await work.run("UPDATE party SET address = address || $1", REACHED)
    return scene


def attached(mail: EmailMessage) -> Mapping[str, bytes]:
    return {str(each.get_filename()): content_of(each) for each in mail.iter_attachments()}


def bodies(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


async def the_receipt(scene: Scene) -> InvoiceId:
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM invoice_view ORDER BY number DESC LIMIT 1")
    assert row is not None
    return InvoiceId(row["id"])


def company(**changed: object) -> GivenBuyer:
    given = {
        "name": "Muster GmbH",
        "street": "Weg 1",
        "postal_code": "10115",
        "city": "Berlin",
        "country": "DE",
        "vat_id": "DE136695976",
        **changed,
    }
    return GivenBuyer(**given)  # type: ignore[arg-type] # each is of its field's type


async def to_the_company(scene: Scene, **changed: object) -> str:
    """The invoice for the visit that was charged last; its number."""
    made = await actions.invoice_for_company(
        scene.begin, None, await the_receipt(scene), company(**changed)
    )
    await scene.settles()
    return made.number


async def test_an_invoice_goes_to_the_address_that_the_company_gave(
    telling: Scene, mail: MailCatcher
) -> None:
    await charged(telling)
    await telling.settles()

    number = await to_the_company(telling, email="buch@muster.example", xrechnung=True)

    [caught] = await mail.box.wait_for("buch@muster.example")
    assert caught.subject == f"Your invoice {number} from Voltway Oy: €9.80"
    files = attached(caught.message)
    assert list(files) == [f"{number}.pdf", f"{number}.xml"]
    assert b"xrechnung_3.0" in files[f"{number}.xml"]
    with pikepdf.open(io.BytesIO(files[f"{number}.pdf"])) as pdf:
        assert list(pdf.attachments) == ["factur-x.xml"]
    plain, html = bodies(caught.message)
    for said in (plain, html):
        assert "Muster GmbH" in said
        assert "The XRechnung for your accounting program is attached, too." in said
        assert f"/documents/{number}" in said
    assert len(mail.box.to(ANN)) == 1, "the receipt"


async def test_without_an_address_of_its_own_it_goes_to_who_paid(
    telling: Scene, mail: MailCatcher
) -> None:
    await charged(telling, locale="de")
    await telling.settles()

    number = await to_the_company(telling)

    [caught, _] = await mails(mail, 2)
    subject = f"Ihre Rechnung {number} von Voltway Oy: 9,80 €"
    assert caught["Subject"] == subject
    assert list(attached(caught)) == [f"{number}.pdf"]


async def test_a_refund_sends_its_credit_note(telling: Scene, mail: MailCatcher) -> None:
    await charged(telling)
    await telling.settles()
    async with telling.begin() as work:
        row = await work.one("SELECT payment_id FROM invoice_view")
    assert row is not None

    for _ in range(2):
        await payments.refund(
            telling.begin,
            telling.provider,
            row["payment_id"],
            Money(300, EUR),
            reason="The bay was dark",
            once=OnceKey("r1"),
        )
        await telling.settles()

    caught, _ = await mails(mail, 2)
    assert caught["Subject"].startswith("Your credit note ")
    plain, html = bodies(caught)
    assert "€3.00 was taken off your bill." in plain
    assert "The bay was dark" in html
    assert len(mail.box.to(ANN)) == 2


@pytest.mark.parametrize("tag", SPOKEN)
async def test_a_month_reaches_the_customer_in_its_own_language(
    telling: Scene, mail: MailCatcher, tag: str
) -> None:
    card = await a_card(telling, "04AAAA01", "Van 7")
    customer = await a_customer(telling, [card], email="fleet@posti.example", locale=tag)
    await charges(telling, card, "2026-03-05T10:00")
    telling.clock.jump_to(in_month(telling, "2026-03").ends)

    for _ in range(2):
        await stated(telling, "2026-03", customer.id)
        await telling.settles()

    [caught] = mail.box.to("fleet@posti.example")
    assert caught.message["Content-Language"] == tag
    plain, html = bodies(caught.message)
    assert f'<html lang="{tag}">' in html
    for said in (plain, html):
        assert words(tag).document_attached in said
        assert words(tag).statement_why in said
    [name] = attached(caught.message)
    assert "-S2026-000001.pdf" in name


async def test_a_hosts_settlement_reaches_the_host(telling: Scene, mail: MailCatcher) -> None:
    host = await a_host(hearing(telling))
    async with telling.begin() as work:
        await actions.reach_host(work, host.id, {"email": "host@kamppi.example", "locale": "fi"})
    await agreed(telling, host, Terms(percent=Decimal(10)))
    await charges(telling, await a_card(telling, "04AAAA01"), "2026-03-05T10:00")

    await settled(telling, "2026-03", host)
    await telling.settles()

    [caught] = mail.box.to("host@kamppi.example")
    assert "tilityksenne, maaliskuu 2026" in caught.subject.lower()


async def test_who_left_no_address_is_sent_nothing_until_somebody_gives_one(
    telling: Scene, mail: MailCatcher
) -> None:
    card = await a_card(telling, "04AAAA01")
    customer = await a_customer(telling, [card])
    await charges(telling, card, "2026-03-05T10:00")
    telling.clock.jump_to(in_month(telling, "2026-03").ends)
    [id] = await stated(telling, "2026-03", customer.id)
    await telling.settles()
    assert await alerts(telling) == []
    async with telling.begin() as work:
        with pytest.raises(sending.NoAddress, match="There is no address to which"):
            await sending.send_document(work, id, "", once="a")

    async with telling.begin() as work:
        reach = {"email": "a@b.example", "locale": "fi", "wants_xrechnung": "yes"}
        await actions.reach_customer(work, customer.id, reach)
    for once in ("a", "a", "b"):
        async with telling.begin() as work:
            await sending.send_document(work, id, "", once=once)
    await telling.settles()

    assert len(mail.box.to("a@b.example")) == 2
    async with telling.begin() as work:
        mailed = await sending.sent_of(work, id)
        with pytest.raises(NoSuchCustomer):
            await actions.reach_customer(work, telling.station.party.id, {})
    assert {(each.state, each.template) for each in mailed} == {
        (AlertState.SENT, Template.DOCUMENT)
    }


async def test_an_xrechnung_that_lacks_something_is_left_out_and_the_alert_says_why(
    telling: Scene, mail: MailCatcher
) -> None:
    async with telling.begin() as work:
        await work.run("UPDATE party SET address = address - 'phone'")
    await charged(telling)
    await telling.settles()

    number = await to_the_company(telling, xrechnung=True)

    [caught, _] = await mails(mail, 2)
    assert list(attached(caught)) == [f"{number}.pdf"]
    [alert] = [each for each in await alerts(telling) if each.template is Template.DOCUMENT]
    assert alert.state is AlertState.SENT
    assert alert.last_trouble is not None
    assert "XRechnung needs the seller's telephone number" in alert.last_trouble


async def test_a_fact_of_a_document_told_twice_is_one_mail(
    telling: Scene, mail: MailCatcher
) -> None:
    telling.bus.watch_many("alerts.again", [DocumentIssued], watchers.hears_document_issued)
    await charged(telling)
    await telling.settles()

    await to_the_company(telling)

    await mails(mail, 2)
    async with telling.begin() as work:
        await work.run("DELETE FROM pgqueuer")
    assert await sent_by.wake_waiting(telling.begin) == 0
    assert len(mail.box.to(ANN)) == 2


async def test_a_credit_of_what_is_owed_goes_to_whose_card_it_was(
    telling: Scene, mail: MailCatcher
) -> None:
    card = await a_card(telling, "04AAAA01")
    await a_customer(telling, [card], email="fleet@posti.example", locale="nl")
    await charges(telling, card, "2026-03-05T10:00")

    async with telling.begin() as work:
        await actions.credit_receipt(
            work, await the_receipt(telling), 100, reason="Dark", once=OnceKey("c1")
        )
    await telling.settles()

    [caught] = mail.box.to("fleet@posti.example")
    assert caught.subject.startswith("Uw creditfactuur ")
    assert caught.message["Content-Language"] == "nl"
