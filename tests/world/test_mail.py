"""The mail catcher catches real SMTP and shows what it caught."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from tests.world.process import running
from voltway_world.calling import a_line
from voltway_world.mail import MailCatcher

PATIENCE_S = 10
PDF = b"%PDF-1.7 not really\x00\xff"


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    async with MailCatcher(tmp_path) as running_catcher:
        yield running_catcher


@pytest.fixture
async def browser(catcher: MailCatcher) -> AsyncIterator[httpx.AsyncClient]:
    async with a_line(base_url=catcher.url) as client:
        yield client


def a_receipt(
    to: str = "ann@example.org", subject: str = "Ihre Quittung für 6,27 €"
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Voltway <bill@voltway.example>", to, subject
    mail.set_content("12.80 kWh, €6.27")
    mail.add_alternative("<p>12.80 kWh <script>alert(1)</script></p>", subtype="html")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="Quittung 1.pdf")
    return mail


async def send(catcher: MailCatcher, mail: EmailMessage, *bcc: str) -> None:
    await aiosmtplib.send(
        mail,
        recipients=[str(mail["To"]), *bcc],
        hostname=catcher.smtp_host,
        port=catcher.smtp_port,
        start_tls=False,
    )


async def test_a_mail_is_caught_with_its_parts(
    catcher: MailCatcher, browser: httpx.AsyncClient
) -> None:
    await send(catcher, a_receipt())
    async with asyncio.timeout(PATIENCE_S):
        (mail,) = await catcher.box.wait_for("ANN@example.org")

    assert mail.subject == "Ihre Quittung für 6,27 €"
    (shown,) = (await browser.get("/api/mails", params={"to": "ann@example.org"})).json()
    assert shown["text"].strip() == "12.80 kWh, €6.27"
    assert shown["attachments"] == [
        {"name": "Quittung 1.pdf", "content_type": "application/pdf", "bytes": len(PDF)}
    ]
    file = await browser.get(f"/mails/{mail.id}/attachments/0")
    assert file.content == PDF
    assert "attachment" in file.headers["Content-Disposition"]


async def test_a_mail_is_found_by_whom_it_was_sent_to_not_by_its_letterhead(
    catcher: MailCatcher, browser: httpx.AsyncClient
) -> None:
    await send(catcher, a_receipt(), "boss@example.org")
    found = (await browser.get("/api/mails", params={"to": "boss@example.org"})).json()
    nobody = (await browser.get("/api/mails", params={"to": "eve@example.org"})).json()
    assert (len(found), nobody) == (1, [])


async def test_a_hostile_mail_cannot_run_anything(
    catcher: MailCatcher, browser: httpx.AsyncClient
) -> None:
    await send(catcher, a_receipt(subject="<script>alert(2)</script>"))

    mail = catcher.box.to()[0]
    for address in ("/", f"/mails/{mail.id}"):
        page = await browser.get(address)
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<iframe" in page.text
    assert " sandbox " in page.text
    html = await browser.get(f"/mails/{mail.id}/html")
    assert html.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("address", ["/mails/9", "/mails/9/html", "/mails/000001/attachments/7"])
async def test_what_is_not_there_is_said_so(
    catcher: MailCatcher, browser: httpx.AsyncClient, address: str
) -> None:
    await send(catcher, a_receipt())
    page = await browser.get(address)
    assert page.status_code == 404
    assert "There is no such mail" in page.text


async def test_mails_survive_a_restart(tmp_path: Path) -> None:
    async with MailCatcher(tmp_path) as first:
        await send(first, a_receipt())
    async with MailCatcher(tmp_path) as second:
        await send(second, a_receipt(to="bob@example.org"))
        assert [mail.recipients for mail in second.box.to()] == [
            ["bob@example.org"],
            ["ann@example.org"],
        ]


async def test_the_catcher_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    async with (
        running("voltway_world.mail", "--data", str(tmp_path)) as line,
        a_line() as client,
    ):
        word, url, smtp = line.split()
        assert (word, smtp.split(":")[0]) == ("ready", "smtp")
        host, port = smtp.removeprefix("smtp://").split(":")
        await aiosmtplib.send(a_receipt(), hostname=host, port=int(port), start_tls=False)
        assert len((await client.get(f"{url}/api/mails")).json()) == 1
