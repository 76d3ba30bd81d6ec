"""What is issued is numbered without gaps, never changed, and one amount everywhere."""

import asyncio
import hashlib

import pytest

from tests.billing.words import NO, charged, owes, receipt
from tests.network import a_party, a_token
from tests.payments.scene import Scene
from voltway.billing import actions, documents, store_documents
from voltway.kernel.ids import PartyId
from voltway.kernel.money import EUR, Money
from voltway.sessions import actions as sessions


async def test_estimate_capture_books_and_receipt_are_one_amount(scene: Scene) -> None:
    visit, payment, session = await charged(scene, wh=12_347)
    async with scene.begin() as work:
        _, estimate = await sessions.cost_so_far(work, session)

    await scene.settles()

    invoice, made = await receipt(scene, session)
    async with scene.begin() as work:
        _, again = await sessions.cost_so_far(work, session)
    assert estimate.payable == again.payable == Money(605, EUR)
    assert scene.moved_minor == made.total_minor == invoice.total_minor == 605
    assert (await scene.payment(visit)).captured_minor == 605
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO


async def test_a_party_sees_its_own_money_only(scene: Scene) -> None:
    _, payment, session = await charged(scene)
    await scene.settles()
    views = ("payment_view", "payment_step_view", "settlement_view", "invoice_view", "entry_view")
    async with scene.begin() as work:
        other = await a_party(work)

    async def seen(party: PartyId, view: str) -> int:
        async with scene.begin(party) as work:
            row = await work.one(f"SELECT count(*) AS n FROM {view}")
        assert row is not None
        return int(row["n"])

    assert [await seen(other.id, view) for view in views] == [0] * len(views)
    assert all([await seen(payment.party, view) for view in views])
    async with scene.begin(payment.party) as work:
        assert await actions.invoice_of(work, session) is not None


async def test_numbers_have_no_gaps_though_many_settle_at_once(scene: Scene) -> None:
    async with scene.begin() as work:
        token = await a_token(work, scene.station.party)
    for turn in range(12):
        await scene.starts(token.uid, ref=f"tx-{turn}", wh=turn * 10_000)
        await scene.ends(turn * 10_000 + 5_000, ref=f"tx-{turn}")
    await scene.bus.catch_up()
    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM settlement_view")

    await asyncio.gather(
        *(
            actions.settle(scene.begin, scene.provider, {"settlement": str(row["id"])})
            for row in rows
        )
    )

    async with scene.begin() as work:
        places = await work.all("SELECT place FROM invoice_view ORDER BY place")
    assert [row["place"] for row in places] == list(range(1, 13))


async def test_numbers_that_were_taken_and_undone_are_given_again(scene: Scene) -> None:
    party = scene.station.party.id

    async def take(*, undo: bool) -> list[int]:
        async with scene.begin() as work:
            places = await store_documents.next_places(work, party, "R", 2026, 2)
            if undo:
                raise Undone
            return list(places)

    with pytest.raises(Undone):
        await take(undo=True)

    assert [await take(undo=False), await take(undo=False)] == [[1, 2], [3, 4]]


class Undone(Exception):
    """The work that took the number failed."""


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE invoice SET total_minor = 1",
        "DELETE FROM invoice",
        "UPDATE cdr SET document = '{}'",
        "DELETE FROM cdr",
    ],
)
async def test_the_database_lets_nobody_change_what_was_issued(scene: Scene, sql: str) -> None:
    await charged(scene)
    await scene.settles()

    with pytest.raises(Exception, match="never changed"):
        async with scene.begin() as work:
            await work.run(sql)


async def test_the_database_refuses_a_gap_in_a_series(scene: Scene) -> None:
    await charged(scene)
    await scene.settles()
    second = """
        WITH another AS (
            INSERT INTO settlement
                (id, party_id, session_id, route, done, state, opened_at, done_at)
            SELECT gen_random_uuid(), party_id, gen_random_uuid(), route, done, state, opened_at,
                   done_at
              FROM settlement
            RETURNING id, session_id)
        INSERT INTO invoice
            (id, party_id, settlement_id, session_id, kind, series, year, place, number,
             total_minor, currency, document, sha256, issued_at)
        SELECT gen_random_uuid(), i.party_id, a.id, a.session_id, kind, series, year, 3, 'X-3',
               total_minor, currency, document, sha256, issued_at
          FROM invoice i, another a
        """

    with pytest.raises(Exception, match="leaves a gap"):
        async with scene.begin() as work:
            await work.run(second)


async def test_a_frozen_document_shows_every_change(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()

    invoice, made = await receipt(scene, session)
    async with scene.begin() as work:
        cdr = await actions.cdr_of(work, session)

    assert cdr is not None
    assert invoice.sha256 == hashlib.sha256(invoice.document).hexdigest()
    assert made.cdr_sha256 == cdr.sha256 == hashlib.sha256(cdr.document).hexdigest()
    assert documents.frozen(made) == (invoice.document, invoice.sha256)


async def test_the_receipt_is_there_at_once(scene: Scene) -> None:
    """Money.md: within 60 s of the stop. By the house clock it takes no time at all."""
    _, _, session = await charged(scene)
    stopped = scene.now

    await scene.settles()

    invoice, _ = await receipt(scene, session)
    assert invoice.issued_at == stopped
