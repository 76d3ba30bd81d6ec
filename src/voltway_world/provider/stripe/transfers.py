"""Transfers from the merchant's balance to connected accounts, in Stripe's shape."""

from voltway_world.provider.books import BalanceTransaction, Page, Transfer, new_id
from voltway_world.provider.desk import now
from voltway_world.provider.journal import Books
from voltway_world.provider.stripe.forms import known, whole
from voltway_world.provider.stripe.refusals import Refusing
from voltway_world.provider.stripe.shapes import Json, stamp

#: An account that exists and may not be sent anything: its owner has not finished signing up.
RESTRICTED = "acct_restricted"


def send(books: Books, form: Json) -> tuple[Page, Json]:
    known(form, "amount", "currency", "destination", "transfer_group", "description", "metadata")
    to = form.get("destination", "")
    currency = form.get("currency", "").upper()
    amount = whole(form, "amount")
    if not to.startswith("acct_"):
        raise Refusing("resource_missing", f"No such destination: '{to}'", "destination")
    if to == RESTRICTED:
        raise Refusing(
            "insufficient_capabilities_for_transfer",
            "Your destination account needs to have the transfers capability enabled.",
            "destination",
        )
    if amount > _available(books, currency):
        raise Refusing("balance_insufficient", "You have insufficient available funds.")
    transfer = Transfer(
        id=new_id("tr"),
        destination=to,
        group=form.get("transfer_group", ""),
        amount_minor=amount,
        currency=currency,
        description=form.get("description", ""),
        created_at=now(),
        metadata=form.get("metadata", {}),
    )
    move = BalanceTransaction(
        id=new_id("txn"),
        type="transfer",
        hold="",
        reference="",
        amount_minor=-amount,
        currency=currency,
        created_at=transfer.created_at,
        transfer=transfer.id,
    )
    return Page(transfer=transfer, transaction=move), transfer_of(transfer)


def _available(books: Books, currency: str) -> int:
    """What of the balance is there now."""
    return sum(
        move.amount_minor - move.fee_minor
        for move in books.transactions.values()
        if move.currency == currency
    )


def transfers(books: Books, form: Json) -> list[Json]:
    known(form, "destination", "transfer_group", "limit", "starting_after")
    return [
        transfer_of(each)
        for each in books.transfers.values()
        if form.get("destination") in (None, each.destination)
        and form.get("transfer_group") in (None, each.group)
    ]


def transfer_of(transfer: Transfer) -> Json:
    return {
        "id": transfer.id,
        "object": "transfer",
        "amount": transfer.amount_minor,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": stamp(transfer.created_at),
        "currency": transfer.currency.lower(),
        "description": transfer.description,
        "destination": transfer.destination,
        "livemode": False,
        "metadata": dict(transfer.metadata),
        "reversals": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/transfers/{transfer.id}/reversals",
        },
        "reversed": False,
        "source_type": "card",
        "transfer_group": transfer.group or None,
    }
