"""What a company must tell of itself to get an invoice, and when its VAT id cannot be one.

The syntax and the check digits of VAT ids are those of python-stdnum. Whether an id that could be
one is somebody's, only the register of the union knows: see ``registers``.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Final

from stdnum import exceptions as stdnum_says
from stdnum.ch import vat as swiss
from stdnum.eu import vat as union
from stdnum.gb import vat as british
from stdnum.no import mva as norwegian

from voltway.billing.documents_invoice import Buyer
from voltway.billing.rules_tax import EU
from voltway.kernel.errors import Kind, Refusal

TEXT_LENGTH_MAX: Final = 200
#: Greece writes EL on its VAT ids, Switzerland CHE, and GB's and Norway's are of no union.
PREFIXES: Final = {"GR": "EL"}
#: What a buyer tells, and what can be wrong with it.
COUNTRY, EMAIL, NAME, STREET = "The country", "The e-mail address", "The name", "The street"
POSTAL_CODE, TOWN, REFERENCE = "The postal code", "The town", "The reference"
THE_NAME, THE_STREET, THE_TOWN = "the company's name", "the street", "the town"
TWO_LETTERS: Final = "two letters, such as FI, are needed"
AN_ADDRESS: Final = "an address such as ann@example.org is needed"
TOO_LONG: Final = f"at most {TEXT_LENGTH_MAX} characters are taken"
STRANGE: Final = "it is too long or has strange signs"
CHECK_DIGIT: Final = "its check digit is wrong"
LENGTH: Final = "it has too few or too many signs"
NOT_ONE: Final = "it is not written as one"
WORDS: Final = (
    *(COUNTRY, EMAIL, NAME, STREET, POSTAL_CODE, TOWN, REFERENCE, THE_NAME, THE_STREET, THE_TOWN),
    *(TWO_LETTERS, AN_ADDRESS, TOO_LONG, STRANGE, CHECK_DIGIT, LENGTH, NOT_ONE),
)
OTHERS: Final = {"GB": british, "CH": swiss, "NO": norwegian}


@dataclass(eq=False)
class VatIdNotValid(Refusal):
    """{vat_id} is no VAT id of {country}: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    vat_id: str
    country: str
    why: str


@dataclass(eq=False)
class VatIdOfAnotherCountry(Refusal):
    """
    The VAT id {vat_id} is one of {its_country}, but the address is in {country}. Give the VAT id of
    the country of the address, or the address that belongs to the VAT id.
    """

    kind: ClassVar[Kind] = Kind.INVALID

    vat_id: str
    its_country: str
    country: str


@dataclass(eq=False)
class BuyerNotComplete(Refusal):
    """An invoice names its buyer: {field} is missing."""

    kind: ClassVar[Kind] = Kind.INVALID

    field: str


@dataclass(eq=False)
class BuyerTextNotValid(Refusal):
    """{field} is not valid: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    field: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBuyer:
    """What somebody typed."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    vat_id: str = ""
    email: str = ""
    reference: str = ""
    resells: bool = False
    xrechnung: bool = False


def buyer_of(given: GivenBuyer) -> Buyer:
    """The buyer as an invoice names it (article 226 (4) and (5) of the VAT directive).

    Raises a refusal that says what is missing or cannot be.
    """
    country = given.country.strip().upper()
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise BuyerTextNotValid(COUNTRY, TWO_LETTERS)
    vat_id = vat_id_of(given.vat_id, country) if given.vat_id.strip() else None
    email = _text(EMAIL, given.email)
    if email and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", email):
        raise BuyerTextNotValid(EMAIL, AN_ADDRESS)
    return Buyer(
        name=_needed(THE_NAME, NAME, given.name),
        street=_needed(THE_STREET, STREET, given.street),
        postal_code=_text(POSTAL_CODE, given.postal_code),
        city=_needed(THE_TOWN, TOWN, given.city),
        country=country,
        vat_id=vat_id,
        email=email or None,
        reference=_text(REFERENCE, given.reference) or None,
        resells=given.resells and vat_id is not None,
        xrechnung=given.xrechnung,
    )


def _needed(missing: str, field: str, text: str) -> str:
    told = _text(field, text)
    if not told:
        raise BuyerNotComplete(missing)
    return told


def _text(field: str, text: str) -> str:
    """One line of text as it can be printed: signs that cannot be are taken for slips."""
    told = " ".join("".join(sign if _is_seen(sign) else " " for sign in text).split())
    if len(told) > TEXT_LENGTH_MAX:
        raise BuyerTextNotValid(field, TOO_LONG)
    return told


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def vat_id_of(text: str, country: str) -> str:
    """The VAT id that this text is, written together, with the country before it.

    It must be one of this country: the country of the address.
    """
    vat_id = re.sub(r"[\s.\-/]", "", text).upper()
    if len(vat_id) > 20 or not vat_id.isascii():
        raise VatIdNotValid(text.strip()[:20], country, STRANGE)
    its = country_of(vat_id)
    if its is not None and its != country:
        raise VatIdOfAnotherCountry(vat_id, its, country)
    if country not in EU and country not in OTHERS:
        return vat_id
    prefixed = vat_id if its is not None else PREFIXES.get(country, country) + vat_id
    checks = OTHERS.get(country, union)
    try:
        checks.validate(prefixed)
    except stdnum_says.InvalidChecksum:
        raise VatIdNotValid(prefixed, country, CHECK_DIGIT) from None
    except stdnum_says.InvalidLength:
        raise VatIdNotValid(prefixed, country, LENGTH) from None
    except stdnum_says.ValidationError:
        raise VatIdNotValid(prefixed, country, NOT_ONE) from None
    return prefixed


def country_of(vat_id: str) -> str | None:
    """The country that a VAT id names, by ISO 3166-1; nothing where it names none that we know."""
    prefix = vat_id[:2]
    country = {"EL": "GR"}.get(prefix, prefix)
    if prefix != "GR" and (country in EU or country in OTHERS):
        return country
    return None
