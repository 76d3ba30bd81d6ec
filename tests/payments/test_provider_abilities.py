"""What some providers can do besides: each shows here that it can, or says that it cannot."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.payments.hosted_page import pay
from tests.payments.providers import (
    KINDS,
    Closable,
    Kind,
    capture,
    held,
    hold_order,
    key,
    open_hold,
    patience_s,
)
from voltway.kernel.money import EUR, Money
from voltway.payments.provider import (
    Declined,
    HoldSeen,
    HoldState,
    ProviderSilent,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    SavedMethod,
)
from voltway.payments.provider_more import (
    ContestOrder,
    DisputeState,
    DrivesReaders,
    GrowsHolds,
    HearsDisputes,
    HearsRefunds,
    IncreaseOrder,
    MoveKind,
    SaveOrder,
    SavesMethods,
    SavingState,
    SendsShares,
    TakesEvidence,
    TellsBalance,
    TransferOrder,
    Transferred,
)
from voltway_world.calling import a_line
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault

GROWS = "4000 0025 0000 1001"
WANTS_ITS_DRIVER = "4000 0027 6000 3184"

ABILITIES = {
    "increments": GrowsHolds,
    "saved_methods": SavesMethods,
    "failed_refunds": HearsRefunds,
    "disputes": HearsDisputes,
    "evidence": TakesEvidence,
    "balance": TellsBalance,
    "transfers": SendsShares,
    "readers": DrivesReaders,
}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
async def provider(
    request: pytest.FixtureRequest, kind: Kind, bank: ProviderServer
) -> AsyncIterator[Closable]:
    adapter = kind.speaks_to(bank, timeout_s=patience_s(request))
    yield adapter
    await adapter.close()


def able(provider: Closable, ability: str) -> Any:
    """The provider, where it can; otherwise the test is not for it."""
    if not getattr(provider.can, ability):
        pytest.skip(f"{provider.name} says that it cannot")
    return provider


@pytest.mark.parametrize("ability", ABILITIES)
def test_a_provider_says_of_itself_what_it_can(provider: Closable, ability: str) -> None:
    assert getattr(provider.can, ability) is isinstance(provider, ABILITIES[ability])


async def switch(bank: ProviderServer, path: str) -> None:
    """Turn a switch of the simulated world."""
    async with a_line() as world:
        (await world.post(f"{bank.url}/_world/{path}")).raise_for_status()


async def test_a_hold_grows_where_its_bank_lets_it_and_all_of_it_can_be_taken(
    provider: Closable,
) -> None:
    grows: GrowsHolds = able(provider, "increments")
    page = await open_hold(provider)
    await pay(page.hosted_url, GROWS)
    seen = await provider.fetch(page.ref)
    order = IncreaseOrder(once=key(), ref=seen.ref, amount=Money(8000, EUR))

    first, again = await grows.increase(order), await grows.increase(order)
    taken = await provider.capture(capture(seen.ref, 7999))

    assert seen.can_grow
    assert isinstance(first, HoldSeen)
    assert first == again
    assert (first.state, first.amount) == (HoldState.HELD, Money(8000, EUR))
    assert isinstance(taken, HoldSeen)
    assert taken.captured == Money(7999, EUR)


async def test_a_bank_that_lets_no_hold_grow_leaves_it_as_it_was(provider: Closable) -> None:
    grows: GrowsHolds = able(provider, "increments")
    ref = await held(provider)

    answer = await grows.increase(IncreaseOrder(once=key(), ref=ref, amount=Money(8000, EUR)))
    seen = await provider.fetch(ref)

    assert isinstance(answer, Declined)
    assert not seen.can_grow
    assert (seen.state, seen.amount) == (HoldState.HELD, Money(5000, EUR))


async def saved(provider: SavesMethods, number: str = "4242 4242 4242 4242") -> SavedMethod:
    order = SaveOrder(
        once=key(),
        reference="driver-1",
        currency="EUR",
        return_url="http://127.0.0.1:1/me",
        cancel_url="http://127.0.0.1:1/me",
    )
    page = await provider.save(order)
    assert page == await provider.save(order)
    assert not isinstance(page, Declined)
    assert page.state is SavingState.AWAITING
    await pay(page.hosted_url, number)
    seen = await provider.fetch_saving(page.ref)
    assert (seen.state, seen.reference) == (SavingState.SAVED, "driver-1")
    assert seen.card is not None
    assert seen.card.last4 == number[-4:]
    assert seen.saved is not None
    return seen.saved


def on(method: SavedMethod, **more: Any) -> Any:
    order = hold_order(**more)
    return type(order)(
        **{name: getattr(order, name) for name in order.__slots__} | {"saved": method}
    )


async def test_a_saved_method_is_charged_later_without_its_driver(provider: Closable) -> None:
    order = on(await saved(able(provider, "saved_methods")), reference="payment-9")

    seen, again = await provider.open_hold(order), await provider.open_hold(order)

    assert isinstance(seen, HoldSeen)
    assert seen == again
    assert (seen.state, seen.reference, seen.hosted_url) == (HoldState.HELD, "payment-9", "")
    taken = await provider.capture(capture(seen.ref, 1166))
    assert isinstance(taken, HoldSeen)
    assert taken.captured == Money(1166, EUR)


async def test_a_hold_on_a_saved_method_is_let_go_like_any_other(provider: Closable) -> None:
    seen = await provider.open_hold(on(await saved(able(provider, "saved_methods"))))
    assert isinstance(seen, HoldSeen)

    answer = await provider.release(ReleaseOrder(once=key(), ref=seen.ref))

    assert isinstance(answer, HoldSeen)
    assert answer.state is HoldState.VOIDED


async def test_a_bank_that_wants_to_see_the_driver_declines_without_them(
    provider: Closable,
) -> None:
    method = await saved(able(provider, "saved_methods"), WANTS_ITS_DRIVER)

    answer = await provider.open_hold(on(method))

    assert isinstance(answer, Declined)
    assert answer.code == "authentication_required"


async def test_a_forgotten_method_pays_nothing_more(provider: Closable) -> None:
    keeper: SavesMethods = able(provider, "saved_methods")
    method = await saved(keeper)

    await keeper.forget(method)
    await keeper.forget(method)

    assert isinstance(await provider.open_hold(on(method)), Declined)


@pytest.mark.parametrize("won", [True, False], ids=["won", "lost"])
async def test_what_a_bank_takes_back_is_read_until_it_is_judged(
    provider: Closable, bank: ProviderServer, *, won: bool
) -> None:
    hears: HearsDisputes = able(provider, "disputes")
    ref = await held(provider)
    await provider.capture(capture(ref, 1166))
    ref = (await provider.fetch(ref)).ref
    before = await hears.disputes(ref)
    await switch(bank, f"dispute/{ref}")
    was_disputed = (await provider.fetch(ref)).disputed

    [asked] = await hears.disputes(ref)
    [name] = bank.books.disputes
    await switch(bank, f"judge/{name}/{'won' if won else 'lost'}")
    [judged] = await hears.disputes(ref)

    assert (before, was_disputed) == ([], True)
    assert (asked.amount, asked.hold, asked.is_warning) == (Money(1166, EUR), ref, False)
    assert asked.state not in (DisputeState.WON, DisputeState.LOST)
    assert (judged.ref, judged.amount) == (asked.ref, asked.amount)
    assert (judged.state is DisputeState.WON) is won
    assert (await provider.fetch(ref)).disputed is not won


@pytest.mark.parametrize("won", [True, False], ids=["won", "lost"])
async def test_a_dispute_is_read_contested_once_and_judged(
    provider: Closable, bank: ProviderServer, *, won: bool
) -> None:
    takes: TakesEvidence = able(provider, "evidence")
    hears: HearsDisputes = able(provider, "disputes")
    ref = await held(provider)
    await provider.capture(capture(ref, 1166))
    ref = (await provider.fetch(ref)).ref
    await switch(bank, f"dispute/{ref}")

    [asked] = await hears.disputes(ref)
    order = ContestOrder(once=key(), dispute=asked.ref, product="Charging", proof="11.66 EUR")
    sent, again = await takes.contest(order), await takes.contest(order)
    late = await takes.contest(
        ContestOrder(once=key(), dispute=asked.ref, product="Charging", proof="Another story")
    )
    await switch(bank, f"judge/{asked.ref}/{'won' if won else 'lost'}")
    [judged] = await hears.disputes(ref)

    assert asked.state is DisputeState.ASKS
    assert asked.answer_by is not None
    assert sent == again == late
    assert not isinstance(sent, Declined)
    assert sent.state is DisputeState.JUDGED
    evidence = bank.books.disputes[asked.ref].evidence.values()
    assert "11.66 EUR" in evidence
    assert "Another story" not in evidence
    assert judged.state is (DisputeState.WON if won else DisputeState.LOST)


async def test_a_refund_that_its_bank_sends_back_is_seen_as_failed_and_the_others_are_not(
    provider: Closable, bank: ProviderServer
) -> None:
    hears: HearsRefunds = able(provider, "failed_refunds")
    ref = await held(provider)
    await provider.capture(capture(ref, 1000))
    made = []
    for minor in (400, 300):
        order = RefundOrder(once=key(), ref=ref, amount=Money(minor, EUR), reason="goodwill")
        answer = await provider.refund(order)
        assert isinstance(answer, Refunded)
        made.append(answer)
    before = await hears.refunds(ref)

    await switch(bank, f"refund-fails/{made[0].ref}")
    after = {each.ref: each for each in await hears.refunds(ref)}

    assert not any(each.has_failed for each in before)
    assert {each.ref: each.amount.minor for each in before} == {made[0].ref: 400, made[1].ref: 300}
    assert {each: seen.has_failed for each, seen in after.items()} == {
        made[0].ref: True,
        made[1].ref: False,
    }
    assert after[made[0].ref].why
    assert sum(move.amount_minor for move in bank.books.transactions.values()) == 700


async def test_the_balance_tells_each_move_with_its_fee_and_its_payout(
    provider: Closable, bank: ProviderServer
) -> None:
    tells: TellsBalance = able(provider, "balance")
    ref = await held(provider)
    await provider.capture(capture(ref, 1000))
    ref = (await provider.fetch(ref)).ref
    back = RefundOrder(once=key(), ref=ref, amount=Money(400, EUR), reason="goodwill")
    refund = await provider.refund(back)
    await switch(bank, f"dispute/{ref}")
    await switch(bank, "payout/EUR")

    found = (await tells.moves()).moves
    [payout] = await tells.payouts()
    of_payout = (await tells.moves(payout=payout.ref)).moves

    assert isinstance(refund, Refunded)
    assert [(move.kind, move.amount.minor, move.fee.minor) for move in reversed(found)] == [
        (MoveKind.CAPTURE, 1000, 40),
        (MoveKind.REFUND, -400, 0),
        (MoveKind.DISPUTE, -600, 1500),
        (MoveKind.PAYOUT, 1540, 0),
    ]
    assert sum(move.net.minor for move in found) == 0
    assert payout.amount == Money(-1540, EUR)
    assert {move.ref for move in of_payout} == {move.ref for move in found}
    assert {move.hold for move in found if move.kind is not MoveKind.PAYOUT} == {ref}
    assert refund.ref in {move.source for move in found}


async def test_a_share_is_sent_once_and_moves_our_balance(
    provider: Closable, bank: ProviderServer
) -> None:
    sends: SendsShares = able(provider, "transfers")
    ref = await held(provider)
    await provider.capture(capture(ref, 1000))
    order = share()

    first, again = await sends.transfer(order), await sends.transfer(order)
    bank.books.answers.clear()  # their keys are forgotten after some days
    late = await sends.transfer(order)

    assert isinstance(first, Transferred)
    assert first == again == late
    assert first.amount == Money(300, EUR)
    assert isinstance(provider, TellsBalance)
    [move, _] = (await provider.moves()).moves
    assert (move.kind, move.net, move.source) == (MoveKind.TRANSFER, Money(-300, EUR), first.ref)


def share(to: str = "acct_1", minor: int = 300) -> TransferOrder:
    return TransferOrder(
        once=key(), to=to, amount=Money(minor, EUR), reference="H-1", description="October"
    )


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (share(to="acct_restricted"), "insufficient_capabilities_for_transfer"),
        (share(to="nobody"), "resource_missing"),
        (share(minor=1001), "balance_insufficient"),
    ],
    ids=["to an account that is not ready", "to nobody", "of more than there is"],
)
async def test_a_share_that_cannot_be_sent_is_declined_and_moves_nothing(
    provider: Closable, bank: ProviderServer, order: TransferOrder, code: str
) -> None:
    sends: SendsShares = able(provider, "transfers")
    await provider.capture(capture(await held(provider), 1000))

    answer = await sends.transfer(order)

    assert isinstance(answer, Declined)
    assert answer.code == code
    assert not bank.books.transfers


@pytest.mark.patience(2.0)
@pytest.mark.parametrize(
    "fault", ["timeout_before", "timeout_after", "error_500", "error_500_after"]
)
async def test_a_share_of_which_nobody_heard_is_sent_once(
    provider: Closable, bank: ProviderServer, fault: Any
) -> None:
    sends: SendsShares = able(provider, "transfers")
    await provider.capture(capture(await held(provider), 1000))
    bank.faults.set([Fault(on="transfer", kind=fault, times=1)])

    answer = await through(sends.transfer, share())

    assert isinstance(answer, Transferred)
    assert len(bank.books.transfers) == 1


async def test_a_long_balance_comes_in_pages(provider: Closable, bank: ProviderServer) -> None:
    tells: TellsBalance = able(provider, "balance")
    ref = await held(provider)
    await provider.capture(capture(ref, 1000))
    ref = (await provider.fetch(ref)).ref
    await provider.refund(RefundOrder(once=key(), ref=ref, amount=Money(1, EUR), reason="goodwill"))
    for _ in range(103):  # the same, without asking by HTTP each time
        _, page, _ = bank.desk.refund(ref, b'{"amount_minor": 1, "reason": "goodwill"}')
        bank.desk.keep(page)

    first = await tells.moves()
    rest = await tells.moves(before=first.before)

    assert (len(first.moves), len(rest.moves), rest.before) == (100, 5, None)
    assert len({move.ref for move in (*first.moves, *rest.moves)}) == 105


async def test_what_is_asked_again_when_its_key_is_forgotten_is_done_once(
    provider: Closable, bank: ProviderServer
) -> None:
    if provider.name == "simulated":
        pytest.skip("it forgets no key")
    ref, once = await held(provider), key()
    await provider.capture(capture(ref, 1000, once))
    order = RefundOrder(once=key(), ref=ref, amount=Money(400, EUR), reason="goodwill")
    first = await provider.refund(order)

    bank.books.answers.clear()
    taken = await provider.capture(capture(ref, 1000, once))
    again = await provider.refund(order)

    match taken:
        case Declined():
            assert taken.code == Declined.MOVED_ON
        case _:
            assert taken.captured == Money(1000, EUR), "it found what it had done"
    assert first == again
    assert sum(move.amount_minor for move in bank.books.transactions.values()) == 600


@pytest.mark.parametrize("fault", ["error_500", "error_500_after"])
async def test_a_broken_answer_that_is_kept_is_got_round(
    provider: Closable, bank: ProviderServer, fault: Any
) -> None:
    """Whatever was done under the broken answer is found; what was not is done, once."""
    asked = 0
    for place in ("hold", "capture", "refund", "void"):
        bank.faults.set([Fault(on=place, kind=fault, times=1)])
        ref = await held_through(provider)
        if place != "void":
            await through(provider.capture, capture(ref, 1000))
            order = RefundOrder(once=key(), ref=ref, amount=Money(400, EUR), reason="goodwill")
            await through(provider.refund, order)
            asked += 600
        else:
            await through(provider.release, ReleaseOrder(once=key(), ref=ref))
            assert (await provider.fetch(ref)).state is HoldState.VOIDED

    assert sum(move.amount_minor for move in bank.books.transactions.values()) == asked


async def held_through(provider: Closable) -> str:
    seen = await through(provider.open_hold, hold_order())
    await pay(seen.hosted_url)
    return str(seen.ref)


async def through(ask: Any, order: Any) -> Any:
    """Ask until there is an answer, as the house's rounds do."""
    for _ in range(3):
        try:
            return await ask(order)
        except ProviderSilent:
            continue
    raise AssertionError("it stays silent")
