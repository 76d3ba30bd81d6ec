"""What about money is not as it should be now: read from the rooms that know it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from voltway.alerts.model_events import Event
from voltway.alerts.model_troubles import Source, Standing
from voltway.billing import checking
from voltway.billing.model_checks import SAYS
from voltway.kernel.ids import PartyId
from voltway.payments import monitoring, unreported
from voltway.payments.model_alarms import Alarm, AlarmKind
from voltway.runtime.work import Work

#: What a report leaves open is often explained by its rest, or by the books some minutes later.
PAYOUTS_HOLD: Final = timedelta(hours=1)
SAID_MAX: Final = 160
UNREPORTED_MAX: Final = 200
PAGE: Final = "/console/troubles"
#: What is over by itself, so that nobody wants to know.
_PASSES: Final = frozenset({AlarmKind.AMOUNT, AlarmKind.CARD_PLACES})

#: Looks what of a party's money is so now.
Look: TypeAlias = Callable[[Work, PartyId], Awaitable[list[Standing]]]


async def _alarms(work: Work, party: PartyId) -> list[Standing]:
    return [_alarm(each) for each in await monitoring.open_alarms(work, party)]


def _alarm(alarm: Alarm) -> Standing:
    if alarm.kind is AlarmKind.PROVIDER_SILENT:
        name = alarm.about.partition(":")[2]
        return Standing(
            event=Event.PROVIDER_DOWN,
            about=alarm.about,
            facts={"name": name, "why": alarm.said, "page": PAGE},
            ends=Event.PROVIDER_BACK,
        )
    return Standing(
        event=Event.PAYMENTS_ODD,
        about=f"{alarm.kind}:{alarm.about}",
        facts={"why": alarm.said, "page": PAGE},
        ends=None if alarm.kind in _PASSES else Event.PAYMENTS_USUAL,
    )


async def _books(work: Work, party: PartyId) -> list[Standing]:
    found = await checking.open_findings(work, party)
    if not found:
        return []
    first = found[0]
    why = f"{SAYS[first.invariant]} But: {first.said}"
    return [
        _unexplained(
            "books", "the books", len(found), why, newest=max(each.first_at for each in found)
        )
    ]


async def _payouts(work: Work, party: PartyId) -> list[Standing]:
    rows = await work.all(
        """
        SELECT provider, count(*)::int AS n, max(first_at) AS newest,
               (array_agg(said ORDER BY first_at DESC))[1] AS said
          FROM (SELECT provider, first_at, said FROM payout_line_view
                 WHERE party_id = $1 AND doubt IS NOT NULL AND closed_at IS NULL
                 UNION ALL
                SELECT provider, first_at, said FROM payout_view
                 WHERE party_id = $1 AND doubt IS NOT NULL) AS open
         WHERE first_at <= $2
         GROUP BY provider
        """,
        party,
        work.now - PAYOUTS_HOLD,
    )
    return [
        _unexplained(
            f"payouts:{row['provider']}",
            f"payouts of {row['provider']}",
            row["n"],
            row["said"] or "No entry of the books explains it.",
            newest=row["newest"],
        )
        for row in rows
    ]


async def _unreported(work: Work, party: PartyId) -> list[Standing]:
    """Money that a provider took long ago and no report of it names. What is newer is no news: it
    grows by what is late in turn."""
    late = await unreported.late(work, party, UNREPORTED_MAX)
    counts = Counter(row["provider"] for row in late)
    first = {row["provider"]: row["memo"] for row in reversed(late)}
    return [
        _unexplained(
            f"unreported:{provider}",
            f"payouts of {provider}",
            n,
            f"No report of the provider names it after a week. {first[provider]}",
        )
        for provider, n in counts.items()
    ]


def _unexplained(
    about: str, what: str, n: int, why: str, *, newest: datetime | None = None
) -> Standing:
    facts = {"name": what, "count": str(n), "why": why[:SAID_MAX], "page": PAGE}
    return Standing(
        event=Event.MONEY_UNEXPLAINED,
        about=about,
        facts=facts,
        ends=Event.MONEY_EXPLAINED,
        newest=newest,
    )


LOOKS: Final[Mapping[Source, Look]] = {
    Source.ALARMS: _alarms,
    Source.BOOKS: _books,
    Source.PAYOUTS: _payouts,
    Source.UNREPORTED: _unreported,
}
