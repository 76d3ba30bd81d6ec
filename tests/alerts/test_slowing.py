"""Ann's car charges slowly of a sudden: she is told, once, and with what is known of why."""

import json
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.payments.scene import Scene
from voltway.alerts.model_events import visit_holder
from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.ocpp.reading import read
from voltway.ocpp.v201.dialect import event
from voltway.ocpp.v201.wire import TransactionEventRequest
from voltway.sessions import slowing
from voltway.stations.reports import Context, Started
from voltway_world.mail import MailCatcher
from voltway_world.push import Phone, PushService


async def minute_by_minute(scene: Scene, powers: list[int]) -> None:
    """A station tells what power flows, each minute, and the rounds go."""
    for power in powers:
        scene.clock.jump(timedelta(minutes=1))
        async with scene.begin() as work:
            await work.run(
                "UPDATE session SET power_w = $1, heard_at = $2 WHERE ended_at IS NULL",
                power,
                work.now,
            )
        await slowing.look(scene.begin)
        await scene.settles()


async def tells_flow(scene: Scene, seq: int, state: str, *, seconds: int = 0) -> None:
    """A station of 2.x tells its charging state (part 2 ChargingStateEnumType)."""
    scene.clock.jump(timedelta(seconds=seconds))
    said = {
        "eventType": "Updated",
        "timestamp": scene.now.isoformat(),
        "triggerReason": "ChargingStateChanged",
        "seqNo": seq,
        "transactionInfo": {"transactionId": "tx-1", "chargingState": state},
        "evse": {"id": 1},
    }
    message, _ = read(TransactionEventRequest, json.dumps(said).encode())
    await scene.told(event(message, []))


async def breaks_another(scene: Scene) -> None:
    """Of another car, by direct current at the other bay, the last look was at the end of time."""
    start = Started(
        ref=TransactionRef("tx-2"),
        evse=2,
        connector=1,
        token=TokenUid("04A1B2C3"),
        at=scene.now,
        readings=(scene.reading(10_000, Context.BEGIN),),
        seq=0,
        charging=True,
    )
    await scene.told(start)
    await minute_by_minute(scene, [11_000])
    async with scene.begin() as work:
        await work.run("UPDATE evse SET current = 'DC' WHERE number = 2")
        await work.run(
            "UPDATE session_slowing SET seen_at = 'infinity' WHERE session_id ="
            " (SELECT id FROM session WHERE ref = 'tx-2')"
        )


async def charges(scene: Scene, mail: MailCatcher, service: PushService) -> Phone:
    plug_events(scene, settings_for(mail))
    payment = await scene.pays(await scene.opens())
    phone, _ = await has_phone(scene, service, visit_holder(payment.id))
    await scene.starts(payment.token)
    return phone


async def test_who_charges_slowly_of_a_sudden_is_told_once(scene: Scene, mail: MailCatcher) -> None:
    async with PushService() as service:
        phone = await charges(scene, mail, service)
        await minute_by_minute(scene, [11_000] * 4 + [4_200] * 12)

    [shown] = [each for each in phone.shown if each["title"] == "Your car charges slowly"]
    assert (
        "Market Square: 4.2\N{NO-BREAK SPACE}kW instead of 11\N{NO-BREAK SPACE}kW."
        in (shown["body"])
    )
    assert "The car or the station takes it back." in shown["body"]


async def test_who_is_given_nothing_by_their_station_is_told_that(
    scene: Scene, mail: MailCatcher
) -> None:
    async with PushService() as service:
        phone = await charges(scene, mail, service)
        await minute_by_minute(scene, [11_000] * 2)
        await tells_flow(scene, 1, "SuspendedEVSE")
        await minute_by_minute(scene, [0] * 4)

    [shown] = [each for each in phone.shown if each["title"] == "Your car charges slowly"]
    assert "0\N{NO-BREAK SPACE}kW instead of 11" in shown["body"]
    assert "The station limits the power." in shown["body"]


@pytest.mark.parametrize("said", ["SuspendedEV", "EVConnected", "Idle"])
async def test_a_car_that_stopped_by_itself_or_is_only_plugged_in_is_not_slow(
    scene: Scene, mail: MailCatcher, said: str
) -> None:
    async with PushService() as service:
        phone = await charges(scene, mail, service)
        await minute_by_minute(scene, [11_000] * 3 + [4_000] * 2)
        await tells_flow(scene, 1, said)
        await minute_by_minute(scene, [0] * 12)

    assert "Your car charges slowly" not in [each["title"] for each in phone.shown]


async def test_what_a_station_withheld_before_the_car_was_only_plugged_in_counts_no_more(
    scene: Scene, mail: MailCatcher
) -> None:
    async with PushService() as service:
        phone = await charges(scene, mail, service)
        await minute_by_minute(scene, [11_000] * 2)
        await tells_flow(scene, 1, "SuspendedEVSE")
        await tells_flow(scene, 2, "EVConnected", seconds=20)
        await minute_by_minute(scene, [0] * 4)

    assert "Your car charges slowly" not in [each["title"] for each in phone.shown]


async def test_a_session_whose_look_breaks_keeps_no_other_from_being_looked_at(
    scene: Scene, mail: MailCatcher
) -> None:
    async with PushService() as service:
        phone = await charges(scene, mail, service)
        await minute_by_minute(scene, [11_000] * 2)
        await breaks_another(scene)
        with capture_logs() as logged:
            await minute_by_minute(scene, [11_000] + [4_200] * 7)

    broken = [each for each in logged if each["event"] == "session_look_failed"]
    assert {each["round"] for each in broken} == {"slowing"}
    assert len(broken) == 2, "it is put off, and not tried each minute"
    assert "Your car charges slowly" in [each["title"] for each in phone.shown]


async def test_sessions_that_are_over_are_looked_at_no_more(
    scene: Scene, mail: MailCatcher
) -> None:
    async with PushService() as service:
        await charges(scene, mail, service)
        await minute_by_minute(scene, [11_000] * 2)
        assert await scene.count("session_slowing") == 1
        await scene.ends(60_000)
        await minute_by_minute(scene, [11_000] * 2)

    assert await scene.count("session_slowing") == 0
