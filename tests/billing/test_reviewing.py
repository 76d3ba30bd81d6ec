"""What a person decides of a doubtful session: by its readings, another energy, or free."""

from datetime import timedelta

import asyncpg
import pytest

from tests.billing.words import receipt, state
from tests.payments.scene import Scene
from voltway.billing import actions, documents
from voltway.billing.actions import Choice, NothingToDecide
from voltway.billing.model import Settlement, SettlementState
from voltway.billing.rules_review import MoreThanCanBe, NoEnergyChosen, NoReasonForDecision
from voltway.kernel.ids import SessionId
from voltway.payments.model import PaymentState

WHY = "The installer had connected a load bank."


async def held(scene: Scene) -> tuple[SessionId, Settlement]:
    """A visit whose meter tells of more than its EVSE can give: 50 kWh in half an hour."""
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    scene.clock.jump(timedelta(minutes=10))
    await scene.meters(53_000)
    await scene.ends(100_000, seq=2, minutes=20)
    await scene.settles()
    assert await state(scene, session) is SettlementState.HELD
    async with scene.begin() as work:
        settlement = await actions.settlement_of(work, session)
    assert settlement is not None
    return session, settlement


@pytest.mark.parametrize(
    ("choice", "energy_wh", "billed_wh", "total_minor"),
    [
        (Choice.READINGS, None, 11_550, 566),  # cut at what 22 kW give in half an hour
        (Choice.ENERGY, 6_000, 6_000, 294),
        (Choice.FREE, None, 11_550, 0),
    ],
)
async def test_a_held_session_is_billed_as_it_was_decided(
    scene: Scene, choice: Choice, energy_wh: int | None, billed_wh: int, total_minor: int
) -> None:
    session, settlement = await held(scene)

    async with scene.begin() as work:
        await actions.decide(
            work, settlement.id, choice, reason=WHY, by="Olga", energy_wh=energy_wh
        )
    await scene.settles()

    _, made = await receipt(scene, session)
    assert (made.visit.energy_wh, made.total_minor) == (billed_wh, total_minor)
    assert scene.moved_minor == total_minor
    async with scene.begin() as work:
        cdr = await actions.cdr_of(work, session)
        decision = await actions.decision_of(work, settlement.id)
        standing = await actions.bill_standing(work, session)
    assert standing is not None
    assert not standing.is_another, "what was decided stands, whatever the readings say"
    assert cdr is not None
    frozen = documents.cdr(cdr.document).decided
    assert frozen is not None
    assert (frozen.choice, frozen.energy_wh, frozen.reason) == (choice, energy_wh, WHY)
    assert "Olga" not in cdr.document.decode()
    assert decision is not None
    assert (decision.by, decision.reason) == ("Olga", WHY)
    assert decision.doubts
    if not total_minor:
        async with scene.begin() as work:
            payment = await work.one("SELECT state FROM payment_view")
        assert payment is not None
        assert payment["state"] == PaymentState.RELEASED


async def test_a_decision_needs_a_reason_and_an_energy_that_can_be(scene: Scene) -> None:
    _, settlement = await held(scene)
    wrong: list[tuple[Choice, str, int | None, type[Exception]]] = [
        (Choice.FREE, "  ", None, NoReasonForDecision),
        (Choice.ENERGY, WHY, None, NoEnergyChosen),
        (Choice.ENERGY, WHY, -1, NoEnergyChosen),
        (Choice.ENERGY, WHY, 11_551, MoreThanCanBe),
    ]
    for choice, reason, energy_wh, refusal in wrong:
        async with scene.begin() as work:
            with pytest.raises(refusal):
                await actions.decide(
                    work, settlement.id, choice, reason=reason, by="Olga", energy_wh=energy_wh
                )


async def test_a_held_session_is_not_billed_without_a_decision_and_decided_once(
    scene: Scene,
) -> None:
    session, settlement = await held(scene)
    async with scene.begin() as work:
        await actions.try_again(work, settlement.id)
    await scene.settles()
    assert await state(scene, session) is SettlementState.HELD, "looked at, and held again"
    async with scene.begin() as work:
        await actions.decide(work, settlement.id, Choice.FREE, reason=WHY, by="Olga")
    async with scene.begin() as work:
        with pytest.raises(NothingToDecide):
            await actions.decide(work, settlement.id, Choice.READINGS, reason="No", by="Per")
    with pytest.raises(asyncpg.RestrictViolationError):
        async with scene.begin() as work:
            await work.run("UPDATE review_decision SET choice = 'readings'")
