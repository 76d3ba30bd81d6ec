"""What a visit says of the battery: a charge of now, one that is counted on, or one of then."""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from voltway.kernel.ids import TransactionRef
from voltway.payments.model import Payment
from voltway.stations.reports import Context, Metered
from voltway.vehicles import actions as vehicles
from voltway.vehicles.catalogue import found
from voltway.vehicles.model import Charges

WH: Final = 180  # a minute, by AC


async def tells(scene: Scene, minute: int, soc: int | None, *, charging: bool = True) -> None:
    """A reading, a minute after the last one."""
    scene.clock.jump(timedelta(minutes=1))
    told = replace(scene.reading(50_000 + WH * minute, Context.PERIODIC), soc_percent=soc)
    await scene.told(
        Metered(
            ref=TransactionRef("tx-1"),
            evse=1,
            readings=(told,),
            at=scene.now,
            seq=minute,
            charging=charging,
            by_vehicle=True,
        )
    )


async def told_once(scene: Scene, minutes: int, *, known: bool) -> Payment:
    """A charge whose first reading alone tells how full the car is."""
    payment = await scene.pays(await scene.opens())
    if known:
        car = Charges(payment.party, payment.token, found("polestar 2")[0].id, None, 80, None)
        async with scene.begin() as work:
            await vehicles.charges(work, car)
    await scene.starts(payment.token)
    await scene.settles()
    for minute in range(1, minutes + 1):
        await tells(scene, minute, 42 if minute == 1 else None)
    return payment


async def test_what_the_car_told_just_now_is_that_of_now(browser: Browser, scene: Scene) -> None:
    payment = await told_once(scene, 2, known=True)

    page = await browser.opens(f"/v/{payment.visit_key}")

    assert "42 % now" in words_of(page.text)
    assert "Battery: started at 42\u00a0%, now 42\u00a0%" in page.text
    assert "Estimated" not in words_of(page.text)


async def test_what_was_told_once_is_counted_on_and_said_to_be_an_estimate(
    browser: Browser, scene: Scene
) -> None:
    payment = await told_once(scene, 16, known=True)

    page = await browser.opens(f"/v/{payment.visit_key}")
    said = words_of(page.text)

    assert "about 45 %" in said
    assert "Battery: started at 42\u00a0%, now about 45\u00a0%" in page.text
    assert 'class="guess"' in page.text
    assert "Estimated: your car last told 42 %, and we count the energy since." in said
    assert "% now" not in said


async def test_of_a_car_that_nobody_knows_an_old_charge_is_shown_with_its_age(
    browser: Browser, scene: Scene
) -> None:
    payment = await told_once(scene, 21, known=False)

    page = await browser.opens(f"/v/{payment.visit_key}")
    said = words_of(page.text)

    assert "Your car told its charge last 20 min ago" in said
    assert "Battery: started at 42\u00a0%, 42\u00a0% 20\u00a0min ago" in page.text
    assert "3.78 kWh Battery" not in said
    assert f"3.78 kWh {42} %" in said, "the energy is the large figure, not an old percent"
    assert "% now" not in said
    assert "battery, time left" not in said


async def test_while_a_charge_goes_on_unheard_its_percent_is_that_of_then(
    browser: Browser, scene: Scene
) -> None:
    payment = await told_once(scene, 1, known=True)
    scene.clock.jump(timedelta(minutes=7))

    said = await browser.reads(f"/v/{payment.visit_key}")

    assert "Your car told its charge last 7 min ago" in said
    assert "% now" not in said


async def test_a_car_that_stands_has_what_it_told_however_long_ago(
    browser: Browser, scene: Scene
) -> None:
    payment = await told_once(scene, 1, known=True)
    await tells(scene, 2, 80, charging=False)
    scene.clock.jump(timedelta(minutes=50))

    said = await browser.reads(f"/v/{payment.visit_key}")

    assert "80 % battery" in said
    assert "80 % now" in said
