"""Whom a budget concerns is mailed at four fifths of it and when it is used up, once each."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.alerts.test_alerts import plug, settings_for
from tests.billing.months import a_card, a_customer
from tests.payments.scene import Scene
from voltway.alerts.budgets import _letter, hears_budget_reached
from voltway.alerts.words_budgets import words
from voltway.billing import budgets
from voltway.billing.budget_news import BudgetReached, News
from voltway.billing.rules_budgets import Period, Scope, Used
from voltway.billing.words import SPOKEN
from voltway.drivers import contracts
from voltway.kernel.money import Currency, Money
from voltway_world.mail import MailCatcher

BEN, FLEET = "ben@example.org", "fleet@example.org"


async def limit(scene: Scene, scope: Scope, subject: UUID, period: Period, wh: int) -> None:
    async with scene.begin() as work:
        await budgets.set_budget(
            work,
            scene.station.party.id,
            scope,
            subject,
            period,
            amount_minor=None,
            energy_wh=wh,
            by="Aino",
        )


def hear(scene: Scene, mail: MailCatcher) -> None:
    plug(scene, settings_for(mail))
    scene.bus.watch_many("alerts.budgets", [BudgetReached], hears_budget_reached)


async def rounds(scene: Scene) -> None:
    """The round goes twice, and all is told."""
    for _ in range(2):
        await budgets.keep_all(scene.begin)
    await scene.settles()


def subjects(mail: MailCatcher, to: str) -> list[str]:
    return sorted(str(letter.message["Subject"]).split(".")[0] for letter in mail.box.to(to))


async def test_a_driver_is_told_at_four_fifths_and_at_the_end_and_again_in_the_next_period(
    scene: Scene, mail: MailCatcher
) -> None:
    hear(scene, mail)
    party = scene.station.party.id
    card = await a_card(scene, "04A1B2C3")
    await a_customer(scene, [card], email=FLEET)  # who pays is not told where the driver is
    async with scene.begin() as work:
        ben = await contracts.add_driver(work, party, "Ben", BEN)
        made = await contracts.add_contract(work, party, "FI-VLT-C1", driver=ben.id)
        await contracts.stands_for(work, card.id, made.id)
    await limit(scene, Scope.TOKEN, card.id, Period.MONTH, 10_000)

    seen = []
    register = 50_000
    await scene.starts(card.uid)
    for seq, more in enumerate((7_999, 1, 2_000), start=1):
        scene.clock.jump(timedelta(hours=1))
        register += more
        await scene.meters(register, seq=seq)
        await rounds(scene)
        seen.append(len(mail.box.to(BEN)))
    await scene.ends(register, seq=9)
    await scene.settles()
    scene.clock.jump(timedelta(days=32))
    await scene.starts(card.uid, ref="next", wh=register)
    scene.clock.jump(timedelta(hours=1))
    await scene.meters(register + 9_000, ref="next")
    await rounds(scene)

    near = "Four fifths of the budget are used: ·· B2C3"
    assert seen == [0, 1, 2]
    assert subjects(mail, BEN) == [near, near, "The budget is used up: ·· B2C3"]
    assert any(
        "10.00\N{NO-BREAK SPACE}kWh of 10.00\N{NO-BREAK SPACE}kWh" in (letter.text or "")
        for letter in mail.box.to(BEN)
    )
    assert mail.box.to(FLEET) == []


async def test_the_customer_of_a_fleet_is_told_in_its_language_and_of_a_raised_budget_anew(
    scene: Scene, mail: MailCatcher
) -> None:
    hear(scene, mail)
    party = scene.station.party.id
    card = await a_card(scene, "04A1B2C3")
    await a_customer(scene, [card], email=FLEET, locale="de")
    async with scene.begin() as work:
        fleet = await contracts.add_fleet(work, party, "Vans")
        made = await contracts.add_contract(work, party, "FI-VLT-C1", fleet=fleet.id)
        await contracts.stands_for(work, card.id, made.id)
    await limit(scene, Scope.FLEET, fleet.id, Period.DAY, 5_000)
    await scene.starts(card.uid)
    scene.clock.jump(timedelta(hours=1))
    await scene.meters(55_000)
    await rounds(scene)
    await limit(scene, Scope.FLEET, fleet.id, Period.DAY, 6_000)
    await rounds(scene)

    said = words("de")
    assert subjects(mail, FLEET) == [
        said.subject_up.format(name="Vans"),
        said.subject_near.format(name="Vans"),
    ]


@pytest.mark.parametrize("locale", sorted(SPOKEN))
def test_every_language_says_what_is_used_of_what_and_what_follows(locale: str) -> None:
    for percent in (80, 100):
        for period in Period:
            euro = Currency("EUR")
            news = News(
                percent=percent,
                name="Vans",
                period=period,
                used=Used(4900, 12_340),
                amount=Money(5000, euro),
                spent=Money(4900, euro),
                energy_wh=20_000,
                until=None,
            )
            letter = _letter(news, locale, seller="Voltway Oy")
            assert "Vans" in letter.subject
            assert "49" in letter.text
            assert "{" not in letter.text
