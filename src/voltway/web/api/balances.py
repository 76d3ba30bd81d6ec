"""Prepaid balances of drivers: what moved, topping up, redeeming, correcting, paying back."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.drivers import contracts
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, PartyId
from voltway.kernel.money import Money
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.payments import collecting, paying_back, prepaid, topping_up, vouchers
from voltway.payments.model_collections import Collection, Stage
from voltway.payments.model_paybacks import Payback, PaybackState
from voltway.payments.prepaid import MoveKind
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Caller, Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import moves_money, reads
from voltway.web.api.payments import Major, money_of
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, Text, shown

BALANCES = Source("prepaid_view", key="holder", newest_first=False)
MOVES = Source("prepaid_move_view")


@dataclass(eq=False)
class NoSuchBalance(Refusal):
    """This driver has no balance."""

    kind = Kind.ABSENT


@dataclass(eq=False)
class NoSuchTopUp(Refusal):
    """There is no such top-up."""

    kind = Kind.ABSENT


class Balance(Shown):
    """What a driver has paid before charging."""

    driver_id: UUID
    balance: Amount
    reserved: Annotated[Amount, Meta(description="Of it, for what is under way.")]
    owed: Annotated[
        Amount,
        Meta(description="For top-ups that a bank took back: what comes onto it pays this first."),
    ]
    auto_below: Annotated[
        Amount | None, Meta(description="When less than this is there, it tops itself up …")
    ]
    auto_amount: Annotated[Amount | None, Meta(description="… by this, from a saved card.")]
    moved_at: Moment | None


class BalanceMove(Shown):
    """One movement, with its entry in the books."""

    id: UUID
    kind: MoveKind
    amount: Annotated[Amount, Meta(description="Less than nothing where it was taken.")]
    balance: Annotated[Amount, Meta(description="After it.")]
    about: Annotated[str, Meta(examples=["payment:019a…"])]
    said: str
    entry_id: UUID
    at: Moment


Address = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=r"^https?://[^\s\x00]+$",
        description="`{collection}` in it becomes the top-up's id.",
    ),
]


class NewTopUp(Given):
    """A top-up that its driver pays on the provider's page."""

    amount: Major
    return_url: Annotated[Address, Meta(description="Where the driver goes who has paid.")]
    cancel_url: Annotated[Address, Meta(description="Where the driver goes who has not.")]


class TopUp(Shown):
    """A top-up on its way, or at its end. It is no sale: the tax is due with each charge."""

    id: UUID
    state: Stage
    amount: Amount
    hosted_url: Annotated[str | None, Meta(description="The page on which to pay, while it waits.")]
    why: Annotated[str | None, Meta(description="Why nothing was taken.")]
    asked_at: Moment
    ended_at: Moment | None


class NewRedemption(Given):
    """A voucher's code, as its driver typed it."""

    code: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]


class NewCorrection(Given):
    """What to give a balance, or to take of it with a minus."""

    amount: Annotated[
        str, Meta(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,3})?$", examples=["5.00", "-5.00"])
    ]
    reason: Annotated[Text, Meta(description="The driver reads it.", examples=["Doubled"])]


class PaidBack(Shown):
    """A part of one top-up that goes back to its card."""

    id: UUID
    top_up_id: UUID
    state: Annotated[
        PaybackState,
        Meta(
            description="`asked`: the provider does not answer yet, and is asked again;"
            " `declined`: it is on the balance as before."
        ),
    ]
    amount: Amount
    provider: str
    provider_ref: str | None
    why: str | None


class Paybacks(Shown):
    items: list[PaidBack]
    balance: Balance


@reads("/balances", "List the balances of drivers", Permission.SEE_MONEY)
async def list_balances(caller: Calling, window: Paging) -> Page[Balance]:
    """In the order of the drivers' ids."""
    async with caller.begin() as work:
        return await listed(work, BALANCES, window, _balance)


@reads("/balances/{driver_id:uuid}", "Read a balance", Permission.SEE_MONEY)
async def read_balance(caller: Calling, driver_id: FromPath[UUID]) -> Balance:
    async with caller.begin() as work:
        return await _shown(work, driver_id)


@reads("/balances/{driver_id:uuid}/moves", "List what moved on a balance", Permission.SEE_MONEY)
async def list_moves(
    caller: Calling, driver_id: FromPath[UUID], window: Paging
) -> Page[BalanceMove]:
    async with caller.begin() as work:
        await _shown(work, driver_id)
        return await listed(work, MOVES, window, _move, [("holder = {}", driver_id)])


@moves_money("/balances/{driver_id:uuid}/top-ups", "Begin a top-up")
async def begin_top_up(
    caller: Calling, driver_id: FromPath[UUID], data: JSONBody[NewTopUp]
) -> TopUp:
    """Send the driver to `hosted_url`. What was paid there is on the balance at once."""
    assert caller.once is not None, "what moves money has a key"
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        await contracts.driver_of(work, party, DriverId(driver_id))
        amount = money_of(data.amount, (await parties.party(work, party)).currency)
        await caller.audit(work, "began a top-up", f"driver:{driver_id}", amount=str(amount))
    return _top_up(
        await topping_up.open_top_up(
            caller.house.begin,
            caller.house.provider,
            party=party,
            holder=driver_id,
            amount=amount,
            once=caller.once,
            return_url=data.return_url,
            cancel_url=data.cancel_url,
        )
    )


@reads("/top-ups/{top_up_id:uuid}", "Read a top-up", Permission.SEE_MONEY)
async def read_top_up(caller: Calling, top_up_id: FromPath[UUID]) -> TopUp:
    """The provider is asked where it is, if it is not over."""
    async with caller.begin() as work:
        row = await work.one(
            "SELECT 1 FROM collection_view WHERE id = $1 AND purpose = 'top_up'", top_up_id
        )
    if row is None:
        raise NoSuchTopUp
    return _top_up(await collecting.go_on(caller.house.begin, caller.house.provider, top_up_id))


@moves_money("/balances/{driver_id:uuid}/vouchers", "Redeem a voucher")
async def redeem_voucher(
    caller: Calling, driver_id: FromPath[UUID], data: JSONBody[NewRedemption]
) -> Balance:
    """Put a voucher on a driver's balance. After ten wrong codes in an hour none is taken."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        await contracts.driver_of(work, party, DriverId(driver_id))
        came = await vouchers.redeem(work, party, driver_id, data.code)
        if not isinstance(came, Refusal):
            await caller.audit(work, "redeemed a voucher", f"driver:{driver_id}", value=str(came))
    if isinstance(came, Refusal):
        raise came
    async with caller.begin() as work:
        return await _shown(work, driver_id)


@moves_money("/balances/{driver_id:uuid}/corrections", "Correct a balance")
async def correct_balance(
    caller: Calling, driver_id: FromPath[UUID], data: JSONBody[NewCorrection]
) -> Balance:
    """A cost of yours, or the contrary; never more than is there and not reserved."""
    assert caller.once is not None, "what moves money has a key"
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        await _shown(work, driver_id)
        currency = (await parties.party(work, party)).currency
        size = money_of(data.amount.removeprefix("-"), currency)
        amount = -size if data.amount.startswith("-") else size
        await prepaid.correct(
            work,
            party,
            driver_id,
            amount,
            reason=data.reason,
            by=caller.name,
            once=caller.once,
        )
        facts = {"minor": str(amount.minor), "reason": data.reason}
        await caller.audit(work, "corrected a balance", f"driver:{driver_id}", **facts)
        return await _shown(work, driver_id)


@moves_money("/balances/{driver_id:uuid}/paybacks", "Pay a balance back")
async def pay_back_balance(caller: Calling, driver_id: FromPath[UUID]) -> Paybacks:
    """All that was paid in and is neither used nor reserved goes back to the cards that paid it,
    the newest top-up first. Vouchers and gifts stay."""
    assert caller.once is not None, "what moves money has a key"
    async with caller.begin() as work:
        await _shown(work, driver_id)
        await caller.audit(work, "paid a balance back", f"driver:{driver_id}")
    parts = await paying_back.pay_back(
        caller.house.begin,
        caller.house.provider,
        party=PartyId(caller.actor.party),
        holder=driver_id,
        by=caller.name,
        once=caller.once,
    )
    return await _paybacks(caller, driver_id, [_paid_back(part) for part in parts])


async def _paybacks(caller: Caller, driver: UUID, items: list[PaidBack]) -> Paybacks:
    async with caller.begin() as work:
        return Paybacks(items=items, balance=await _shown(work, driver))


async def _shown(work: Work, driver: UUID) -> Balance:
    row = await work.one("SELECT * FROM prepaid_view WHERE holder = $1", driver)
    if row is None:
        raise NoSuchBalance
    return _balance(row)


def _balance(row: Row) -> Balance:
    def money(minor: int) -> Amount:
        return Amount.of(minor, row["currency"])

    below, amount = row["auto_below_minor"], row["auto_amount_minor"]
    return shown(
        Balance,
        row,
        driver_id=row["holder"],
        balance=money(row["balance_minor"]),
        reserved=money(row["reserved_minor"]),
        owed=money(row["owed_minor"]),
        auto_below=None if below is None else money(below),
        auto_amount=None if amount is None else money(amount),
    )


def _move(row: Row) -> BalanceMove:
    return shown(
        BalanceMove,
        row,
        amount=Amount.of(row["amount_minor"], row["currency"]),
        balance=Amount.of(row["balance_minor"], row["currency"]),
    )


def _amount(money: Money) -> Amount:
    return Amount.of(money.minor, money.currency)


def _top_up(one: Collection) -> TopUp:
    return TopUp(
        id=one.id,
        state=one.stage,
        amount=_amount(one.amount),
        hosted_url=one.hosted_url if one.stage is Stage.AWAITING else None,
        why=one.why,
        asked_at=one.asked_at,
        ended_at=one.ended_at,
    )


def _paid_back(part: Payback) -> PaidBack:
    return PaidBack(
        id=part.id,
        top_up_id=part.collection,
        state=part.state,
        amount=_amount(part.amount),
        provider=part.provider,
        provider_ref=part.ref,
        why=part.why,
    )


ROUTER = Router(
    "/",
    tags=["balances"],
    route_handlers=[
        list_balances,
        read_balance,
        list_moves,
        begin_top_up,
        read_top_up,
        redeem_voucher,
        correct_balance,
        pay_back_balance,
    ],
)
