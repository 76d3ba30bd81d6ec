"""A provider's report read from the provider itself, payout by payout."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId
from voltway.payments import payouts, store_payouts, store_payouts_paid
from voltway.payments.model_payouts import LineKind, Report, ReportedPayout, ReportLine, Taken
from voltway.payments.provider import Provider
from voltway.payments.provider_more import BalanceMove, MoveKind, Payout, TellsBalance
from voltway.runtime.work import BeginWork

#: A payout with more pages than this is no payout.
PAGES_MAX: Final = 1_000

_KINDS: Final = {
    MoveKind.CAPTURE: LineKind.CAPTURE,
    MoveKind.REFUND: LineKind.REFUND,
    MoveKind.DISPUTE: LineKind.DISPUTE,
}


@dataclass(eq=False)
class TellsNothing(Refusal):
    """The provider {provider} cannot be asked for its payouts: take its report as a file."""

    provider: str


async def fetch(begin: BeginWork, provider: Provider, party: PartyId, *, by: str) -> Taken:
    """Ask the provider for the payouts that are not in the books, and take what it tells. Raises
    ``TellsNothing`` where it cannot be asked, ``ProviderSilent`` where it does not answer."""
    if not isinstance(provider, TellsBalance):
        raise TellsNothing(provider.name)
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


async def fetch_own(begin: BeginWork, provider: Provider) -> int:
    """The round: ask for payouts where the provider's account is one party's alone. Of an account
    that several share nobody can tell whose a payout is; each takes its own report."""
    if not isinstance(provider, TellsBalance):
        return 0
    async with begin() as work:
        owners = await store_payouts.owners(work, provider.name)
    if len(owners) != 1:
        return 0
    taken = await fetch(begin, provider, owners[0], by="the house")
    return taken.posted
