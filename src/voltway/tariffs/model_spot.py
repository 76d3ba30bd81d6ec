"""Price series of markets as a party keeps them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from voltway.kernel.facts import Fact
from voltway.kernel.money import Currency
from voltway.tariffs.model import SpotPrice


class ToldPrice(NamedTuple):
    """A price of a market, and when we were told of it."""

    price: SpotPrice
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of an import. ``holes`` are the stretches before it that nothing is known of."""

    series: str
    currency: Currency
    begins: datetime
    ends: datetime
    added: int
    known: int
    corrected: int
    hole: tuple[datetime, datetime] | None = None

    @property
    def words(self) -> str:
        """What came of it, in sentences."""
        said = [
            f"{self.series}: {self.added} prices added, {self.known} known already, "
            f"{self.corrected} corrected; from {self.begins:%Y-%m-%d %H:%M} to "
            f"{self.ends:%Y-%m-%d %H:%M} UTC."
        ]
        if self.hole is not None:
            said.append(
                f"Nothing is known from {self.hole[0]:%Y-%m-%d %H:%M} to "
                f"{self.hole[1]:%Y-%m-%d %H:%M} UTC: what is used then is not billed before it is."
            )
        if self.corrected:
            said.append("A correction changes no price of a time that is over.")
        return " ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotPricesAdded(Fact):
    """A market's prices are known further than before."""

    series: str
    begins: datetime
    ends: datetime
    prices: int

    @property
    def subject(self) -> str:
        return f"spot:{self.party}:{self.series}"
