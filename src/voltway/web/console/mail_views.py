"""What the console shows of a document's mails: to whom it went, and to whom it would go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from voltway.alerts import sending
from voltway.alerts.model import Alert, AlertState
from voltway.billing import actions as billing
from voltway.kernel.ids import InvoiceId
from voltway.runtime.work import Work

_WORDS: Final = {
    AlertState.QUEUED: "Waits to be sent",
    AlertState.SENT: "Sent",
    AlertState.FAILED: "Not sent",
}


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail that carried the document, or is to."""

    to: str
    word: str
    failed: bool
    at: datetime
    with_xml: bool
    note: str


@dataclass(frozen=True, slots=True)
class Mails:
    """The mails of a document. ``once`` is the key of the next one: sent twice, it is one mail."""

    document: UUID
    to: str
    lines: Sequence[MailLine]
    once: str


async def mails_of(work: Work, document: InvoiceId) -> Mails:
    to = (await billing.addressees(work, [document]))[document]
    sent = await sending.sent_of(work, document)
    return Mails(document, to.email, [_line(each) for each in sent], uuid4().hex)


def _line(alert: Alert) -> MailLine:
    return MailLine(
        to=alert.recipient,
        word=_WORDS[alert.state],
        failed=alert.state is AlertState.FAILED,
        at=alert.sent_at or alert.created_at,
        with_xml=alert.with_xml,
        note=alert.last_trouble or "",
    )
