"""A session of which nobody can say what it took keeps no other car from being told full."""

from datetime import timedelta

from structlog.testing import capture_logs

from tests.alerts.test_full import COMPLETE, Guest, guest, service  # noqa: F401 - fixtures too
from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.sessions import full
from voltway.stations.reports import Context, Metered, Started


async def another_breaks(guest: Guest) -> None:  # noqa: F811
    """Another car stands at the other bay, and what its station told of it began before time."""
    scene, ref = guest.scene, TransactionRef("tx-2")
    start = Started(
        ref=ref,
        evse=2,
        connector=1,
        token=TokenUid("04A1B2C3"),
        at=scene.now - timedelta(minutes=30),
        readings=(scene.reading(10_000, Context.BEGIN),),
        seq=0,
        charging=True,
    )
    await scene.told(start)
    stands = Metered(
        ref=ref,
        evse=2,
        readings=(scene.reading(20_000, Context.PERIODIC),),
        at=scene.now,
        seq=1,
        charging=False,
        by_vehicle=True,
    )
    await scene.told(stands)
    async with scene.begin() as work:
        await work.run(
            "INSERT INTO session_state (session_id, party_id, at, charging, by_vehicle)"
            " SELECT id, party_id, '-infinity', false, true FROM session WHERE ref = 'tx-2'"
        )


async def test_a_session_whose_look_breaks_keeps_no_other_from_being_told(
    guest: Guest,  # noqa: F811
) -> None:
    await guest.told(60_000, charging=False)
    await another_breaks(guest)

    with capture_logs() as logged:
        guest.scene.clock.jump(timedelta(seconds=61))
        await full.look(guest.scene.begin)
        await guest.scene.settles()

    broken = [each for each in logged if each["event"] == "session_look_failed"]
    assert [each["round"] for each in broken] == ["full"]
    assert guest.titles() == [COMPLETE]
