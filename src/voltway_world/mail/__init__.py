"""The mail catcher: takes every mail by SMTP, delivers none, and shows them on a page."""

import asyncio
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Visit

from voltway_world.mail.box import Box, Mail
from voltway_world.mail.pages import make_pages
from voltway_world.serving import Served, Serving

__all__ = ["Mail", "MailCatcher"]


class _Catch:
    def __init__(self, box: Box, refuses: dict[str, str]) -> None:
        self._box = box
        self._refuses = refuses

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,
        visit: Visit,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if address in self._refuses:
            return self._refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, visit: Visit, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        await self._box.put(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        return "250 Caught"


class MailCatcher(Served):
    """The mail catcher inside this event loop: ``async with MailCatcher(folder) as mail:``."""

    def __init__(
        self,
        data: Path,
        *,
        smtp: tuple[str, int] = ("127.0.0.1", 0),
        http: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self.box = Box(data)
        #: Addresses that take no mail, each with what the server says then.
        self.refuses: dict[str, str] = {}
        self._smtp_address = smtp
        self._serving = Serving(make_pages(self.box), host=http[0], port=http[1])
        self._server: asyncio.Server | None = None
        self.smtp_host, self.smtp_port = smtp

    async def start(self) -> str:
        handler = _Catch(self.box, self.refuses)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(handler, enable_SMTPUTF8=True, hostname="mail.invalid", loop=loop),
            *self._smtp_address,
        )
        self.smtp_host, self.smtp_port = self._server.sockets[0].getsockname()[:2]
        return await self._serving.start()

    async def stop(self) -> None:
        await self._serving.stop()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
