"""A session that cannot be true is held with the reason, and nobody pays before a person looked."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.billing.words import charged, receipt, state
from tests.payments.scene import Scene
from voltway.billing import actions
from voltway.billing.model import SettlementState
from voltway.kernel.ids import SessionId, TransactionRef
from voltway.kernel.units import RegisterWh
from voltway.stations.reports import Context, Ended, Metered, Reading, Started

EPOCH = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


async def started(scene: Scene, wh: int | None) -> SessionId:
    """A driver has paid, and the station says that their car charges."""
    payment = await scene.pays(await scene.opens())
    if wh is not None:
        return await scene.starts(payment.token, wh=wh)
    await scene.told(
        Started(
            ref=TransactionRef("tx-1"),
            evse=1,
            connector=1,
            token=payment.token,
            at=scene.now,
            readings=(),
            seq=0,
        )
    )
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM session_view WHERE ref = 'tx-1'")
    assert row is not None
    return SessionId(row["id"])


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("no reading", "There is no register to bill from."),
        ("a falling register", "The meter's register fell during the session"),
        ("more than it can give", "more energy than this EVSE can give in that time"),
    ],
)
async def test_what_cannot_be_true_is_held_with_the_reason_and_nothing_is_taken(
    scene: Scene, case: str, why: str
) -> None:
    session = await started(scene, None if case == "no reading" else 50_000)
    match case:
        case "no reading":
            await scene.ends(None, minutes=60)
        case "a falling register":
            await scene.ends(20_000, minutes=60)
        case _:
            await scene.ends(9_050_000, minutes=60)
    for _ in range(2):  # a session without its last register waits for late readings at first
        await scene.settles()
        scene.clock.jump(timedelta(hours=1))
        await scene.sweeps()

    assert await state(scene, session) is SettlementState.HELD
    async with scene.begin() as work:
        settlement = await actions.settlement_of(work, session)
        assert await actions.invoice_of(work, session) is None
    assert settlement is not None
    assert why in (settlement.last_trouble or "")
    assert scene.moved_minor == 0


async def test_a_clock_of_1970_is_not_priced_by(scene: Scene) -> None:
    """The time at which we heard it counts."""
    session = await started(scene, 50_000)
    scene.clock.jump(timedelta(minutes=30))
    old = (Reading(EPOCH, register_wh=RegisterWh(55_000), context=Context.PERIODIC),)
    await scene.told(Metered(ref=TransactionRef("tx-1"), evse=1, readings=old, at=EPOCH, seq=1))
    scene.clock.jump(timedelta(minutes=30))
    last = (Reading(EPOCH, register_wh=RegisterWh(70_000), context=Context.END),)
    end = Ended(ref=TransactionRef("tx-1"), reason="Local", at=EPOCH, readings=last, seq=2)
    await scene.told(end)
    await scene.settles()

    _, made = await receipt(scene, session)
    assert made.total_minor == scene.moved_minor == 980
    assert made.visit.duration_s == 3600


async def test_a_clean_session_is_not_held(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()

    assert await state(scene, session) is SettlementState.DONE
