"""Balances at any moment, as they were known at any moment, sealed or not."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.ledger.table import Books
from voltway.ledger import actions
from voltway.ledger.model import Account, AccountType, AsOf
from voltway.ledger.rules_chart import group_of, type_of

ANN = "driver:019cae6b-6600-77c1-823f-ad3bf19e701f:receivable"
BOB = "driver:019cae6b-6600-783a-9bbc-8bfc7ce2345f:receivable"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def a_week(books: Books) -> None:
    """Five days with a sale each, one of them told two days late."""
    for day in range(5):
        books.clock.jump_to(NOON + timedelta(days=day))
        who = ANN if day % 2 else BOB
        await books.posts(f"day {day}", who, "revenue:energy", 100 * (day + 1))
        await books.posts(f"tax {day}", who, "tax:vat:19", 19 * (day + 1))
    await books.posts("late", ANN, "revenue:time", 7, at=NOON + timedelta(days=2))


@pytest.mark.parametrize("sealed", [False, True], ids=["not sealed yet", "sealed"])
async def test_a_balance_is_of_a_moment_and_as_it_was_known_at_another(
    books: Books, sealed: bool
) -> None:
    await a_week(books)
    if sealed:
        assert await books.sealed() == 11

    third = NOON + timedelta(days=2, hours=1)

    assert await books.holds("revenue") == -1507
    assert await books.holds("revenue", AsOf(at=third)) == -607
    assert await books.holds("revenue", AsOf(at=third, known=third)) == -600
    assert await books.holds("revenue", AsOf(known=third)) == -600
    assert await books.holds("revenue:energy", AsOf(at=NOON)) == 0, (
        "what is dated then is not before"
    )
    assert await books.holds("revenue:energy", AsOf(at=NOON + timedelta(seconds=1))) == -100
    assert await books.holds("revenue:energy", AsOf(known=NOON)) == -100
    assert await books.holds(ANN, AsOf(at=third)) == 238 + 7
    assert await books.holds(ANN, AsOf(at=third, known=third)) == 238
    assert await books.holds("driver") == 1507 + 285


async def test_a_trial_balance_shows_groups_and_sums_to_zero_at_any_moment(books: Books) -> None:
    await a_week(books)
    await books.sealed()

    for hours in range(0, 120, 7):
        async with books.begin(books.party) as work:
            as_of = AsOf(at=NOON + timedelta(hours=hours))
            assert (await actions.trial_balance(work, as_of)).balances
    async with books.begin(books.party) as work:
        now = await actions.trial_balance(work)
    assert [(line.account, line.balance.minor) for line in now.lines] == [
        ("driver:*:receivable", 1792),
        ("revenue:energy", -1500),
        ("revenue:time", -7),
        ("tax:vat:19", -285),
    ]


async def test_any_moment_of_any_knowledge_is_what_its_entries_come_to(books: Books) -> None:
    """Thirty entries, a third of them not sealed yet; summed by the database and here."""
    dice = Random(17)
    told: list[tuple[datetime, datetime, int]] = []
    for number in range(30):
        books.clock.jump(timedelta(minutes=dice.randint(0, 600)))
        now = books.clock.now()
        at = now - timedelta(minutes=dice.choice([0, 0, 1, 700, 5000]))
        await books.posts(f"{number}", ANN, "revenue:energy", 1 << number, at=at)
        told.append((at, now, 1 << number))
        if number == 20:
            await books.sealed()
    moments = [at for at, _, _ in told] + [NOON + timedelta(hours=6 * n) for n in range(-2, 40)]

    for _ in range(60):
        at, known = dice.choice(moments), dice.choice(moments)
        wanted = sum(minor for dated, kept, minor in told if dated < at and kept <= known)
        assert await books.holds("revenue", AsOf(at, known)) == -wanted


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("driver:x:receivable", AccountType.ASSET),
        ("driver:*:receivable", AccountType.ASSET),
        ("provider:simulated:due", AccountType.ASSET),
        ("bank", AccountType.ASSET),
        ("bank:nordea", AccountType.ASSET),
        ("host:x:payable", AccountType.LIABILITY),
        ("revenue:energy", AccountType.INCOME),
        ("tax:vat:25.5", AccountType.TAX),
        ("cost:refunds", AccountType.EXPENSE),
        ("revenues", None),
        ("driver:x", None),
    ],
)
def test_the_chart_knows_what_a_path_is(path: str, kind: AccountType | None) -> None:
    assert type_of(path) is kind


def paths_in_the_code() -> set[str]:
    """Every path that is put together by ``account``, with ``*`` for what is not known before."""
    found = set()
    for file in (Path(__file__).parents[2] / "src/voltway").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "account" and node.args:
                words = [
                    each.value if isinstance(each, ast.Constant) else "*" for each in node.args
                ]
                found.add(":".join(map(str, words)))
    return found


def test_the_chart_knows_every_account_that_the_house_posts_to() -> None:
    paths = paths_in_the_code() - {"*"}

    assert {"revenue:energy", "driver:*:receivable"} <= paths
    assert {path for path in paths if type_of(path) is None} == set()


async def test_the_database_groups_accounts_as_the_chart_does(books: Books) -> None:
    id = books.party
    paths = [ANN, "bank", "revenue:energy", f"host:{id}", f"host:{id}:payable:{id}", f"{id}:due"]
    assert [group_of(Account(path)) for path in paths] == [
        *("driver:*:receivable", "bank", "revenue:energy", "host:*", f"host:*:payable:{id}"),
        f"{id}:due",
    ]
    async with books.begin() as work:
        for path in paths:
            row = await work.one("SELECT account_group($1) AS name", path)
            assert row is not None
            assert row["name"] == group_of(Account(path))
