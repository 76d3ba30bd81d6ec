"""The owners are mailed that a bank wants money back, once, and nobody else."""

from datetime import timedelta
from uuid import uuid4

from tests.alerts.test_alerts import plug, settings_for
from tests.payments.scene import Scene
from voltway.alerts.owners_events import hears_dispute_due, hears_dispute_opened
from voltway.kernel.ids import PaymentId
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.payments.model import DisputeDue, DisputeOpened
from voltway_world.mail import MailCatcher


async def test_the_owners_are_told_of_a_dispute_once_and_where_to_look(
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
        opened = DisputeOpened(
            party=party, at=work.now, payment=PaymentId(uuid4()), dispute=uuid4()
        )
        for _ in range(2):
            await hears_dispute_opened(work, [opened])

    await scene.settles()

    [letter] = await mail.box.wait_for("olga@example.org")
    assert "bank wants money back" in letter.message["Subject"]
    assert mail.box.to("sam@example.org") == []


async def test_the_owners_are_told_of_each_haste_of_a_deadline_once_and_again_of_a_later_one(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    party = scene.station.party.id
    async with scene.begin() as work:
        await parties.add_operator(
            work,
            party,
            email="olga@example.org",
            name="olga",
            role=Role.OWNER,
            password="a long enough password",
        )
        payment, dispute, until = PaymentId(uuid4()), uuid4(), work.now + timedelta(hours=12)
        later = until + timedelta(days=7)
        for within_h, answer_by in ((48, until), (48, until), (12, until), (12, later)):
            due = DisputeDue(
                party=party,
                at=work.now,
                payment=payment,
                dispute=dispute,
                within_h=within_h,
                answer_by=answer_by,
            )
            await hears_dispute_due(work, [due])

    await scene.settles()

    letters = await mail.box.wait_for("olga@example.org", count=3)
    subjects = sorted(str(each.message["Subject"]).split(".")[0] for each in letters)
    assert subjects == [
        "Evidence for a driver's bank is due within 12 hours",
        "Evidence for a driver's bank is due within 12 hours",
        "Evidence for a driver's bank is due within 48 hours",
    ]
