"""The mail about payments that are not as usual: to the owners, once, and true when it is read."""

from tests.alerts.test_alerts import plug, settings_for
from tests.payments.crowd import a_crowd
from tests.payments.scene import Scene
from voltway.alerts.watchers import hears_payment_alarm
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.payments import monitoring
from voltway.payments.model_alarms import Limits, PaymentAlarmRaised
from voltway_world.mail import MailCatcher


async def test_the_owners_get_one_mail_that_says_what_is_not_as_usual(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    scene.bus.watch_many("alerts.payments", [PaymentAlarmRaised], hears_payment_alarm)
    party = scene.station.party.id
    async with scene.begin() as work:
        for name, role in (("olga", Role.OWNER), ("sam", Role.SUPPORT)):
            await parties.add_operator(
                work,
                party,
                email=f"{name}@example.org",
                name=name,
                role=role,
                password="a long enough password",
            )
    await a_crowd(scene.begin, party, scene.station.evse(), 20, at=scene.now, state="declined")

    for _ in range(2):
        await monitoring.look(scene.begin, Limits())
        await scene.settles()

    async with scene.begin() as work:
        rows = await work.all("SELECT recipient, template, state FROM alert_view")
    assert [tuple(row.values()) for row in rows] == [("olga@example.org", "payments", "sent")]
