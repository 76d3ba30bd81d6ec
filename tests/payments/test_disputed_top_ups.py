"""A bank takes back a top-up: what is left leaves the balance, what was spent is owed."""

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest

from tests.payments.balances import Ann, comes, in_books
from tests.payments.disputed import cost, disputes, hears_disputes, judged, kept
from tests.payments.providers import STRIPE
from tests.payments.scene import Scene
from tests.payments.test_paying_back import faults, is_given, pays_back
from voltway.billing import checks_money
from voltway.drivers.model import Bar
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger import exporting
from voltway.ledger.exporting_datev import Bookkeeper
from voltway.payments import (
    disputing,
    paying_back,
    payouts_read,
    prepaid,
    taking_back,
    topping_up,
)
from voltway.payments.choosing import Offer, Providers
from voltway.payments.model_paybacks import PaybackState
from voltway.payments.providers.balance import BalanceProvider
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer
from voltway_world.provider import payouts as bank_payouts
from voltway_world.provider.stripe.desk import StripeDesk


@pytest.fixture
async def provider(database: Database, bank: ProviderServer) -> AsyncIterator[Providers]:
    stripe = STRIPE.speaks_to(bank)
    yield Providers([Offer(provider=stripe)], own=[BalanceProvider(database.begin)])
    await stripe.close()


@pytest.fixture
async def ann(scene: Scene, provider: Providers) -> Ann:
    hears_disputes(scene)
    return await comes(scene, provider)


async def spends(ann: Ann) -> None:
    """Two charges of 4.90 each."""
    for ref in ("tx-1", "tx-2"):
        await ann.charges(60_000, ref=ref)


async def owed(ann: Ann) -> tuple[int, int]:
    """What she owes for top-ups, as her page says it and as the books do."""
    async with ann.scene.begin() as work:
        said = await prepaid.owed(work, ann.token.party, ann.driver)
    return said, -await in_books(ann.scene, f"driver:{ann.driver}:receivable")


async def test_what_is_left_of_it_leaves_the_balance_as_soon_as_it_is_told(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    await is_given(ann, 300)

    await disputes(ann.scene, top_up.ref)

    assert (await ann.balance(), await ann.books()) == ((300, 0), 300)
    assert (await owed(ann), await cost(ann.scene)) == ((0, 0), 0)
    assert await in_books(ann.scene, "provider:stripe:due") == 0
    [row] = await kept(ann.scene)
    assert (row["balance_minor"], row["debt_minor"], row["ours_minor"]) == (2000, 0, 0)
    assert await faults(ann) == 0


async def test_what_was_spent_is_owed_and_paid_first_by_whatever_comes_next(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    await spends(ann)

    dispute = await disputes(ann.scene, top_up.ref)
    await judged(ann.scene, dispute, won=False)

    assert (await ann.balance(), await owed(ann), await cost(ann.scene)) == ((0, 0), (980, 980), 0)
    assert await ann.bars() == {Bar.NO_CREDIT}

    await ann.tops_up(500)
    after_some = (await ann.balance(), await owed(ann))
    await ann.tops_up(1000)

    assert after_some == ((0, 0), (480, 480))
    assert (await ann.balance(), await ann.books(), await owed(ann)) == ((520, 0), 520, (0, 0))
    assert await ann.bars() == frozenset()
    assert await faults(ann) == 0


async def test_what_is_won_goes_back_to_who_bore_it(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    await spends(ann)
    dispute = await disputes(ann.scene, top_up.ref)
    await ann.tops_up(500)  # pays some of the 9.80 that she owes

    await judged(ann.scene, dispute, won=True)

    assert (await ann.balance(), await ann.books()) == ((1520, 0), 1520)
    assert (await owed(ann), await cost(ann.scene)) == ((0, 0), 0)
    assert await in_books(ann.scene, "provider:stripe:due") == -2500
    async with ann.scene.begin() as work:
        moves = await prepaid.moves(work, ann.token.party, ann.driver)
    assert sorted((move.kind, move.amount.minor) for move in moves if "dispute" in move.about) == [
        (prepaid.MoveKind.DISPUTED, -1020),
        (prepaid.MoveKind.OWED, -500),
        (prepaid.MoveKind.WON_BACK, 1520),
    ]
    assert await faults(ann) == 0


async def test_what_was_forgiven_is_a_cost_until_it_is_won(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    await ann.charges(60_000)
    dispute = await disputes(ann.scene, top_up.ref)
    [row] = await kept(ann.scene)
    async with ann.scene.begin() as work:
        gone = await taking_back.forgive(work, row["id"], why="She moved away", by="Aino")
    async with ann.scene.begin() as work:
        with pytest.raises(taking_back.NothingOwed):
            await taking_back.forgive(work, row["id"], why="Again", by="Aino")
    meanwhile = (await owed(ann), -await in_books(ann.scene, "cost:write_offs"))

    await judged(ann.scene, dispute, won=True)

    assert (gone, meanwhile) == (Money(490, EUR), ((0, 0), 490))
    assert await in_books(ann.scene, "cost:write_offs") == 0
    assert (await ann.balance(), await owed(ann), await cost(ann.scene)) == ((1510, 0), (0, 0), 0)


@pytest.mark.parametrize(
    ("minor", "balance", "ours"),
    [
        pytest.param(700, 1300, 0, id="smaller: the rest stays"),
        pytest.param(2500, 0, 500, id="larger: what was never paid in is our cost"),
    ],
)
async def test_the_payer_answers_for_what_they_paid_in_and_no_more(
    ann: Ann, minor: int, balance: int, ours: int
) -> None:
    top_up = await ann.tops_up(2000)

    await disputes(ann.scene, top_up.ref, minor)

    assert (await ann.balance(), await cost(ann.scene)) == ((balance, 0), ours)
    assert await owed(ann) == (0, 0)


async def test_two_disputes_of_one_top_up_take_it_once(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    await ann.tops_up(1000)

    first = await disputes(ann.scene, top_up.ref, 1500)
    await disputes(ann.scene, top_up.ref, 1500)
    both = (await ann.balance(), await cost(ann.scene))
    await judged(ann.scene, first, won=True)

    assert both == ((1000, 0), 1000)
    assert (await ann.balance(), await ann.books(), await cost(ann.scene)) == (
        (2500, 0),
        2500,
        1000,
    )


async def test_a_top_up_that_was_paid_back_before_is_taken_from_nobody_twice(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    await pays_back(ann)
    await is_given(ann, 500)

    await disputes(ann.scene, top_up.ref, 2000)

    assert (await ann.balance(), await owed(ann), await cost(ann.scene)) == ((500, 0), (0, 0), 2000)
    async with ann.scene.begin() as work:
        checked = await checks_money.collected(work)
    assert [found.about for found in checked.found] == [f"collection:{top_up.id}"]


async def test_what_a_bank_took_back_is_not_paid_back_besides(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    await disputes(ann.scene, top_up.ref, 1500)

    [part] = await pays_back(ann)

    assert (part.amount.minor, part.state) == (500, PaybackState.DONE)
    await is_given(ann, 500)
    with pytest.raises(paying_back.NothingToPayBack):
        await pays_back(ann, "once more")


async def test_what_is_reserved_for_a_charge_pays_it_and_the_rest_pays_what_is_owed(
    ann: Ann,
) -> None:
    top_up = await ann.tops_up(2000)
    await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    await disputes(ann.scene, top_up.ref)
    while_charging = (await ann.balance(), await owed(ann))
    await ann.scene.ends(60_000)
    await ann.scene.settles()

    assert while_charging == ((2000, 2000), (2000, 2000))
    assert (await ann.balance(), await owed(ann)) == ((0, 0), (490, 490))
    assert await faults(ann) == 0


async def test_it_tops_itself_up_no_more(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    async with ann.scene.begin() as work:
        await work.run(
            """
            INSERT INTO payment_method (id, party_id, holder, provider, customer_ref, method_ref,
                                        is_default, saved_at)
            VALUES (gen_random_uuid(), $1, $2, 'stripe', 'cus', 'pm', false, $3)
            """,
            ann.token.party,
            ann.driver,
            work.now,
        )
        await topping_up.set_auto(
            work,
            ann.token.party,
            ann.driver,
            below=Money(500, EUR),
            amount=Money(1000, EUR),
        )

    await disputes(ann.scene, top_up.ref)

    async with ann.scene.begin() as work:
        now = await prepaid.balance(work, ann.token.party, ann.driver)
    assert now is not None
    assert now.auto_below_minor is None


async def test_told_twice_late_or_in_another_order_it_is_booked_once(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    desk = StripeDesk(ann.scene.bank.desk)
    ann.scene.bank.send_webhooks_to("http://127.0.0.1:1")  # all are lost
    dispute = desk.open_dispute(top_up.ref or "")
    desk.judge(dispute.id, won=True)

    for _ in range(2):  # the judgement comes first, and both times
        await disputing.read(ann.scene.begin, ann.given, {"collection": str(top_up.id)})

    assert (await ann.balance(), await ann.books(), await cost(ann.scene)) == ((2000, 0), 2000, 0)
    [row] = await kept(ann.scene)
    assert row["taken_at"] is not None
    assert row["returned_at"] is not None
    async with ann.scene.begin() as work:
        moves = await prepaid.moves(work, ann.token.party, ann.driver)
    assert sorted(move.amount.minor for move in moves) == [-2000, 2000, 2000]


async def test_a_webhook_that_was_lost_is_made_up_for_by_the_provider_s_report(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    ann.scene.bank.send_webhooks_to("http://127.0.0.1:1")
    StripeDesk(ann.scene.bank.desk).open_dispute(top_up.ref or "")
    bank_payouts.pay_out(ann.scene.bank.books, "EUR")

    await payouts_read.fetch_own(ann.scene.begin, ann.given)
    unbooked = await lines(ann)
    await ann.scene.settles()
    await payouts_read.fetch_own(ann.scene.begin, ann.given)

    assert unbooked == [("capture", None), ("dispute", "not_booked")]
    assert await lines(ann) == [("capture", None), ("dispute", None)]
    assert await ann.balance() == (0, 0)
    assert await in_books(ann.scene, "provider:stripe:due") == 0
    assert await in_books(ann.scene, "cost:fees:stripe") == -(55 + 1500)


async def lines(ann: Ann) -> list[tuple[str, str | None]]:
    async with ann.scene.begin() as work:
        rows = await work.all("SELECT kind, doubt FROM payout_line_view ORDER BY at, kind")
    return [(row["kind"], row["doubt"]) for row in rows]


async def test_what_comes_back_is_explained_by_its_own_entry(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    dispute = await disputes(ann.scene, top_up.ref)
    await judged(ann.scene, dispute, won=True)
    bank_payouts.pay_out(ann.scene.bank.books, "EUR")

    await payouts_read.fetch_own(ann.scene.begin, ann.given)

    assert await lines(ann) == [("capture", None), ("dispute", None), ("dispute", None)]
    async with ann.scene.begin() as work:
        balance = await ledger.trial_balance(work, party=ann.token.party)
        checked = await checks_money.collected(work)
    assert balance.sums == {EUR: 0}
    assert checked.found == ()


@pytest.mark.parametrize(
    ("tampered", "said"),
    [
        ("owed_minor = owed_minor - 1", "979 is owed for top-ups"),
        ("taken_entry_id = gen_random_uuid()", "banks have taken back 2000, for which the books"),
    ],
)
async def test_what_is_not_as_the_books_say_is_found(ann: Ann, tampered: str, said: str) -> None:
    top_up = await ann.tops_up(2000)
    await spends(ann)
    await disputes(ann.scene, top_up.ref)

    async with ann.scene.begin() as work:
        before = await checks_money.collected(work)
        await work.run(f"UPDATE dispute SET {tampered}")
        [found] = (await checks_money.collected(work)).found

    assert before.found == ()
    assert said in found.said


async def test_what_a_dispute_moves_is_exported_for_the_bookkeeper(ann: Ann) -> None:
    top_up = await ann.tops_up(2000)
    await spends(ann)
    await disputes(ann.scene, top_up.ref, 2500)
    [row] = await kept(ann.scene)
    month = ann.scene.now.date().replace(day=1)
    party, zone = ann.token.party, ZoneInfo(ann.scene.station.party.time_zone)
    async with ann.scene.begin() as work:
        await taking_back.forgive(work, row["id"], why="She moved away", by="Aino")
    async with ann.scene.begin(party) as work:
        await exporting.set_bookkeeper(work, party, Bookkeeper(1001, 1, 4))
        await exporting.set_mapping(work, party, exporting.CHARTS["SKR04"])
        [datev] = await exporting.datev_files(work, party, zone, EUR, month, {})

    rows = [line for line in datev.decode("cp1252").splitlines() if "The bank of a" in line]
    assert sorted(line.split(";")[0] for line in rows) == ["10,20", "5,00", "9,80"]
    assert "wrote off 9.80 EUR of a top-up" in datev.decode("cp1252")
