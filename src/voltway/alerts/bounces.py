"""Mails that come back: which addresses take none, who learns that, and how it is lifted.

A server says so when it is given the mail (RFC 5321), or later by a report (RFC 3464) that is
handed in. From then on nothing is sent there, but codes: who asks for one wishes it, and who types
it has proved that mails arrive.
"""

import email
import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage, Message
from typing import ClassVar, Final
from uuid import UUID

from voltway.alerts import rules, store, store_bounces
from voltway.alerts.model import Alert, AlertFailed, Template
from voltway.alerts.model_bounces import Bounce
from voltway.alerts.model_events import Channel
from voltway.alerts.text import one_line
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import AlertId, PartyId
from voltway.runtime.work import Work

WHY_LENGTH_MAX: Final = 300

#: RFC 3463 §3.2, §3.3: the address is no good (5.1.x), its mailbox takes nothing (5.2.1). What a
#: policy refuses (5.7.x), or what is too much just now (5.2.2), says nothing of the address.
_OF_THE_ADDRESS: Final = re.compile(r"\b5\.(1\.\d{1,3}|2\.1)\b")
_ENHANCED: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
#: RFC 5321 §4.2.3: no such mailbox, not local, no mailbox of such a name.
_CODES: Final = frozenset({550, 551, 553})

_ALERT: Final = re.compile(r"^\s*<([0-9a-f-]{36})@[^>]*>\s*$")


@dataclass(eq=False)
class ComesBack(Refusal):
    """Mails to this address came back, so none are sent until its owner wishes it."""


@dataclass(eq=False)
class NotAReport(Refusal):
    """This is no report of a mail of ours that could not be delivered: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    why: str


def is_hard(code: int, words: str) -> bool:
    """Whether a server's no means that there is no such address. Where it says so more exactly
    (RFC 3463), that counts."""
    if _ENHANCED.search(words):
        return 500 <= code < 600 and _OF_THE_ADDRESS.search(words) is not None
    return code in _CODES


async def came_back(work: Work, party: PartyId, address: str, why: str) -> None:
    """Send nothing more from this party to this address."""
    await store_bounces.add(work, party, address.lower(), one_line(why)[:WHY_LENGTH_MAX])
    work.touch("bounces")


async def bounce_of(work: Work, address: str, party: PartyId | None = None) -> Bounce | None:
    """Whether mails of this party came back from an address; without one, of any party."""
    return await store_bounces.one(work, address.lower(), party)


async def lift(work: Work, address: str, party: PartyId | None = None) -> bool:
    """Send to this address again: its owner wishes it, or proved that mails arrive; whether it was
    marked. Without a party, all do."""
    return await store_bounces.remove(work, address.lower(), party)


async def come_back(work: Work, alerts: Sequence[Alert]) -> set[AlertId]:
    """Those of these that are not to be sent, since mails to their address came back."""
    asked = [
        each
        for each in alerts
        if each.channel is Channel.MAIL and each.template is not Template.CODE
    ]
    if not asked:
        return set()
    marked = await store_bounces.marked(
        work, [(each.party, each.recipient.lower()) for each in asked]
    )
    return {each.id for each in asked if (each.party, each.recipient.lower()) in marked}


async def take_report(work: Work, mail: bytes) -> Alert:
    """A mail server's report that a mail of ours could not be delivered: its address is marked, and
    its delivery has failed. The mail that it is about must be one of this party's. Raises
    ``NotAReport``; a delay, or a trouble that passes, is none."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    address, why = _failed(message)
    try:
        alert = await store.lock(work, _alert_id(message))
    except store.NoSuchAlert:
        raise NotAReport("we have sent no such mail") from None
    if alert.channel is not Channel.MAIL or alert.recipient.lower() != address:
        raise NotAReport("the mail went to another address")
    await came_back(work, alert.party, address, why)
    failed = rules.undelivered(alert, f"It came back: {why}"[:WHY_LENGTH_MAX])
    if failed is not alert:
        await store.save(work, failed)
        trouble = failed.last_trouble or ""
        await work.announce(
            [AlertFailed(party=alert.party, at=work.now, alert=alert.id, trouble=trouble)]
        )
    return failed


def _failed(message: EmailMessage) -> tuple[str, str]:
    """Who could not be reached for good, and why (RFC 3464 §2.3). Raises ``NotAReport``."""
    if message.get_content_type() != "multipart/report":
        raise NotAReport("it is no multipart/report")
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Message) and str(block.get("Action", "")).lower() == "failed":
                return _recipient(block)
    raise NotAReport("nothing in it failed")


def _recipient(block: Message) -> tuple[str, str]:
    who = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    status = str(block.get("Status", "")).strip()
    words = str(block.get("Diagnostic-Code", "")).partition(";")[2].strip()
    said = words if status == "5.0.0" else status  # "other": the server's own words say more
    code = int(words[:3]) if words[:3].isdecimal() else 550
    if not status.startswith("5.") or not is_hard(code, said):
        raise NotAReport(f"its status {status[:20]} does not say that there is no such address")
    return who.partition(";")[2].strip().lower(), f"{status} {words}".strip()


def _alert_id(message: EmailMessage) -> AlertId:
    """Which mail it is about, by the headers that came back with it."""
    for part in message.walk():
        headers: Message | None = None
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            first = inner[0] if isinstance(inner, list) and inner else None
            headers = first if isinstance(first, Message) else None
        elif part.get_content_type() == "text/rfc822-headers":
            headers = email.message_from_string(str(part.get_content()))
        found = _ALERT.match(str(headers.get("Message-ID", ""))) if headers is not None else None
        if found is not None:
            try:
                return AlertId(UUID(found[1]))
            except ValueError:
                break
    raise NotAReport("it does not name a mail of ours")
