"""What comes while a batch is under way is the next batch."""

import asyncio
from collections.abc import Sequence

import pytest

from voltway.runtime.together import Together


class Doer:
    """Doubles numbers, in batches that it remembers; it waits where it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go = asyncio.Event()
        self.may_go.set()
        self.began = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(numbers))
        self.began.set()
        await self.may_go.wait()
        return [ValueError(f"{n} is odd") if n % 2 else n * 2 for n in numbers]


async def test_what_comes_alone_is_done_alone_and_what_comes_meanwhile_together() -> None:
    doer = Doer()
    together = Together(doer, at_most=3)

    assert await together.add(2) == 4
    doer.may_go.clear()
    doer.began.clear()
    first = asyncio.create_task(together.add(4))
    await doer.began.wait()
    more = [asyncio.create_task(together.add(n)) for n in (6, 8, 10, 12)]
    await asyncio.sleep(0)
    doer.may_go.set()

    assert await asyncio.gather(first, *more) == [8, 12, 16, 20, 24]
    assert doer.batches == [[2], [4], [6, 8, 10], [12]]


async def test_the_trouble_of_one_is_raised_to_who_brought_it() -> None:
    together = Together(Doer(), at_most=10)

    outcomes = await asyncio.gather(*(together.add(n) for n in (2, 3, 4)), return_exceptions=True)

    assert (outcomes[0], outcomes[2]) == (4, 8)
    assert isinstance(outcomes[1], ValueError)


async def test_what_breaks_a_whole_batch_is_raised_to_all_and_the_next_batch_goes_on() -> None:
    broken = True

    async def do(numbers: Sequence[int]) -> Sequence[int]:
        if broken:
            raise RuntimeError("broken")
        return list(numbers)

    together = Together(do, at_most=10)
    outcomes = await asyncio.gather(*(together.add(n) for n in (1, 2)), return_exceptions=True)
    assert [str(each) for each in outcomes] == ["broken", "broken"]

    broken = False
    assert await together.add(3) == 3


async def test_stopped_it_lets_go_of_who_waits() -> None:
    doer = Doer()
    doer.may_go.clear()
    together = Together(doer, at_most=1)
    waiting = asyncio.create_task(together.add(2))
    await doer.began.wait()

    await together.stop()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_comes_in_the_moment_in_which_a_batch_ends_is_done() -> None:
    together = Together(Doer(), at_most=3)

    async def one_after_another() -> list[int]:
        # Each is brought by who was waiting for the one before it, so the moment it is done.
        return [await together.add(number) for number in (2, 4, 6)]

    assert await asyncio.wait_for(one_after_another(), 5) == [4, 8, 12]
