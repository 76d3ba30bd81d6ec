"""Banks that send refunds back days later, for the tests of what becomes of it."""

import asyncio
from collections.abc import Mapping
from typing import Final

from tests.payments.scene import PATIENCE_S, Scene
from voltway.kernel.ids import OnceKey, PaymentId
from voltway.kernel.money import EUR, Money
from voltway.payments import actions, returning
from voltway.payments.model_returned import RefundReturned
from voltway.payments.provider import Declined, Refunded
from voltway.runtime.work import BeginWork, Row

#: What webhooks told of refunds that failed, and was acted on.
HEARD: Final = """webhook_event_view WHERE acted_at IS NOT NULL
    AND kind IN ('refund.failed', 'refund.updated', 'charge.refund.updated')"""


def hears_returns(scene: Scene) -> list[RefundReturned]:
    """Plug in what hears of refunds, as the house does; what is told of them from now on."""
    told: list[RefundReturned] = []

    async def read(begin: BeginWork, body: Mapping[str, str]) -> None:
        await returning.read_job(begin, scene.provider, body)

    async def hears(work: object, facts: list[RefundReturned]) -> None:
        told.extend(facts)

    scene.jobs.handle(returning.JOB, read)
    scene.bus.watch_many("returned", [RefundReturned], hears)  # type: ignore[arg-type]
    return told


async def gives_back(scene: Scene, payment: PaymentId, minor: int, once: str) -> Refunded:
    """Give so much back, and let everybody hear of it."""
    answer = await actions.refund(
        scene.begin,
        scene.provider,
        payment,
        Money(minor, EUR),
        reason="Broken cable",
        once=OnceKey(once),
    )
    assert not isinstance(answer, Declined)
    await scene.settles()
    return answer


async def comes_back(scene: Scene, refund: str) -> None:
    """A bank sends a refund back, and its webhooks are heard."""
    scene.bank.desk.fail_refund(refund)
    times = len([each for each in scene.bank.books.refunds.values() if each.failed])
    told = times * (3 if scene.provider.name == "stripe" else 1)
    async with asyncio.timeout(PATIENCE_S), scene.news:
        while await scene.count(HEARD) < told:
            await scene.news.wait()
    await scene.settles()


async def looks(scene: Scene) -> int:
    """A day passes, and the round goes."""
    scene.clock.jump(returning.LOOK_EVERY)
    return await returning.look_again(scene.begin, scene.provider)


async def kept(scene: Scene) -> list[Row]:
    async with scene.begin() as work:
        return list(await work.all("SELECT * FROM returned_refund_view ORDER BY returned_at, id"))
