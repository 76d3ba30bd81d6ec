"""The mails that were caught: one ``.eml`` file each, so that they survive a restart."""

import asyncio
import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

_FROM, _TO, _AT = "X-Caught-From", "X-Caught-To", "X-Caught-At"


@dataclass(frozen=True)
class Mail:
    """One caught mail. Sender and recipients are those of the envelope, not of the letterhead."""

    id: str
    raw: bytes
    message: EmailMessage

    @property
    def sender(self) -> str:
        return str(self.message[_FROM])

    @property
    def recipients(self) -> list[str]:
        return str(self.message[_TO]).split(",")

    @property
    def received_at(self) -> str:
        return str(self.message[_AT])

    @property
    def received(self) -> str:
        """The moment for people, in UTC."""
        return self.received_at.replace("T", " ").removesuffix("Z")

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "(no subject)")

    @property
    def text(self) -> str | None:
        return self._part("plain")

    @property
    def html(self) -> str | None:
        return self._part("html")

    @property
    def attachments(self) -> list[EmailMessage]:
        return list(self.message.iter_attachments())

    def _part(self, kind: str) -> str | None:
        part = self.message.get_body((kind,))
        return None if part is None else str(part.get_content())

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "from": self.sender,
            "to": self.recipients,
            "subject": self.subject,
            "received_at": self.received_at,
            "text": self.text,
            "html": self.html,
            "attachments": [
                {
                    "name": name_of(part),
                    "content_type": part.get_content_type(),
                    "bytes": len(content_of(part)),
                }
                for part in self.attachments
            ],
        }


def name_of(part: EmailMessage) -> str:
    return part.get_filename() or "attachment"


def content_of(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


class Box:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._news = asyncio.Condition()
        self.mails: dict[str, Mail] = {}
        for path in sorted(folder.glob("*.eml")):
            self._take(path.stem, path.read_bytes())

    async def put(self, sender: str, recipients: list[str], content: bytes) -> None:
        """Keep a mail with its envelope in the first lines."""
        mail_id = f"{int(next(reversed(self.mails), 0)) + 1:06}"
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        lines = (f"{_FROM}: {sender}", f"{_TO}: {','.join(recipients)}", f"{_AT}: {at}")
        raw = "".join(f"{line}\r\n" for line in lines).encode() + content
        (self._folder / f"{mail_id}.eml").write_bytes(raw)
        async with self._news:
            self._take(mail_id, raw)
            self._news.notify_all()

    def to(self, recipient: str | None = None) -> list[Mail]:
        """The mails to one recipient, or all, the newest first."""
        wanted = None if recipient is None else recipient.lower()
        return [
            mail
            for mail in reversed(self.mails.values())
            if wanted is None or wanted in [one.lower() for one in mail.recipients]
        ]

    async def wait_for(self, recipient: str, *, count: int = 1) -> list[Mail]:
        """Wait until so many mails have come to a recipient."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.to(recipient)) >= count)
        return self.to(recipient)

    def _take(self, mail_id: str, raw: bytes) -> None:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails[mail_id] = Mail(mail_id, raw, message)
