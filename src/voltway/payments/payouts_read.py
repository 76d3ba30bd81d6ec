"""A provider's report read from the provider itself, payout by payout."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.payments import choosing, payouts, store_payouts, store_payouts_paid
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_payouts import LineKind, Report, ReportedPayout, ReportLine, Taken
from voltway.payments.provider import Provider
from voltway.payments.provider_more import BalanceMove, MoveKind, Payout, TellsBalance
from voltway.runtime.work import BeginWork, Work

#: A payout with more pages than this is no payout.
PAGES_MAX: Final = 1_000

_KINDS: Final = {
    MoveKind.CAPTURE: LineKind.CAPTURE,
    MoveKind.REFUND: LineKind.REFUND,
    MoveKind.DISPUTE: LineKind.DISPUTE,
    MoveKind.TRANSFER: LineKind.TRANSFER,
}


@dataclass(eq=False)
class TellsNothing(Refusal):
    """The provider {provider} cannot be asked for its payouts: take its report as a file."""

    provider: str


@dataclass(eq=False)
class AccountShared(Refusal):
    """
    The account at {provider} is shared with others, whose payments its answers name too: take your
    own report as a file.
    """

    provider: str


async def own(work: Work, given: AnyProvider, party: PartyId) -> Sequence[Provider]:
    """The providers that are for this party, whether or not they can be asked for payouts."""
    owner = await parties.party(work, party)
    return choosing.of_party(given, f"{owner.country_code}*{owner.ident}")


async def fetch(begin: BeginWork, given: AnyProvider, party: PartyId, *, by: str) -> Taken:
    """Ask a party's providers for the payouts that are not in the books, and take what they tell.
    Raises ``TellsNothing`` where none can be asked, ``AccountShared`` where an account is not this
    party's alone, ``ProviderSilent`` where one does not answer; what was told before is kept."""
    async with begin(party) as work:
        providers = [each for each in await own(work, given, party) if each.can.balance]
    if not providers:
        raise TellsNothing(", ".join(provider.name for provider in choosing.every(given)))
    for provider in providers:
        if await _owners(begin, provider) - {party}:
            raise AccountShared(provider.name)
    taken = [await _fetch(begin, provider, party, by=by) for provider in providers]
    return Taken(
        lines=sum(each.lines for each in taken),
        fresh=sum(each.fresh for each in taken),
        payouts=sum(each.payouts for each in taken),
        posted=sum(each.posted for each in taken),
        open=sum(each.open for each in taken),
        said=tuple(said for each in taken for said in each.said),
    )


async def _fetch(begin: BeginWork, provider: Provider, party: PartyId, *, by: str) -> Taken:
    assert isinstance(provider, TellsBalance), "its capabilities say so"
    # No transaction is open while we ask.
    told = await provider.payouts()
    async with begin(party) as work:
        known = await store_payouts_paid.payouts_named(
            work, party, provider.name, [each.ref for each in told]
        )
    booked = {ref for ref, payout in known.items() if payout.posted}
    wanted = [each for each in told if each.paid and each.ref not in booked]
    lines: list[ReportLine] = []
    for payout in wanted:
        lines += [_line(move, payout.ref) for move in await _moves(provider, payout)]
    report = Report(
        provider=provider.name,
        lines=tuple(lines),
        payouts=tuple(
            ReportedPayout(ref=each.ref, amount=each.amount, paid_at=each.arrives_at)
            for each in wanted
        ),
    )
    async with begin(party) as work:
        return await payouts.take(work, party, report, by=by, source="provider")


async def _moves(provider: TellsBalance, payout: Payout) -> Sequence[BalanceMove]:
    """The movements that a payout paid; the payout itself is none of them."""
    moves: list[BalanceMove] = []
    before: str | None = None
    for _ in range(PAGES_MAX):
        page = await provider.moves(before=before, payout=payout.ref)
        moves += [move for move in page.moves if move.kind != MoveKind.PAYOUT]
        before = page.before
        if before is None:
            break
    return moves


def _line(move: BalanceMove, payout: str) -> ReportLine:
    kind = _KINDS.get(move.kind, LineKind.OTHER)
    gross = move.amount
    # What a provider takes for itself names no payment: it is a fee, however it is written.
    if kind is LineKind.OTHER and move.hold is None and gross.minor <= 0:
        kind = LineKind.FEE
    return ReportLine(
        ref=move.ref,
        kind=kind,
        gross=gross,
        fee=move.fee,
        at=move.at,
        payout=payout,
        hold=move.hold,
        source=move.source,
    )


async def fetch_own(begin: BeginWork, given: AnyProvider) -> int:
    """The round: ask for payouts where a provider's account is one party's alone. Of an account
    that several share nobody can tell whose a payout is; each takes its own report."""
    posted = 0
    for provider in choosing.every(given):
        if not provider.can.balance:
            continue
        owners = await _owners(begin, provider)
        if len(owners) == 1:
            with suppress(Outage):  # the others are asked all the same, and this one in an hour
                posted += (await _fetch(begin, provider, owners.pop(), by="the house")).posted
    return posted


async def _owners(begin: BeginWork, provider: Provider) -> set[PartyId]:
    """Whose payments a provider has kept."""
    async with begin() as work:
        return set(await store_payouts.owners(work, provider.name))
