"""What must be true of a house when the crowd is gone, whatever happened to it meanwhile.

Everything is compared with what the outside knows: the stations' answered messages, and the books
of the payment provider. Each finding is a sentence; none is what we want.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from tests.simulation.crowd import Promise
from tests.simulation.town import CENTS_A_KWH
from voltway.ledger import actions as ledger
from voltway.ledger.model import account
from voltway.runtime.database import Database
from voltway.runtime.jobs_seen import seen
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway_world.provider.books import Status
from voltway_world.provider.journal import Books

#: States of a payment in which nothing more is on its way.
AT_REST = ("awaiting", "captured", "released", "declined", "expired")


@dataclass(frozen=True, slots=True)
class Records:
    """All that the house kept."""

    sessions: Sequence[Row]
    readings: dict[UUID, set[int | None]]
    settlements: Sequence[Row]
    invoices: Sequence[Row]
    payments: Sequence[Row]
    orphans: Sequence[Row]
    balances: bool
    due_minor: int
    dead: Sequence[str]


async def is_quiet(database: Database) -> bool:
    """Whether the house has done all that it had to do."""
    async with database.begin() as work:
        row = await work.one(
            """
            SELECT (SELECT count(*) FROM session_view WHERE running OR told_at IS NULL) AS running,
                   (SELECT count(*) FROM session_view) AS sessions,
                   (SELECT count(*) FROM settlement_view WHERE state = 'done') AS settled,
                   (SELECT count(*) FROM payment_view WHERE NOT (state = ANY($1))) AS moving
            """,
            list(AT_REST),
        )
    assert row is not None
    return bool(row["running"] == row["moving"] == 0 and row["sessions"] == row["settled"])


async def read(database: Database) -> Records:
    async with database.begin() as work:
        readings = {
            row["id"]: {each.register_wh for each in await sessions.readings_of(work, row["id"])}
            for row in await work.all("SELECT id FROM session_view")
        }
        balance = await ledger.balance(work, account("provider", "simulated", "due"))
        return Records(
            sessions=await work.all("SELECT * FROM session_view"),
            readings=readings,
            settlements=await work.all("SELECT * FROM settlement_view"),
            invoices=await work.all("SELECT * FROM invoice_view ORDER BY place"),
            payments=await work.all("SELECT * FROM payment_view"),
            orphans=await work.all("SELECT * FROM orphan_view"),
            balances=(await ledger.trial_balance(work)).balances,
            due_minor=sum(money.minor for money in balance.values()),
            dead=[
                *await _dead_facts(work),
                *(f"{job}" for job in await seen(work, None, ["failed"])),
            ],
        )


async def _dead_facts(work: Work) -> list[str]:
    return [f"fact {dict(row)}" for row in await work.all("SELECT * FROM dead_fact")]


def findings(kept: Records, promises: Sequence[Promise], provider: Books) -> list[str]:
    """Everything that is wrong."""
    return [
        *session_findings(kept, promises),
        *bill_findings(kept),
        *money_findings(kept, provider),
        *(f"nobody could place {dict(orphan)}" for orphan in kept.orphans),
        *(f"laid aside: {dead}" for dead in kept.dead),
    ]


def session_findings(
    kept: Records, promises: Sequence[Promise], held: Collection[UUID] = ()
) -> Iterator[str]:
    """Each promised session is there once, with its energy and with every answered reading. The
    energy of those that are held is a person's to judge."""
    by_start = defaultdict(list)
    for row in kept.sessions:
        by_start[row["identity"], row["first_wh"]].append(row)
    for promise in promises:
        found = by_start.pop((promise.identity, promise.start_wh), [])
        if len(found) != 1:
            yield f"{len(found)} sessions for {promise}"
            continue
        row = found[0]
        if row["token_uid"].lower() != promise.token.lower():
            yield f"the token of {promise} is {row['token_uid']}"
        wrong = row["running"] or row["energy_wh"] != promise.energy_wh
        if promise.is_ended and wrong and row["id"] not in held:
            yield f"{row['energy_wh']} Wh, {row['state']}, {row['doubts']} of {promise}"
        lost = set(promise.readings) - kept.readings[row["id"]]
        if lost:
            yield f"the registers {sorted(lost)} of {promise} were answered and are not kept"
    for rest in by_start.values():
        yield f"a session that nobody told of: {dict(rest[0])}"


def bill_findings(kept: Records) -> Iterator[str]:
    """Each session has one settlement and one invoice of its price, numbered without a gap."""
    billed = Counter(row["session_id"] for row in kept.invoices)
    totals = {row["session_id"]: row["total_minor"] for row in kept.invoices}
    for row in kept.sessions:
        cents = (row["energy_wh"] * CENTS_A_KWH + 500) // 1000
        if billed[row["id"]] != 1:
            yield f"{billed[row['id']]} invoices for session {row['id']}, {row['doubts']}"
        elif totals[row["id"]] != cents:
            yield f"{totals[row['id']]} cents for {row['energy_wh']} Wh of session {row['id']}"
    for row in kept.settlements:
        if row["state"] != "done":
            yield f"a settlement is {row['state']}: {row['last_trouble']}"
    places = [row["place"] for row in kept.invoices]
    if places != list(range(1, len(places) + 1)):
        yield f"the numbers of the invoices are {places}"


def money_findings(kept: Records, provider: Books, held: Collection[UUID] = ()) -> Iterator[str]:
    """The provider took what we billed, once, and holds nothing any more, but for the sessions
    that are held until a person has looked."""
    captures = defaultdict(list)
    for moved in provider.transactions.values():
        captures[moved.hold].append(moved.amount_minor)
    ours = {row["provider_ref"]: row for row in kept.payments}
    totals = {row["session_id"]: row["total_minor"] for row in kept.invoices}
    for hold in provider.holds.values():
        row = ours.get(hold.id)
        if row is None:
            if hold.status is not Status.REQUIRES_PAYMENT:
                yield f"the provider's {hold} is none of ours"
            continue
        if row["session_id"] in held:
            continue
        if hold.status is Status.AUTHORISED:
            yield f"{hold.id} is still held; our payment is {row['state']}, {row['why']}"
        expected = [row["captured_minor"]] if row["captured_minor"] else []
        if captures[hold.id] != expected:
            yield f"the provider took {captures[hold.id]} of {hold.id}, and we know of {expected}"
        billed = totals.get(row["session_id"], 0)
        if row["captured_minor"] != billed:
            yield f"{row['captured_minor']} was taken and {billed} billed for {dict(row)}"
    taken = _sum(amount for amounts in captures.values() for amount in amounts)
    if taken != kept.due_minor:
        yield f"the provider owes us {taken}, and our books say {kept.due_minor}"
    if not kept.balances:
        yield "the books do not balance"
    for row in kept.payments:
        if row["session_id"] in held:
            continue
        if row["state"] not in AT_REST or (row["hold_open"] and row["state"] != "awaiting"):
            yield f"a payment is {row['state']}: {dict(row)}"


def _sum(amounts: Iterable[int]) -> int:
    return sum(amounts)
