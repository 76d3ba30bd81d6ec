"""What somebody types about a host and an agreement, read strictly: a slip costs money."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from voltway.billing.model_hosts import Terms
from voltway.kernel.errors import Kind, Refusal

NAME_LENGTH_MAX = 120
DAYS_MAX = 120
PLACES = 6  # of a fee for each kWh
FEE_MAX = Decimal(1_000_000)


@dataclass(eq=False)
class FieldNotValid(Refusal):
    """{field} is not valid: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    field: str
    why: str


def text(given: Mapping[str, str], name: str, field: str, *, most: int = NAME_LENGTH_MAX) -> str:
    """One line of text that must be there."""
    said = " ".join(given.get(name, "").split())
    if not 1 <= len(said) <= most or not said.isprintable():
        raise FieldNotValid(field, f"write 1 to {most} printable characters")
    return said


def optional(given: Mapping[str, str], name: str, field: str) -> str | None:
    return text(given, name, field) if given.get(name, "").strip() else None


def country(given: Mapping[str, str]) -> str:
    said = given.get("country", "").strip().upper()
    if not re.fullmatch(r"[A-Z]{2}", said):
        raise FieldNotValid("The country", "write its two letters, such as FI")
    return said


def email(given: Mapping[str, str]) -> str | None:
    said = optional(given, "email", "The e-mail address")
    if said is not None and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", said):
        raise FieldNotValid("The e-mail address", "write it as ann@example.org")
    return said


def days(given: Mapping[str, str], name: str, field: str, otherwise: int) -> int:
    said = given.get(name, "").strip()
    if not said:
        return otherwise
    if not re.fullmatch(r"\d{1,3}", said, re.ASCII) or int(said) > DAYS_MAX:
        raise FieldNotValid(field, f"write a number of days from 0 to {DAYS_MAX}")
    return int(said)


def day(given: Mapping[str, str], name: str, field: str) -> date | None:
    said = given.get(name, "").strip()
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise FieldNotValid(field, "write a day as 2026-11-01") from None


def amount(given: Mapping[str, str], name: str, field: str, most: Decimal = FEE_MAX) -> Decimal:
    """A number that is not negative; nothing typed is zero."""
    said = given.get(name, "").strip().replace(",", ".")
    if not said:
        return Decimal(0)
    try:
        value = Decimal(said) if re.fullmatch(r"[\d.]{1,20}", said, re.ASCII) else None
    except InvalidOperation:
        value = None
    if value is None or value > most or value != round(value, PLACES):
        raise FieldNotValid(field, f"write a number from 0 to {most:f}, such as 12.50")
    return value


def terms(given: Mapping[str, str]) -> Terms:
    """What a host gets; at least something."""
    made = Terms(
        percent=amount(given, "percent", "The share", Decimal(100)),
        per_session=amount(given, "per_session", "The fee for each session"),
        per_kwh=amount(given, "per_kwh", "The fee for each kWh"),
        per_month=amount(given, "per_month", "The fee for each month"),
    )
    ends = given.get("ends") == "yes"
    if made.are_nothing != ends:
        why = "give a share or a fee" if not ends else "an agreement that ends gives nothing"
        raise FieldNotValid("What is agreed", why)
    return made


def rate(given: Mapping[str, str]) -> Decimal | None:
    """The VAT on a host's part; nothing typed: none is due."""
    if not given.get("vat_rate", "").strip():
        return None
    return amount(given, "vat_rate", "The VAT", Decimal(100))
