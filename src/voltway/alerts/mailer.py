"""Mails by SMTP: out of the house, or a clear word why not."""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

import aiosmtplib

from voltway.alerts import smtp_line
from voltway.alerts.bounces import is_hard
from voltway.alerts.mails import Mail
from voltway.alerts.smtp_line import Line
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.runtime.settings import Settings

#: So many lines a process holds to the mail server.
LINES_MAX: Final = 8
#: A line that nobody uses is closed before the server does it.
IDLE_S: Final = 4.0


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
    async def send(self, mail: Mail) -> None:
        """Hand a mail over. Raises ``MailServerSilent`` where trying again may help, and
        ``MailRefused`` or ``NoMailServer`` where it does not; ``AddressRefused`` where nobody is at
        its address."""
        ...


class SmtpMailer:
    """Speaks to the mail server of the settings by a few lines, which stay open while there is
    more to send: ``async with SmtpMailer(settings) as mailer``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: list[tuple[Line, asyncio.TimerHandle]] = []
        self._turn = asyncio.Semaphore(LINES_MAX)

    async def __aenter__(self) -> "SmtpMailer":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the lines that nobody uses."""
        while self._idle:
            line, timer = self._idle.pop()
            timer.cancel()
            line.close()

    async def send(self, mail: Mail) -> None:
        given = self._settings
        if not given.smtp_host:
            raise NoMailServer
        server = f"{given.smtp_host}:{given.smtp_port}"
        try:
            async with self._turn:
                await self._send(mail)
        except smtp_line.Refused as no:
            if no.of_address and is_hard(no.code, no.words):
                raise AddressRefused(server, f"{no.code} {no.words}") from no
            raise self._trouble(server, no.code, no.words) from no
        except aiosmtplib.SMTPResponseException as no:
            raise self._trouble(server, no.code, no.message) from no
        except (
            *(aiosmtplib.SMTPException, OSError, TimeoutError),
            *(smtp_line.LineEnded, smtp_line.LineBroke),
        ) as silence:
            raise MailServerSilent(server, type(silence).__name__) from silence

    async def _send(self, mail: Mail) -> None:
        """By a line that is open, or a new one where the server had enough of that."""
        line = self._take_idle()
        if line is not None:
            try:
                await line.send(mail)
            except smtp_line.LineEnded:
                pass
            else:
                return
            finally:
                self._give_back(line)
        line = await smtp_line.opened(self._settings)
        try:
            await line.send(mail)
        finally:
            self._give_back(line)

    def _take_idle(self) -> Line | None:
        while self._idle:
            line, timer = self._idle.pop()
            timer.cancel()
            if line.is_open:
                return line
        return None

    def _give_back(self, line: Line) -> None:
        if line.is_open:
            timer = asyncio.get_running_loop().call_later(IDLE_S, self._let_go, line)
            self._idle.append((line, timer))
        else:
            line.close()

    def _let_go(self, line: Line) -> None:
        self._idle = [each for each in self._idle if each[0] is not line]
        line.close()

    @staticmethod
    def _trouble(server: str, code: int, words: str) -> MailServerSilent | MailRefused:
        """RFC 5321 §4.2.1: what begins with 5 is for good, but for our own sign-in (535)."""
        for_good = 500 <= code < 600 and code not in (530, 534, 535)
        said = f"{code} {words}"
        return MailRefused(server, said) if for_good else MailServerSilent(server, said)
