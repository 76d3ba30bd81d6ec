"""What the API's values look like: amounts, texts, and pages of things."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency, Money
from voltway.runtime.work import Row

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

#: PostgreSQL keeps no NUL in a text, and nobody needs one.
NO_NUL: Final = r"^[^\x00]*$"

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
LongText = Annotated[str, Meta(max_length=2000, pattern=NO_NUL)]
Zone = Annotated[
    str, Meta(max_length=64, pattern=NO_NUL, description="An IANA time zone, e.g. Europe/Helsinki.")
]
EvseNumber = Annotated[
    int,
    Meta(
        ge=1,
        le=10_000,
        description="The EVSE's number at its station (a 1.6 connector).",
        examples=[1],
    ),
]
Moment = Annotated[datetime, Meta(tz=True, examples=["2026-03-02T12:00:00Z"])]


class Given(msgspec.Struct, forbid_unknown_fields=True):
    """What a caller sends: a field that we do not know is a mistake, and told."""


class Shown(msgspec.Struct):
    """What a caller is shown."""


class Amount(Shown):
    """An amount of money that can be paid."""

    amount: Annotated[str, Meta(description="In major units, exact.", examples=["11.66"])]
    currency: Annotated[str, Meta(description="ISO 4217.", examples=["EUR"])]
    minor: Annotated[int, Meta(description="In the smallest unit.", examples=[1166])]

    @classmethod
    def of(cls, minor: int, currency: str) -> "Amount":
        money = Money(minor, Currency(currency))
        return cls(amount=f"{money.decimal:f}", currency=currency, minor=minor)


class Page(msgspec.Struct, Generic[T]):
    """A page of a list, the newest first."""

    items: list[T]
    next_cursor: Annotated[
        str | None, Meta(description="Ask with `cursor=` this for what follows; null at the end.")
    ] = None


def shown(kind: type[S], row: Row, /, **more: Any) -> S:
    """A row as the API shows it: the fields that it names, and what is made of others."""
    return msgspec.convert({**row, **more}, kind)


class MomentOutOfRange(Refusal):
    """A moment lies between the years 1970 and 9998."""

    kind = Kind.INVALID


def utc(moment: datetime) -> datetime:
    """A moment that a caller gave; without a zone it is UTC."""
    if not 1970 <= moment.year <= 9998:
        raise MomentOutOfRange
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
