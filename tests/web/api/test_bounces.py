"""Mails that came back, by the API: a mail server hands its report in."""

from email.message import EmailMessage

from tests.web.api.conftest import Caller
from voltway.alerts import store
from voltway.alerts.model import Template
from voltway.alerts.queueing import a_mail
from voltway.parties.model import Party
from voltway.runtime.work import BeginWork
from voltway_world.mail.reports import report

ANN = "ann@example.org"


async def test_a_mail_server_hands_a_report_in_and_the_address_is_listed(
    owner: Caller, stranger: Caller, party: Party, begin: BeginWork
) -> None:
    async with begin() as work:
        alert = a_mail(work, party.id, Template.CODE, ANN, "en", "code:1")
        await store.add(work, [alert])
    caught = EmailMessage()
    caught["Message-ID"] = f"<{alert.id}@voltway.example>"
    said = {"mail": report(caught, ANN).decode()}

    foreign = await stranger.post("/bounces", said)
    taken = await owner.post("/bounces", said)
    nothing = await owner.post("/bounces", {"mail": "Subject: hello\n\nhello"})

    assert (foreign.status_code, foreign.json()["code"]) == (422, "not_a_report")
    assert taken.json() == {"alert_id": str(alert.id), "address": ANN}
    assert (nothing.status_code, nothing.json()["code"]) == (422, "not_a_report")
    [listed] = await owner.items("/bounces")
    assert (listed["address"], listed["mails"]) == (ANN, 1)
    assert await stranger.items("/bounces") == []
