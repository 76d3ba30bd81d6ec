"""Who pays while somebody without a visit is started at the bay: outrun, and let go."""

import pytest

from tests.payments.scene import Scene
from voltway.kernel.ids import TokenUid
from voltway.payments.model import PaymentState, Why
from voltway.stations import actions as stations
from voltway.stations.orders import StartCharging

ANOTHER = TokenUid("DE-AUR-C00000001-5")


@pytest.mark.parametrize("bay", [1, 2])
async def test_a_start_that_a_partner_or_an_operator_ordered_at_this_bay_outruns_who_pays(
    scene: Scene, bay: int
) -> None:
    visit = await scene.opens()
    async with scene.begin() as work:
        start = StartCharging(bay, ANOTHER)
        await stations.place_order(work, scene.station.station.id, start, "partner Aurora")

    await scene.pays(visit)
    await scene.settles()
    payment = await scene.payment(visit)

    if bay == 1:
        assert (payment.state, payment.why) == (PaymentState.RELEASED, Why.OUTRUN)
        assert payment.order is None
    else:
        assert payment.state is PaymentState.HELD
        assert payment.order is not None


async def test_an_operator_who_starts_a_visit_by_hand_does_not_outrun_it(scene: Scene) -> None:
    visit = await scene.opens()
    token = (await scene.payment(visit)).token
    async with scene.begin() as work:
        start = StartCharging(1, token)
        await stations.place_order(work, scene.station.station.id, start, "Olga")

    payment = await scene.pays(visit)

    assert payment.state is PaymentState.HELD


async def test_a_start_by_hand_that_was_taken_back_outruns_nobody(scene: Scene) -> None:
    visit = await scene.opens()
    async with scene.begin() as work:
        start = StartCharging(1, ANOTHER)
        order = await stations.place_order(work, scene.station.station.id, start, "Olga")
        await stations.cancel_order(work, order)

    payment = await scene.pays(visit)

    assert payment.state is PaymentState.HELD
