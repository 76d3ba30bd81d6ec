"""Sending a document by hand: once more, or to another address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from voltway.alerts import store, watchers
from voltway.alerts.model import Alert
from voltway.alerts.queueing import queue
from voltway.billing import actions as billing
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId
from voltway.runtime.work import Work

ADDRESS: Final = r"[^@\s<>,;]+@[^@\s<>,;]+"
ADDRESS_LENGTH_MAX: Final = 254


@dataclass(eq=False)
class NoAddress(Refusal):
    """
    There is no address to which {number} can go. Give one, such as ann@example.org, or add it to
    the customer or the host.
    """

    kind: ClassVar[Kind] = Kind.INVALID

    number: str


async def send_document(work: Work, document: InvoiceId, email: str, *, once: str) -> Alert:
    """Mail a document to this address, or to whom it is for where none is given. ``once`` is the
    asker's own key: asked again under it, it is one mail."""
    found = await billing.invoice(work, document)
    to = (await billing.addressees(work, [document]))[document]
    address = email.strip() or to.email
    if not re.fullmatch(ADDRESS, address) or len(address) > ADDRESS_LENGTH_MAX:
        raise NoAddress(found.number)
    key = f"document:{document}:{once}"
    alert = watchers.about_document(work, found.party, document, replace(to, email=address), key)
    await queue(work, [alert])
    return alert


async def sent_of(work: Work, document: InvoiceId) -> Sequence[Alert]:
    """The mails that carried a document, or are to: the newest first."""
    return await store.about(work, document)
