"""A statement is a collective invoice that machines read, by the rules that are shipped."""

import io

import facturx
import pikepdf
import pytest
from msgspec.structs import replace

from tests.billing import sample_statement as sample
from tests.billing.months import a_card, a_customer, charges, in_month, read
from tests.billing.test_einvoices import CII_RULES, UBL_RULES, faults
from tests.billing.varied import REACHED
from tests.billing.xrechnung_rules import broken
from tests.payments.scene import Scene
from voltway.billing import actions, documents_statement, xml_statement
from voltway.billing.documents import Tax
from voltway.billing.documents_invoice import GROSS_LEADING
from voltway.billing.documents_statement import Charge, StatementDocument
from voltway.billing.xml_statement import NoInvoice
from voltway.billing.xml_ubl import LacksForXRechnung
from voltway.parties import actions as parties

TO = replace(sample.RECIPIENT, email="fleet@posti.example")
STRANGE = replace(TO, name="Ærø & Söhne <GmbH>", reference="]]> \"'")


def reached(made: StatementDocument, **more: object) -> StatementDocument:
    return replace(made, **{"reached": REACHED, "recipient": TO, **more})


def at(rate: str, place: int) -> Charge:
    net, gross = 1_000 + place, 1_000 + place + 100
    tax = Tax(rate=rate, gross_minor=gross, net_minor=net, tax_minor=gross - net)
    return sample.charge(place, taxes=(tax,), net_minor=net, gross_minor=gross)


def mixed() -> Charge:
    parts = (
        Tax(rate="25.5", gross_minor=1_255, net_minor=1_000, tax_minor=255),
        Tax(rate="10", gross_minor=330, net_minor=300, tax_minor=30),
    )
    return sample.charge(9, taxes=parts, net_minor=1_300, gross_minor=1_585)


VARIED = {
    "a month": reached(sample.statement()),
    "one line": reached(sample.statement(sample.charge(1))),
    "a credit alone": reached(sample.statement(sample.correction())),
    "three rates": reached(sample.statement(at("25.5", 1), at("10", 2), at("0", 3))),
    "two rates in one session": reached(sample.statement(mixed(), sample.charge(2))),
    "no bank account": reached(sample.statement(), reached=replace(REACHED, iban=None)),
    "by VAT id alone": reached(sample.statement(), recipient=sample.RECIPIENT),
    "strange signs": reached(sample.statement(), recipient=STRANGE),
    "no card's name": reached(sample.statement(sample.charge(1, vehicle="", evse=""))),
    "much": reached(sample.statement(*(sample.charge(n) for n in range(1, 400)))),
}
#: To a host, whose telephone nobody knows: for XRechnung it lacks that, for Factur-X nothing.
HOSTS = {
    "a settlement": reached(sample.settlement()),
    "a correction": reached(sample.settlement(sample.share_correction())),
}


@pytest.mark.parametrize("name", VARIED)
def test_xrechnung_of_a_statement_keeps_the_schema_en_16931_and_what_germany_wants(
    name: str,
) -> None:
    xml = xml_statement.statement_xrechnung(sample.raw(VARIED[name]))

    assert facturx.xml_check_xsd(xml, flavor="ubl-2.1-invoice")
    assert faults(xml, UBL_RULES) == []
    assert broken(xml) == []


@pytest.mark.parametrize("name", [*VARIED, *HOSTS])
def test_factur_x_of_a_statement_keeps_its_schema_and_schematron(name: str) -> None:
    xml = xml_statement.statement_cii(sample.raw({**VARIED, **HOSTS}[name]))

    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert faults(xml, CII_RULES) == []


def test_its_figures_are_those_of_the_statement() -> None:
    made = VARIED["a month"]

    xml = xml_statement.statement_xrechnung(sample.raw(made)).decode()

    for fact in (
        '<cbc:PayableAmount currencyID="EUR">348.00<',
        '<cbc:TaxExclusiveAmount currencyID="EUR">277.29<',
        "<cbc:StartDate>2026-10-01<",
        "<cbc:EndDate>2026-10-31<",
        "<cbc:DueDate>2026-11-16<",
        "VLT-C2026-000004 corrects VLT-R2026-000007",
        '<cbc:InvoicedQuantity unitCode="C62">-1<',
    ):
        assert fact in xml


def test_a_taxed_settlement_is_an_invoice_of_the_host_to_us() -> None:
    xml = xml_statement.statement_cii(sample.raw(HOSTS["a settlement"])).decode()

    assert "<ram:TypeCode>389<" in xml
    seller, _, buyer = xml.partition("<ram:BuyerTradeParty>")
    assert "Posti Kuljetus Oy" in seller
    assert REACHED.legal_name in buyer


@pytest.mark.parametrize(
    ("made", "refusal", "says"),
    [
        (reached(sample.statement(mode=GROSS_LEADING)), NoInvoice, "no invoice to a business"),
        (reached(sample.settlement(self_billed=False)), NoInvoice, "no invoice to a business"),
        (sample.statement(), LacksForXRechnung, "the seller's whole address and VAT id"),
        (HOSTS["a settlement"], LacksForXRechnung, "telephone"),
        (
            reached(sample.settlement(), recipient=replace(TO, vat_id=None)),
            LacksForXRechnung,
            "the host's VAT id",
        ),
        (
            reached(sample.statement(), recipient=replace(TO, vat_id=None, email=None)),
            LacksForXRechnung,
            "an e-mail address or a VAT id of the buyer",
        ),
    ],
)
def test_what_is_no_invoice_or_lacks_something_says_so(
    made: StatementDocument, refusal: type[Exception], says: str
) -> None:
    with pytest.raises(refusal, match=says):
        xml_statement.statement_xrechnung(sample.raw(made))


def test_a_rate_that_was_not_stated_is_missed() -> None:
    tax = Tax(rate=None, gross_minor=100, net_minor=100, tax_minor=0)
    bare = sample.charge(1, taxes=(tax,), net_minor=100, gross_minor=100)

    with pytest.raises(LacksForXRechnung, match="a rate of VAT on every line"):
        xml_statement.statement_cii(sample.raw(reached(sample.statement(bare))))


def test_the_pdf_to_a_business_is_a_factur_x_and_to_a_person_it_is_not() -> None:
    business, person = VARIED["a month"], reached(sample.statement(mode=GROSS_LEADING))

    with pikepdf.open(io.BytesIO(actions.statement_pdf(sample.raw(business), "de"))) as pdf:
        assert list(pdf.attachments) == ["factur-x.xml"]
        with pdf.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfuaid:part"]) == ("3", "1")
            assert any("factur-x" in key for key in told)
    made = actions.statement_pdf(sample.raw(business), "en")
    name, xml = facturx.get_xml_from_pdf(made, check_xsd=True)
    assert (name, xml) == ("factur-x.xml", xml_statement.statement_cii(sample.raw(business)))
    with pikepdf.open(io.BytesIO(actions.statement_pdf(sample.raw(person), "en"))) as pdf:
        assert not pdf.attachments


def test_a_statement_of_before_is_read_as_it_was() -> None:
    text = sample.raw(sample.statement()).decode()
    old = text.replace(',"reached":null', "").replace('"email":null,', "")

    assert '"reached"' not in old
    assert documents_statement.statement(old).reached is None


async def test_a_customers_month_of_a_real_house_is_read_by_machines(scene: Scene) -> None:
    async with scene.begin() as work:
        told = {"phone": "+358 9 1234567", "email": "bills@nordvolt.example"}
        await work.run("UPDATE party SET address = address || $1", told)
    card = await a_card(scene, "04AAAA01", "Van 7")
    customer = await a_customer(scene, [card], email="fleet@posti.example")
    await charges(scene, card, "2026-03-05T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)

    async with scene.begin() as work:
        party = await parties.party(work, scene.station.party.id)
        march = in_month(scene, "2026-03")
        [id] = await actions.issue_statements(work, party, march, [customer.id])
    found, made = await read(scene, id)

    assert made.recipient.email == "fleet@posti.example"
    xml = actions.document_xrechnung(found)
    assert faults(xml, UBL_RULES) == []
    assert broken(xml) == []
