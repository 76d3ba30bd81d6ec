"""What comes after a bill: a signed adjustment with its evidence, or the bill left as it is."""

from datetime import timedelta

import asyncpg
import pytest

from tests.billing import ocpi_strict
from tests.billing.ocpi_strict import both
from tests.billing.words import NO, owes, receipt, state
from tests.network import a_token
from tests.payments.scene import Scene
from voltway.billing import actions, ocpi_cdr
from voltway.billing.actions import Made, NeverRaised, NothingToAdjust
from voltway.billing.model import SettlementState
from voltway.billing.rules_review import NoReasonForDecision
from voltway.kernel.ids import SessionId, TokenUid
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger

WHY = "The last register came late."


async def billed(scene: Scene, token: TokenUid) -> SessionId:
    """A session of 15 kWh whose end told no register: billed by its last reading, 7.35 EUR."""
    session = await scene.starts(token)
    scene.clock.jump(timedelta(minutes=60))
    await scene.meters(65_000)
    await scene.ends(None, seq=3, minutes=1)
    for _ in range(5):
        scene.clock.jump(timedelta(minutes=10))
        await scene.sweeps()
        await scene.settles()
    assert await state(scene, session) is SettlementState.DONE
    _, made = await receipt(scene, session)
    assert made.total_minor == 735
    return session


async def card(scene: Scene) -> TokenUid:
    async with scene.begin() as work:
        return (await a_token(work, scene.station.party)).uid


async def test_a_late_reading_makes_a_signed_adjustment_a_credit_note_and_a_credit_cdr(
    scene: Scene,
) -> None:
    payment = await scene.pays(await scene.opens())
    session = await billed(scene, payment.token)
    await scene.meters(62_000, seq=2)  # 12 kWh: 5.88 EUR

    async with scene.begin() as work:
        made = await actions.adjust(work, session, Made.ADJUSTED, reason=WHY, by="Olga")
    await scene.settles()

    assert (made.before_minor, made.after_minor, made.delta_minor) == (735, 588, -147)
    assert (made.before_wh, made.told_wh) == (15_000, 12_000)
    assert await scene.count("document_view WHERE kind = 'credit_note' AND total_minor = 147") == 1
    async with scene.begin() as work:
        after = await work.one("SELECT captured_minor, refunded_minor FROM payment_view")
        kept = await actions.kept_cdrs_of(work, session)
        assert (await ledger.trial_balance(work)).balances
    assert after is not None
    assert (after["captured_minor"], after["refunded_minor"]) == (735, 147)
    assert await owes(scene, f"driver:{payment.id}:receivable") == NO
    for version in ocpi_cdr.VERSIONS:
        first, credit, fresh = (
            ocpi_strict.read(ocpi_cdr.json_text(each.record, version), version) for each in kept
        )
        assert credit.credit_reference_id == first.id
        assert both(credit.total_cost) == tuple(-part for part in both(first.total_cost))
        assert both(fresh.total_cost)[1] * 100 == 588
        assert fresh.total_energy == 12
        assert fresh.credit is None
    assert kept[0].credited_by == kept[1].id


async def test_what_was_never_paid_is_taken_off_what_is_owed(scene: Scene) -> None:
    session = await billed(scene, await card(scene))
    await scene.meters(62_000, seq=2)

    async with scene.begin() as work:
        await actions.adjust(work, session, Made.ADJUSTED, reason=WHY, by="Olga")
    await scene.settles()

    async with scene.begin() as work:
        row = await work.one("SELECT id FROM token_view WHERE kind = 'rfid'")
        assert (await ledger.trial_balance(work)).balances
    assert row is not None
    assert await owes(scene, f"driver:{row['id']}:receivable") == Money(588, EUR)


async def test_a_bill_is_never_raised_and_what_was_left_is_not_asked_again(scene: Scene) -> None:
    session = await billed(scene, await card(scene))
    async with scene.begin() as work:
        with pytest.raises(NothingToAdjust):
            await actions.adjust(work, session, Made.LEFT, reason=WHY, by="Olga")
    await scene.meters(67_000, seq=2)

    async with scene.begin() as work:
        with pytest.raises(NeverRaised):
            await actions.adjust(work, session, Made.ADJUSTED, reason=WHY, by="Olga")
        with pytest.raises(NoReasonForDecision):
            await actions.adjust(work, session, Made.LEFT, reason=" ", by="Olga")
        left = await actions.adjust(work, session, Made.LEFT, reason=WHY, by="Olga")
    async with scene.begin() as work:
        with pytest.raises(NothingToAdjust):
            await actions.adjust(work, session, Made.LEFT, reason=WHY, by="Olga")

    assert (left.before_minor, left.told_minor, left.after_minor) == (735, 833, 735)
    assert await scene.count("ocpi_cdr_view") == 1
    with pytest.raises(asyncpg.RestrictViolationError):
        async with scene.begin() as work:
            await work.run("DELETE FROM adjustment")
