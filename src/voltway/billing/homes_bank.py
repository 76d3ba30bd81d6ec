"""What drivers are paid back for charging at home, as the file that a bank takes: ISO 20022
``pain.001.001.09``, a SEPA credit transfer for each driver (the EPC's guidelines EPC132-08).

A bank refuses a file whose ``MsgId`` it has seen. Ours is made of what is to be paid, so that the
same payouts cannot be ordered twice by a file that was taken and sent in twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError
from stdnum import bic

from voltway.billing import rules_homes
from voltway.billing.model_homes import Due
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import EUR
from voltway.parties.model import Party

SCHEMA: Final = "pain.001.001.09"
#: ISO 20022: Max35Text, and as long as a transfer's text can be.
_ID_MAX, _TEXT_MAX = 35, 140
#: Where our bank's BIC is not known the guidelines want these words in its place (EPC132-08, Debtor
#: Agent: only "NOTPROVIDED" beside a BIC).
_NO_BANK: Final = b"<DbtrAgt><FinInstnId /></DbtrAgt>"
_BANK_NOT_SAID: Final = (
    b"<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>"
)


@dataclass(eq=False)
class NoAccountOfOurs(Refusal):
    """Say first from which account {party} pays: voltway admin party change --iban."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    party: str


class NothingToTransfer(Refusal):
    """No driver can be paid in euros by a transfer now."""

    kind = Kind.CONFLICT


class NoFileForThese(Refusal):
    """The schema of the bank's file does not take a name or a number of these. Take the CSV, and
    look at the holders of the accounts."""

    kind = Kind.CONFLICT


def transfers(party: Party, due: Sequence[Due], on: date) -> bytes:
    """The file that orders these payouts for a day: those in euros of whom it is known where they
    are paid. It holds to the schema. Call it off the event loop. Raises ``NoAccountOfOurs``,
    ``NothingToTransfer`` and ``NoFileForThese``."""
    iban = rules_homes.iban_of(party.address.get("iban", ""))
    if iban is None:
        raise NoAccountOfOurs(party.name)
    payable = [each for each in due if each.is_payable and each.amount.currency == EUR]
    if not payable:
        raise NothingToTransfer
    ours = {"name": party.legal_name, "IBAN": iban, "batch": True, "currency": EUR}
    known = party.address.get("bic", "").replace(" ", "").upper()
    if bic.is_valid(known):
        ours["BIC"] = known
    order = SepaTransfer(ours, schema=SCHEMA, clean=True)
    for each in payable:
        order.add_payment(
            {
                "name": each.holder,
                "IBAN": each.iban,
                "amount": each.amount.minor,
                "execution_date": on,
                "description": " ".join(each.numbers)[:_TEXT_MAX],
                "endtoend_id": each.numbers[-1][:_ID_MAX],
            }
        )
    try:
        raw: bytes = order.export(validate=True)
    except ValidationError as error:
        raise NoFileForThese from error
    named = raw.replace(order.msg_id.encode(), _named(payable).encode(), 1)
    return named.replace(_NO_BANK, _BANK_NOT_SAID, 1)


def _named(due: Sequence[Due]) -> str:
    """The name of an order: the same for the same payouts."""
    paid = sorted(f"{number}:{each.amount}" for each in due for number in each.numbers)
    return f"HOME-{hashlib.sha256(' '.join(paid).encode()).hexdigest()[:24]}"
