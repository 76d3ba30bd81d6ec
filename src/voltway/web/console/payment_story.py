"""Everything that happened to one payment, from the hold that was asked to the bank."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.runtime.work import Row, Work
from voltway.web.formats import Formats


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing, in words; ``trouble`` where it did not go as it should."""

    icon: str
    title: str
    detail: str
    amount: str
    at: datetime
    trouble: bool = False


_ICONS: Final = {
    "hold": "hold",
    "increase": "hold",
    "capture": "check",
    "release": "unlock",
    "refund": "money",
}
_DID: Final = {
    "hold": "Hold asked",
    "increase": "Hold to grow",
    "capture": "Capture",
    "release": "Release",
    "refund": "Refund",
}
_LINES: Final = {
    "capture": "In the provider's report",
    "refund": "Refund in the provider's report",
    "dispute": "Disputed at the bank",
    "fee": "Fee in the provider's report",
    "other": "Moved at the provider",
}


async def asked_of(work: Work, payment: UUID, currency: str, formats: Formats) -> list[Happened]:
    """What was asked of the provider, and what it said."""
    rows = await work.all(
        "SELECT * FROM payment_step_view WHERE payment_id = $1 ORDER BY asked_at, verb, id",
        payment,
    )
    return [_step(row, currency, formats) for row in rows]


def _step(row: Row, currency: str, formats: Formats) -> Happened:
    came_back = row["answer"] == "returned"
    answer = row["answer"] or row["last_trouble"] or "no answer yet"
    tries = f", asked {row['tries']} times" if row["tries"] > 1 else ""
    return Happened(
        icon=_ICONS.get(row["verb"], "money"),
        title=_DID.get(row["verb"], row["verb"].replace("_", " ").capitalize()),
        detail="came back from the bank" if came_back else f"{answer}{tries}",
        amount=formats.amount(row["amount_minor"], currency) if row["amount_minor"] else "",
        at=row["answered_at"] or row["asked_at"],
        trouble=came_back or (row["answer"] != "done" and row["last_trouble"] is not None),
    )


async def story_of(work: Work, payment: UUID, formats: Formats) -> list[Happened]:
    """All of it: what was asked, what we were told, the session, the bill, and the payout."""
    row = await work.one("SELECT * FROM payment_monitor_view WHERE id = $1", payment)
    if row is None:
        return []
    webhooks = await work.all(
        "SELECT kind, received_at FROM webhook_event_view WHERE payment_id = $1", payment
    )
    session = await work.one(
        "SELECT started_at, ended_at, energy_wh FROM session_view WHERE id = $1", row["session_id"]
    )
    documents = await work.all(
        "SELECT number, kind, issued_at, total_minor FROM invoice_view WHERE payment_id = $1",
        payment,
    )
    lines = await work.all(
        """
        SELECT l.*, p.paid_at, p.posted_at AS payout_posted_at
          FROM payout_line_view l
          LEFT JOIN payout_view p ON p.provider = l.provider AND p.ref = l.payout_ref
         WHERE l.payment_id = $1
        """,
        payment,
    )
    asked = await asked_of(work, payment, row["currency"], formats)
    # What happened at one moment stays in this order.
    happened = [
        Happened("plug", "Visit opened", "the driver chose the bay", "", row["created_at"]),
        *(each for each in asked if each.title == _DID["hold"]),
        *_held(row, formats),
        *(_of_session(session, formats) if session else ()),
        *(each for each in asked if each.title != _DID["hold"]),
        *(_told(each) for each in webhooks),
        *(_issued(each, row["currency"], formats) for each in documents),
        *(_of_report(each, formats) for each in lines),
        *_paid_out(lines),
    ]
    return sorted(happened, key=lambda each: each.at)


def _held(row: Row, formats: Formats) -> Iterator[Happened]:
    """What became of the hold, as far as nobody asked for it."""
    hold = formats.amount(row["hold_minor"], row["currency"])
    if row["held_at"] is not None:
        yield Happened("hold", "Held", "set aside, not taken", hold, row["held_at"])
    if row["ended_at"] is None:
        return
    if row["state"] == "expired":
        detail = "nobody confirmed it in time"
        yield Happened("clock", "Expired", detail, "", row["ended_at"], trouble=True)
    if row["state"] in ("declined", "capture_declined"):
        why = str(row["why"] or "by the bank").replace("_", " ")
        yield Happened("close", "Declined", why, "", row["ended_at"], trouble=True)


def _told(row: Row) -> Happened:
    return Happened("bell", "The provider told", row["kind"], "", row["received_at"])


def _of_session(row: Row, formats: Formats) -> Iterator[Happened]:
    yield Happened("session", "Charging began", "", "", row["started_at"])
    if row["ended_at"] is not None:
        detail = f"{formats.energy(row['energy_wh'])} kWh"
        yield Happened("stop", "Charging ended", detail, "", row["ended_at"])


def _issued(row: Row, currency: str, formats: Formats) -> Happened:
    amount = formats.amount(row["total_minor"], currency)
    title = row["kind"].replace("_", " ").capitalize()
    return Happened("bill", title, row["number"], amount, row["issued_at"])


def _of_report(row: Row, formats: Formats) -> Happened:
    fee = formats.amount(row["fee_minor"], row["currency"]) if row["fee_minor"] else ""
    return Happened(
        icon="chart",
        title=_LINES.get(row["kind"], str(row["kind"])),
        detail=row["said"] or (f"fee {fee}" if fee else "as booked"),
        amount=formats.amount(row["gross_minor"], row["currency"]),
        at=row["first_at"],
        trouble=row["kind"] == "dispute" or (row["doubt"] is not None and row["closed_at"] is None),
    )


def _paid_out(lines: Sequence[Row]) -> Iterator[Happened]:
    """Each payout that has some of it, once."""
    posted = {each["payout_ref"]: each["payout_posted_at"] for each in lines}
    for ref, at in posted.items():
        if at is not None:
            yield Happened("money", "Paid out", f"to the bank in {ref}", "", at)
