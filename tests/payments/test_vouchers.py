"""Vouchers: codes of a value that go onto a balance, each once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from tests.payments.scene import Scene
from voltway.drivers import contracts
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import DriverId
from voltway.kernel.money import EUR, Money
from voltway.payments import prepaid, vouchers
from voltway.payments.methods import methods_of


async def a_driver(scene: Scene, name: str = "Ann") -> DriverId:
    async with scene.begin() as work:
        made = await contracts.add_driver(work, scene.station.party.id, name, f"{name}@example.org")
    return made.id


async def series(
    scene: Scene, count: int = 2, *, days: int = 30, is_sold: bool = False
) -> tuple[UUID, list[str]]:
    async with scene.begin() as work:
        return await vouchers.make_series(
            work,
            scene.station.party.id,
            name="Opening day",
            value=Money(1000, EUR),
            count=count,
            valid_until=scene.now + timedelta(days=days),
            is_sold=is_sold,
            by="Aino",
        )


async def redeems(scene: Scene, holder: UUID, code: str) -> Money | Refusal:
    async with scene.begin() as work:
        return await vouchers.redeem(work, scene.station.party.id, holder, code)


async def on_balance(scene: Scene, holder: UUID) -> int:
    async with scene.begin() as work:
        found = await prepaid.balance(work, scene.station.party.id, holder)
    return found.balance_minor if found else 0


async def posted(scene: Scene) -> list[tuple[str, str, int]]:
    async with scene.begin() as work:
        rows = await work.all("SELECT debit, credit, amount_minor FROM entry_view ORDER BY place")
    return [(row["debit"], row["credit"], row["amount_minor"]) for row in rows]


@pytest.mark.parametrize("is_sold", [False, True])
async def test_a_voucher_goes_onto_the_balance_and_pays_from_then_on(
    scene: Scene, is_sold: bool
) -> None:
    ann = await a_driver(scene)
    _, [code, _] = await series(scene, is_sold=is_sold)

    value = await redeems(scene, ann, f" {code.lower().replace('-', ' ')} ")

    assert (value, await on_balance(scene, ann)) == (Money(1000, EUR), 1000)
    prepaid_account = f"driver:{ann}:prepaid"
    expected = [("cost:vouchers", prepaid_account, 1000)]
    if is_sold:
        expected = [("bank", "vouchers", 2000), ("vouchers", prepaid_account, 1000)]
    assert await posted(scene) == expected
    async with scene.begin() as work:
        [method] = await methods_of(work, scene.station.party.id, ann)
    assert (method.name, method.is_default) == ("Balance", True)


async def test_a_voucher_is_redeemed_once_by_whoever_comes_first(scene: Scene) -> None:
    ann, ben = await a_driver(scene), await a_driver(scene, "Ben")
    _, [code, _] = await series(scene)

    came = await asyncio.gather(*(redeems(scene, who, code) for who in (ann, ben, ann, ben)))

    assert sorted(type(each).__name__ for each in came) == ["Money", *["Redeemed"] * 3]
    assert await on_balance(scene, ann) + await on_balance(scene, ben) == 1000


async def test_who_guesses_is_stopped_and_the_right_code_waits_an_hour(scene: Scene) -> None:
    ann = await a_driver(scene)
    _, [code, _] = await series(scene)

    for _ in range(vouchers.WRONG_MAX):
        assert isinstance(await redeems(scene, ann, "AAAA-AAAA-AAAA-AAAA"), vouchers.NoSuchVoucher)
    stopped = await redeems(scene, ann, code)
    scene.clock.jump(timedelta(minutes=61))
    later = await redeems(scene, ann, code)

    assert (type(stopped), later) == (vouchers.TooManyWrong, Money(1000, EUR))


async def test_what_is_over_or_withdrawn_is_worth_nothing(scene: Scene) -> None:
    ann = await a_driver(scene)
    _, [old, _] = await series(scene, days=1)
    made, [withdrawn, _] = await series(scene, days=30)

    scene.clock.jump(timedelta(days=2))
    async with scene.begin() as work:
        await vouchers.withdraw(work, made)

    assert isinstance(await redeems(scene, ann, old), vouchers.VoucherOver)
    assert isinstance(await redeems(scene, ann, withdrawn), vouchers.VoucherOver)
    assert await on_balance(scene, ann) == 0


async def test_nobody_who_reads_the_database_can_redeem(scene: Scene) -> None:
    _, [code, _] = await series(scene)

    async with scene.begin() as work:
        [row, _] = await work.all("SELECT v::text AS kept FROM voucher v ORDER BY id")

    assert vouchers.spelled(code) not in row["kept"].upper()


@pytest.mark.parametrize(
    ("count", "minor", "days", "name"),
    [(0, 100, 1, "x"), (10_001, 100, 1, "x"), (1, 0, 1, "x"), (1, 100, 0, "x"), (1, 100, 1, " ")],
)
async def test_what_is_no_series_is_refused(
    scene: Scene, count: int, minor: int, days: int, name: str
) -> None:
    async with scene.begin() as work:
        with pytest.raises(vouchers.SeriesWrong):
            await vouchers.make_series(
                work,
                scene.station.party.id,
                name=name,
                value=Money(minor, EUR),
                count=count,
                valid_until=scene.now + timedelta(days=days),
                is_sold=False,
                by="Aino",
            )


@pytest.mark.parametrize(("is_sold", "lapsed"), [(True, 1000), (False, None)])
async def test_what_nobody_redeems_of_a_sold_series_in_time_is_income_once(
    scene: Scene, is_sold: bool, lapsed: int | None
) -> None:
    ann = await a_driver(scene)
    _, [code, late] = await series(scene, days=1, is_sold=is_sold)
    await redeems(scene, ann, code)

    early = await vouchers.close_ended(scene.begin)
    scene.clock.jump(timedelta(days=1, hours=2))
    closed = [sum(await asyncio.gather(*(vouchers.close_ended(scene.begin) for _ in range(2))))]
    closed.append(await vouchers.close_ended(scene.begin))

    assert (early, closed[0] >= 1, closed[1]) == (0, True, 0)
    left = [minor for _, credit, minor in await posted(scene) if credit == "income:vouchers"]
    assert left == ([lapsed] if lapsed else [])
    assert isinstance(await redeems(scene, ann, late), vouchers.VoucherOver)
    assert await on_balance(scene, ann) == 1000


async def test_what_is_left_of_a_withdrawn_series_leaves_the_books_too(scene: Scene) -> None:
    made, _ = await series(scene, is_sold=True)
    async with scene.begin() as work:
        await vouchers.withdraw(work, made)

    scene.clock.jump(timedelta(hours=2))
    await vouchers.close_ended(scene.begin)

    assert await posted(scene) == [
        ("bank", "vouchers", 2000),
        ("vouchers", "income:vouchers", 2000),
    ]
