"""Facts reach their watchers: all of them, in order, with effects kept exactly once."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from uuid import UUID

import msgspec
import pytest

from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId, SessionId
from voltway.kernel.money import EUR, Money
from voltway.runtime import outbox
from voltway.runtime.bus import Bus
from voltway.runtime.database import Database, connect_owner
from voltway.runtime.migrate import migrate
from voltway.runtime.work import BeginWork, Work

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PARTY = PartyId(UUID(int=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Fact):
    number: int
    about: str = "one"

    @property
    def subject(self) -> str:
        return f"count:{self.about}"


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detailed(Fact):
    session: SessionId
    cost: Decimal
    amount: Money
    colours: tuple[Colour, ...]
    until: datetime | None = None

    @property
    def subject(self) -> str:
        return f"session:{self.session}"


@dataclass(slots=True)
class Recorder:
    """A watcher that remembers, and fails where it is told to."""

    numbers: list[int] = field(default_factory=list)
    poison: set[int] = field(default_factory=set)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    waits_for: int = 0

    async def __call__(self, work: Work, fact: Fact) -> None:
        assert isinstance(fact, Counted)
        if fact.number in self.poison:
            raise ValueError(f"{fact.number} is poison")
        self.numbers.append(fact.number)
        if len(set(self.numbers)) >= self.waits_for:
            self.enough.set()


def recorded(database: Database, *, waits_for: int = 0) -> tuple[Bus, Recorder]:
    """A bus whose only watcher remembers."""
    bus, recorder = Bus(database), Recorder(waits_for=waits_for)
    bus.watch("recorder", [Counted], recorder)
    return bus, recorder


def counted(number: int, about: str = "one") -> Counted:
    return Counted(party=PARTY, at=NOON, number=number, about=about)


async def announce(begin: BeginWork, *numbers: int) -> None:
    async with begin() as work:
        await work.announce(counted(number) for number in numbers)


async def test_a_fact_comes_back_exactly_as_it_was_announced(
    database: Database, begin: BeginWork
) -> None:
    announced = Detailed(
        party=PARTY,
        at=NOON + timedelta(microseconds=1),
        session=SessionId(UUID(int=7)),
        cost=Decimal("0.10000000000000000001"),
        amount=Money(-1166, EUR),
        colours=(Colour.RED,),
        until=datetime(2026, 3, 29, 3, 0, tzinfo=timezone(timedelta(hours=2))),
    )
    heard: list[Fact] = []

    async def listen(work: Work, fact: Fact) -> None:
        heard.append(fact)

    bus = Bus(database)
    bus.watch("listener", [Detailed], listen)
    async with begin() as work:
        await work.announce([announced])
    await bus.catch_up()

    assert heard == [announced]


async def test_work_that_is_undone_announces_nothing(database: Database, begin: BeginWork) -> None:
    bus, recorder = recorded(database)

    async def change_my_mind() -> None:
        async with begin() as work:
            await work.announce([counted(1)])
            raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        await change_my_mind()
    await announce(begin, 2)
    await bus.catch_up()

    assert recorder.numbers == [2]


async def test_facts_of_a_slow_transaction_are_not_skipped(
    database: Database, begin: BeginWork
) -> None:
    bus, recorder = recorded(database)

    async with begin() as slow:
        await slow.run("SELECT pg_current_xact_id()")
        await announce(begin, 2)
        async with begin() as work:
            await outbox.register(work, "recorder")
            place = await outbox.lock_place(work, "recorder")
            assert place is not None
            _, early = await outbox.read(work, place, ["Counted"], limit=10)
        await slow.announce([counted(1)])
    await announce(begin, 3)
    await bus.catch_up()

    assert early == [], "nothing is told while an older transaction may still speak"
    assert recorder.numbers == [2, 1, 3]


async def test_of_two_facts_about_a_subject_the_later_commit_is_told_later(
    database: Database, begin: BeginWork
) -> None:
    """The second transaction began first, and waited for the row that the other held."""
    bus, recorder = recorded(database)
    async with begin() as work:
        await work.run("INSERT INTO watcher VALUES ('row', '0', '0')")

    async with begin() as began_first:
        await began_first.run("SELECT pg_current_xact_id()")
        async with begin() as work:
            await work.one("SELECT FROM watcher WHERE name = 'row' FOR UPDATE")
            await work.announce([counted(1)])
        await began_first.one("SELECT FROM watcher WHERE name = 'row' FOR UPDATE")
        await began_first.announce([counted(2)])
    await bus.catch_up()

    assert recorder.numbers == [1, 2]


async def test_many_concurrent_commits_are_each_told_once(
    database: Database, begin: BeginWork
) -> None:
    bus, recorder = recorded(database, waits_for=200)
    await bus.start()

    await asyncio.gather(*(announce(begin, number) for number in range(200)))
    async with asyncio.timeout(10):
        await recorder.enough.wait()
    await bus.stop()

    assert sorted(recorder.numbers) == list(range(200))


async def test_a_fact_is_told_within_moments_of_its_commit(
    database: Database, begin: BeginWork
) -> None:
    bus, recorder = recorded(database, waits_for=1)
    await bus.start()
    await announce(begin, 0)
    await asyncio.wait_for(recorder.enough.wait(), 5)
    recorder.enough.clear()
    recorder.waits_for = 2

    began = asyncio.get_running_loop().time()
    await announce(begin, 1)
    await asyncio.wait_for(recorder.enough.wait(), 5)
    took_s = asyncio.get_running_loop().time() - began
    await bus.stop()

    assert took_s < 0.5, "the commit wakes the watcher, not the poll"


async def test_what_a_watcher_writes_is_kept_once_though_it_fails_first(
    database: Database, begin: BeginWork
) -> None:
    failures = iter([ValueError("once"), ValueError("twice")])
    done = asyncio.Event()

    async def write(work: Work, fact: Fact) -> None:
        assert isinstance(fact, Counted)
        await work.run("INSERT INTO watcher VALUES ($1, '0', '0')", f"effect {fact.number}")
        if fact.number == 2 and (failure := next(failures, None)):
            raise failure
        if fact.number == 3:
            done.set()

    bus = Bus(database, back_off_s=0.001)
    bus.watch("writer", [Counted], write)
    await bus.start()
    await announce(begin, 1, 2, 3)
    await asyncio.wait_for(done.wait(), 5)
    await bus.stop()

    async with begin() as work:
        rows = await work.all("SELECT name FROM watcher WHERE name LIKE 'effect%' ORDER BY 1")
    assert [row["name"] for row in rows] == ["effect 1", "effect 2", "effect 3"]


async def test_a_fact_that_nobody_can_take_is_laid_aside_and_the_next_is_told(
    database: Database, begin: BeginWork
) -> None:
    recorder = Recorder(poison={2}, waits_for=3)
    healthy = Recorder(waits_for=4)
    bus = Bus(database, tries_max=3, back_off_s=0.001)
    bus.watch("recorder", [Counted], recorder)
    bus.watch("healthy", [Counted], healthy)
    await bus.start()
    await announce(begin, 1, 2, 3, 4)
    await asyncio.wait_for(recorder.enough.wait(), 5)
    await asyncio.wait_for(healthy.enough.wait(), 5)
    await bus.stop()

    async with begin() as work:
        (dead,) = await outbox.dead_facts(work)
    assert (dead.watcher, dead.kind, dead.trouble) == (
        "recorder",
        "Counted",
        "ValueError: 2 is poison",
    )
    assert healthy.numbers == [1, 2, 3, 4]

    recorder.poison.clear()
    assert await bus.tell_again(dead.id)
    assert recorder.numbers[-1] == 2
    async with begin() as work:
        assert await outbox.dead_facts(work) == []


async def test_a_watcher_does_not_go_back_to_a_horizon_that_was_seen_before_another_told_it(
    database: Database, begin: BeginWork
) -> None:
    bus, recorder = recorded(database)
    await bus.catch_up()
    async with begin() as work:
        before = await outbox.lock_place(work, "recorder")
    await announce(begin, 1, 2)
    await bus.catch_up()

    async with begin() as work:
        place = await outbox.lock_place(work, "recorder")
        assert before is not None
        assert place is not None
        seen = replace(place, horizon=before.horizon)
        at, batch = await outbox.read(work, seen, ["Counted"], limit=10)
        assert batch == []
        await outbox.move(work, "recorder", at)

    await bus.catch_up()
    assert recorder.numbers == [1, 2]


async def test_two_houses_on_one_database_tell_a_watcher_once(
    database: Database, begin: BeginWork
) -> None:
    recorder = Recorder(waits_for=50)
    houses = [Bus(database), Bus(database)]
    for bus in houses:
        bus.watch("recorder", [Counted], recorder)
        await bus.start()
    for number in range(50):
        await announce(begin, number)
    await asyncio.wait_for(recorder.enough.wait(), 10)
    for bus in houses:
        await bus.stop()
        await bus.catch_up()

    assert recorder.numbers == list(range(50))


async def test_only_facts_that_every_watcher_has_heard_are_forgotten(
    database: Database, begin: BeginWork
) -> None:
    bus = Bus(database)
    bus.watch("quick", [Counted], Recorder())
    await announce(begin, 1, 2)
    await bus.catch_up()
    late = Bus(database)
    late.watch("late", [Detailed], Recorder())
    bus.watch("late", [Detailed], Recorder())
    async with begin() as work:
        await outbox.register(work, "late")

    assert await bus.trim(timedelta(0)) == 0

    await bus.catch_up()
    await announce(begin, 3)
    await bus.catch_up()
    assert await bus.trim(timedelta(hours=1)) == 0, "too young"
    assert await bus.trim(timedelta(microseconds=-1)) == 3


async def test_after_a_restore_into_another_server_the_rest_is_told_and_nothing_twice(
    database: Database, begin: BeginWork
) -> None:
    """The numbers of transactions in a dump are those of the server that it was taken from."""
    quick, slow = Recorder(), Recorder()
    bus = Bus(database)
    bus.watch("quick", [Counted], quick)
    bus.watch("slow", [Counted], slow)
    for number in (1, 2):
        await announce(begin, number)
        await bus.catch_up()
    early = Bus(database)
    early.watch("quick", [Counted], quick)
    await announce(begin, 3)
    await early.catch_up()
    await announce(begin, 4)
    async with begin() as work:
        for column in ("outbox SET xid", "watcher SET since", "watcher SET until"):
            name = column.rsplit(" ", 1)[1]
            await work.run(f"UPDATE {column} = ({name}::text::bigint + 9000000000)::text::xid8")

    owner = await connect_owner(database.url)
    await migrate(owner)
    await owner.close()
    await announce(begin, 5)
    await bus.catch_up()

    assert quick.numbers == slow.numbers == [1, 2, 3, 4, 5]


def test_two_facts_of_one_name_cannot_be_watched_together(database: Database) -> None:
    other = type("Counted", (Fact,), {})
    bus = Bus(database)

    with pytest.raises(AssertionError, match="two facts named"):
        bus.watch("both", [Counted, other], Recorder())


def test_a_fact_is_readable_in_the_outbox() -> None:
    assert msgspec.json.decode(msgspec.json.encode(counted(1)))["number"] == 1


async def test_who_has_nothing_to_hear_goes_on_with_all_others_and_misses_nothing(
    database: Database, begin: BeginWork
) -> None:
    heard: list[Fact] = []

    async def listen(work: Work, fact: Fact) -> None:
        heard.append(fact)

    bus = Bus(database)
    bus.watch("counter", [Counted], Recorder())
    bus.watch("idle", [Detailed], listen)
    await bus.catch_up()

    async def place() -> tuple[int, int]:
        async with begin() as work:
            row = await work.one("SELECT since::text, until::text FROM watcher WHERE name = 'idle'")
        assert row is not None
        return int(row["since"]), int(row["until"])

    before = await place()
    still = await bus.behind()
    nothing_came = await place()
    await announce(begin, 1)
    behind = await bus.behind()
    after = await place()
    async with begin() as other:
        await other.run("SELECT FROM watcher WHERE name = 'idle' FOR UPDATE")
        await announce(begin, 2)
        while_held = (await bus.behind(), await place())
    detailed = Detailed(
        party=PARTY,
        at=NOON,
        session=SessionId(UUID(int=7)),
        cost=Decimal(1),
        amount=Money(1, EUR),
        colours=(),
    )
    async with begin() as work:
        await work.announce([detailed])
    at_last = sorted(await bus.behind())
    await bus.catch_up()

    assert (still, nothing_came) == ([], before)
    assert behind == ["counter"]
    assert after[0] == after[1] > before[1]
    assert while_held == (["counter"], after)
    assert at_last == ["counter", "idle"]
    assert heard == [detailed]
