"""What who waits without an account leaves at the page of their wait: a browser, a phone number.

It is of who has the page, and of this wait alone: nobody is asked to prove the address that they
wait by, so nothing of it goes to the account with that address. It is forgotten with the wait.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.alerts import store_numbers, store_people, store_waits
from voltway.alerts.model_events import Device, wait_holder
from voltway.alerts.model_numbers import Number
from voltway.kernel.errors import Kind, Refusal
from voltway.runtime.work import BeginWork, Work
from voltway.waiting import people

#: Of the texts that a house may send in a day, at most one of so many carries such a code: whoever
#: asks for one has proved nothing yet, and pays nothing.
CODES_OF_TEXTS: Final = 4
AT_ONCE: Final = 1_000
_DAY: Final = timedelta(days=1)


@dataclass(eq=False)
class TooManyAsk(Refusal):
    """Many have asked for a code today, so no more are sent. The mail comes all the same."""

    kind: ClassVar[Kind] = Kind.LIMIT


async def devices_of(work: Work, holder: str) -> list[Device]:
    """The browsers that show the alerts of a wait."""
    return await store_people.devices(work, holder)


async def is_account_told_there(work: Work, email: str, endpoint: str) -> bool:
    """Whether this browser shows the alerts of the account with this address: those of its waits
    among them."""
    return any(each.endpoint == endpoint for each in await store_people.devices(work, email))


async def must_not_be_many(work: Work, texts_per_day: int) -> None:
    """Raises ``TooManyAsk`` where no code goes to the pages of waits today any more."""
    if await store_waits.codes_since(work, work.now - _DAY) >= texts_per_day // CODES_OF_TEXTS:
        raise TooManyAsk


async def use_own_number(work: Work, holder: str, email: str) -> None:
    """Text to the number that this account has proved, where it has one that takes texts."""
    own = (await store_numbers.good_numbers(work, [email])).get(email)
    if own is not None:
        await store_numbers.keep(work, Number(holder=holder, number=own, verified_at=work.now))


async def carry(work: Work, from_wait: str, to_wait: str) -> None:
    """Who waits once more is told where they were."""
    await store_waits.carry(work, from_wait, to_wait)


async def forget_over(begin: BeginWork, at_once: int = AT_ONCE) -> int:
    """The round: forget what was left for waits that are forgotten; for how many."""
    forgotten, after = 0, ""
    while True:
        async with begin() as work:
            known = await store_waits.holders(work, after, at_once)
            kept = await people.kept(work, [_id(each) for each in known])
            over = [each for each in known if _id(each) not in kept]
            if over:
                await store_waits.forget(work, over, _texted_since(work))
        forgotten += len(over)
        if len(known) < at_once:
            return forgotten
        after = known[-1]


def _id(holder: str) -> UUID:
    return UUID(holder.partition(":")[2])


async def forget_person(work: Work, email: str) -> None:
    """Forget what was left for the waits of an address, and the numbers that were texted."""
    theirs = [wait_holder(kind, id) for kind, id in await people.waits_of(work, email)]
    await store_waits.forget(work, theirs, _texted_since(work))


def _texted_since(work: Work) -> date:
    """No wait that is kept still was texted for before this day: it lasts twelve hours, and is kept
    a day longer."""
    return (work.now - 4 * _DAY).date()
