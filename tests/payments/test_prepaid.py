"""Balances that drivers pay before they charge: topped up, reserved, used, given back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.payments.balances import Ann, comes, in_books
from tests.payments.hosted_page import pay
from tests.payments.providers import STRIPE, patience_s
from tests.payments.scene import Scene
from voltway.drivers.model import Bar
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import actions, choosing, collecting, methods, prepaid, topping_up
from voltway.payments.choosing import Offer, Providers
from voltway.payments.model import PaymentState
from voltway.payments.model_collections import Stage
from voltway.payments.prepaid import MoveKind
from voltway.payments.provider import HoldOrder, HoldSeen, ProviderSilent, SavedMethod
from voltway.payments.providers.balance import BalanceProvider
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault


@pytest.fixture
async def provider(
    request: pytest.FixtureRequest, database: Database, bank: ProviderServer
) -> AsyncIterator[Providers]:
    """Stripe, and balances beside it."""
    stripe = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    yield Providers([Offer(provider=stripe)], own=[BalanceProvider(database.begin)])
    await stripe.close()


@pytest.fixture
async def ann(scene: Scene, provider: Providers) -> Ann:
    return await comes(scene, provider)


async def test_a_top_up_is_on_the_balance_and_in_the_books(ann: Ann) -> None:
    done = await ann.tops_up(2000)

    assert (done.stage, done.amount) == (Stage.DONE, Money(2000, EUR))
    assert (await ann.balance(), await ann.books()) == ((2000, 0), 2000)
    assert await in_books(ann.scene, "provider:stripe:due") == -2000
    assert sum(m.amount_minor for m in ann.scene.bank.books.transactions.values()) == 2000


async def test_a_charge_is_paid_from_the_balance_and_the_rest_is_there_again(ann: Ann) -> None:
    await ann.tops_up(2000)

    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()
    during = await ann.balance()
    await ann.scene.ends(60_000)  # 10 kWh: 4.90
    await ann.scene.settles()

    async with ann.scene.begin() as work:
        paid = await actions.payment_of_session(work, session)
        moves = await prepaid.moves(work, ann.token.party, ann.driver)
    assert paid is not None
    assert (paid.state, paid.provider, paid.captured_minor) == (
        PaymentState.CAPTURED,
        "balance",
        490,
    )
    assert during == (2000, 2000)
    assert (await ann.balance(), await ann.books()) == ((1510, 0), 1510)
    assert await in_books(ann.scene, "provider:balance:due") == 0
    assert [(move.kind, move.amount.minor, move.balance.minor) for move in moves] == [
        (MoveKind.CHARGE, -490, 1510),
        (MoveKind.TOP_UP, 2000, 2000),
    ]


async def test_a_session_stops_when_the_balance_is_used_up_and_the_card_opens_nothing_then(
    ann: Ann,
) -> None:
    await ann.tops_up(500)
    await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    ann.scene.clock.jump(timedelta(hours=1))
    await ann.scene.meters(60_205)  # 5.00 EUR
    await actions.stop_at_limit(ann.scene.begin, ann.given)
    async with ann.scene.begin() as work:
        orders = await work.all("SELECT placed_by FROM order_view")
    await ann.scene.ends(60_205, seq=2)
    await ann.scene.settles()

    assert [row["placed_by"] for row in orders] == ["limit"]
    assert await ann.balance() == (0, 0)
    assert await ann.bars() == {Bar.NO_CREDIT}

    await ann.tops_up(500)

    assert await ann.bars() == frozenset()


async def test_two_charges_at_once_never_spend_the_same_money(ann: Ann) -> None:
    await ann.tops_up(6000)
    async with ann.scene.begin() as work:
        method = await methods.default_of(work, ann.token.party, ann.driver)
        assert method is not None

    async def hold(n: int) -> int:
        answer = await choosing.of(ann.given, "balance").open_hold(order(method.saved, n))
        return answer.amount.minor if isinstance(answer, HoldSeen) else 0

    held = await asyncio.gather(*(hold(n) for n in range(4)))

    assert sorted(held) == [0, 0, 1000, 5000]
    assert await ann.balance() == (6000, 6000)


def order(saved: SavedMethod, n: int) -> HoldOrder:
    return HoldOrder(
        once=OnceKey(f"hold-{n}"),
        reference=str(uuid4()),
        amount=Money(5000, EUR),
        description="",
        return_url="",
        cancel_url="",
        saved=saved,
    )


async def test_a_reservation_grows_while_there_is_more(ann: Ann) -> None:
    await ann.tops_up(8000)
    session = await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    ann.scene.clock.jump(timedelta(hours=8))
    await ann.scene.meters(145_000)  # 46.55 EUR of 50
    await actions.stop_at_limit(ann.scene.begin, ann.given)

    async with ann.scene.begin() as work:
        paid = await actions.payment_of_session(work, session)
    assert paid is not None
    assert paid.hold_minor == 8000
    assert await ann.balance() == (8000, 8000)


async def test_a_refund_goes_back_to_the_balance_once(ann: Ann) -> None:
    await ann.tops_up(2000)
    paid = await ann.charges(60_000)
    assert paid is not None
    once = OnceKey("refund-1")

    for _ in range(2):
        await actions.refund(
            ann.scene.begin, ann.given, paid.id, Money(190, EUR), reason="dark", once=once
        )
    await ann.scene.settles()

    assert (await ann.balance(), await ann.books()) == ((1700, 0), 1700)
    assert await in_books(ann.scene, "provider:balance:due") == 0


async def test_an_unused_reservation_is_released_whole(ann: Ann) -> None:
    await ann.tops_up(2000)
    paid = await ann.charges(50_000)  # no energy, nothing to pay

    assert paid is not None
    assert paid.state is PaymentState.RELEASED
    assert await ann.balance() == (2000, 0)


@pytest.mark.patience(2.0)
@pytest.mark.parametrize(
    "fault", ["timeout_before", "timeout_after", "error_500_after", "reset_connection_after"]
)
async def test_a_silence_at_the_capture_of_a_top_up_is_asked_again_and_credits_once(
    ann: Ann, fault: str
) -> None:
    opened = await ann.opens(2000)
    ann.scene.bank.faults.set([Fault(on="capture", kind=fault, times=1)])  # type: ignore[arg-type]

    await pay(opened.hosted_url or "")
    with suppress(ProviderSilent):
        await collecting.go_on(ann.scene.begin, ann.given, opened.id)
    ann.scene.clock.jump(timedelta(minutes=1))
    await collecting.ask_again(ann.scene.begin, ann.given)
    await collecting.go_on(ann.scene.begin, ann.given, opened.id)

    assert (await ann.balance(), await ann.books()) == ((2000, 0), 2000)
    assert sum(m.amount_minor for m in ann.scene.bank.books.transactions.values()) == 2000


async def test_a_top_up_that_two_go_on_with_at_once_is_credited_once(ann: Ann) -> None:
    opened = await ann.opens(2000)
    await pay(opened.hosted_url or "")

    await asyncio.gather(
        *(collecting.go_on(ann.scene.begin, ann.given, opened.id) for _ in range(4))
    )

    assert (await ann.balance(), await ann.books()) == ((2000, 0), 2000)


async def test_a_page_on_which_nobody_pays_is_over_after_a_while(ann: Ann) -> None:
    opened = await ann.opens(2000)

    ann.scene.clock.jump(timedelta(minutes=31))
    await collecting.ask_again(ann.scene.begin, ann.given)
    over = await collecting.go_on(ann.scene.begin, ann.given, opened.id)

    assert (over.stage, over.why) == (Stage.EXPIRED, "Nobody paid in time.")
    assert await ann.balance() == (0, 0)


async def test_the_same_top_up_asked_for_twice_has_one_page(ann: Ann) -> None:
    first, again = await ann.opens(2000, once="a"), await ann.opens(2000, once="a")

    assert first.id == again.id
    with pytest.raises(collecting.KeyOfAnother):
        await ann.opens(3000, once="a")


@pytest.mark.parametrize("minor", [0, -100, 499, 50_001])
async def test_what_is_no_top_up_is_refused(ann: Ann, minor: int) -> None:
    with pytest.raises(topping_up.NotASum):
        await ann.opens(minor)


async def test_a_correction_never_takes_what_is_reserved(ann: Ann) -> None:
    await ann.tops_up(2000)
    await ann.scene.starts(ann.token.uid)
    await ann.scene.settles()

    async def correct(minor: int, once: str) -> None:
        async with ann.scene.begin() as work:
            await prepaid.correct(
                work,
                ann.token.party,
                ann.driver,
                Money(minor, EUR),
                reason="double",
                by="Aino",
                once=OnceKey(once),
            )

    with pytest.raises(prepaid.BalanceTooSmall):
        await correct(-1, "a")
    await correct(300, "b")
    await correct(300, "b")

    assert (await ann.balance(), await ann.books()) == ((2300, 2000), 2300)
