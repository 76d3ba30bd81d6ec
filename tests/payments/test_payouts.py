"""A provider's reports against the books: real payments, its own payouts, and bad days."""

import pytest

from tests.network import a_party
from tests.payments.scene import Scene
from voltway.kernel.ids import OnceKey, PartyId, PaymentId, TokenUid
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.payments import actions as payments
from voltway.payments import payouts, payouts_csv, payouts_read
from voltway.payments.model_payouts import Doubt, Taken
from voltway.payments.payouts import LineExplained, NoReason, ReportOfAnother
from voltway.payments.payouts_read import AccountShared, TellsNothing
from voltway.payments.providers.none import NoProvider
from voltway_world.provider import payouts as bank_payouts

DUE, BANK, FEES, SUSPENSE = (
    Account(path)
    for path in ("provider:simulated:due", "bank", "cost:fees:simulated", "suspense:simulated")
)


async def a_sale(scene: Scene, nth: int = 1, kwh: int = 10) -> PaymentId:
    """A guest pays, charges this much and leaves; all is booked."""
    paid = await scene.pays(await scene.opens())
    ref = f"tx-{nth}"
    await scene.starts(TokenUid(paid.token), ref=ref)
    await scene.ends(50_000 + 1000 * kwh, ref=ref)
    await scene.settles()
    return paid.id


async def gives_back(scene: Scene, payment: PaymentId, minor: int, once: str = "r1") -> None:
    await payments.refund(
        scene.begin,
        scene.provider,
        payment,
        Money(minor, EUR),
        reason="the display was dark",
        once=OnceKey(once),
    )
    await scene.settles()


def file_of(scene: Scene) -> str:
    """The provider pays out, and this is its report."""
    paid = bank_payouts.pay_out(scene.bank.books, "EUR")
    return bank_payouts.report(scene.bank.books, paid.id)


async def takes(scene: Scene, text: str, party: PartyId | None = None) -> Taken:
    report = payouts_csv.read("simulated", text)
    async with scene.begin(party or scene.station.party.id) as work:
        return await payouts.take(work, party or scene.station.party.id, report, by="Aino")


async def held(scene: Scene, account: Account) -> int:
    async with scene.begin() as work:
        return (await ledger.balance(work, account)).get(EUR, Money(0, EUR)).minor


async def doubts(scene: Scene) -> list[str]:
    async with scene.begin() as work:
        rows = await work.all(
            "SELECT doubt FROM payout_line_view WHERE doubt IS NOT NULL AND closed_at IS NULL"
            " UNION ALL SELECT doubt FROM payout_view WHERE doubt IS NOT NULL"
        )
    return [row["doubt"] for row in rows]


async def test_a_report_is_matched_line_by_line_and_leaves_nothing_owed(scene: Scene) -> None:
    first = await a_sale(scene)
    await a_sale(scene, 2, kwh=5)
    await gives_back(scene, first, 100)
    owed = await held(scene, DUE)

    taken = await takes(scene, file_of(scene))

    assert (taken.lines, taken.fresh, taken.payouts, taken.posted, taken.open) == (3, 3, 1, 1, 0)
    assert await held(scene, DUE) == 0
    assert await held(scene, FEES) > 0
    assert await held(scene, BANK) + await held(scene, FEES) == owed
    assert await doubts(scene) == []
    async with scene.begin() as work:
        balance = await ledger.trial_balance(work)
        fees = await ledger.entries_about(work, "payment", str(first))
    assert balance.balances
    assert any("keeps" in each.entry.memo for each in fees), "the payment's own page has its fee"


async def test_the_same_report_again_changes_nothing(scene: Scene) -> None:
    await a_sale(scene)
    text = file_of(scene)
    await takes(scene, text)
    before = await scene.count("entry_view"), await scene.count("payout_report_view")

    again = await takes(scene, text)

    assert (again.fresh, again.posted, again.open, again.said) == (0, 0, 0, ())
    assert (await scene.count("entry_view"), await scene.count("payout_report_view")) == before


async def test_a_part_of_a_report_waits_for_the_rest_and_says_how_much_is_missing(
    scene: Scene,
) -> None:
    await a_sale(scene)
    await a_sale(scene, 2)
    head, one, two, out = file_of(scene).splitlines()

    part = await takes(scene, "\n".join((head, out, one)))
    waits = await doubts(scene)
    rest = await takes(scene, "\n".join((head, two)))

    assert (part.posted, waits) == (0, [Doubt.SUM_DIFFERS])
    assert rest.posted == 1
    assert await held(scene, DUE) == 0


async def test_lines_before_their_payout_is_known_wait_for_its_total(scene: Scene) -> None:
    await a_sale(scene)
    head, one, out = file_of(scene).splitlines()

    await takes(scene, "\n".join((head, one)))

    assert await doubts(scene) == [Doubt.TOTAL_UNKNOWN]
    assert (await takes(scene, "\n".join((head, out)))).posted == 1
    assert await doubts(scene) == []


async def test_a_report_before_the_books_have_it_is_explained_by_the_next_round(
    scene: Scene,
) -> None:
    paid = await a_sale(scene)
    await payments.refund(
        scene.begin,
        scene.provider,
        paid,
        Money(100, EUR),
        reason="the display was dark",
        once=OnceKey("r1"),
    )

    early = await takes(scene, file_of(scene))
    waits = await doubts(scene)
    await scene.settles()
    await payouts.judge_again(scene.begin)

    assert (early.open, waits) == (1, [Doubt.NOT_BOOKED])
    assert await doubts(scene) == []
    assert await held(scene, DUE) == 0


async def test_a_line_that_is_told_otherwise_keeps_its_first_words_and_comes_before_a_person(
    scene: Scene,
) -> None:
    await a_sale(scene)
    text = file_of(scene)
    await takes(scene, text)

    head, one, _ = text.splitlines()
    cells = one.split(",")
    cells[4:7] = ["9.99", "0", "9.99"]
    taken = await takes(scene, "\n".join((head, ",".join(cells))))

    assert "the first stays" in taken.said[0]
    assert await doubts(scene) == [Doubt.TOLD_OTHERWISE]
    assert await held(scene, DUE) == 0, "the books did not move"


async def test_what_nothing_explains_is_put_aside_with_a_reason_once(scene: Scene) -> None:
    await a_sale(scene)
    head, one, out = file_of(scene).splitlines()
    gift = "txn_x,adjustment,2026-03-02T12:00:00+00:00,EUR,3.00,0,3.00,po_x,,,"
    its_payout = "po_x_out,payout,2026-03-02,EUR,-3.00,0,-3.00,po_x,,,po_x"
    taken = await takes(scene, "\n".join((head, one, out, gift, its_payout)))
    assert (taken.posted, taken.open, await held(scene, DUE)) == (2, 1, -300)
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM payout_line_view WHERE ref = 'txn_x'")
    assert row is not None

    with pytest.raises(NoReason):
        async with scene.begin() as work:
            await payouts.put_aside(work, row["id"], by="Aino", why="  ")
    async with scene.begin() as work:
        await payouts.put_aside(work, row["id"], by="Aino", why="A gift for new customers")
    with pytest.raises(LineExplained):
        async with scene.begin() as work:
            await payouts.put_aside(work, row["id"], by="Aino", why="again")

    assert (await held(scene, DUE), await held(scene, SUSPENSE)) == (0, -300)
    assert await doubts(scene) == []


async def test_a_report_of_another_account_is_refused_whole(scene: Scene) -> None:
    await a_sale(scene)
    text = file_of(scene)
    async with scene.begin() as work:
        stranger = await a_party(work, ident="XYZ")

    with pytest.raises(ReportOfAnother) as refused:
        await takes(scene, text, stranger.id)

    assert "none is yours" in str(refused.value)
    assert await scene.count("payout_line_view") == 0


async def test_the_provider_itself_is_asked_and_asked_again_it_tells_nothing_new(
    scene: Scene,
) -> None:
    await a_sale(scene)
    bank_payouts.pay_out(scene.bank.books, "EUR")
    await a_sale(scene, 2)
    bank_payouts.pay_out(scene.bank.books, "EUR")

    posted = await payouts_read.fetch_own(scene.begin, scene.provider)
    again = await payouts_read.fetch_own(scene.begin, scene.provider)

    assert (posted, again) == (2, 0)
    assert await held(scene, DUE) == 0
    assert await doubts(scene) == []


async def test_a_file_after_the_provider_was_asked_has_nothing_new(scene: Scene) -> None:
    await a_sale(scene)
    text = file_of(scene)
    party = scene.station.party.id
    await payouts_read.fetch(scene.begin, scene.provider, party, by="Aino")

    assert (await takes(scene, text)).fresh == 0


async def test_of_an_account_that_two_parties_share_nobody_is_asked(scene: Scene) -> None:
    await a_sale(scene)
    async with scene.begin() as work:
        other = await a_party(work, ident="XYZ")
        await work.run(
            """
            INSERT INTO payment (id, party_id, visit_key, evse_id, station_id, token_uid,
                   tariff_version_id, locale, provider, return_url, cancel_url, description, state,
                   hold_minor, currency, created_at)
            SELECT gen_random_uuid(), $1, 'a-key-that-nobody-guesses', evse_id, station_id, 'x',
                   tariff_version_id, locale, provider, return_url, cancel_url, description,
                   'awaiting', hold_minor, currency, created_at FROM payment
            """,
            other.id,
        )
    bank_payouts.pay_out(scene.bank.books, "EUR")

    assert await payouts_read.fetch_own(scene.begin, scene.provider) == 0
    for party in (scene.station.party.id, other.id):
        with pytest.raises(AccountShared):
            await payouts_read.fetch(scene.begin, scene.provider, party, by="Aino")
    assert await scene.count("payout_line_view") == 0, "nobody is told of the other's payments"


async def test_a_provider_that_tells_nothing_says_so(scene: Scene) -> None:
    with pytest.raises(TellsNothing):
        await payouts_read.fetch(scene.begin, NoProvider(), scene.station.party.id, by="Aino")
