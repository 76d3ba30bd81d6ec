"""Who stands without charging is told before it costs, and when it does, also at night."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.alerts.phones import has_phone, plug_events
from tests.alerts.test_alerts import alerts, settings_for
from tests.conftest import NOON
from tests.payments.scene import TARIFF, Scene
from voltway.alerts import wishing
from voltway.alerts.model import AlertState
from voltway.alerts.model_events import visit_holder
from voltway.kernel.ids import TransactionRef
from voltway.kernel.money import EUR
from voltway.sessions import standing
from voltway.sessions.standing import SessionFeeBegan
from voltway.stations.reports import Context, Metered
from voltway.tariffs import actions as tariffs
from voltway_world.mail import MailCatcher
from voltway_world.push import Phone, PushService

#: Standing is free for twenty minutes.
PATIENT = TARIFF.replace(
    '"step_size": 1},\n',
    '"step_size": 1}]}, {"voltway_idle": {"grace": 1200}, "price_components": [',
)
SAID = ("Standing will soon cost", "The idle fee runs")


@pytest.fixture
async def phone(scene: Scene, mail: MailCatcher) -> AsyncIterator[Phone]:
    """The phone of a guest whose car charges where standing is free at first."""
    plug_events(scene, settings_for(mail))
    async with scene.begin() as work:
        await tariffs.add_version(work, scene.station.party.id, PATIENT)
    async with PushService() as service:
        payment = await scene.pays(await scene.opens())
        holder = visit_holder(payment.id)
        phone, _ = await has_phone(scene, service, holder)
        async with scene.begin() as work:
            await wishing.set_quiet(work, holder, "UTC", "00:00", "23:59")
        await scene.starts(payment.token)
        scene.clock.jump(timedelta(minutes=30))
        yield phone


async def tells(scene: Scene, seq: int, *, charging: bool, by_vehicle: bool = True) -> None:
    """The station tells whether energy flows."""
    told = Metered(
        ref=TransactionRef("tx-1"),
        evse=1,
        readings=(scene.reading(60_000 + seq, Context.PERIODIC),),
        at=scene.now,
        seq=seq,
        charging=charging,
        by_vehicle=by_vehicle,
    )
    await scene.told(told)


async def looks(scene: Scene, *, minutes: float = 0) -> None:
    """Time passes, and the round looks; twice, as another process does too."""
    scene.clock.jump(timedelta(minutes=minutes))
    await standing.look(scene.begin)
    await standing.look(scene.begin)
    await scene.settles()


def titles(phone: Phone) -> list[str]:
    """What was shown of standing."""
    return [
        each["title"]
        for each in phone.shown
        if each["title"] in ("Standing will soon cost", "The idle fee runs")
    ]


async def test_it_is_told_ten_minutes_before_standing_costs_and_when_it_does(
    scene: Scene, phone: Phone
) -> None:
    await tells(scene, 1, charging=False)
    await looks(scene, minutes=1)
    assert titles(phone) == []

    await looks(scene, minutes=9)
    assert titles(phone) == ["Standing will soon cost"]
    assert "14:50 on €0.10 per minute" in phone.shown[-1]["body"]

    for _ in range(4):
        await looks(scene, minutes=3)
    assert titles(phone) == ["Standing will soon cost", "The idle fee runs"]
    assert "since 14:50 €0.10 per minute" in phone.shown[-1]["body"]


async def test_that_standing_costs_is_told_each_time_it_begins_however_soon(
    scene: Scene, phone: Phone
) -> None:
    await tells(scene, 1, charging=False)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id, party_id FROM session")
    for minutes in (0, 5, 5):
        began = SessionFeeBegan(
            party=row["party_id"],
            at=scene.now,
            session=row["id"],
            begins=NOON + timedelta(minutes=minutes),
            per_minute=Decimal("0.10"),
            currency=EUR,
        )
        async with scene.begin() as work:
            await work.announce([began])
        await scene.settles()
        scene.clock.jump(timedelta(minutes=1))

    assert titles(phone) == ["The idle fee runs"] * 2


async def test_a_car_that_charges_again_in_time_is_told_nothing(scene: Scene, phone: Phone) -> None:
    await tells(scene, 1, charging=False)
    await looks(scene, minutes=5)
    await tells(scene, 2, charging=True)

    await looks(scene, minutes=30)

    assert titles(phone) == []
    assert await scene.count("session_standing") == 0


async def test_what_the_station_withholds_costs_nothing_and_is_not_told(
    scene: Scene, phone: Phone
) -> None:
    await tells(scene, 1, charging=False, by_vehicle=False)

    await looks(scene, minutes=45)

    assert titles(phone) == []


async def test_who_is_gone_before_it_is_told_is_not_told(scene: Scene, phone: Phone) -> None:
    await tells(scene, 1, charging=False)
    scene.clock.jump(timedelta(minutes=12))
    await standing.look(scene.begin)
    await scene.ends(60_001, minutes=1, seq=2)

    await scene.settles()

    assert titles(phone) == []
    dropped = [each for each in await alerts(scene) if each.state is AlertState.DROPPED]
    assert "The car charged again or was gone before it was told." in {
        each.last_trouble for each in dropped
    }
