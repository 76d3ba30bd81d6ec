"""What a refund that a bank sends back writes into the books, and how it ends.

    it came back     provider:<name>:due     to   driver:<payment>:payable
    refunded again   driver:<payment>:payable   to   provider:<name>:due
    paid otherwise   driver:<payment>:payable   to   bank

The credit note stands all the while: what it took off is not owed to us again, but to the driver.
"""

from datetime import datetime

from voltway.kernel.ids import OnceKey, PaymentId
from voltway.kernel.money import Money
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.payments.model import Payment, StepTaken
from voltway.payments.model_returned import Returned
from voltway.payments.rules_payouts import BANK, due


def owed_to(payment: PaymentId) -> Account:
    """On which we owe a driver what of a payment they shall have again."""
    return account("driver", str(payment), "payable")


def came_back(payment: Payment, step: StepTaken, why: str, now: datetime) -> Entry:
    amount = Money(step.amount_minor, payment.currency)
    return Entry(
        party=payment.party,
        once=OnceKey(f"returned:{step.id}"),
        at=now,
        memo=f"The bank of a driver sent back a refund of {amount} ({why or 'it says not why'}).",
        evidence={"payment": str(payment.id), "payment_step": step.once},
        postings=(Posting(due(payment.provider), owed_to(payment.id), amount),),
    )


def refunded_again(payment: Payment, step: StepTaken, of: Returned, now: datetime) -> Entry:
    return Entry(
        party=payment.party,
        once=OnceKey(f"refund:{step.once}"),
        at=now,
        memo=f"Gave back {of.amount} again, that a bank had sent back: {step.reason}",
        evidence={
            "payment": str(payment.id),
            "payment_step": step.once,
            "returned_refund": str(of.id),
        },
        postings=(Posting(owed_to(payment.id), due(payment.provider), of.amount),),
    )


def paid_otherwise(of: Returned, now: datetime, *, how: str, by: str) -> Entry:
    return Entry(
        party=of.party,
        once=OnceKey(f"returned:{of.step}:paid"),
        at=now,
        memo=f"{by} paid {of.amount} of a refund that came back from the bank: {how}",
        evidence={"payment": str(of.payment), "returned_refund": str(of.id)},
        postings=(Posting(owed_to(of.payment), BANK, of.amount),),
    )
