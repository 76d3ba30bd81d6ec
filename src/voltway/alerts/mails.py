"""A letter as the mail that goes out, in bytes.

The standard library's ``EmailMessage`` takes three milliseconds a mail, most of them for headers
that many mails have in common. So what is the same is made by it once, and a mail of mere words is
put together of that and of its two parts in base64 (RFC 2045 §6.8), which nothing on the way
changes. What has more to it is made by ``letters.message`` as a whole.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from voltway.alerts import letters
from voltway.alerts.model import Alert
from voltway.alerts.text import one_line
from voltway.billing.words import language

#: Nothing above 7 bits: not every server takes it (RFC 6152).
_WIRE: Final = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Mail:
    """The envelope (RFC 5321), and what is in it."""

    sender: str
    to: str
    content: bytes


def mail(alert: Alert, letter: letters.Letter, *, mail_from: str, at: datetime) -> Mail:
    """The mail of an alert. Tried again it is the same mail, by its Message-ID."""
    sender = letters.address_of(mail_from)
    is_plain = letter.pdf is None and letter.xml is None and not letter.leave
    if not is_plain or not alert.recipient.isascii() or not alert.recipient.isprintable():
        whole = letters.message(alert, letter, mail_from=mail_from, at=at)
        return Mail(sender, alert.recipient, whole.as_bytes(policy=_WIRE))
    boundary = f"=_{alert.id.hex}"
    head = (
        f"To: {alert.recipient}\r\n"
        f"Date: {_date(at)}\r\n"
        f"Message-ID: {letters.message_id(alert, mail_from)}\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    )
    content = (
        _common(mail_from, letter.subject, language(alert.locale))
        + head.encode()
        + _part(boundary, "plain", letter.text)
        + _part(boundary, "html", letter.html)
        + f"--{boundary}--\r\n".encode()
    )
    return Mail(sender, alert.recipient, content)


@lru_cache(maxsize=16)
def _date(at: datetime) -> str:
    return format_datetime(at)


@lru_cache(maxsize=256)
def _common(mail_from: str, subject: str, spoken: str) -> bytes:
    """The headers that mails of one letter have in common."""
    made = EmailMessage(policy=_WIRE)
    made["From"] = one_line(mail_from)
    made["Subject"] = one_line(subject)
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = spoken
    return made.as_bytes().removesuffix(b"\r\n")


def _part(boundary: str, kind: str, text: str) -> bytes:
    lines = base64.encodebytes(text.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + lines
