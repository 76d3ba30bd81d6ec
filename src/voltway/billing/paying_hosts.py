"""Paying hosts what their settlements say, to their accounts at a provider (Stripe Connect).

A host whose account nobody has named is paid from the bank by hand, as before. A settlement is sent
on the day on which it is due, or earlier when somebody says so; once, whatever happens between.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from voltway.billing import hosts, rules_hosts, store_hosts
from voltway.billing.store_hosts import Due
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import PartyId
from voltway.kernel.money import Money
from voltway.payments import transfers
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_transfers import Transfer, TransferState, Wanted
from voltway.payments.transfers import NotSent
from voltway.runtime.work import BeginWork, Work

#: Stripe's names for connected accounts; other providers have theirs of this form.
ACCOUNT: Final = re.compile(r"[A-Za-z0-9_-]{3,64}")
#: The house itself, where nobody said so.
BY_ITSELF: Final = "the house"


@dataclass(eq=False)
class NoAccount(Refusal):
    """{host} has no account that this could be sent to: name one, or pay from your bank."""

    host: str


@dataclass(eq=False)
class NoSuchSettlementOfHost(Refusal):
    """There is no such settlement with a host."""

    kind: ClassVar[Kind] = Kind.ABSENT


async def pay_by(
    work: Work, given: AnyProvider, party: PartyId, host: UUID, typed: Mapping[str, str]
) -> None:
    """Let a host be paid to this account at this provider from now on; without an account, from
    the bank by hand."""
    account = typed.get("account", "").strip()
    provider = typed.get("provider", "").strip()
    if not account:
        await store_hosts.pay_by(work, host, None, None)
        return
    if ACCOUNT.fullmatch(account) is None:
        raise rules_hosts.FieldNotValid("The account", "write it as acct_1A2b3C")
    if provider not in await transfers.senders(work, given, party):
        raise transfers.SendsNothing(provider or "that you chose")
    await store_hosts.pay_by(work, host, provider, account)


async def pay(
    begin: BeginWork, given: AnyProvider, party: PartyId, settlement: UUID, *, by: str
) -> Transfer:
    """Send what a settlement says now. Raises ``NoAccount``, ``SentBefore``, ``NothingToSend``,
    ``NotSent``; where the provider is silent, it is on its way, and asked again by the rounds."""
    async with begin(party) as work:
        due = await store_hosts.due(work, settlement)
        if due is None:
            raise NoSuchSettlementOfHost
        noted = await transfers.note(work, given, wanted(due), by=by)
    return await _send(begin, given, noted)


async def _send(begin: BeginWork, given: AnyProvider, noted: Transfer) -> Transfer:
    try:
        sent = await transfers.finish(begin, given, noted)
    except Outage:
        return noted
    if sent.state is TransferState.DECLINED:
        raise NotSent(sent.provider, sent.why or "it gave no reason.")
    return sent


def wanted(due: Due) -> Wanted:
    """What is to be sent. Raises ``NoAccount`` where nobody has said where to."""
    if due.provider is None or due.account is None:
        raise NoAccount(due.host_name)
    return Wanted(
        party=due.party,
        provider=due.provider,
        destination=due.account,
        about=due.settlement,
        number=due.number,
        owed=hosts.payable_to(due.host),
        amount=Money(due.total_minor, due.currency),
    )


async def pay_due(begin: BeginWork, given: AnyProvider) -> int:
    """The round: send what is due today and was neither sent nor refused before; how many."""
    async with begin() as work:
        due = await store_hosts.due_now(work, work.now)
    sent = 0
    for each in due:
        try:
            async with begin(each.party) as work:
                noted = await transfers.note(work, given, wanted(each), by=BY_ITSELF)
            await _send(begin, given, noted)
        except Refusal:
            continue  # said on its page; a person looks at it
        sent += 1
    return sent
