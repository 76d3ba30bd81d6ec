"""What must be true of a world after its faults: compared with what its stations were answered,
with the payment provider's books, and with the bills of an undisturbed run of the same scripts."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from tests.simulation import audit
from tests.simulation.audit import Records
from tests.simulation.faults.players import Post, Told
from voltway.runtime import jobs_seen
from voltway.runtime.bus import Bus
from voltway.runtime.database import Database
from voltway.runtime.work import Row, Work
from voltway.stations import frames
from voltway.stations.model import Direction
from voltway.watchers import plug_watchers
from voltway_world.provider.books import Status
from voltway_world.provider.journal import Books

FRAMES_MAX = 1_000_000
ORDERS_IN_HAND = ("queued", "sent", "answered")
#: What the house itself asks while a station is about to leave waits until the station is back.
LEAVING = timedelta(seconds=5)
_ORDERS = """
    SELECT o.kind, o.state
      FROM order_view o JOIN station s ON s.id = o.station_id
     WHERE o.state = ANY($1)
       AND (o.state <> 'queued' OR o.kind <> 'ReadVariables' OR o.placed_by <> 'the house'
            OR s.disconnected_at IS NULL OR o.placed_at <= s.disconnected_at - $2::interval)
"""

#: What the log may say while things break around it.
EXPECTED_ERRORS = frozenset({"postgres_ended"})


@dataclass(frozen=True, slots=True)
class Bill:
    """What was billed for a session."""

    cents: int
    energy_wh: int
    seconds: float


#: By the station's identity and the register that the session began with.
Bills = Mapping[tuple[str, int], Bill]


@dataclass(frozen=True, slots=True)
class Estate:
    """All that a house kept, and what it still has to do."""

    records: Records
    heard: Mapping[str, Collection[str]]  # ids of the calls among the raw frames, by identity
    in_hand: Sequence[str]
    set_aside: Sequence[Row]
    log: Sequence[str] = ()

    @property
    def held(self) -> dict[UUID, str]:
        """Sessions that a person looks at before anybody is billed, and why."""
        return {
            row["session_id"]: row["last_trouble"]
            for row in self.records.settlements
            if row["state"] == "held"
        }

    @property
    def bills(self) -> Bills:
        totals = {row["session_id"]: row["total_minor"] for row in self.records.invoices}
        return {
            (row["identity"], row["first_wh"]): Bill(
                totals[row["id"]],
                row["energy_wh"],
                (row["ended_at"] - row["started_at"]).total_seconds(),
            )
            for row in self.records.sessions
            if row["id"] in totals and row["ended_at"] is not None
        }


def all_watchers(database: Database) -> Bus:
    """Everybody who is told of facts, to ask who has not heard all."""
    bus = Bus(database)
    plug_watchers(bus)
    return bus


async def in_hand(database: Database, bus: Bus, books: Books | None = None) -> list[str]:
    """What the house has not done yet, and nobody has to decide. Empty: it is at rest. What its
    provider holds by these ``books`` is in hand, too: the house may not have been told yet."""
    async with database.begin() as work:
        sessions = await work.all("SELECT id, running, told_at FROM session_view")
        settlements = await work.all("SELECT session_id, state FROM settlement_view")
        payments = await work.all(
            "SELECT id, session_id, state, hold_open, provider_ref FROM payment_view"
        )
        orders = await work.all(_ORDERS, list(ORDERS_IN_HAND), LEAVING)
        alerts = await work.all("SELECT id FROM alert_view WHERE state = 'queued'")
        queued = await jobs_seen.seen(work, None, ("queued", "picked"))
    behind = await bus.behind()
    settled = {row["session_id"] for row in settlements}
    held = {row["session_id"] for row in settlements if row["state"] == "held"}
    found = [f"session {row['id']} runs" for row in sessions if row["running"]]
    found += [f"session {row['id']} was not told" for row in sessions if row["told_at"] is None]
    found += [f"session {row['id']} is unsettled" for row in sessions if row["id"] not in settled]
    found += [
        f"the settlement of session {row['session_id']} is {row['state']}"
        for row in settlements
        if row["state"] not in ("done", "held")
    ]
    found += [
        f"payment {row['id']} is {row['state']}"
        for row in payments
        if row["session_id"] not in held
        and (row["state"] not in audit.AT_REST or (row["hold_open"] and row["state"] != "awaiting"))
    ]
    of_held = {row["provider_ref"] for row in payments if row["session_id"] in held}
    found += [
        f"the provider holds {hold.id}"
        for hold in (books.holds.values() if books else ())
        if hold.status is Status.AUTHORISED and hold.id not in of_held
    ]
    found += [f"an order {row['kind']} is {row['state']}" for row in orders]
    found += [f"alert {row['id']} is queued" for row in alerts]
    found += [
        f"job {job.kind} {job.key} is {job.state}, {job.age_s} s old, due in {job.due_s} s, tried"
        f" {job.tries} times: {job.trouble}"
        for job in queued
    ]
    found += [f"watcher {name} has not heard all" for name in behind]
    return found


async def take_stock(database: Database, posts: Sequence[Post], logs: Sequence[Path]) -> Estate:
    async with database.begin() as work:
        heard = {post.identity: await _heard(work, post) for post in posts}
        set_aside = await work.all("SELECT * FROM frame_review_view")
    return Estate(
        records=await audit.read(database),
        heard=heard,
        in_hand=await in_hand(database, all_watchers(database)),
        set_aside=set_aside,
        log=[line for log in logs for line in _errors(log)],
    )


async def _heard(work: Work, post: Post) -> set[str]:
    """The ids of all calls of a station that were kept raw."""
    kept = await frames.last_frames(work, post.inside.station.id, FRAMES_MAX)
    found = set()
    for frame in kept:
        if frame.direction is Direction.HEARD:
            told = msgspec.json.decode(frame.text)
            if told[0] == 2:
                found.add(told[1])
    return found


def _errors(log: Path) -> list[str]:
    """The lines at which a person would be called."""
    found = []
    for line in log.read_text(errors="replace").splitlines() if log.exists() else ():
        try:
            told = json.loads(line)
        except ValueError:
            found.append(line)  # what the interpreter itself prints, such as a traceback
            continue
        if told.get("level") in ("error", "critical") and told["event"] not in EXPECTED_ERRORS:
            found.append(line)
    return found


@dataclass
class Verdict:
    """What was checked, and what was found wrong; each finding is a sentence."""

    seed: int
    sessions: int = 0
    guests: int = 0
    answered: int = 0  # calls of stations that were answered
    bills_equal: int = 0
    captured: int = 0
    held: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def judge(
    seed: int,
    estate: Estate,
    posts: Sequence[Post],
    told: Sequence[Told],
    books: Books,
    clean: Bills,
) -> Verdict:
    """Compare everything."""
    records, held = estate.records, estate.held
    verdict = Verdict(
        seed,
        sessions=len(told),
        guests=sum(1 for each in told if each.is_guest),
        answered=sum(len(post.outside.answered) for post in posts),
        captured=sum(1 for row in records.payments if row["captured_minor"]),
        held=Counter(held.values()),
        errors=list(estate.log),
    )
    verdict.findings = [
        *estate.in_hand,
        *audit.session_findings(records, told, held),
        *audit.money_findings(records, books, held),
        *(f"nobody could place {dict(orphan)}" for orphan in records.orphans),
        *(f"laid aside: {dead}" for dead in records.dead),
        *(f"kept for review: {dict(row)}" for row in estate.set_aside),
        *_frame_findings(estate, posts),
        *_number_findings(records),
        *_bill_findings(estate, told, clean, verdict),
    ]
    return verdict


def _frame_findings(estate: Estate, posts: Sequence[Post]) -> Iterator[str]:
    """Every answered call is among the raw frames."""
    for post in posts:
        lost = [each for each in post.outside.answered if each not in estate.heard[post.identity]]
        if lost:
            yield f"{len(lost)} answered calls of {post.identity} are not kept, such as {lost[0]}"


def _number_findings(records: Records) -> Iterator[str]:
    places = [row["place"] for row in records.invoices]
    if places != list(range(1, len(places) + 1)):
        yield f"the numbers of the invoices are {places}"


def _bill_findings(
    estate: Estate, told: Sequence[Told], clean: Bills, verdict: Verdict
) -> Iterator[str]:
    """Each session has one bill, the same as in the undisturbed run, or is held with a reason."""
    billed = Counter(row["session_id"] for row in estate.records.invoices)
    by_begin = {(row["identity"], row["first_wh"]): row for row in estate.records.sessions}
    bills = estate.bills
    for each in told:
        key = each.identity, each.start_wh
        row, expected = by_begin.get(key), clean.get(key)
        assert each.script is not None
        if expected is None or expected.cents != each.script.cents:
            yield f"the undisturbed run billed {expected} for {each}"
        if row is None:
            continue  # told of already
        if row["id"] in estate.held:
            if billed[row["id"]] or not estate.held[row["id"]]:
                yield f"{billed[row['id']]} bills for a session that is held, {dict(row)}"
        elif billed[row["id"]] != 1:
            yield f"{billed[row['id']]} bills for session {row['id']}, {row['doubts']}"
        elif bills[key] != expected:
            yield f"{bills[key]} instead of {expected} for {each}, {row['doubts']}"
        else:
            verdict.bills_equal += 1
        if each.ref not in ("", row["ref"]):
            yield f"the station calls it {each.ref}, we {row['ref']}: {each}"
