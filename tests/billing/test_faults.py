"""Whatever fails, and whenever, the provider's books equal ours and no money moves twice."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import get_args

import pytest

from tests.payments.scene import Scene, a_scene
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.payments import actions as payments
from voltway.payments.model import Payment, PaymentState
from voltway.payments.provider import ProviderSilent
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault, Kind, Place

NETWORK: list[Kind] = [
    "timeout_before",
    "timeout_after",
    "error_500",
    "error_500_after",
    "reset_connection",
    "reset_connection_after",
]
WEBHOOKS: list[Kind | None] = [None, "webhook_doubled", "webhook_late", "webhook_lost"]
VERBS: list[Place] = ["hold", "capture", "void", "refund"]

S = PaymentState


@pytest.fixture
async def hasty(
    database: Database, clock: JumpingClock, bank: ProviderServer
) -> AsyncIterator[Scene]:
    """A scene that waits a moment only for answers, for many of them never come."""
    provider = SimulatedProvider(
        bank.url, secret=bank.secret, webhook_secret=bank.webhook_secret, timeout_s=0.25
    )
    async with a_scene(database, clock, bank, provider) as made:
        yield made
    await provider.close()


def every_pair() -> Iterator[tuple[Place, Kind, Kind | None]]:
    """Each verb meets each fault of the network and of webhooks, and these meet each other."""
    for (row, verb), (column, network) in itertools.product(enumerate(VERBS), enumerate(NETWORK)):
        yield verb, network, WEBHOOKS[(row + column) % len(WEBHOOKS)]


async def a_hold_only(scene: Scene, number: int) -> None:
    """The page cannot be opened; the driver goes away."""
    with suppress(ProviderSilent):
        await scene.opens()


async def a_visit_without_a_start(scene: Scene, number: int) -> None:
    await _paid(scene)
    scene.clock.jump(timedelta(minutes=3))
    await scene.sweeps()


async def a_charge(scene: Scene, number: int) -> None:
    await _charged(scene, number)


async def a_charge_given_back(scene: Scene, number: int) -> None:
    payment = await _charged(scene, number)
    with suppress(ProviderSilent):
        await payments.refund(
            scene.begin,
            scene.provider,
            payment.id,
            Money(100, EUR),
            reason="The bay was dark",
            once=OnceKey(f"refund:{number}"),
        )


async def _paid(scene: Scene) -> Payment:
    return await scene.pays(await scene.opens())


async def _charged(scene: Scene, number: int) -> Payment:
    payment = await _paid(scene)
    ref, begin_wh = f"tx-{number}", number * 10_000
    await scene.starts(payment.token, ref=ref, wh=begin_wh)
    await scene.ends(begin_wh + 10_000, ref=ref, minutes=60)
    await scene.settles()
    return payment


VISITS: dict[Place, Callable[[Scene, int], Awaitable[None]]] = {
    "hold": a_hold_only,
    "void": a_visit_without_a_start,
    "capture": a_charge,
    "refund": a_charge_given_back,
}


async def quiet(scene: Scene) -> None:
    """Let the rounds go until nothing is left to do; the driver who went away never pays."""
    for _ in range(4):
        scene.clock.jump(timedelta(minutes=2))
        await scene.sweeps()
        await scene.settles()
    for hold in list(scene.bank.books.holds.values()):
        if hold.status == "requires_payment":
            scene.bank.desk.expire(hold.id)
    scene.clock.jump(timedelta(minutes=2))
    await scene.sweeps()


async def all_payments(scene: Scene) -> list[Payment]:
    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM payment_view")
        return [await payments.payment(work, row["id"]) for row in rows]


async def test_whatever_fails_the_books_of_the_provider_equal_ours(hasty: Scene) -> None:
    scene = hasty
    cases = list(every_pair())
    assert {*NETWORK, *(each for each in WEBHOOKS if each)} == set(get_args(Kind))
    for number, (verb, network, webhook) in enumerate(cases):
        faults = [Fault(on=verb, kind=network, times=1, seconds=5)]
        if webhook is not None:
            faults.append(Fault(on="webhook", kind=webhook, seconds=0.05))
        scene.bank.faults.set(faults)

        await VISITS[verb](scene, number)

        scene.bank.faults.set([])
    await quiet(scene)

    books = scene.bank.books
    found = await all_payments(scene)
    assert len(found) == len(cases)
    for payment in found:
        hold = books.holds[payment.provider_ref or ""]
        assert payment.state in (S.CAPTURED, S.RELEASED, S.EXPIRED)
        assert not payment.hold_open
        assert hold.status != "authorised"
        assert (payment.captured_minor, payment.refunded_minor) == (
            hold.captured_minor,
            hold.refunded_minor,
        )
    captures = [move.hold for move in books.transactions.values() if move.type == "capture"]
    assert len(captures) == len(set(captures)) == len(cases) // 2
    async with scene.begin() as work:
        owed = await ledger.balance(work, Account("provider:simulated:due"))
        trial = await ledger.trial_balance(work)
    assert owed[EUR].minor == scene.moved_minor == 490 * len(captures) - 100 * len(cases) // 4
    assert trial.balances
    assert await scene.count("payment_step WHERE answered_at IS NULL") == 0
    assert await scene.count("settlement_view WHERE state <> 'done'") == 0
    assert await scene.count("invoice_view") == len(captures)
