"""What Stripe sends from our balance: transfers to connected accounts (Stripe Connect)."""

from typing import Final

import msgspec

from voltway.payments.provider import Declined
from voltway.payments.provider_more import TransferOrder, Transferred
from voltway.payments.providers.stripe_account import Account
from voltway.payments.providers.stripe_amounts import is_exact, written

PAGE_OF_LIST: Final = 100


class _Transfer(msgspec.Struct):
    id: str
    amount: int
    currency: str
    metadata: dict[str, str] = {}


class _Transfers(msgspec.Struct):
    data: list[_Transfer]


class Transfers(Account):
    """Shares of what was charged, sent to the accounts of those to whom they are owed."""

    async def transfer(self, order: TransferOrder) -> Transferred | Declined:
        if not is_exact(order.amount.currency):
            return Declined(
                "currency_not_exact", f"Stripe cannot send {order.amount.currency} exactly."
            )

        async def done() -> _Transfer | Declined | None:
            # Those of one settlement are a group of their own, so a page of them is all of them.
            found = await self.line.look(
                _Transfers,
                self.line.v1.transfers.list_async(
                    {
                        "destination": order.to,
                        "transfer_group": order.reference,
                        "limit": PAGE_OF_LIST,
                    }
                ),
            )
            if isinstance(found, Declined):
                return found
            return next((t for t in found.data if t.metadata.get("once") == order.once), None)

        # Stripe forgets keys after some days, and money that was sent is not asked back.
        found = await done()
        answer = (
            found
            if found is not None
            else await self.line.ask(
                _Transfer,
                order.once,
                lambda how: self.line.v1.transfers.create_async(
                    {
                        "amount": written(order.amount),
                        "currency": order.amount.currency.lower(),
                        "destination": order.to,
                        "transfer_group": order.reference,
                        "description": order.description,
                        "metadata": {"once": order.once},
                    },
                    how,
                ),
                done,
            )
        )
        if isinstance(answer, Declined):
            return answer
        return Transferred(answer.id, self._amount(answer.amount, answer.currency))
