"""What a platform of terminals sends, read with care (OCPI 2.3.0, payments and commands)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from voltway.kernel.errors import Kind, Refusal

T = TypeVar("T")

Name = Annotated[str, Meta(min_length=1, max_length=36)]
Line = Annotated[str, Meta(max_length=255)]

#: CaptureStatusCode, in the words in which stations tell it.
CAPTURED: Final = {"SUCCESS": "Settled", "PARTIAL_SUCCESS": "Settled", "FAILED": "Failed"}


@dataclass(eq=False)
class NotReadable(Refusal):
    """This cannot be read: {why}."""

    kind = Kind.INVALID

    why: str


class Terminal(msgspec.Struct):
    """What we keep of a terminal as its platform tells it; which bays it serves is ours to say."""

    terminal_id: Name
    customer_reference: Annotated[str, Meta(max_length=36)] | None = None
    address: Annotated[str, Meta(max_length=45)] | None = None
    city: Annotated[str, Meta(max_length=45)] | None = None
    postal_code: Annotated[str, Meta(max_length=10)] | None = None
    country: Annotated[str, Meta(max_length=3)] | None = None
    reference: Annotated[str, Meta(max_length=36)] | None = None


class Tax(msgspec.Struct):
    amount: Decimal


class Price(msgspec.Struct):
    """2.3.0: before taxes, and each tax."""

    before_taxes: Decimal
    taxes: list[Tax] = []

    @property
    def gross(self) -> Decimal:
        return self.before_taxes + sum((tax.amount for tax in self.taxes), Decimal())


class AdviceConfirmation(msgspec.Struct):
    """A FinancialAdviceConfirmation."""

    id: Name
    authorization_reference: Name
    total_costs: Price
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    eft_data: Annotated[list[Line], Meta(min_length=1, max_length=50)]
    capture_status_code: str
    last_updated: str
    capture_status_message: Line | None = None


class StartSession(msgspec.Struct):
    """The command, as far as a terminal needs it."""

    location_id: Name
    authorization_reference: Name
    evse_uid: Name | None = None
    response_url: Line = ""


class StopSession(msgspec.Struct):
    """The command that ends a session."""

    session_id: Name
    response_url: Line = ""


def read(kind: type[T], raw: bytes) -> T:
    """Raises ``NotReadable`` with the place of the fault."""
    try:
        found = msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as trouble:
        raise NotReadable(str(trouble)[:200].rstrip(".")) from None
    _printable(found)
    return found


def _printable(found: Any) -> None:
    for name in found.__struct_fields__:
        value = getattr(found, name)
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not text.isprintable() for text in texts):
            raise NotReadable(f"{name} holds what cannot be printed")
