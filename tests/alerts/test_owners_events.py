"""What owners are told by mail each may choose otherwise, and others of their party may get."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.alerts.phones import has_phone, plug_sending
from tests.alerts.test_alerts import alerts, settings_for
from tests.payments.scene import Scene
from voltway import migrations
from voltway.alerts import letters, wishing
from voltway.alerts.cars import hears_car_spoofed
from voltway.alerts.model import Template
from voltway.alerts.model_events import RULES, Channel, Event
from voltway.alerts.owners_events import (
    hears_dispute_due,
    hears_dispute_opened,
    hears_refund_returned,
)
from voltway.alerts.queueing import a_mail, queue
from voltway.alerts.telling import wishes_of
from voltway.alerts.writing import writers
from voltway.billing.autocharge import CarSpoofed
from voltway.kernel.ids import PaymentId
from voltway.kernel.money import EUR
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.payments.model import DisputeDue, DisputeOpened
from voltway.payments.model_returned import RefundReturned
from voltway_world.mail import MailCatcher
from voltway_world.push import PushService

OLGA, SAM, VERA = "olga@example.org", "sam@example.org", "vera@example.org"
TO_EVENTS = Path(migrations.__file__).with_name("0194_alerts_owners.sql")
OF_OWNERS = [event for event in Event if RULES[event].to_owners]


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as running:
        yield running


@pytest.fixture
async def desk(scene: Scene, mail: MailCatcher) -> Scene:
    """Olga owns it, Sam supports and may move money, Vera only looks."""
    plug_sending(scene, settings_for(mail))
    async with scene.begin() as work:
        for email, role in ((OLGA, Role.OWNER), (SAM, Role.SUPPORT), (VERA, Role.VIEWER)):
            await parties.add_operator(
                work,
                scene.station.party.id,
                email=email,
                name=email,
                role=role,
                password="a long enough password",
            )
    return scene


async def happens(scene: Scene, id: UUID) -> None:
    """A bank wants money back and reads evidence for twelve hours, a refund comes back, and a car
    is at two places at once."""
    party, payment = scene.station.party.id, PaymentId(uuid4())
    async with scene.begin() as work:
        at = work.now
        opened = DisputeOpened(party=party, at=at, payment=payment, dispute=id)
        due = DisputeDue(
            party=party,
            at=at,
            payment=payment,
            dispute=id,
            within_h=12,
            answer_by=at + timedelta(hours=12),
        )
        came_back = RefundReturned(
            party=party,
            at=at,
            returned=id,
            payment=payment,
            amount_minor=600,
            currency=EUR,
            why="expired card",
        )
        for _ in range(2):
            await hears_dispute_opened(work, [opened])
            await hears_dispute_due(work, [due])
            await hears_refund_returned(work, [came_back])
            await hears_car_spoofed(work, [CarSpoofed(party=party, at=at, finding=id, driver=None)])
    await scene.settles()


def subjects(mail: MailCatcher, whom: str) -> list[str]:
    return sorted(str(each.message["Subject"]).split(".")[0] for each in mail.box.to(whom))


async def chooses(scene: Scene, who: str, *wanted: tuple[Event, Channel], owns: bool) -> None:
    async with scene.begin() as work:
        await wishes_of(work, who, "UTC")
        await wishing.choose(work, who, wanted, among=OF_OWNERS, owns=owns)


ALL = [
    "A car was seen at two places at once",
    "A driver's bank wants money back",
    "A refund came back from a driver's bank",
    "Evidence for a driver's bank is due within 12 hours",
]


async def test_without_a_choice_owners_are_mailed_and_nobody_else(
    desk: Scene, mail: MailCatcher, service: PushService
) -> None:
    phone, _ = await has_phone(desk, service, OLGA)
    id = uuid4()

    await happens(desk, id)

    assert subjects(mail, OLGA) == ALL
    assert (phone.shown, subjects(mail, SAM), subjects(mail, VERA)) == ([], [], [])
    text = "\n".join(each.text or "" for each in mail.box.to(OLGA))
    assert f"https://charge.example/console/disputes/{id}" in text
    assert f"https://charge.example/console/returned/{id}" in text
    assert "https://charge.example/console/tariffs/cars" in text


async def test_an_owner_is_told_on_the_phone_instead_where_they_choose_it(
    desk: Scene, mail: MailCatcher, service: PushService
) -> None:
    phone, _ = await has_phone(desk, service, OLGA)
    await chooses(desk, OLGA, (Event.DISPUTE_OPENED, Channel.PUSH), owns=True)

    await happens(desk, uuid4())

    assert [each["title"] for each in phone.shown] == ["A driver's bank wants money back"]
    assert subjects(mail, OLGA) == []


async def test_who_may_do_something_about_it_is_told_of_what_they_chose_alone(
    desk: Scene, mail: MailCatcher
) -> None:
    await chooses(desk, SAM, (Event.DISPUTE_DUE, Channel.MAIL), owns=False)
    await chooses(desk, VERA, *((event, Channel.MAIL) for event in OF_OWNERS), owns=False)

    await happens(desk, uuid4())

    assert subjects(mail, SAM) == ["Evidence for a driver's bank is due within 12 hours"]
    assert subjects(mail, VERA) == [], "she may do nothing about any of it"
    assert subjects(mail, OLGA) == ALL


async def test_who_keeps_their_form_as_it_stands_is_told_as_before(
    desk: Scene, mail: MailCatcher
) -> None:
    by_mail = [(event, Channel.MAIL) for event in OF_OWNERS]
    await chooses(desk, OLGA, *by_mail, owns=True)
    await chooses(desk, SAM, owns=False)
    async with desk.begin() as work:
        assert (await wishes_of(work, OLGA, "UTC")).chosen == {}
        assert (await wishes_of(work, SAM, "UTC")).chosen == {}

    await happens(desk, uuid4())

    assert (subjects(mail, OLGA), subjects(mail, SAM)) == (ALL, [])


OLD: Mapping[Template, str] = {
    Template.DISPUTE: "A driver's bank wants money back",
    Template.DISPUTE_DUE: "Evidence for a driver's bank is due within 48 hours",
    Template.DISPUTE_LAST: "Evidence for a driver's bank is due within 12 hours",
    Template.RETURNED: "A refund came back from a driver's bank",
}


async def test_a_letter_of_before_that_waits_still_goes_on_as_an_event(
    desk: Scene, mail: MailCatcher
) -> None:
    party = desk.station.party.id
    async with desk.begin() as work:
        old = [a_mail(work, party, each, OLGA, "en", f"{each}:{uuid4()}:1") for each in OLD]
        await queue(work, old)
        written = await writers(work, old, "")
        assert all(isinstance(each, letters.ToldAsEvent) for each in written.values())
        await work.run(TO_EVENTS.read_text())

    await desk.settles()

    assert subjects(mail, OLGA) == sorted(OLD.values())
    assert {each.template for each in await alerts(desk)} == {Template.EVENT}
