"""The nightly check looks at all that is issued: invoices, credit notes, statements, settlements.

Everything is broken as an owner of the database could, with all triggers and keys out of the way.
"""

import pytest

from tests.billing.months import a_card, a_customer, charges, in_month, stated
from tests.billing.test_checking import Intruder, checked, found, intruder
from tests.billing.test_hosts import a_host, agreed, hearing
from tests.billing.test_invoicing import COMPANY, gives_back
from tests.billing.test_settlements_hosts import TERMS, settled
from tests.billing.words import charged, receipt
from tests.payments.scene import Scene
from voltway.billing import actions

__all__ = ["intruder"]


@pytest.fixture
async def issued(scene: Scene) -> Scene:
    """A house that has issued one document of each kind."""
    host = await a_host(hearing(scene))
    await agreed(scene, host, TERMS, vat_rate=None)
    card = await a_card(scene, "04AAAA01")
    customer = await a_customer(scene, [card])
    await charges(scene, card, "2026-03-05T10:00")
    await charges(scene, card, "2026-03-06T10:00", wh=20_000, minutes=60)
    _, _, session = await charged(scene)
    await scene.settles()
    invoice, made = await receipt(scene, session)
    assert invoice.payment is not None
    await actions.invoice_for_company(scene.begin, None, invoice.id, COMPANY)
    await gives_back(scene, invoice.payment, made.total_minor // 3)
    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    assert await stated(scene, "2026-03", customer.id)
    assert await settled(scene, "2026-03", host)
    return scene


KINDS = ("invoice", "credit_note", "statement", "settlement")


async def test_what_was_issued_is_found_sound(issued: Scene) -> None:
    for kind in KINDS:
        assert await issued.count(f"document_view WHERE kind = '{kind}'") == 1
    assert found(await checked(issued)) == []


#: A document that is frozen anew with a figure changed, and all else as it should be.
FORGED = """
    WITH forged AS (
        SELECT id, jsonb_set(
                   document::jsonb, '{{{field}}}',
                   to_jsonb((document::jsonb #>> '{{{field}}}')::bigint + 1))::text AS made
          FROM invoice WHERE kind = '{kind}')
    UPDATE invoice i SET document = made, sha256 = encode(sha256(convert_to(made, 'UTF8')), 'hex')
      FROM forged f WHERE f.id = i.id
"""
LINES = {"statement": "charges,0,net_minor", "settlement": "shares,0,amount_minor"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["total_minor", "net_minor", "tax_minor", "taxes,0,tax_minor", ""])
async def test_a_document_that_does_not_add_up_is_found(
    issued: Scene, intruder: Intruder, kind: str, what: str
) -> None:
    field = what or LINES.get(kind, "lines,0,net_minor")
    await intruder.execute(FORGED.format(kind=kind, field=field))

    assert set(found(await checked(issued))) == {("7", "invoice")}


#: What is booked of each kind, and what else is found when a cent of it is gone.
BOOKED = [
    ("invoice", "once LIKE '%:sale' AND memo NOT LIKE '%04AAAA01%'"),
    ("credit_note", "evidence ? 'credit_note'"),
    ("statement", "once LIKE 'statement:%'"),
]


@pytest.mark.parametrize(("kind", "entries"), BOOKED)
async def test_a_document_that_is_booked_otherwise_is_found(
    issued: Scene, intruder: Intruder, kind: str, entries: str
) -> None:
    await intruder.execute(
        "UPDATE ledger_posting SET amount_minor = amount_minor + 1"
        f" WHERE number = 1 AND entry_id IN (SELECT id FROM ledger_entry WHERE {entries})"
    )

    check = await checked(issued)

    async with issued.begin() as work:
        row = await work.one("SELECT id FROM document_view WHERE kind = $1", kind)
    assert row is not None
    assert ("7", f"invoice:{row['id']}") in [
        (part.invariant, one.about) for part in check.parts for one in part.found
    ]


async def test_a_settlement_that_lost_a_share_is_found(issued: Scene, intruder: Intruder) -> None:
    await intruder.execute(
        "DELETE FROM statement_item WHERE item_id IN (SELECT id FROM host_share LIMIT 1)"
    )

    assert ("7", "invoice") in found(await checked(issued))


async def test_a_dispute_above_what_is_left_of_a_capture_is_found(
    issued: Scene, intruder: Intruder
) -> None:
    await intruder.execute(
        """
        WITH report AS (
            INSERT INTO payout_report (id, party_id, provider, source, taken_by, taken_at, lines,
                                       fresh)
            SELECT gen_random_uuid(), party_id, provider, 'file', 'Olga', now(), 1, 1 FROM payment
            RETURNING id, party_id)
        INSERT INTO payout_line (id, party_id, report_id, provider, ref, kind, currency,
                                 gross_minor, fee_minor, at, payment_id, first_at)
        SELECT gen_random_uuid(), p.party_id, r.id, p.provider, 'd-1', 'dispute', p.currency,
               -(p.captured_minor - p.refunded_minor), 0, now(), p.id, now()
          FROM payment p, report r
        """
    )
    assert found(await checked(issued)) == []

    await intruder.execute("UPDATE payout_line SET gross_minor = gross_minor - 1")
    assert found(await checked(issued)) == [("2", "payment")]
