"""Money that no report of a provider names: told with its age, and looked for where it may be."""

from datetime import datetime, timedelta

from tests.payments.scene import Scene
from tests.payments.test_payouts import a_sale, file_of, takes
from voltway.kernel.ids import PaymentId
from voltway.payments import unreported


async def _late(scene: Scene) -> list[str]:
    async with scene.begin() as work:
        rows = await unreported.late(work, scene.station.party.id, 10)
    return [row["payment_id"] for row in rows]


async def _until(scene: Scene) -> datetime:
    async with scene.begin() as work:
        row = await work.one("SELECT until FROM payout_named_view")
    assert row is not None
    until: datetime = row["until"]
    return until


async def _told_of_the_first_of_two(scene: Scene) -> PaymentId:
    """A report names one sale, as if of a year ago, and then there is another."""
    await a_sale(scene)
    head, one, out = file_of(scene).splitlines()
    await takes(scene, "\n".join((head, one.replace("2026", "2025", 1), out)))
    return await a_sale(scene, 2)


async def test_what_no_report_names_for_a_week_is_told_with_its_age(scene: Scene) -> None:
    late = await _told_of_the_first_of_two(scene)
    assert await _late(scene) == []
    scene.clock.jump(timedelta(days=8))

    assert await _late(scene) == [str(late)]


async def test_it_is_looked_for_from_what_is_late_on_however_old_that_is(scene: Scene) -> None:
    late = await _told_of_the_first_of_two(scene)
    scene.clock.jump(timedelta(days=100))
    before = await _until(scene)

    await unreported.move_on(scene.begin)

    assert before < await _until(scene) < scene.clock.now() - timedelta(days=99)
    assert await _late(scene) == [str(late)]


async def test_once_all_is_named_the_past_is_not_read_any_more(scene: Scene) -> None:
    await _told_of_the_first_of_two(scene)
    scene.clock.jump(timedelta(days=100))
    await takes(scene, file_of(scene))

    await unreported.move_on(scene.begin)

    moved = await _until(scene)
    assert moved == scene.clock.now() - unreported.LATE_AFTER - unreported.BACKDATED_BY
    await unreported.move_on(scene.begin)
    assert await _until(scene) == moved
    assert await _late(scene) == []


async def test_a_report_of_earlier_days_is_looked_behind_too(scene: Scene) -> None:
    await a_sale(scene)
    told = file_of(scene)
    scene.clock.jump(timedelta(days=100))
    await a_sale(scene, 2)
    await takes(scene, file_of(scene))
    await unreported.move_on(scene.begin)
    moved = await _until(scene)

    await takes(scene, told)

    assert await _until(scene) < moved
