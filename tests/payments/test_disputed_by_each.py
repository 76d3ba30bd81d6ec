"""Whoever took a top-up tells of its dispute; however its news goes astray, it is booked once."""

from collections.abc import AsyncIterator

import pytest

from tests.payments.balances import Ann, comes, in_books
from tests.payments.disputed import hears_disputes, kept
from tests.payments.providers import KINDS, Kind
from tests.payments.scene import Scene
from voltway.payments import disputing
from voltway.payments.choosing import Offer, Providers
from voltway.payments.providers.balance import BalanceProvider
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer
from voltway_world.provider import disputes as bank_of_payer
from voltway_world.provider.faults import Fault

#: What strikes while a dispute is told of and read, the last of them its judgement alone.
FAULTS = {
    "none": None,
    "doubled": Fault(on="webhook", kind="webhook_doubled"),
    "late": Fault(on="webhook", kind="webhook_late", seconds=0.2, times=1),
    "cut": Fault(on="get", kind="reset_connection", times=1),
    "broken": Fault(on="get", kind="error_500", times=1),
}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
async def provider(
    kind: Kind, database: Database, bank: ProviderServer
) -> AsyncIterator[Providers]:
    adapter = kind.speaks_to(bank)
    yield Providers([Offer(provider=adapter)], own=[BalanceProvider(database.begin)])
    await adapter.close()


@pytest.fixture
async def ann(scene: Scene, provider: Providers) -> Ann:
    hears_disputes(scene)
    return await comes(scene, provider)


async def is_told(scene: Scene) -> None:
    """Until each webhook was heard, whatever went wrong before; and what follows of them."""
    await scene.bank.told()
    await scene.settles()


@pytest.mark.parametrize("struck", FAULTS.values(), ids=FAULTS)
async def test_what_a_bank_takes_and_gives_back_is_booked_once_by_each_provider(
    ann: Ann, kind: Kind, struck: Fault | None
) -> None:
    scene = ann.scene
    top_up = await ann.tops_up(2000)
    scene.bank.faults.set([struck] if struck else [])

    dispute = bank_of_payer.open_dispute(scene.bank.desk, top_up.ref or "")
    await is_told(scene)
    scene.bank.faults.set([])
    scene.clock.jump(disputing.LOOK_EVERY)  # what was not read at once is read by a later job
    await scene.settles()
    taken = (await ann.balance(), await in_books(scene, f"provider:{kind.name}:due"))
    bank_of_payer.judge(scene.bank.desk, dispute.id, won=True)
    await is_told(scene)
    for _ in range(2):
        scene.clock.jump(disputing.LOOK_EVERY)
        await disputing.look_again(scene.begin, ann.given)

    assert taken == ((0, 0), 0)
    assert (await ann.balance(), await ann.books()) == ((2000, 0), 2000)
    assert await in_books(scene, f"provider:{kind.name}:due") == -2000
    assert len(await kept(scene)) == 1
