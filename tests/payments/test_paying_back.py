"""What is left of a balance goes back to the cards that topped it up, the newest top-up first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from tests.payments.balances import Ann, comes, in_books
from tests.payments.providers import STRIPE, patience_s
from tests.payments.scene import Scene
from voltway.billing import checks_books
from voltway.drivers.model import Bar
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import choosing, paying_back, payouts_read, prepaid, vouchers
from voltway.payments.choosing import Offer, Providers
from voltway.payments.model_paybacks import Payback, PaybackState
from voltway.payments.provider import RefundOrder
from voltway.payments.providers.balance import BalanceProvider
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer
from voltway_world.provider import payouts as bank_payouts
from voltway_world.provider.faults import Fault


@pytest.fixture
async def provider(
    request: pytest.FixtureRequest, database: Database, bank: ProviderServer
) -> AsyncIterator[Providers]:
    stripe = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    yield Providers([Offer(provider=stripe)], own=[BalanceProvider(database.begin)])
    await stripe.close()


@pytest.fixture
async def ann(scene: Scene, provider: Providers) -> Ann:
    return await comes(scene, provider)


async def pays_back(ann: Ann, once: str = "back") -> Sequence[Payback]:
    return await paying_back.pay_back(
        ann.scene.begin,
        ann.given,
        party=ann.token.party,
        holder=ann.driver,
        by="Ann",
        once=OnceKey(once),
    )


async def is_given(ann: Ann, minor: int) -> None:
    """A voucher that nobody paid for."""
    async with ann.scene.begin() as work:
        _, [code] = await vouchers.make_series(
            work,
            ann.token.party,
            name="Opening day",
            value=Money(minor, EUR),
            count=1,
            valid_until=ann.scene.now + timedelta(days=30),
            is_sold=False,
            by="Aino",
        )
        await vouchers.redeem(work, ann.token.party, ann.driver, code)


def refunded(ann: Ann) -> list[int]:
    """What the provider's own books gave back, in order."""
    every = ann.scene.bank.books.transactions.values()
    return [-move.amount_minor for move in every if move.type == "refund"]


async def faults(ann: Ann) -> int:
    async with ann.scene.begin() as work:
        return len((await checks_books.prepaid(work)).found)


async def test_the_rest_goes_back_to_the_newest_top_up_first_and_as_far_as_was_paid_in(
    ann: Ann,
) -> None:
    await ann.tops_up(2000)
    ann.scene.clock.jump(timedelta(days=1))
    await ann.tops_up(1000)
    await ann.charges(60_000)  # 4.90
    await is_given(ann, 500)

    parts = await pays_back(ann)

    assert [(part.amount.minor, part.state) for part in parts] == [
        (1000, PaybackState.DONE),
        (2000, PaybackState.DONE),
    ]
    assert refunded(ann) == [1000, 2000]
    assert (await ann.balance(), await ann.books()) == ((10, 0), 10)  # of the voucher
    assert await in_books(ann.scene, "provider:stripe:due") == 0
    assert await ann.bars() == {Bar.NO_CREDIT}
    assert await faults(ann) == 0


async def test_the_same_order_twice_or_by_two_at_once_pays_back_once(ann: Ann) -> None:
    await ann.tops_up(2000)

    await asyncio.gather(*(pays_back(ann) for _ in range(3)))
    await pays_back(ann)
    await ann.tops_up(700)
    again = await pays_back(ann)  # the order of before, which is done

    assert [part.amount.minor for part in again] == [2000]
    assert refunded(ann) == [2000]
    assert await ann.balance() == (700, 0)


async def test_what_is_reserved_for_a_charge_stays(ann: Ann) -> None:
    await ann.tops_up(2000)
    await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    with pytest.raises(paying_back.NothingToPayBack):
        await pays_back(ann)

    assert (await ann.balance(), refunded(ann)) == ((2000, 2000), [])


async def test_a_gift_goes_back_to_no_card(ann: Ann) -> None:
    await is_given(ann, 500)

    with pytest.raises(paying_back.NothingToPayBack):
        await pays_back(ann)

    assert await ann.balance() == (500, 0)


@pytest.mark.patience(2.0)
@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after"])
async def test_a_silence_keeps_it_reserved_and_is_asked_again_until_it_is_back(
    ann: Ann, fault: str
) -> None:
    await ann.tops_up(2000)
    ann.scene.bank.faults.set([Fault(on="refund", kind=fault, times=5)])  # type: ignore[arg-type]

    [part] = await pays_back(ann)
    meanwhile, found = await ann.balance(), await faults(ann)
    ann.scene.bank.faults.set([])
    ann.scene.clock.jump(timedelta(minutes=1))
    over = await paying_back.ask_again(ann.scene.begin, ann.given)

    assert (part.state, meanwhile, found) == (PaybackState.ASKED, (2000, 2000), 0)
    assert (over, refunded(ann)) == (1, [2000])
    assert (await ann.balance(), await ann.books()) == ((0, 0), 0)


async def test_where_a_bank_takes_nothing_back_the_top_up_before_is_asked(ann: Ann) -> None:
    await ann.tops_up(2000)
    ann.scene.clock.jump(timedelta(days=1))
    newest = await ann.tops_up(1000)
    by_hand = RefundOrder(
        once=OnceKey("by hand"), ref=newest.ref or "", amount=Money(1000, EUR), reason="at a desk"
    )
    await choosing.of(ann.given, "stripe").refund(by_hand)

    parts = await pays_back(ann)

    assert [(part.amount.minor, part.state) for part in parts] == [
        (1000, PaybackState.DECLINED),
        (2000, PaybackState.DONE),
    ]
    assert parts[0].why
    assert (await ann.balance(), await ann.books()) == ((1000, 0), 1000)
    assert await ann.bars() == frozenset()


async def test_the_report_of_the_provider_is_explained_line_by_line(ann: Ann) -> None:
    await ann.tops_up(2000)
    await pays_back(ann)
    await ann.tops_up(3000)
    bank_payouts.pay_out(ann.scene.bank.books, "EUR")

    await payouts_read.fetch_own(ann.scene.begin, ann.given)

    async with ann.scene.begin() as work:
        lines = await work.all("SELECT kind, doubt FROM payout_line_view ORDER BY at, kind")
    assert sorted((row["kind"], row["doubt"]) for row in lines) == [
        ("capture", None),
        ("capture", None),
        ("refund", None),
    ]


async def test_the_move_is_on_the_balance_for_whoever_reads_it(ann: Ann) -> None:
    await ann.tops_up(2000)
    ann.scene.clock.jump(timedelta(minutes=1))
    await pays_back(ann)

    async with ann.scene.begin() as work:
        newest = (await prepaid.moves(work, ann.token.party, ann.driver))[0]
    assert (newest.kind, newest.amount.minor, newest.balance.minor) == (
        prepaid.MoveKind.PAID_BACK,
        -2000,
        0,
    )
