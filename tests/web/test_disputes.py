"""What a driver's bank wants back: before a person in time, in the books, and contested once."""

from datetime import timedelta

import httpx
import pytest

from tests.billing.words import charged, owes
from tests.payments.providers import by_stripe
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.kernel.money import EUR, Money
from voltway.parties.model import Role
from voltway.payments import disputing, payouts_read
from voltway.payments.model import DisputeDue, DisputeOpened, PaymentDisputed
from voltway.payments.providers.balance import BalanceProvider
from voltway_world.calling import a_line
from voltway_world.provider.payouts import pay_out

__all__ = ["by_stripe"]

PAGE = "/console/disputes"


async def world(scene: Scene, path: str) -> dict[str, str]:
    """Turn a switch of the simulated world."""
    async with a_line() as client:
        answer = await client.post(f"{scene.bank.url}/_world/{path}")
        answer.raise_for_status()
        return dict(answer.json())


async def disputed(scene: Scene) -> tuple[str, str]:
    """A charge of 9.80 EUR whose driver complains: the dispute's page, and its name there."""

    async def read(begin: object, body: dict[str, str]) -> None:
        await disputing.read_job(scene.begin, scene.provider, body)

    scene.bus.watch_many("disputed", [PaymentDisputed], disputing.hears_payment_disputed)
    scene.jobs.handle(disputing.JOB, read)  # type: ignore[arg-type]
    await charged(scene)
    await scene.settles()
    [hold] = scene.bank.books.holds
    ref = (await world(scene, f"dispute/{hold}"))["id"]
    await scene.bank.told()
    await scene.settles()
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM dispute_view")
    return f"{PAGE}/{row['id']}", ref


async def looks_again(scene: Scene) -> None:
    scene.clock.jump(disputing.LOOK_EVERY)
    await disputing.look_again(scene.begin, scene.provider)


async def test_a_dispute_stands_before_a_person_and_in_the_books_as_soon_as_it_is_told(
    owner: Browser, scene: Scene
) -> None:
    page, _ = await disputed(scene)

    assert "€9.80" in await owner.reads(PAGE)
    said = await owner.reads(page)
    assert "the bank waits for our evidence" in said
    assert "Send it to the bank" in said
    assert await owes(scene, "cost:disputes") == Money(980, EUR)
    assert await owes(scene, "provider:stripe:due") == Money(0, EUR)


async def test_the_owners_are_told_once_however_often_it_is_read(scene: Scene) -> None:
    told: list[DisputeOpened] = []

    async def hears(work: object, facts: list[DisputeOpened]) -> None:
        told.extend(facts)

    scene.bus.watch_many("told", [DisputeOpened], hears)  # type: ignore[arg-type]
    await disputed(scene)
    await looks_again(scene)
    await scene.settles()

    assert len(told) == 1
    assert await owes(scene, "cost:disputes") == Money(980, EUR)


async def hours_left(scene: Scene, hours: float) -> None:
    """Let time pass until so many hours are left, and let the round go twice."""
    async with scene.begin() as work:
        row = await work.one("SELECT answer_by FROM dispute_view")
        assert row is not None
        left = row["answer_by"] - work.now
    scene.clock.jump(left - timedelta(hours=hours))
    for _ in range(2):
        await disputing.warn_due(scene.begin)
    await scene.settles()


def hears_due(scene: Scene) -> list[int]:
    """The hours of what is told to be due, from now on."""
    told: list[int] = []

    async def hears(work: object, facts: list[DisputeDue]) -> None:
        told.extend(fact.within_h for fact in facts)

    scene.bus.watch_many("due", [DisputeDue], hears)  # type: ignore[arg-type]
    return told


async def test_before_a_bank_stops_reading_it_is_told_twice_and_after_that_no_more(
    scene: Scene,
) -> None:
    told = hears_due(scene)
    await disputed(scene)

    so_far = []
    for hours in (49, 47, 13, 11, -1):
        await hours_left(scene, hours)
        so_far.append(list(told))

    assert so_far == [[], [48], [48], [48, 12], [48, 12]]


async def test_what_is_seen_late_is_told_once_by_the_nearest_mark(scene: Scene) -> None:
    told = hears_due(scene)
    await disputed(scene)

    await hours_left(scene, 11)

    assert told == [12]


async def test_who_has_sent_evidence_hears_of_no_deadline(owner: Browser, scene: Scene) -> None:
    told = hears_due(scene)
    page, _ = await disputed(scene)
    await owner.sends(f"{page}/evidence", product="Charging", proof="9.80 EUR, 20 kWh")

    await hours_left(scene, 11)

    assert told == []


async def test_the_evidence_is_made_of_the_bill_and_sent_once(owner: Browser, scene: Scene) -> None:
    page, ref = await disputed(scene)
    form = (await owner.opens(page)).text
    assert "20" in form
    assert "SHA-256" in form

    first = await owner.sends(f"{page}/evidence", product="Charging", proof="9.80 EUR, 20 kWh")
    again = await owner.sends(f"{page}/evidence", product="Charging", proof="Another story")

    assert (first.status_code, again.status_code) == (303, 409)
    sent = scene.bank.books.disputes[ref].evidence
    assert sent["uncategorized_text"] == "9.80 EUR, 20 kWh"
    assert "sent by The owner" in await owner.reads(page)
    assert "Send it to the bank" not in await owner.reads(page)


@pytest.mark.parametrize(("verdict", "cost"), [("won", 0), ("lost", 980)])
async def test_what_the_bank_says_in_the_end_is_booked_once(
    browser: Browser, scene: Scene, verdict: str, cost: int
) -> None:
    page, ref = await disputed(scene)
    await world(scene, f"judge/{ref}/{verdict}")

    for _ in range(2):
        await looks_again(scene)

    await sits_down(browser, scene, Role.OWNER)
    assert f"{verdict}:" in await browser.reads(page)
    assert await owes(scene, "cost:disputes") == Money(cost, EUR)


async def test_the_report_of_the_provider_finds_what_the_bank_took_with_its_fee(
    scene: Scene,
) -> None:
    await disputed(scene)
    pay_out(scene.bank.books, "EUR")

    taken = await payouts_read.fetch(scene.begin, scene.provider, scene.station.party.id, by="Aino")

    assert (taken.lines, taken.open) == (2, 0)
    assert await owes(scene, "provider:stripe:due") == Money(0, EUR)


async def test_who_may_not_move_money_sends_nothing(browser: Browser, scene: Scene) -> None:
    page, _ = await disputed(scene)
    await sits_down(browser, scene, Role.OPERATOR)

    assert "Send it to the bank" not in await browser.reads(page)
    answer = await browser.sends(f"{page}/evidence", product="x", proof="y")

    assert answer.status_code == httpx.codes.FORBIDDEN


async def test_evidence_that_says_nothing_is_not_sent(owner: Browser, scene: Scene) -> None:
    page, ref = await disputed(scene)

    answer = await owner.sends(f"{page}/evidence", product=" ", proof="")

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert not scene.bank.books.disputes[ref].evidence


async def test_a_provider_that_tells_no_disputes_leaves_no_job_that_fails(scene: Scene) -> None:
    silent = BalanceProvider(scene.begin)
    _, payment, _ = await charged(scene)
    await scene.settles()

    await disputing.read_job(scene.begin, silent, {"payment": str(payment.id)})

    assert await scene.count("dispute_view") == 0
