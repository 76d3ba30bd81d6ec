"""An address whose mails come back is sent nothing more, until its owner wishes it."""

from email.message import EmailMessage

import pytest

from tests.alerts.test_alerts import ANN, alerts, charged, mails, plug, settings_for
from tests.payments.scene import Scene
from voltway.alerts import account, actions, bounces
from voltway.alerts.model import AlertState
from voltway.drivers import entry
from voltway_world.mail import MailCatcher
from voltway_world.mail.reports import report

NOBODY = "550 5.1.1 <ann@example.org>: no such user"


async def is_marked(scene: Scene) -> bool:
    async with scene.begin() as work:
        return await bounces.bounce_of(work, ANN.upper()) is not None


@pytest.mark.parametrize(
    ("code", "words", "is_hard"),
    [
        (550, "5.1.1 no such user", True),
        (550, "5.1.10 recipient does not exist", True),
        (550, "5.2.1 mailbox disabled", True),
        (550, "no such user here", True),
        (553, "mailbox name not allowed", True),
        (551, "user not local", True),
        (550, "5.7.1 refused by policy", False),
        (552, "5.2.2 mailbox full", False),
        (552, "mailbox full", False),
        (554, "transaction failed", False),
        (450, "mailbox busy", False),
        (421, "4.7.0 try again", False),
    ],
)
def test_a_no_is_of_the_address_or_of_something_else(code: int, words: str, is_hard: bool) -> None:
    assert bounces.is_hard(code, f"{code} {words}") is is_hard


async def test_an_address_that_the_server_does_not_know_is_marked_and_left_alone(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    mail.refuses[ANN] = NOBODY
    await charged(scene)
    await scene.settles()
    [failed] = await alerts(scene)
    assert failed.state is AlertState.FAILED
    assert "knows no such address" in (failed.last_trouble or "")
    assert await is_marked(scene)

    del mail.refuses[ANN]
    async with scene.begin() as work:
        await actions.try_again(work, failed.id)
    await scene.settles()
    [resting] = await alerts(scene)
    assert resting.last_trouble is not None
    assert resting.last_trouble.startswith("Mails to this address came back")
    assert mail.box.to(ANN) == []

    async with scene.begin() as work:
        assert await bounces.lift(work, ANN)
        await actions.try_again(work, failed.id)
    await scene.settles()
    await mails(mail)


async def test_what_a_policy_refuses_fails_and_marks_nobody(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    mail.refuses[ANN] = "550 5.7.1 refused by policy"
    await charged(scene)

    await scene.settles()

    [failed] = await alerts(scene)
    assert failed.state is AlertState.FAILED
    assert not await is_marked(scene)


async def test_a_code_that_somebody_asks_for_is_sent_all_the_same(
    scene: Scene, mail: MailCatcher
) -> None:
    plug(scene, settings_for(mail))
    async with scene.begin() as work:
        await bounces.came_back(work, scene.station.party.id, ANN, NOBODY)
        code = await entry.ask_code(work, ANN, source="x")
        await account.tell_code(work, code, scene.station.party.id, "en")

    await scene.settles()

    await mails(mail)


async def sent(scene: Scene, mail: MailCatcher) -> EmailMessage:
    plug(scene, settings_for(mail))
    await charged(scene)
    await scene.settles()
    [caught] = await mails(mail)
    return caught


async def test_a_report_that_comes_later_marks_the_address_and_fails_the_delivery(
    scene: Scene, mail: MailCatcher
) -> None:
    caught = await sent(scene, mail)
    for _ in range(2):
        async with scene.begin(scene.station.party.id) as work:
            await bounces.take_report(work, report(caught, ANN))

    [failed] = await alerts(scene)
    assert failed.state is AlertState.FAILED
    assert failed.last_trouble == "It came back: 5.1.1 550 5.1.1 no such user"
    assert await is_marked(scene)
    assert await scene.count("outbox WHERE kind = 'AlertFailed'") == 1


async def test_a_report_of_something_else_is_refused_and_marks_nobody(
    scene: Scene, mail: MailCatcher
) -> None:
    caught = await sent(scene, mail)
    other = EmailMessage()
    other["Message-ID"] = "<01994d0f-0000-7000-8000-000000000000@voltway.example>"
    reports = {
        b"Subject: Hello\n\nI am on holiday.": "it is no multipart/report",
        report(caught, ANN, action="delayed"): "nothing in it failed",
        report(caught, ANN, status="4.4.1"): "does not say that there is no such address",
        report(caught, ANN, status="5.0.0", words="552 full"): "does not say that there is no",
        report(caught, ANN, status="5.7.1"): "does not say that there is no such address",
        report(caught, "ben@example.org"): "the mail went to another address",
        report(EmailMessage(), ANN): "it does not name a mail of ours",
        report(other, ANN): "we have sent no such mail",
        b"\xff\xfe\x00": "it is no multipart/report",
    }
    for raw, why in reports.items():
        async with scene.begin(scene.station.party.id) as work:
            with pytest.raises(bounces.NotAReport, match=why):
                await bounces.take_report(work, raw)

    assert not await is_marked(scene)
