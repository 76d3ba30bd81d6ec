"""One line to a mail server, kept open for many mails.

``aiosmtplib`` opens it (greeting, TLS, sign-in). From then on the line is ours: where the server
says that it may (RFC 2920), a mail's envelope goes in one piece instead of three, which is a round
trip instead of three and a quarter of the CPU.
"""

import asyncio
import re
from collections import deque
from dataclasses import dataclass
from typing import Final, cast

import aiosmtplib

from voltway.alerts.mails import Mail
from voltway.runtime.settings import Settings

TIMEOUT_S: Final = 20
#: What a server may say in one answer, in bytes (RFC 5321 §4.5.3.1.5: 512 a line).
ANSWER_BYTES_MAX: Final = 65_536

_DOTS: Final = re.compile(rb"^\.", re.MULTILINE)


@dataclass(eq=False)
class Refused(Exception):
    """The server says no: its code and words (RFC 5321 §4.2)."""

    code: int
    words: str
    of_address: bool = False


class LineEnded(Exception):
    """The line ended before the server was given a mail: another line may take it."""


class LineBroke(Exception):
    """The line ended while the server had a mail and had not said yet whether it takes it."""


class _Answers(asyncio.Protocol):
    """Reads the server's answers, each for who waits for it, in the order of what was asked."""

    def __init__(self) -> None:
        self._held = b""
        self._words: list[str] = []
        self._waiting: deque[asyncio.Future[tuple[int, str]]] = deque()
        self.is_over = False

    def next(self) -> "asyncio.Future[tuple[int, str]]":
        waiting: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        if self.is_over:
            waiting.set_exception(ConnectionResetError())
        else:
            self._waiting.append(waiting)
        return waiting

    def data_received(self, data: bytes) -> None:
        *lines, self._held = (self._held + data).split(b"\r\n")
        for line in lines:
            self._read(line.decode(errors="replace"))
        if len(self._held) > ANSWER_BYTES_MAX or len(self._words) > ANSWER_BYTES_MAX:
            self.connection_lost(None)

    def _read(self, line: str) -> None:
        self._words.append(line[4:].strip())
        if line[3:4] == "-":
            return
        words, self._words = " ".join(self._words), []
        code = int(line[:3]) if line[:3].isdecimal() else 0
        if code == 421 or not code or not self._waiting:  # it closes the line, or is lost
            self.is_over = True
        if self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result((code, words))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())
                waiting.exception()  # nobody may wait for it any more


class Line:
    """An open line. One mail at a time."""

    def __init__(self, opened: aiosmtplib.SMTP) -> None:
        assert opened.transport is not None, "it was opened"
        self._opened = opened
        self._answers = _Answers()
        self._transport = cast("asyncio.Transport", opened.transport)
        self._transport.set_protocol(self._answers)
        self._pipelines = opened.supports_extension("pipelining")
        self._knows_utf8 = opened.supports_extension("smtputf8")

    @property
    def is_open(self) -> bool:
        return not self._answers.is_over and not self._transport.is_closing()

    async def send(self, mail: Mail) -> None:
        """Raises ``Refused``, ``LineEnded``, ``LineBroke`` and ``TimeoutError``; after the last
        three, and after a refusal that leaves the line unsure, the line is closed."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._envelope(mail)
            content = _DOTS.sub(b"..", mail.content)
            end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
            async with asyncio.timeout(TIMEOUT_S):
                code, words = await self._ask(content + end)
        except ConnectionResetError:
            raise LineBroke from None
        except (TimeoutError, asyncio.CancelledError):
            self.close()  # else its late answer would be taken for the next mail's
            raise
        if code != 250:
            raise Refused(code, words)

    async def _envelope(self, mail: Mail) -> None:
        utf8 = " SMTPUTF8" if not (mail.to + mail.sender).isascii() else ""
        if utf8 and not self._knows_utf8:
            raise Refused(553, "5.6.7 the server takes no address in such letters", True)
        if not (mail.to + mail.sender).isprintable() or any(sign in mail.to for sign in "<> "):
            raise Refused(553, "5.1.3 this is no address", True)
        asked = [f"MAIL FROM:<{mail.sender}>{utf8}", f"RCPT TO:<{mail.to}>", "DATA"]
        commands = [f"{each}\r\n".encode() for each in asked]
        if self._pipelines:
            waiting = [self._answers.next() for _ in commands]
            self._transport.write(b"".join(commands))
            said = [await self._before(each) for each in waiting]
        else:
            said = []
            for command in commands:
                said.append(await self._before(self._asked(command)))
                if said[-1][0] >= 400:
                    break
        for nth, (code, words) in enumerate(said):
            if code >= 400 or (code == 0):
                await self._take_back(said)
                if code == 421:
                    raise LineEnded(words)
                raise Refused(code, words, nth == 1)

    async def _before(self, waiting: "asyncio.Future[tuple[int, str]]") -> tuple[int, str]:
        try:
            return await waiting
        except ConnectionResetError:
            raise LineEnded from None

    async def _take_back(self, said: list[tuple[int, str]]) -> None:
        """After a no the line is to be as new: a server may want the mail of a refused envelope
        all the same (RFC 2920 §3.1), and gets an end without one."""
        if not self.is_open:
            return
        if len(said) == 3 and said[2][0] == 354:
            self._transport.write(b".\r\n")
            await self._before(self._answers.next())
        await self._before(self._asked(b"RSET\r\n"))

    def _asked(self, command: bytes) -> "asyncio.Future[tuple[int, str]]":
        waiting = self._answers.next()
        self._transport.write(command)
        return waiting

    async def _ask(self, command: bytes) -> tuple[int, str]:
        return await self._asked(command)

    def close(self) -> None:
        """Say goodbye without waiting for an answer."""
        if self.is_open:
            self._transport.write(b"QUIT\r\n")
        self._answers.is_over = True
        self._transport.close()


async def opened(settings: Settings) -> Line:
    """A line by these settings. Raises what ``aiosmtplib`` raises."""
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user or None,
        password=settings.smtp_password or None,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        timeout=TIMEOUT_S,
    )
    await client.connect()
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except aiosmtplib.SMTPHeloError:
            await client.helo()
    return Line(client)
