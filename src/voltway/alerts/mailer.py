"""Mails by SMTP: out of the house, or a clear word why not."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Protocol

import aiosmtplib

from voltway.alerts.bounces import is_hard
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.runtime.settings import Settings

TIMEOUT_S: Final = 20


@dataclass(eq=False)
class MailServerSilent(Outage):
    """The mail server {server} did not take the mail: {what}."""

    server: str
    what: str


@dataclass(eq=False)
class MailRefused(Refusal):
    """The mail server {server} refuses this mail for good: {what}."""

    kind = Kind.INVALID

    server: str
    what: str


@dataclass(eq=False)
class AddressRefused(MailRefused):
    """The mail server {server} knows no such address: {what}."""


@dataclass(eq=False)
class NoMailServer(Refusal):
    """No mail server is set (VOLTWAY_SMTP_HOST), so no mail is sent."""

    kind = Kind.CONFLICT


class Mailer(Protocol):
    async def send(self, message: EmailMessage) -> None:
        """Hand a mail over. Raises ``MailServerSilent`` where trying again may help, and
        ``MailRefused`` or ``NoMailServer`` where it does not; ``AddressRefused`` where nobody is at
        its address."""
        ...


class SmtpMailer:
    """Speaks to the mail server of the settings, one connection a mail."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, message: EmailMessage) -> None:
        given = self._settings
        if not given.smtp_host:
            raise NoMailServer
        server = f"{given.smtp_host}:{given.smtp_port}"
        try:
            await aiosmtplib.send(
                message,
                hostname=given.smtp_host,
                port=given.smtp_port,
                username=given.smtp_user or None,
                password=given.smtp_password or None,
                use_tls=given.smtp_tls == "tls",
                start_tls=given.smtp_tls == "starttls",
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = [each.code for each in refused.recipients]
            words = "; ".join(f"{each.code} {each.message}" for each in refused.recipients)
            code = max(codes, default=0)
            if is_hard(code, words):
                raise AddressRefused(server, words) from refused
            raise self._trouble(server, code, words) from refused
        except aiosmtplib.SMTPResponseException as refused:
            words = f"{refused.code} {refused.message}"
            raise self._trouble(server, refused.code, words) from refused
        except (aiosmtplib.SMTPException, OSError) as silence:
            raise MailServerSilent(server, type(silence).__name__) from silence

    @staticmethod
    def _trouble(server: str, code: int, words: str) -> MailServerSilent | MailRefused:
        """RFC 5321 §4.2.1: what begins with 5 is for good, but for our own sign-in (535)."""
        for_good = 500 <= code < 600 and code not in (530, 534, 535)
        return MailRefused(server, words) if for_good else MailServerSilent(server, words)
