"""Who owes the tax on a charge, and what an invoice says of it.

Charging is a supply of electricity: of goods, not of a service (CJEU C-282/22, C-60/23; articles 2
and 15 of directive 2006/112/EC). So it is taxed

- where a taxable dealer has its seat, if the buyer buys electricity to sell it (art. 38);
- for everybody else, where the car is charged (art. 39).

Where that is not the country in which the seller is established, a buyer who is registered for VAT
in that country owes the tax itself: reverse charge (art. 195). A company that only charges its own
cars abroad pays the tax of the place and has it refunded (directive 2008/9/EC).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from voltway.kernel.errors import Kind, Refusal

#: The members of the union, by ISO 3166-1; Greece's VAT ids begin with EL.
_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU = frozenset(_MEMBERS.split())


class Category(StrEnum):
    """How something is taxed (UNTDID 5305, as EN 16931 uses it)."""

    STANDARD = "S"
    ZERO = "Z"
    REVERSE_CHARGE = "AE"


#: Why no tax is due, by category (the CEF list VATEX).
EXEMPT: Mapping[str, str] = {Category.REVERSE_CHARGE: "VATEX-EU-AE"}


@dataclass(eq=False)
class NotCheckedByRegister(Refusal):
    """
    The tax of this supply would pass to the buyer, so the VAT id {vat_id} must first be found valid
    in the register of the EU (VIES). It could not be asked; try again later.
    """

    kind: ClassVar[Kind] = Kind.CONFLICT

    vat_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Between whom, and where, by ISO 3166-1 with two letters."""

    seller_country: str
    place_country: str
    buyer_vat_country: str | None  # of a VAT id; none for a person
    buyer_resells: bool


def taxed_in(supply: Supply) -> str:
    """The country whose tax it is (art. 38 and 39)."""
    if supply.buyer_resells and supply.buyer_vat_country is not None:
        return supply.buyer_vat_country
    return supply.place_country


def is_reverse_charge(supply: Supply) -> bool:
    """Whether the buyer owes the tax (art. 195)."""
    country = taxed_in(supply)
    return (
        country in EU and country != supply.seller_country and country == supply.buyer_vat_country
    )


def category_of(rate: str | None) -> str:
    """How what has this rate is taxed, where the seller owes the tax; nothing where none is
    stated."""
    if rate is None:
        return ""
    return Category.STANDARD if rate.strip("0.") else Category.ZERO
