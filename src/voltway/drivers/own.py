"""What drivers do with their own tokens: name them, and report one lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from voltway.drivers import store
from voltway.drivers.model import Driver, Token
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, TokenId
from voltway.runtime.work import Row, Work

LABEL_MAX: Final = 60


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
    card too. Reported again it changes nothing. Raises ``NotYourToken``."""
    token = await own(work, driver, id)
    if token.lost_at is None:
        await store.set_lost(work, id, driver.name)
        work.touch(f"holder:{driver.id}")


async def lost(work: Work, party: PartyId) -> Sequence[Row]:
    """The tokens of a party that were reported lost and are blocked for it, the newest first."""
    return await work.all(
        """
        SELECT t.id, t.uid, t.label, t.kind, t.lost_at, t.lost_by, d.email, f.name AS fleet_name
          FROM token t
          LEFT JOIN contract c ON c.id = t.contract_id
          LEFT JOIN driver d ON d.id = c.driver_id
          LEFT JOIN fleet f ON f.id = c.fleet_id
         WHERE t.party_id = $1 AND t.lost_at IS NOT NULL ORDER BY t.lost_at DESC LIMIT 200
        """,
        party,
    )
