"""Shares sent from our balance at a provider to the account of somebody to whom we owe them.

As with holds: what is asked is noted and committed before it is asked, under a key that makes
asking twice harmless; a silence leaves it asked, and the rounds ask again. The books move when the
provider has said that it sent it, in the same work that notes so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import OnceKey, PartyId, new_id
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry, Posting
from voltway.parties import actions as parties
from voltway.payments import choosing, rules_payouts, store_transfers
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_transfers import Transfer, TransferState, Wanted
from voltway.payments.provider import Declined, Provider, ProviderSilent
from voltway.payments.provider_more import SendsShares, TransferOrder, Transferred
from voltway.payments.providers.none import GoneProvider
from voltway.runtime.work import BeginWork, Work

#: An answer that takes longer than this is not coming any more.
SILENT_AFTER: Final = timedelta(seconds=30)


@dataclass(eq=False)
class SendsNothing(Refusal):
    """The provider {provider} sends no shares for you: pay from your bank."""

    provider: str


@dataclass(eq=False)
class NothingToSend(Refusal):
    """{number} comes to {amount}: there is nothing to send."""

    number: str
    amount: Money


@dataclass(eq=False)
class SentBefore(Refusal):
    """{number} was sent before, or is on its way. Nothing was sent again."""

    number: str


@dataclass(eq=False)
class NotSent(Refusal):
    """{provider} did not send it: {why}"""

    kind: ClassVar[Kind] = Kind.CONFLICT

    provider: str
    why: str


async def senders(work: Work, given: AnyProvider, party: PartyId) -> Sequence[str]:
    """The names of the party's providers that can send shares."""
    owner = await parties.party(work, party)
    known = choosing.of_party(given, f"{owner.country_code}*{owner.ident}")
    return [each.name for each in known if each.can.transfers]


async def note(work: Work, given: AnyProvider, wanted: Wanted, *, by: str) -> Transfer:
    """Note that a share is to be sent, once for each document. Raises ``SendsNothing``,
    ``NothingToSend``, ``SentBefore``."""
    if wanted.provider not in await senders(work, given, wanted.party):
        raise SendsNothing(wanted.provider)
    if wanted.amount.minor <= 0:
        raise NothingToSend(wanted.number, wanted.amount)
    transfer = Transfer(
        id=new_id(work.now),
        party=wanted.party,
        provider=wanted.provider,
        destination=wanted.destination,
        about=wanted.about,
        number=wanted.number,
        owed=wanted.owed,
        amount=wanted.amount,
        asked_by=by,
        asked_at=work.now,
    )
    if not await store_transfers.add(work, transfer):
        raise SentBefore(wanted.number)
    return transfer


async def finish(begin: BeginWork, given: AnyProvider, transfer: Transfer) -> Transfer:
    """Ask for a noted transfer, and note what came of it. Raises ``ProviderSilent`` where nobody
    knows; it is asked again by the rounds."""
    provider = choosing.of(given, transfer.provider)
    order = TransferOrder(
        once=OnceKey(f"transfer:{transfer.id}"),
        to=transfer.destination,
        amount=transfer.amount,
        reference=str(transfer.about),
        description=transfer.number,
    )
    try:
        answer = await _ask(provider, order)
    except ProviderSilent as silence:
        async with begin() as work:
            await store_transfers.troubled(work, transfer.id, str(silence))
        raise
    async with begin() as work:
        return await _answered(work, transfer.id, answer)


async def _ask(provider: Provider, order: TransferOrder) -> Transferred | Declined:
    """A provider that is not set up any more is silent until it is back."""
    if isinstance(provider, GoneProvider):
        raise ProviderSilent(provider.name, "it is not set up any more")
    if isinstance(provider, SendsShares):
        return await provider.transfer(order)
    return Declined("not_offered", f"{provider.name} sends no shares.")


async def _answered(work: Work, id: UUID, answer: Transferred | Declined) -> Transfer:
    before = await store_transfers.lock(work, id)
    if before.state is not TransferState.ASKED:
        return before  # another round had the same answer
    if isinstance(answer, Declined):
        after = replace(before, state=TransferState.DECLINED, why=answer.reason, ended_at=work.now)
    else:
        entry = await ledger.post(work, _entry(before, work.now))
        after = replace(
            before, state=TransferState.DONE, ref=answer.ref, entry=entry, ended_at=work.now
        )
    await store_transfers.end(work, after)
    work.touch(f"payments:{before.party}")
    return after


def _entry(transfer: Transfer, now: datetime) -> Entry:
    due = rules_payouts.due(transfer.provider)
    return Entry(
        party=transfer.party,
        once=OnceKey(f"transfer:{transfer.id}"),
        at=now,
        memo=f"{transfer.provider} sent {transfer.amount} for {transfer.number}.",
        evidence={"transfer": str(transfer.id), "document": str(transfer.about)},
        postings=(Posting(transfer.owed, due, transfer.amount),),
    )


async def ask_again(begin: BeginWork, given: AnyProvider) -> int:
    """The round: ask again what was asked without an answer; how many have one now."""
    async with begin() as work:
        open_ = await store_transfers.open_since(work, work.now - SILENT_AFTER)
    answered = 0
    for transfer in open_:
        try:
            await finish(begin, given, transfer)
        except Outage:
            continue
        answered += 1
    return answered
