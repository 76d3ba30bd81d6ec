"""The owners are mailed that a refund came back, once, and nobody else."""

from uuid import uuid4

from tests.alerts.test_alerts import plug, settings_for
from tests.payments.scene import Scene
from voltway.alerts.owners_events import hears_refund_returned
from voltway.kernel.ids import PaymentId
from voltway.kernel.money import EUR
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.payments.model_returned import RefundReturned
from voltway_world.mail import MailCatcher


async def test_the_owners_are_told_of_a_refund_that_came_back_once(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
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
        came_back = RefundReturned(
            party=party,
            at=work.now,
            returned=uuid4(),
            payment=PaymentId(uuid4()),
            amount_minor=600,
            currency=EUR,
            why="expired or canceled card",
        )
        for _ in range(2):
            await hears_refund_returned(work, [came_back])

    await scene.settles()

    [letter] = await mail.box.wait_for("olga@example.org")
    assert "A refund came back" in letter.message["Subject"]
    assert mail.box.to("sam@example.org") == []
