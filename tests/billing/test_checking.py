"""The nightly check: it finds nothing where nothing is wrong, and each thing that is broken.

Everything is broken as an owner of the database could, with all triggers and keys out of the way.
Invariants 4 and 9 need raw frames, and are broken in tests/stories/test_recomputed.py.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

import asyncpg
import pytest

from tests.billing.words import charged
from tests.payments.scene import Scene
from voltway.alerts import troubles
from voltway.alerts.model_events import Event
from voltway.billing import checking, store_checks
from voltway.billing.checking import NoReason, NoSuchFinding
from voltway.billing.model_checks import BooksCheck, BooksFaultFound, Invariant
from voltway.kernel.ids import OnceKey, new_id
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry, Posting
from voltway.ocpp.hearing import heard_again
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.runtime.database import connect_owner

Intruder: TypeAlias = "asyncpg.Connection[Any]"


@pytest.fixture
async def intruder(database_url: str) -> AsyncIterator[Intruder]:
    connection = await connect_owner(database_url)
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


@pytest.fixture
async def settled(scene: Scene) -> Scene:
    """One session that was paid, posted and receipted, and a hold that was let go."""
    await charged(scene)
    await scene.settles()
    await ledger.seal(scene.begin)
    return scene


async def checked(scene: Scene, *, whole: bool = True) -> BooksCheck:
    party = scene.station.station.party
    return await checking.check_books(
        scene.begin, heard_again, party, asked_by="the test", whole=whole
    )


def found(check: BooksCheck) -> list[tuple[str, str]]:
    """What was found: the invariant, and what kind of thing it is about."""
    return [
        (part.invariant.value, one.about.split(":")[0])
        for part in check.parts
        for one in part.found
    ]


async def test_a_sound_house_is_found_sound_and_everything_was_looked_at(settled: Scene) -> None:
    check = await checked(settled)

    assert found(check) == []
    counts = {part.invariant: (part.checked, part.unchecked) for part in check.parts}
    assert counts == {
        Invariant.ENTRIES: (2, 0),
        Invariant.PAYMENTS: (1, 0),
        Invariant.ONCE: (1, 0),
        Invariant.RECOMPUTED: (0, 1),  # the scene tells reports, no frames
        Invariant.BOUNDS: (1, 0),
        Invariant.HOLDS: (1, 0),
        Invariant.INVOICES: (1, 0),
        Invariant.PREPAID: (0, 0),
        Invariant.REPEATABLE: (0, 1),
        Invariant.EVIDENCE: (2, 0),
        Invariant.CHAIN: (2, 0),
    }
    assert await settled.count("outbox WHERE kind = 'BooksFaultFound'") == 0


BREAKS = [
    pytest.param(
        "DELETE FROM ledger_posting WHERE number = 2",
        {("1", "entry"), ("1", "books"), ("7", "invoice"), ("chain", "entry")},
        id="1: an entry lost a posting",
    ),
    pytest.param(
        "UPDATE ledger_day SET debit_minor = debit_minor + 1 WHERE account = 'revenue:energy'",
        {("1", "currency"), ("1", "books")},
        id="1: the sums are not zero",
    ),
    pytest.param(
        "ALTER TABLE payment DROP CONSTRAINT payment_check;"
        "UPDATE payment SET captured_minor = hold_minor + 1",
        {("2", "payment")},
        id="2: more captured than held",
    ),
    pytest.param(
        "UPDATE payment SET refunded_minor = 5",
        {("2", "payment")},
        id="2: given back, and no provider knows of it",
    ),
    pytest.param(
        "DROP INDEX payment_captured_once;"
        "INSERT INTO payment_step (id, party_id, payment_id, verb, once, amount_minor, asked_at,"
        "                          tried_at, answered_at, answer)"
        " SELECT gen_random_uuid(), party_id, payment_id, verb, once || ':again', amount_minor,"
        "        asked_at, tried_at, answered_at, answer FROM payment_step WHERE verb = 'capture'",
        {("2", "payment"), ("3", "payment")},
        id="3: captured twice",
    ),
    pytest.param(
        "ALTER TABLE settlement DROP CONSTRAINT settlement_session_id_key;"
        "ALTER TABLE settlement DROP CONSTRAINT settlement_payment_id_key;"
        "INSERT INTO settlement (id, party_id, session_id, route, done, state, opened_at, done_at)"
        " SELECT gen_random_uuid(), party_id, session_id, route, done, state, opened_at, done_at"
        "   FROM settlement",
        {("3", "session")},
        id="3: settled twice",
    ),
    pytest.param(
        "UPDATE cdr SET document = replace(document, '\"energy_wh\":20000', '\"energy_wh\":99000'),"
        " sha256 = encode(sha256(convert_to(replace(document, '\"energy_wh\":20000',"
        " '\"energy_wh\":99000'), 'UTF8')), 'hex')",
        {("5", "session")},
        id="5: more energy than can have flowed",
    ),
    pytest.param(
        "UPDATE cdr SET document = replace(document, '\"idle_s\":0', '\"idle_s\":60'),"
        " sha256 = encode(sha256(convert_to(replace(document, '\"idle_s\":0', '\"idle_s\":60'),"
        " 'UTF8')), 'hex')",
        {("5", "session")},
        id="5: slices that do not sum",
    ),
    pytest.param(
        "UPDATE payment SET hold_open = true, state = 'held'; UPDATE session SET ended_at ="
        " started_at + interval '1 second', started_at = started_at - interval '2 days'",
        {("6", "payment")},
        id="6: a hold that nobody let go",
    ),
    pytest.param(
        "ALTER TABLE invoice DROP CONSTRAINT invoice_adds_up;"
        "UPDATE invoice SET total_minor = total_minor + 1",
        {("7", "invoice")},
        id="7: a receipt that does not add up",
    ),
    pytest.param(
        "ALTER TABLE cdr DROP CONSTRAINT cdr_check; UPDATE cdr SET document = 'no JSON'",
        {("4", "session"), ("7", "cdr")},
        id="7: a document is not what was frozen",
    ),
    pytest.param(
        "UPDATE invoice SET place = 3, number = 'X-3'",
        {("7", "series")},
        id="7: a number is missing",
    ),
    pytest.param(
        "DELETE FROM invoice",
        {("7", "series")},
        id="7: the newest receipt is gone",
    ),
    pytest.param(
        'UPDATE ledger_entry SET evidence = evidence || \'{"cdr":'
        " \"019cae6b-6600-77c1-823f-ad3bf19e701f\"}' WHERE memo LIKE 'Sold%'",
        {("10", "entry"), ("chain", "entry")},
        id="10: evidence that is not there",
    ),
    pytest.param(
        "UPDATE ledger_day SET account = 'somewhere:else' WHERE account = 'provider:simulated:due'",
        {("1", "books"), ("10", "account")},
        id="10: an account that nobody knows",
    ),
]


@pytest.mark.parametrize(("breaking", "wanted"), BREAKS)
async def test_what_is_broken_is_found(
    settled: Scene,
    intruder: Intruder,
    breaking: str,
    wanted: set[tuple[str, str]],
) -> None:
    if "hold_open" in breaking:
        settled.clock.jump(timedelta(days=1))
    await intruder.execute(breaking)

    check = await checked(settled)

    assert set(found(check)) == wanted


async def moves_prepaid(scene: Scene, driver: str, minor: int, key: str) -> None:
    """Somebody pays before, or spends of it (a minus)."""
    prepaid = Account(f"driver:{driver}:prepaid")
    amount = Money(abs(minor), EUR)
    posting = Posting(Account("provider:simulated:due"), prepaid, amount)
    async with scene.begin() as work:
        entry = Entry(
            party=scene.station.station.party,
            once=OnceKey(key),
            at=work.now,
            memo="Paid before, or spent of it.",
            evidence={"note": "test"},
            postings=(posting if minor > 0 else posting.reversed(),),
        )
        await ledger.post(work, entry)


async def test_nobody_spends_more_than_was_paid_before(settled: Scene) -> None:
    ann, ben = (str(new_id(settled.now)) for _ in range(2))
    await moves_prepaid(settled, ann, 100, "paid")
    await moves_prepaid(settled, ann, -60, "spent")
    for driver, minor in ((ann, -41), (ben, -1)):
        with pytest.raises(asyncpg.CheckViolationError, match="beyond what was paid before"):
            await moves_prepaid(settled, driver, minor, f"spent:{driver}")
    await moves_prepaid(settled, ann, -40, "the rest")
    assert found(await checked(settled)) == []


async def test_two_at_once_do_not_spend_the_same_money(settled: Scene) -> None:
    ann = str(new_id(settled.now))
    await moves_prepaid(settled, ann, 100, "paid")

    came = await asyncio.gather(
        *(moves_prepaid(settled, ann, -60, f"spent:{nth}") for nth in range(4)),
        return_exceptions=True,
    )

    assert [type(each) for each in came].count(asyncpg.CheckViolationError) == 3


async def test_a_prepaid_balance_that_was_spent_twice_is_found(
    settled: Scene, intruder: Intruder
) -> None:
    await intruder.execute("DROP TRIGGER prepaid_is_there ON ledger_posting")
    await moves_prepaid(settled, str(new_id(settled.now)), -1, "spent")

    assert found(await checked(settled)) == [("8", "account")]


@pytest.mark.parametrize(("balance", "reserved"), [(500, 0), (1000, 100)])
async def test_a_balance_that_the_books_or_its_reservations_do_not_have_is_found(
    settled: Scene, intruder: Intruder, balance: int, reserved: int
) -> None:
    holder = new_id(settled.now)
    await moves_prepaid(settled, str(holder), 1000, "paid")
    await intruder.execute(
        f"""
        INSERT INTO prepaid (party_id, holder, currency, balance_minor, reserved_minor)
        VALUES ('{settled.station.station.party}', '{holder}', 'EUR', {balance}, {reserved})
        """
    )

    assert found(await checked(settled)) == [("8", "driver")]


async def test_a_finding_is_told_once_to_who_may_move_money_and_closed_with_a_reason(
    settled: Scene, intruder: Intruder
) -> None:
    party = settled.station.station.party
    async with settled.begin() as work:
        for name, role in (("olga", Role.OWNER), ("vera", Role.VIEWER)):
            await parties.add_operator(
                work,
                party,
                email=f"{name}@example.org",
                name=name,
                role=role,
                password="a long enough password",
            )
    await intruder.execute("UPDATE payment SET refunded_minor = 5")
    check = await checked(settled)
    again = await checked(settled)

    fact = BooksFaultFound(party=party, at=settled.clock.now(), check=check.id, found=1)
    for _ in range(2):
        async with settled.begin() as work:
            await troubles.hears_money(work, [fact])

    assert (check.found, again.found) == (1, 1)
    assert await settled.count("outbox WHERE kind = 'BooksFaultFound'") == 1
    async with settled.begin() as work:
        mails = await work.all("SELECT recipient, event FROM alert_view")
    assert [dict(row) for row in mails] == [
        {"recipient": "olga@example.org", "event": Event.MONEY_UNEXPLAINED}
    ]
    async with settled.begin(party) as work:
        [one] = await checking.open_findings(work, party)
        with pytest.raises(NoReason):
            await checking.close_finding(work, one.id, by="Olga", why=" ")
        await checking.close_finding(work, one.id, by="Olga", why="Paid back in cash.")
        with pytest.raises(NoSuchFinding):
            await checking.close_finding(work, one.id, by="Olga", why="Again.")
    assert await troubles.look(settled.begin, troubles.EACH_MINUTE) == 1
    assert await settled.count("alert_view WHERE event = 'money_explained'") == 1
    await checked(settled)
    async with settled.begin(party) as work:
        assert await checking.open_findings(work, party) == [], "what is known is not told again"


async def test_what_a_check_of_everything_finds_no_more_is_closed(
    settled: Scene, intruder: Intruder
) -> None:
    party = settled.station.station.party
    await intruder.execute("UPDATE payment SET refunded_minor = 5")
    await checked(settled)
    await intruder.execute("UPDATE payment SET refunded_minor = 0")
    settled.clock.jump(timedelta(minutes=1))

    await checked(settled, whole=False)
    async with settled.begin(party) as work:
        assert len(await checking.open_findings(work, party)) == 1
    await checked(settled)

    async with settled.begin(party) as work:
        assert await checking.open_findings(work, party) == []


async def test_the_check_comes_by_night_and_recomputes_each_bill_once(settled: Scene) -> None:
    async def nights(hours: Sequence[int]) -> list[int]:
        done = []
        for hour in hours:
            settled.clock.jump(timedelta(hours=hour))
            done.append(await checking.check_nightly(settled.begin, heard_again))
        return done

    # It is three in the afternoon in Helsinki.
    assert await nights([0, 1, 11, 0, 1, 23]) == [1, 0, 1, 0, 0, 1]

    async with settled.begin() as work:
        last = await store_checks.last(work, settled.station.station.party)
        rows = await work.all(
            "SELECT unchecked FROM books_check_part_view WHERE invariant = '4' ORDER BY check_id"
        )
    assert last is not None
    assert last["asked_by"] == "the night"
    assert [row["unchecked"] for row in rows].count(1) == 1, "each bill once"
