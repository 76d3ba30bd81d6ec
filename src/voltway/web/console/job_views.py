"""What the page of jobs shows: how many of a kind, what failed and why, what waits and runs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from voltway.kernel.ids import PartyId
from voltway.runtime import jobs_seen
from voltway.runtime.jobs_seen import LaidAside, SeenJob, Tally
from voltway.runtime.work import Work
from voltway.web.formats import ELLIPSIS

LINES: Final = 100
TEXT_MAX: Final = 600

#: What each kind of job does, for a person.
KINDS: Final = {
    "settle": "Settle a session",
    "send_alert": "Send a mail",
    "send_alerts": "Send many mails",
    "check_books": "Check the books",
    "bulk_run": "Write the documents of a month",
    "give_back_tax": "Give back tax that the buyer owes",
    jobs_seen.TELL_AGAIN: "Tell a fact again",
}

#: Who hears facts, for a person.
WATCHERS: Final = {
    "payments.session_started": "Payments, of a session's start",
    "payments.session_ended": "Payments, of a session's end",
    "billing.session_ended": "Billing, of a session's end",
    "billing.cdr_issued": "Billing, of a priced session",
    "billing.refunded": "Billing, of a refund",
    "alerts.invoice_issued": "Mails, of a receipt",
    "alerts.documents": "Mails, of a document",
    "alerts.hold_released": "Mails, of a released hold",
    "alerts.books": "Mails, of a finding in the books",
    "alerts.sessions": "Alerts, of a charge",
    "alerts.money": "Alerts, of a payment",
    "alerts.stations": "Alerts, of a station",
    "alerts.hooks": "Webhooks",
    "alerts.rested": "Alerts, of a bill that rests",
}


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job, what it is about, and where that is seen."""

    of: SeenJob
    does: str
    about: str
    at: str | None
    trouble: str


@dataclass(frozen=True, slots=True)
class KindLine:
    """How many jobs of a kind there are."""

    of: Tally
    does: str


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact that a watcher could not take."""

    of: LaidAside
    watcher: str
    at: str | None
    trouble: str


@dataclass(frozen=True, slots=True)
class FactKind:
    """Facts of a kind that one watcher could not take."""

    name: str
    watcher: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Seen:
    """All of it."""

    kinds: tuple[KindLine, ...]
    failed: tuple[JobLine, ...]
    to_do: tuple[JobLine, ...]
    facts: tuple[FactLine, ...]
    fact_kinds: tuple[FactKind, ...]


async def seen(work: Work, party: PartyId) -> Seen:
    kinds = await jobs_seen.tallies(work, party)
    failed = await jobs_seen.seen(work, party, ["failed"], limit=LINES)
    to_do = await jobs_seen.seen(work, party, ["queued", "picked"], limit=LINES)
    where = await _where(work, [*failed, *to_do])
    facts = await jobs_seen.laid_aside(work, party, limit=LINES)
    return Seen(
        tuple(KindLine(each, KINDS.get(each.kind, each.kind)) for each in kinds),
        tuple(_line(each, where) for each in failed),
        tuple(_line(each, where) for each in to_do),
        tuple(_fact(each) for each in facts),
        tuple(
            FactKind(name, WATCHERS.get(name, name), kind, count)
            for (name, kind), count in sorted(
                Counter((each.watcher, each.kind) for each in facts).items()
            )
        ),
    )


async def _where(work: Work, jobs: Sequence[SeenJob]) -> dict[str, str]:
    """The pages of the things that jobs name in their bodies, by the thing's id."""
    settlements = [id for job in jobs if (id := _uuid(job.body.get("settlement"))) is not None]
    alerts = [id for job in jobs if (id := _uuid(job.body.get("alert"))) is not None]
    rows = await work.all(
        """
        SELECT id::text, '/console/sessions/' || session_id AS at
          FROM settlement_view WHERE id = ANY($1::uuid[])
         UNION ALL
        SELECT id::text, CASE template WHEN 'document' THEN '/console/documents/' || invoice_id
                         ELSE '/console/money?on=' || payment_id END
          FROM alert_view WHERE id = ANY($2::uuid[])
        """,
        settlements,
        alerts,
    )
    return {row["id"]: row["at"] for row in rows}


def _line(job: SeenJob, where: dict[str, str]) -> JobLine:
    about = next(iter(job.body.values()), job.key)
    does = KINDS.get(job.kind, job.kind)
    return JobLine(job, does, about, where.get(about), _short(job.trouble))


def _fact(fact: LaidAside) -> FactLine:
    kind, _, id = fact.subject.partition(":")
    at = f"/console/sessions/{id}" if kind == "session" and _uuid(id) else None
    return FactLine(fact, WATCHERS.get(fact.watcher, fact.watcher), at, _short(fact.trouble))


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + ELLIPSIS
