"""Months write themselves: each once, on its day, the oldest first, whatever happens."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.billing.months import a_card, a_customer, charges, in_month, read
from tests.billing.test_hosts import a_host, agreed, hearing
from tests.billing.test_settlements_hosts import TERMS
from tests.payments.scene import Scene
from voltway.billing import monthly, runs
from voltway.billing.model_runs import Run, RunKind
from voltway.billing.rules_statements import NotAMonth
from voltway.kernel.errors import Outage
from voltway.ledger import actions as ledger
from voltway.ledger import closing
from voltway.runtime.work import Row

HELSINKI = ZoneInfo("Europe/Helsinki")


class Power(Outage):
    """The power went."""


@pytest.fixture
def writing(scene: Scene) -> Scene:
    """The scene, whose months write themselves: March has begun."""
    scene.jobs.handle(runs.JOB, monthly.write_job)
    return scene


def at(scene: Scene, text: str) -> None:
    scene.clock.jump_to(datetime.fromisoformat(text).replace(tzinfo=HELSINKI))


async def goes_round(scene: Scene) -> int:
    """The house's round, and what follows of it; how many runs were asked for."""
    asked = await monthly.write_due(scene.begin)
    await scene.settles()
    return asked


async def written(scene: Scene) -> list[tuple[str, date]]:
    async with scene.begin() as work:
        rows = await work.all("SELECT kind, month FROM statement_view ORDER BY number")
    return [(row["kind"], row["month"]) for row in rows]


async def sets(scene: Scene, **given: str) -> None:
    async with scene.begin() as work:
        await monthly.change(work, scene.station.party, given, by="Aino")


async def test_a_month_is_written_on_its_day_of_the_partys_zone_and_not_before(
    writing: Scene,
) -> None:
    card = await a_card(writing, "04AAAA01")
    await a_customer(writing, [card])
    await goes_round(writing)
    await charges(writing, card, "2026-03-05T10:00")

    at(writing, "2026-04-03T06:59")
    assert await goes_round(writing) == 0
    at(writing, "2026-04-03T07:00")
    assert await goes_round(writing) == 2
    assert await goes_round(writing) == 0

    assert await written(writing) == [("statement", date(2026, 3, 1))]
    async with writing.begin() as work:
        rows = await work.all("SELECT kind, state, total, asked_by, by_itself FROM bulk_run_view")
    assert {(row["kind"], row["state"]) for row in rows} == {
        ("statements", "done"),
        ("settlements", "done"),
    }
    assert {(row["asked_by"], row["by_itself"]) for row in rows} == {(monthly.BY, True)}


async def test_by_two_at_once_and_again_it_is_asked_and_written_once(writing: Scene) -> None:
    card = await a_card(writing, "04AAAA01")
    await a_customer(writing, [card])
    await charges(writing, card, "2026-03-05T10:00")
    at(writing, "2026-04-10T12:00")

    asked = await asyncio.gather(*(monthly.write_due(writing.begin) for _ in range(4)))
    await writing.settles()

    assert sum(asked) == 2
    assert len(await written(writing)) == 1


async def test_a_house_that_stood_still_writes_what_it_missed_the_oldest_first(
    writing: Scene,
) -> None:
    card = await a_card(writing, "04AAAA01")
    await a_customer(writing, [card])
    host = await a_host(hearing(writing))
    await agreed(writing, host, TERMS)
    await goes_round(writing)
    for month in ("03", "04", "05"):
        await charges(writing, card, f"2026-{month}-20T10:00")
    at(writing, "2026-06-20T12:00")

    await goes_round(writing)

    months = [date(2026, month, 1) for month in (3, 4, 5)]
    found = await written(writing)
    assert [month for kind, month in found if kind == "statement"] == months
    assert [month for kind, month in found if kind == "settlement"] == months
    async with writing.begin() as work:
        known = await monthly.schedules(work, writing.station.party)
    assert {each.next for each in known} == {date(2026, 6, 1)}


async def test_a_run_that_was_killed_goes_on_and_says_meanwhile_what_kept_it(
    writing: Scene,
) -> None:
    for nth in range(3):
        card = await a_card(writing, f"04AAAA0{nth}")
        await a_customer(writing, [card], name=f"Customer {nth}")
        await charges(writing, card, f"2026-03-0{nth + 2}T10:00")
    at(writing, "2026-04-03T08:00")
    await monthly.write_due(writing.begin)

    def dies(run: Run) -> None:
        if run.done:
            raise Power

    async def the_run() -> Row:
        async with writing.begin() as work:
            row = await work.one("SELECT * FROM bulk_run_view WHERE kind = 'statements'")
        assert row is not None
        return row

    with pytest.raises(Power):
        await runs.write(writing.begin, {"run": str((await the_run())["id"])}, dies)
    before = await the_run()
    assert (before["state"], before["done"], before["trouble"]) == (
        "running",
        3,
        "The power went.",
    )
    assert await goes_round(writing) == 0

    after = await the_run()
    assert (after["state"], after["done"], after["total"]) == ("done", 3, 3)
    assert after["trouble"] is None
    assert len(await written(writing)) == 3


async def test_a_month_that_was_closed_meanwhile_stays_as_it_is(writing: Scene) -> None:
    card = await a_card(writing, "04AAAA01")
    await a_customer(writing, [card])
    await charges(writing, card, "2026-03-05T10:00")
    at(writing, "2026-04-01T12:00")
    party = writing.station.party.id
    async with writing.begin() as work:
        closed = await closing.close_month(work, party, HELSINKI, date(2026, 3, 1), by="Aino")
    at(writing, "2026-04-03T08:00")

    await goes_round(writing)

    async with writing.begin() as work:
        rows = await work.all("SELECT at, memo, evidence FROM entry_view WHERE number = 1")
        assert (await ledger.trial_balance(work)).balances
    [entry] = [row for row in rows if row["memo"].startswith("Statement ")]
    assert entry["at"] >= closed.ends
    assert entry["memo"].endswith("Supplied in a month that is closed.")
    assert entry["evidence"]["closed_month"] == "2026-03"


async def test_what_was_written_by_hand_is_not_written_again(writing: Scene) -> None:
    card = await a_card(writing, "04AAAA01")
    await a_customer(writing, [card])
    await charges(writing, card, "2026-03-05T10:00")
    at(writing, "2026-04-01T12:00")
    async with writing.begin() as work:
        march = in_month(writing, "2026-03")
        await runs.ask(
            work, writing.station.party, RunKind.STATEMENTS, march, locale="en", by="Aino"
        )
    await writing.settles()

    at(writing, "2026-04-03T08:00")
    await goes_round(writing)

    assert len(await written(writing)) == 1


async def test_switched_off_nothing_is_written_and_on_again_the_missed_months_are(
    writing: Scene,
) -> None:
    card = await a_card(writing, "04AAAA01")
    await a_customer(writing, [card])
    await charges(writing, card, "2026-03-05T10:00")
    await sets(writing, kind="statements", is_on="no", day="5")
    at(writing, "2026-05-06T08:00")
    await goes_round(writing)
    assert await written(writing) == []

    await sets(writing, kind="statements", is_on="yes", day="7")
    assert await goes_round(writing) == 1
    assert await written(writing) == [("statement", date(2026, 3, 1))]
    at(writing, "2026-05-07T07:00")
    assert await goes_round(writing) == 1


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"kind": "statements", "day": "0"}, monthly.NotADay),
        ({"kind": "statements", "day": "29"}, monthly.NotADay),
        ({"kind": "statements", "day": "²"}, monthly.NotADay),
        ({"kind": "statements", "day": ""}, monthly.NotADay),
        ({"kind": "archive", "day": "3"}, monthly.NotScheduled),
        ({"kind": "", "day": "3"}, monthly.NotScheduled),
        ({"kind": "statements", "day": "3", "next": "2026-04"}, monthly.MonthTooFar),
        ({"kind": "statements", "day": "3", "next": "soon"}, NotAMonth),
    ],
)
async def test_what_cannot_be_chosen_is_refused(
    writing: Scene, given: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await sets(writing, is_on="yes", **given)


async def test_a_customer_reads_the_statement_of_the_month_it_is_of(writing: Scene) -> None:
    """Each of two missed months has its own lines, not those of both on the first."""
    card = await a_card(writing, "04AAAA01")
    await a_customer(writing, [card])
    await charges(writing, card, "2026-03-05T10:00", wh=1_000)
    await charges(writing, card, "2026-04-05T10:00", wh=2_000)
    at(writing, "2026-05-03T08:00")
    writing.clock.jump(timedelta(hours=1))

    await goes_round(writing)

    async with writing.begin() as work:
        rows = await work.all("SELECT id FROM statement_view ORDER BY number")
    lines = [(await read(writing, row["id"]))[1].charges for row in rows]
    assert [[line.energy_wh for line in each] for each in lines] == [[1_000], [2_000]]
