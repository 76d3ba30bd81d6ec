"""A driver who asked for it gets the receipt by mail, once, whatever the mail server does."""

import asyncio
import dataclasses
import io
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message

import pikepdf
import pytest
from msgspec.structs import replace

from tests.alerts.phones import plug_sending
from tests.payments.scene import Scene
from voltway.alerts import actions, rules, store, watchers
from voltway.alerts.delivering import Asked, Post
from voltway.alerts.mailer import Mailer, MailRefused, MailServerSilent, SmtpMailer
from voltway.alerts.mails import Mail
from voltway.alerts.model import Alert, AlertState, Template
from voltway.billing.model import InvoiceIssued
from voltway.kernel.ids import AlertId, OnceKey, new_id
from voltway.payments.model import HoldReleased
from voltway.runtime.settings import Settings
from voltway_world.mail import MailCatcher
from voltway_world.mail.box import content_of

PATIENCE_S = 20
ANN = "ann@example.org"


def settings_for(mail: MailCatcher) -> Settings:
    return Settings(
        smtp_host=mail.smtp_host,
        smtp_port=mail.smtp_port,
        smtp_tls="none",
        mail_from="Voltway <receipts@voltway.example>",
        public_url="https://charge.example",
    )


def plug(scene: Scene, settings: Settings) -> None:
    """Let alerts hear the scene, and send by this mail server."""
    scene.bus.watch_many("alerts.invoice", [InvoiceIssued], watchers.hears_invoice_issued)
    scene.bus.watch_many("alerts.released", [HoldReleased], watchers.hears_hold_released)
    plug_sending(scene, settings)


async def charged(scene: Scene, *, email: str | None = ANN, locale: str = "en") -> None:
    visit = await scene.opens(email=email, locale=locale)
    payment = await scene.pays(visit)
    await scene.starts(payment.token)
    await scene.ends(70_000, minutes=60)


async def alerts(scene: Scene) -> list[Alert]:
    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM alert_view ORDER BY id")
        return [await store.load(work, AlertId(row["id"])) for row in rows]


async def mails(mail: MailCatcher, count: int = 1) -> list[EmailMessage]:
    async with asyncio.timeout(PATIENCE_S):
        return [found.message for found in await mail.box.wait_for(ANN, count=count)]


async def test_the_receipt_comes_by_mail_as_text_html_and_pdf(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    await charged(scene)

    await scene.settles()

    [caught] = await mails(mail)
    assert caught["Subject"] == "Your receipt from Voltway Oy: €9.80 for 20.00 kWh"
    assert caught["From"] == "Voltway <receipts@voltway.example>"
    assert caught["Auto-Submitted"] == "auto-generated"
    text = caught.get_body(("plain",))
    html = caught.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "20.00 kWh \N{MULTIPLICATION SIGN} €0.49 = €9.80" in text.get_content()
    assert "https://charge.example/v/" in text.get_content()
    assert "€40.20 of the €50.00 hold was released." in html.get_content()
    [attached] = list(caught.iter_attachments())
    assert str(attached.get_filename()).endswith("-R2026-000001.pdf")
    with pikepdf.open(io.BytesIO(content_of(attached))) as pdf:
        assert len(pdf.pages) == 1
    [alert] = await alerts(scene)
    assert (alert.state, alert.template) == (AlertState.SENT, Template.RECEIPT)


async def test_to_whom_a_mail_went_is_forgotten_in_time_and_what_waits_is_not(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    await charged(scene)
    await scene.settles()
    [sent] = await alerts(scene)
    async with scene.begin() as work:
        waiting = dataclasses.replace(
            sent,
            id=AlertId(new_id(work.now)),
            once=OnceKey("other"),
            state=AlertState.QUEUED,
            sent_at=None,
            next_try_at=work.now,
        )
        assert await store.add(work, [waiting])
    scene.clock.jump(timedelta(days=30))
    assert await actions.forget_old_alerts(scene.begin, days=31) == 0
    assert await actions.forget_old_alerts(scene.begin, days=0) == 0

    assert await actions.forget_old_alerts(scene.begin, days=29) == 1
    assert [alert.state for alert in await alerts(scene)] == [AlertState.QUEUED]


async def test_a_fact_told_twice_is_one_mail(scene: Scene, mail: MailCatcher) -> None:
    plug(scene, settings_for(mail))
    scene.bus.watch_many("alerts.again", [InvoiceIssued], watchers.hears_invoice_issued)
    await charged(scene)

    await scene.settles()

    await mails(mail)
    assert len(mail.box.to(ANN)) == 1
    assert len(await alerts(scene)) == 1


async def test_who_gave_no_address_gets_no_mail(scene: Scene, mail: MailCatcher) -> None:
    plug(scene, settings_for(mail))
    await charged(scene, email=None)

    await scene.settles()

    assert await alerts(scene) == []
    assert mail.box.to() == []


async def test_a_german_driver_gets_a_german_receipt(scene: Scene, mail: MailCatcher) -> None:
    plug(scene, settings_for(mail))
    await charged(scene, locale="de-AT")

    await scene.settles()

    [caught] = await mails(mail)
    assert caught["Subject"] == "Ihr Beleg von Voltway Oy: € 9,80 für 20,00 kWh"
    assert caught["Content-Language"] == "de"


async def test_who_could_not_start_reads_that_nothing_was_charged(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    await scene.pays(await scene.opens(email=ANN))
    scene.clock.jump(timedelta(minutes=3))

    await scene.sweeps()
    await scene.settles()

    [caught] = await mails(mail)
    text = caught.get_body(("plain",))
    assert text is not None
    assert "Nothing started, so you were not charged. The €50.00 hold is released." in (
        text.get_content()
    )


async def test_less_than_can_be_billed_is_one_mail_that_says_so(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    payment = await scene.pays(await scene.opens(email=ANN))
    await scene.starts(payment.token)
    await scene.ends(50_050)

    await scene.settles()

    [caught] = await mails(mail)
    text = caught.get_body(("plain",))
    assert text is not None
    assert "You were not charged." in text.get_content()
    assert len(await alerts(scene)) == 1


async def test_a_mail_server_that_is_gone_is_tried_again_and_the_mail_comes_once(
    scene: Scene, mail: MailCatcher
) -> None:
    good = settings_for(mail)
    plug(scene, replace(good, smtp_port=1))
    await charged(scene)
    await scene.settles()

    [waiting] = await alerts(scene)
    assert (waiting.state, waiting.tries) == (AlertState.QUEUED, 1)
    assert waiting.last_trouble is not None
    assert "did not take the mail" in waiting.last_trouble

    for _ in range(2):
        await actions.send(scene.begin, good, {"alert": str(waiting.id)})

    await mails(mail)
    assert len(mail.box.to(ANN)) == 1
    [sent] = await alerts(scene)
    assert (sent.state, sent.tries, sent.last_trouble) == (AlertState.SENT, 2, None)


async def test_without_a_mail_server_it_is_a_dead_letter_that_can_be_sent_later(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, replace(settings_for(mail), smtp_host=""))
    await charged(scene)
    await scene.settles()

    [dead] = await alerts(scene)
    assert dead.state is AlertState.FAILED
    assert dead.last_trouble == "No mail server is set (VOLTWAY_SMTP_HOST), so no mail is sent."
    assert await scene.count("outbox WHERE kind = 'AlertFailed'") == 1

    async with scene.begin() as work:
        await actions.try_again(work, dead.id)
    await actions.send(scene.begin, settings_for(mail), {"alert": str(dead.id)})
    assert len(await mails(mail)) == 1


class Postman:
    """A mail server that answers as it is told."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.given: list[Message] = []
        self.taken: list[Message] = []

    async def send(self, mail: Mail) -> None:
        answer = self.answers.pop(0)
        self.given.append(message_from_bytes(mail.content))
        if answer is not None:
            raise answer
        self.taken.append(self.given[-1])


async def deliver(scene: Scene, postman: Mailer, alert: Alert) -> None:
    settings = Settings(mail_from="Voltway <a@b.example>")
    post = Post(scene.begin, settings, mailer=postman)
    assert await post.deliver([Asked(alert.id)]) == {}
    await post.close()


async def test_a_mail_tried_again_is_the_same_mail(scene: Scene, mail: MailCatcher) -> None:
    plug(scene, replace(settings_for(mail), smtp_port=1))
    await charged(scene)
    await scene.settles()
    [alert] = await alerts(scene)

    postman = Postman(MailServerSilent("mx", "the answer was lost"), None)
    await deliver(scene, postman, alert)
    await deliver(scene, postman, alert)
    await deliver(scene, postman, alert)

    [taken] = postman.taken
    assert taken["Message-ID"] == f"<{alert.id}@b.example>"


async def test_an_address_that_is_refused_for_good_is_not_tried_again(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, replace(settings_for(mail), smtp_port=1))
    await charged(scene)
    await scene.settles()
    [alert] = await alerts(scene)

    await deliver(scene, Postman(MailRefused("mx", "550 no such user")), alert)

    [dead] = await alerts(scene)
    assert dead.state is AlertState.FAILED
    assert dead.last_trouble == "The mail server mx refuses this mail for good: 550 no such user."


async def test_a_lost_job_is_woken(scene: Scene, mail: MailCatcher) -> None:
    plug(scene, settings_for(mail))
    await charged(scene)
    await scene.bus.catch_up()
    await scene.jobs.catch_up()
    await scene.bus.catch_up()
    async with scene.begin() as work:
        await work.run("DELETE FROM pgqueuer")

    scene.clock.jump(timedelta(minutes=2))
    assert await actions.wake_waiting(scene.begin) == 1
    await scene.settles()

    assert len(await mails(mail)) == 1


async def test_a_mail_server_that_says_no_is_heard(mail: MailCatcher) -> None:
    sent = Mail("a@b.example", ANN, b"Subject: x\r\n\r\nx\r\n")

    with pytest.raises(MailServerSilent):
        await SmtpMailer(replace(settings_for(mail), smtp_port=1)).send(sent)
    with pytest.raises(MailServerSilent):
        await SmtpMailer(replace(settings_for(mail), smtp_tls="starttls")).send(sent)


def test_a_letter_is_given_up_after_four_days_of_tries() -> None:
    waits = sum((rules.pause(tries) for tries in range(1, rules.TRIES_MAX)), timedelta())

    assert timedelta(days=4) < waits < timedelta(days=5)
    assert rules.pause(1) == timedelta(seconds=5)
    assert rules.pause(1000) == timedelta(hours=2)
