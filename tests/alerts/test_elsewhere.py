"""Ben's station fails: he is told where a car like his can charge now, and nothing that cannot."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import settings_for
from tests.network import AStation, a_station
from tests.payments.scene import Scene
from voltway.alerts.model_events import visit_holder
from voltway.kernel.ids import new_id
from voltway.runtime.settings import Settings
from voltway.stations import actions as stations
from voltway.stations.model import LinkClosed, LinkOpened
from voltway.stations.reports import Heard, PortStatus, StatusChanged
from voltway.waiting import lining_up, store_turns
from voltway.waiting.model_turns import Turn, TurnState
from voltway_world.mail import MailCatcher
from voltway_world.push import Phone, PushService

KM_NORTH = 1 / 111.2  # degrees of latitude


@pytest.fixture
async def ben(scene: Scene, mail: MailCatcher) -> AsyncIterator[Phone]:
    """The phone of Ben, whose car charges."""
    plug_events(scene, settings_for(mail))
    async with PushService() as service:
        payment = await scene.pays(await scene.opens())
        phone, _ = await has_phone(scene, service, visit_holder(payment.id))
        await scene.starts(payment.token)
        yield phone


async def another(
    scene: Scene,
    name: str,
    km: float,
    *,
    status: PortStatus = PortStatus.AVAILABLE,
    power_w: int = 22_000,
    here: bool = False,
) -> AStation:
    """A station so far north, in contact, whose only bay says this."""
    mine = scene.station
    async with scene.begin() as work:
        place = (
            mine.location
            if here
            else await stations.add_location(
                work,
                mine.party.id,
                name=name,
                address="Tie 1",
                city="Helsinki",
                country="FIN",
                lat=mine.location.lat + km * KM_NORTH,
                lon=mine.location.lon,
                time_zone="Europe/Helsinki",
                postal_code="00100",
            )
        )
        made = await a_station(work, mine.party, place, evses=1, power_w=power_w)
        await stations.record_links(
            work, [LinkOpened(made.station.id, 1, "2.0.1", "10.0.0.2", scene.now)]
        )
        told = StatusChanged(1, 1, status, scene.now)
        await stations.record_reports(
            work, [Heard(0, made.station.id, "StatusNotification", scene.now, [told])]
        )
    return made


async def why(scene: Scene, ben: Phone) -> str:
    """What Ben reads when a fault ends his charge a few minutes later."""
    await scene.ends(60_000, minutes=5, reason="GroundFault")
    await scene.settles()
    [said] = [each["body"] for each in ben.shown if each["title"] == "Charging stopped early"]
    return str(said)


async def test_who_loses_a_charge_to_a_fault_is_sent_to_the_nearest_free_bays(
    scene: Scene, ben: Phone
) -> None:
    await another(scene, "Far", 12)
    await another(scene, "Near", 0.8)
    await another(scene, "Middle", 3)
    await another(scene, "Too many", 20)

    assert (await why(scene, ben)).endswith(
        "The station had a fault."
        " Free now: Near (0.8\N{NO-BREAK SPACE}km; €0.49 per kWh; 90\N{NO-BREAK SPACE}% sure),"
        " Middle (3\N{NO-BREAK SPACE}km; €0.49 per kWh; 90\N{NO-BREAK SPACE}% sure),"
        " Far (12\N{NO-BREAK SPACE}km; €0.49 per kWh; 90\N{NO-BREAK SPACE}% sure)."
    )


async def test_nobody_is_sent_to_where_a_car_cannot_charge_now(scene: Scene, ben: Phone) -> None:
    await another(scene, "Taken", 1, status=PortStatus.CHARGING)
    await another(scene, "Broken", 1, status=PortStatus.FAULTED)
    await another(scene, "Slow", 1, power_w=3_700)
    await another(scene, "Too far", 45)
    lost = await another(scene, "Lost", 1)
    async with scene.begin() as work:
        await stations.record_links(work, closed=[LinkClosed(lost.station.id, 1, scene.now)])

    assert (await why(scene, ben)).endswith("The station had a fault.")


async def test_nobody_is_sent_to_a_bay_that_is_held_for_who_is_next_in_line(
    scene: Scene, ben: Phone
) -> None:
    held = await another(scene, "Held", 1)
    await another(scene, "Free", 2)
    async with scene.begin() as work:
        await store_turns.add(
            work,
            Turn(
                id=new_id(work.now),
                party=held.party.id,
                key="a-key",
                location=held.location.id,
                power_w_min=0,
                email="ann@example.org",
                locale="en",
                state=TurnState.WAITING,
                ranked_at=work.now,
                lasts_until=work.now + timedelta(hours=1),
                created_at=work.now,
            ),
        )
    await lining_up.move(scene.begin, Settings().heartbeat_s)

    said = await why(scene, ben)

    assert "Free (2" in said
    assert "Held" not in said


async def test_another_station_at_the_same_place_is_named_by_its_bay(
    scene: Scene, ben: Phone
) -> None:
    made = await another(scene, "", 0, here=True)

    said = await why(scene, ben)

    assert f"Free now: {made.evses[1].public_id} (0\N{NO-BREAK SPACE}km; €0.49" in said


async def test_a_station_that_was_not_heard_of_lately_is_not_named(
    scene: Scene, ben: Phone
) -> None:
    await another(scene, "Silent", 1)
    scene.clock.jump(timedelta(minutes=20))

    assert (await why(scene, ben)).endswith("The station had a fault.")
