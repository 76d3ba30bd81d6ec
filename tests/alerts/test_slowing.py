"""Ann's car charges slowly of a sudden: she is told, once, and with what is known of why."""

from datetime import timedelta

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.payments.scene import Scene
from voltway.alerts.model_events import visit_holder
from voltway.sessions import slowing
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
        async with scene.begin() as work:
            await work.run(
                "INSERT INTO session_state (session_id, party_id, at, charging, by_vehicle)"
                " SELECT id, party_id, $1, false, false FROM session",
                work.now,
            )
        await minute_by_minute(scene, [0] * 4)

    [shown] = [each for each in phone.shown if each["title"] == "Your car charges slowly"]
    assert "0\N{NO-BREAK SPACE}kW instead of 11" in shown["body"]
    assert "The station limits the power." in shown["body"]


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
