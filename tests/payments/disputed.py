"""Banks that take back what was collected, for the tests of what becomes of it."""

from collections.abc import Mapping

from tests.payments.balances import in_books
from tests.payments.scene import Scene
from voltway.billing import disputed_debts
from voltway.payments import disputing
from voltway.payments.model_disputes import CameBack, CollectionDisputed, TakenBack
from voltway.runtime.work import BeginWork, Row
from voltway_world.provider.stripe.desk import StripeDesk


def hears_disputes(scene: Scene) -> None:
    """Plug in what hears of disputes, as the house does."""

    async def read(begin: BeginWork, body: Mapping[str, str]) -> None:
        await disputing.read_job(begin, scene.provider, body)

    scene.bus.watch_many("disputed", [CollectionDisputed], disputing.hears_collection_disputed)
    scene.bus.watch_many("taken_back", [TakenBack, CameBack], disputed_debts.hears_taken)
    scene.jobs.handle(disputing.JOB, read)


async def disputes(scene: Scene, hold: str | None, minor: int | None = None) -> str:
    """A bank takes a hold back (or so much of it), and tells of it; its name for that."""
    dispute = StripeDesk(scene.bank.desk).open_dispute(hold or "", minor)
    await scene.bank.told()
    await scene.settles()
    return dispute.id


async def judged(scene: Scene, dispute: str, *, won: bool) -> None:
    """The bank judges, and the round reads it: twice, and both times the same."""
    StripeDesk(scene.bank.desk).judge(dispute, won=won)
    for _ in range(2):
        scene.clock.jump(disputing.LOOK_EVERY)
        await disputing.look_again(scene.begin, scene.provider)
    await scene.settles()


async def kept(scene: Scene) -> list[Row]:
    async with scene.begin() as work:
        return list(await work.all("SELECT * FROM dispute_view ORDER BY opened_at, id"))


async def cost(scene: Scene) -> int:
    """What disputes cost us, by the books."""
    return -await in_books(scene, "cost:disputes")
