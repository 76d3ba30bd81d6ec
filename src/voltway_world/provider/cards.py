"""The test cards of the simulated bank, and what makes a card number wrong."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from voltway_world.provider.books import Card

DECLINES = "4000000000000002"
CAPTURE_DECLINES = "4000000000000341"
CAN_GROW = "4000002500001001"
NEEDS_DRIVER = "4000002760003184"

#: What the page offers to people who try the shop.
TEST_CARDS = (
    ("4242 4242 4242 4242", "is accepted"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0025 0000 1001", "is accepted, and the hold can be increased"),
    ("4000 0000 0000 0341", "is accepted, but taking the money is declined later"),
)

_KEY = secrets.token_bytes(32)
_BRANDS = (("4", "Visa"), ("5", "Mastercard"), ("2", "Mastercard"), ("3", "American Express"))


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form, as it was typed."""

    number: str
    expiry: str
    cvc: str


def luhn(digits: str) -> bool:
    """Whether the last digit of a card number fits the others (ISO/IEC 7812-1, Annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def complaints(typed: Typed, now: datetime) -> dict[str, str]:
    """What is wrong with each field, and how to mend it."""
    wrong: dict[str, str] = {}
    number = digits_of(typed.number)
    if not re.fullmatch(r"\d{12,19}", number) or not luhn(number):
        wrong["number"] = "This is not a card number. Check the digits."
    expiry = re.fullmatch(r"\s*(\d{1,2})\s*/\s*(?:20)?(\d{2})\s*", typed.expiry)
    if expiry is None or not 1 <= int(expiry[1]) <= 12:
        wrong["expiry"] = "Write the expiry date as month / year, for example 12/34."
    elif (2000 + int(expiry[2]), int(expiry[1])) < (now.year, now.month):
        wrong["expiry"] = "This card has expired. Use another card."
    if not re.fullmatch(r"\d{3,4}", typed.cvc.strip()):
        wrong["cvc"] = "The security code has 3 or 4 digits."
    return wrong


def card_of(number: str) -> Card:
    digits = digits_of(number)
    brand = next((name for start, name in _BRANDS if digits.startswith(start)), "Card")
    return Card(
        brand=brand,
        last4=digits[-4:],
        fingerprint=fingerprint(digits),
        capture_declines=digits == CAPTURE_DECLINES,
        can_grow=digits == CAN_GROW,
        needs_driver=digits == NEEDS_DRIVER,
    )


def fingerprint(digits: str) -> str:
    """A word for this number that tells nothing of it: it is keyed by what this process alone has,
    so that nobody can try all numbers."""
    return hmac.new(_KEY, digits.encode(), hashlib.sha256).hexdigest()[:16]


def wallet_card(wallet: str) -> Card:
    return Card(brand="Visa", last4="4242", wallet=wallet)


def digits_of(number: str) -> str:
    return re.sub(r"[\s-]", "", number)
