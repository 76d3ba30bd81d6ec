"""What is corrected after its bill is heard by billing, each time once."""

from datetime import timedelta

from tests.billing.test_adjusting import billed, card
from tests.billing.words import NO, charged, owes
from tests.payments.scene import Scene
from voltway.billing import actions, correcting, store_corrections
from voltway.billing.store_corrections import Correction, Outcome
from voltway.kernel.ids import SessionId
from voltway.kernel.money import EUR, Money
from voltway.kernel.units import EnergyWh
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionCorrected


async def heard(scene: Scene, session: SessionId) -> list[Correction]:
    await scene.settles()
    async with scene.begin() as work:
        return await store_corrections.of_session(work, session)


async def test_a_reading_that_makes_a_bill_higher_goes_to_review_with_what_changed(
    scene: Scene,
) -> None:
    session = await billed(scene, await card(scene))
    await scene.meters(67_000, seq=2)

    [one] = await heard(scene, session)

    assert one.outcome is Outcome.REVIEW
    assert one.changed[0] == "Energy: 15 kWh billed, 17 kWh now."
    assert one.changed[-1] == "Amount: 7.35 EUR billed, 8.33 EUR now."
    assert await scene.count("adjustment_view") == 0


async def test_a_reading_that_changes_no_bill_is_heard_and_nothing_follows(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()
    scene.clock.jump(timedelta(hours=1))
    await scene.meters(60_000, seq=7)

    found = await heard(scene, session)

    assert [(each.outcome, each.changed) for each in found] == [(Outcome.SAME, ())]


async def test_told_twice_a_correction_is_heard_once(scene: Scene) -> None:
    session = await billed(scene, await card(scene))
    await scene.meters(67_000, seq=2)
    [one] = await heard(scene, session)
    fact = SessionCorrected(
        party=one.party,
        at=one.heard_at,
        session=session,
        energy_wh=EnergyWh(17_000),
        doubt=one.came,
    )
    for _ in range(2):
        async with scene.begin() as work:
            await correcting.hears_session_corrected(work, [fact])

    assert await heard(scene, session) == [one]


async def test_what_is_less_and_beyond_doubt_is_given_back_by_the_house(scene: Scene) -> None:
    _, payment, session = await charged(scene)
    await scene.settles()
    async with scene.begin() as work:  # it began later than it said first
        await work.run("UPDATE session SET begin_wh = 60000 WHERE id = $1", session)
        record = await sessions.record_of(work, session)
    fact = SessionCorrected(
        party=record.party,
        at=scene.now,
        session=session,
        energy_wh=record.energy_wh,
        doubt="energy",
    )
    async with scene.begin() as work:
        await correcting.hears_session_corrected(work, [fact])

    [one] = await heard(scene, session)

    async with scene.begin() as work:
        after = await actions.bill_standing(work, session)
    assert record.held_by == ()
    assert one.outcome is Outcome.ADJUSTED
    assert one.changed == (
        "Energy: 20 kWh billed, 10 kWh now.",
        "Amount: 9.80 EUR billed, 4.90 EUR now.",
    )
    assert after is not None
    assert after.adjustments[-1].by == correcting.HOUSE
    assert not after.is_another
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO
    assert await owes(scene, "provider:simulated:due") == Money(490, EUR)
