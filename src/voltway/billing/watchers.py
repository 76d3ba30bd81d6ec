"""What billing hears: the end of a session opens its settlement; a refund goes into the books."""

from collections.abc import Sequence

from voltway.billing import rules_books, settling, store
from voltway.billing.model import GIVEN_ROUTE, Settlement, SettlementState
from voltway.kernel.facts import Fact
from voltway.kernel.ids import OnceKey, SettlementId, new_id
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.payments import actions as payments
from voltway.payments.model import PaymentRefunded
from voltway.runtime.work import Work
from voltway.sessions.model import SessionEnded
from voltway.sessions.rules import READINGS_GRACE


async def hears_session_ended(work: Work, facts: Sequence[Fact]) -> None:
    """Open the settlements of sessions, and queue their walks. Told twice, each is opened once.

    One whose end told no register waits until no late reading is taken any more.
    """
    ended = {fact.session: fact for fact in facts if isinstance(fact, SessionEnded)}
    opened = [_opened(work, fact) for fact in ended.values()]
    # Which way the money goes is decided by the price, with which every route begins.
    fresh = await store.open_settlements(work, opened, GIVEN_ROUTE)
    await work.enqueue(*(settling.job(each) for each in opened if each.id in fresh))


def _opened(work: Work, fact: SessionEnded) -> Settlement:
    return Settlement(
        id=SettlementId(new_id(work.now)),
        party=fact.party,
        session=fact.session,
        payment=None,
        route=GIVEN_ROUTE,
        done=0,
        state=SettlementState.WALKING if fact.complete else SettlementState.WAITING,
        opened_at=work.now,
        next_try_at=work.now if fact.complete else work.now + READINGS_GRACE,
    )


async def hears_payment_refunded(work: Work, fact: Fact) -> None:
    """Write a refund into the books, once."""
    if not isinstance(fact, PaymentRefunded):
        return
    payment = await payments.payment(work, fact.payment)
    evidence = {"payment": str(payment.id), "payment_step": fact.once}
    if payment.session is not None:
        evidence["session"] = str(payment.session)
    amount = Money(fact.amount_minor, fact.currency)
    await ledger.post(
        work,
        rules_books.refund(
            amount,
            party=fact.party,
            who=str(payment.id),
            provider=payment.provider,
            at=fact.at,
            memo=f"Gave back {amount}: {fact.reason or 'no reason was given'}.",
            once=OnceKey(f"refund:{fact.once}"),
            evidence=evidence,
        ),
    )
