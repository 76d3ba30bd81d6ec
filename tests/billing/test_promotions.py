"""A code from the page where a driver starts to the receipt and the books."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from tests.billing.proofs import DOOR, TARIFF, basis, evidence, receipt_of, told, wrong
from tests.billing.test_cdrs_written import EVSE, PARTY
from tests.billing.words import owes, receipt
from tests.payments.scene import Scene
from tests.tariffs.test_taxes import declared
from voltway.billing import actions, checking, documents, freezing
from voltway.billing.documents_proof import Document, fingerprint
from voltway.billing.model import GRANTED_ROUTE
from voltway.billing.proof import proof_of
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ocpp.hearing import heard_again
from voltway.payments import actions as payments
from voltway.payments.model import Visit
from voltway.sessions import actions as sessions
from voltway.sessions.rules_again import told_again
from voltway.tariffs import promotions, taxes
from voltway.tariffs.model_promotions import Grant, GrantKind
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.rules_taxes import completed, rule


async def opens(scene: Scene, code: str, email: str | None = None) -> Visit:
    """A visit with a code."""
    return await payments.open_visit(
        scene.begin,
        scene.provider,
        evse=scene.station.evse(1),
        email=email,
        locale="en",
        return_url="http://driver.test/v/{visit_key}",
        cancel_url="http://driver.test/e",
        code=code,
    )


async def a_code(scene: Scene, kind: GrantKind, value: str) -> None:
    async with scene.begin() as work:
        await promotions.add(
            work, scene.station.party.id, "SPRING", kind, Decimal(value), uses_max=1
        )


async def test_a_code_stands_on_the_receipt_and_in_the_books_and_is_used_once(
    scene: Scene,
) -> None:
    await a_code(scene, GrantKind.PERCENT, "20")
    payment = await scene.pays(await opens(scene, "spring"))
    session = await scene.starts(payment.token)
    await scene.ends(70_000, minutes=60)
    async with scene.begin() as work:
        _, so_far = await sessions.cost_so_far(work, session)
    await scene.settles()

    assert so_far.payable == Money(784, EUR), "what is shown is what is billed"
    assert scene.moved_minor == 784  # 20 kWh at 0.49, less 20 %
    _, made = await receipt(scene, session)
    assert [(line.kind, line.name, line.gross_minor) for line in made.lines] == [
        ("ENERGY", None, 980),
        ("PROMOTION", "SPRING", -196),
    ]
    assert made.total_minor == made.net_minor + made.tax_minor == 784
    assert await owes(scene, "revenue:promotions") == Money(156, EUR)
    assert await owes(scene, "revenue:energy") == Money(-781, EUR)
    assert await owes(scene, f"driver:{payment.id}:receivable") == Money(0, EUR)
    async with scene.begin() as work:
        cdr = await actions.cdr_of(work, session)
        row = await work.one("SELECT used, held FROM promotion_view")
    assert cdr is not None
    assert documents.cdr(cdr.document).granted[0].name == "SPRING"
    assert dict(row or {}) == {"used": 1, "held": 0}


async def test_a_visit_that_comes_to_nothing_lets_its_code_go(scene: Scene) -> None:
    await a_code(scene, GrantKind.AMOUNT, "5")
    visit = await opens(scene, "SPRING")
    payment = await scene.pays(visit, "4000 0000 0000 0002")

    async with scene.begin() as work:
        row = await work.one("SELECT used, held FROM promotion_view")
    assert not payment.hold_open
    assert dict(row or {}) == {"used": 0, "held": 0}
    assert (await opens(scene, "SPRING")).visit_key != visit.visit_key, "another may have it"


async def test_a_code_that_pays_all_costs_nothing_and_the_hold_goes_back(scene: Scene) -> None:
    await a_code(scene, GrantKind.ENERGY, "50")
    payment = await scene.pays(await opens(scene, "SPRING"))
    session = await scene.starts(payment.token)
    await scene.ends(70_000, minutes=60)
    await scene.settles()

    assert scene.moved_minor == 0
    _, made = await receipt(scene, session)
    assert [line.gross_minor for line in made.lines] == [980, -980]
    async with scene.begin() as work:
        settled = await actions.settlement_of(work, session)
        row = await work.one("SELECT used FROM promotion_view")
    assert settled is not None
    assert settled.route == GRANTED_ROUTE
    assert dict(row or {}) == {"used": 1}
    assert await owes(scene, "revenue:energy") == Money(-781, EUR), "it was sold"
    assert await owes(scene, "revenue:promotions") == Money(781, EUR), "and given away"
    assert await owes(scene, f"driver:{payment.id}:receivable") == Money(0, EUR)


async def test_the_checks_hold_where_a_code_has_paid_all(scene: Scene) -> None:
    await a_code(scene, GrantKind.PERCENT, "100")
    payment = await scene.pays(await opens(scene, "SPRING"))
    session = await scene.starts(payment.token)
    await scene.ends(70_000, minutes=60)
    await scene.settles()
    await ledger.seal(scene.begin)

    check = await checking.check_books(
        scene.begin, heard_again, scene.station.party.id, asked_by="the test", whole=True
    )
    _, made = await receipt(scene, session)

    assert made.total_minor == 0
    assert [each for part in check.parts for each in part.found] == []
    assert await scene.count("ledger_entry") == 1


@pytest.mark.parametrize(
    ("country", "total_minor"),
    [
        ("FI", 520),  # 6 kWh at 0.49 and an hour at 1.20, with 25.5 %
        ("GR", 439),  # with the 6 % that the party declared
    ],
)
def test_a_bill_with_a_code_and_the_tax_of_its_place_is_proved_without_the_house(
    country: str, total_minor: int
) -> None:
    """The code and the tax are in the CDR; the tariff in the proof leaves the tax open."""
    text = TARIFF.replace(', "vat": 25.5', "").replace(
        '"tax_included": "YES"', '"tax_included": "NO", "voltway_taxes": "by_place"'
    )
    tariff = read_tariff(text)
    record = told_again(basis(), DOOR.hear(told())).record
    taxed = rule(taxes.table(), country, record.begins, record.zone, (), (declared("GR"),))
    grant = Grant(kind=GrantKind.ENERGY, value=Decimal(5), name="SPRING", source=uuid4())
    priced = freezing.priced(
        record,
        completed(tariff, taxed),
        PARTY,
        where=EVSE,
        account="a",
        taxed=taxed,
        grants=(grant,),
    )
    raw, _ = documents.frozen(freezing.cdr_document(priced))
    found = evidence(told(), basis())
    found = replace(
        found,
        cdr=replace(found.cdr, document=raw.decode(), total_minor=priced.bill.total.minor),
        document=documents.cdr(raw),
    )
    kept = Document(name="DAY, version 1", text=text, sha256=fingerprint(text))

    proof = proof_of(receipt_of(found), found, kept, DOOR)

    assert tariff.taxes_by_place
    assert wrong(proof) == []
    assert [line.kind for line in proof.sum.lines] == ["ENERGY", "TIME", "PROMOTION"]
    assert proof.sum.total_minor == total_minor
    frozen = found.document.taxed
    assert frozen is not None
    assert frozen.basis == ("Law 1/2020" if country == "GR" else "")
    assert (b"basis" in raw) is (country == "GR"), "bills without a declaration keep their bytes"
