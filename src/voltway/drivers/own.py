"""What drivers do with their own tokens: name them, and report one lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from voltway.drivers import store, when_where
from voltway.drivers.model import Driver, Token, TokenStatus
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, TokenId
from voltway.runtime.work import Row, Work

LABEL_MAX: Final = 60
#: Who reported it, without a name that would have to be forgotten: its driver is known elsewhere.
BY: Final = "the driver"


@dataclass(eq=False)
class NotYourToken(Refusal):
    """There is no such card or car of yours."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class NotAName(Refusal):
    """A name has 1 to {most} characters that can be read."""

    kind: ClassVar[Kind] = Kind.INVALID

    most: int


@dataclass(eq=False)
class OfTheCompany(Refusal):
    """This card is your company's: it says what it is called and who pays."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def own(work: Work, driver: Driver, id: TokenId) -> Token:
    """A token that stands for this driver. Raises ``NotYourToken``."""
    for token in await store.of_driver(work, driver.party, driver.id):
        if token.id == id:
            return token
    raise NotYourToken


async def name_it(work: Work, driver: Driver, id: TokenId, label: str) -> None:
    """Call a token so. Raises ``NotYourToken``, ``OfTheCompany``, ``NotAName``."""
    token = await own(work, driver, id)
    if token.fleet is not None:
        raise OfTheCompany
    said = " ".join(label.split())
    if not 1 <= len(said) <= LABEL_MAX or not said.isprintable():
        raise NotAName(LABEL_MAX)
    await store.set_label(work, id, said)


async def report_lost(work: Work, driver: Driver, id: TokenId) -> None:
    """Let a token open nothing from this moment, until an operator lets it in again; a company's
    card too. Reported again, or when its use is over, it changes nothing. Raises
    ``NotYourToken``."""
    token = await own(work, driver, id)
    if token.lost_at is None and token.status is not TokenStatus.EXPIRED:
        await store.set_lost(work, id, BY)
        work.touch(f"holder:{driver.id}")


async def give_back(work: Work, driver: Driver) -> None:
    """The driver leaves: their own tokens open nothing more and keep no name that they gave them; a
    company's stay the company's. Where any of them was turned away is forgotten."""
    for token in await store.of_driver(work, driver.party, driver.id):
        await when_where.forget_turned_away(work, token.id)
        if token.fleet is None:
            await store.set_status(work, token.id, TokenStatus.EXPIRED)
            await store.set_label(work, token.id, "")


async def lost(work: Work, party: PartyId) -> Sequence[Row]:
    """The tokens of a party that were reported lost and are blocked for it, the newest first."""
    return await work.all(
        """
        SELECT t.id, t.uid, t.label, t.kind, t.lost_at, t.lost_by, d.name AS driver_name, d.email,
               f.name AS fleet_name
          FROM token t
          LEFT JOIN contract c ON c.id = t.contract_id
          LEFT JOIN driver d ON d.id = c.driver_id
          LEFT JOIN fleet f ON f.id = c.fleet_id
         WHERE t.party_id = $1 AND t.lost_at IS NOT NULL ORDER BY t.lost_at DESC LIMIT 200
        """,
        party,
    )
