"""Signing in without a password: a code goes to an address, and whoever types it has that address.

Nobody needs an account to charge. Asking for a code says nothing of whether an address is known; a
person is known to a party from the moment at which they keep something there.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.drivers import store_contracts, store_entry
from voltway.drivers.model import Code, Driver, Seat
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, PartyId, new_id
from voltway.runtime.work import Work

CODE_DIGITS: Final = 8
CODE_LASTS: Final = timedelta(minutes=15)
SEAT_LASTS: Final = timedelta(days=90)
#: So often something else may be typed before a code is worth nothing: 1 in 20 million guesses.
WRONG_MAX: Final = 5
#: So many codes may be asked for within the time that one lasts, for an address and from a place.
#: A proxy before the house makes one place of all.
CODES_OF_ADDRESS: Final = 3
CODES_FROM_SOURCE: Final = 200


@dataclass(eq=False)
class TooManyCodes(Refusal):
    """
    Some codes were sent already. Please use the last one, or ask again in a quarter of an hour.
    """

    kind: ClassVar[Kind] = Kind.LIMIT


async def ask_code(work: Work, email: str, *, source: str) -> Code:
    """A new code for an address. Raises ``TooManyCodes``. Older ones are good still."""
    address = email.strip().lower()
    since = work.now - CODE_LASTS
    of_address, from_source = await store_entry.codes_since(work, address, source, since)
    if of_address >= CODES_OF_ADDRESS or from_source >= CODES_FROM_SOURCE:
        raise TooManyCodes
    code = Code(
        id=new_id(work.now),
        email=address,
        code=f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}",
        source=source,
        made_at=work.now,
        until=work.now + CODE_LASTS,
    )
    await store_entry.add_code(work, code)
    return code


async def code(work: Work, id: UUID) -> Code | None:
    """A code that is still good, for the letter that brings it."""
    found = await store_entry.code(work, id)
    return found if found is not None and found.until > work.now else None


async def enter(work: Work, email: str, typed: str) -> Seat | None:
    """A seat for who typed a good code of this address; ``None`` for anything else, which counts.
    A code is used up, and with it all others of the address."""
    address = email.strip().lower()
    said = "".join(sign for sign in typed if sign.isdigit())
    good = [
        each
        for each in await store_entry.lock_codes(work, address, work.now, WRONG_MAX)
        if hmac.compare_digest(each.code.encode(), said.encode())
    ]
    if not good:
        await store_entry.was_wrong(work, address)
        return None
    await store_entry.forget_codes(work, address)
    seat = Seat(secrets.token_urlsafe(32), work.now + SEAT_LASTS)
    await store_entry.add_seat(work, _digest(seat.token), address, seat.until)
    return seat


async def who(work: Work, token: str) -> str | None:
    """Whose seat this is, by their address."""
    return await store_entry.seated(work, _digest(token), work.now)


async def leave(work: Work, token: str) -> None:
    await store_entry.remove_seat(work, _digest(token))


async def leave_everywhere(work: Work, email: str) -> None:
    await store_entry.remove_seats(work, email.lower())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def drivers_of(work: Work, email: str) -> list[Driver]:
    """What a person is to each party, the oldest first."""
    return await store_entry.by_email(work, email.lower())


async def driver_at(work: Work, party: PartyId, email: str) -> Driver:
    """What a person is to this party, from now on at least."""
    for known in await drivers_of(work, email):
        if known.party == party:
            return known
    made = Driver(DriverId(new_id(work.now)), party, email.split("@")[0], email.lower(), work.now)
    await store_contracts.add_driver(work, made)
    return made


async def forget_person(work: Work, driver: Driver) -> None:
    """Keep nothing of a person but the row that bills name: no name, no address."""
    await store_entry.forget_person(work, driver.id)


async def is_forgotten(work: Work, driver: DriverId) -> bool:
    """Whether this was a person who deleted their account."""
    return await store_entry.is_forgotten(work, driver)


async def forget_old(work: Work) -> int:
    """The round: forget codes and seats that are over."""
    return await store_entry.forget_old(work, work.now)
