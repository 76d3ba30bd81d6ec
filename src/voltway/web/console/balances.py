"""Prepaid balances of drivers: what each has, what moved on it, and a correction with a reason."""

from http import HTTPStatus
from typing import ClassVar, Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import Money
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Party, Permission
from voltway.payments import paying_back, prepaid
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.console.credit_writing import NotAnAmount
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import minor_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/balances"
SHOWN: Final = 200

KINDS: Final = {
    "top_up": "Topped up",
    "voucher": "Voucher",
    "charge": "Charge",
    "refund": "Given back",
    "correction": "Correction",
    "paid_back": "Paid back to the card",
    "disputed": "A bank took a top-up back",
    "won_back": "A bank gave a top-up back",
    "owed": "Paid what was owed for a top-up",
}


class NoSuchBalance(Refusal):
    """This driver has no balance."""

    kind: ClassVar[Kind] = Kind.ABSENT


class NoReason(Refusal):
    """Say why: the driver and whoever checks the books read it."""

    kind: ClassVar[Kind] = Kind.INVALID


@get("/balances", include_in_schema=False)
async def list_balances(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    """The balances, those that moved last first, and what they come to."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            "SELECT * FROM prepaid_view ORDER BY moved_at DESC NULLS LAST LIMIT $1", SHOWN
        )
        total = await work.one(
            """
            SELECT coalesce(sum(balance_minor), 0)::bigint AS minor, count(*)::int AS n
              FROM prepaid_view
            """
        )
    return await console_page(
        request, house, actor, "console/balances.html", place="money", balances=rows, total=total
    )


@get("/balances/{holder:uuid}", include_in_schema=False)
async def show_balance(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    holder: FromPath[UUID],
) -> Response[str]:
    return await _page(request, house, actor, holder)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    holder: UUID,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row = await work.one("SELECT * FROM prepaid_view WHERE holder = $1", holder)
        if row is None:
            raise NoSuchBalance
        moves = await prepaid.moves(work, PartyId(actor.party), holder, limit=SHOWN)
        back = await paying_back.can_pay_back(work, PartyId(actor.party), holder)
        unpaid = await work.all(
            """
            SELECT * FROM prepaid_payback_view WHERE holder = $1 AND state <> 'done'
             ORDER BY asked_at DESC, id LIMIT $2
            """,
            holder,
            SHOWN,
        )
    return await console_page(
        request,
        house,
        actor,
        "console/balance.html",
        status=status,
        place="money",
        b=row,
        moves=moves,
        back=back,
        unpaid=unpaid,
        kinds=KINDS,
        key=uuid4().hex,
        may_move=actor.may(Permission.MOVE_MONEY),
        trouble=trouble,
    )


async def _correction(work: Work, party: Party, holder: UUID, data: Form) -> tuple[int, str]:
    """How much, and why. Raises where the form says neither."""
    if await prepaid.balance(work, party.id, holder) is None:
        raise NoSuchBalance
    minor = minor_of(data.get("amount", ""), party.currency)
    reason = " ".join(data.get("reason", "").split())[:200]
    if not minor:
        raise NotAnAmount
    if not reason:
        raise NoReason
    return minor, reason


@post("/balances/{holder:uuid}", include_in_schema=False)
async def correct_balance(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    holder: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Give something to a balance, or take it, with a reason. ``key`` makes it once."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, PartyId(actor.party))
            minor, reason = await _correction(work, party, holder, data)
            await prepaid.correct(
                work,
                party.id,
                holder,
                Money(minor, party.currency),
                reason=reason,
                by=actor.name,
                once=OnceKey(f"correction:{holder}:{data.get('key', '')[:40] or uuid4().hex}"),
            )
            facts = {"minor": str(minor), "reason": reason}
            await parties.audit(work, actor, "corrected a balance", f"driver:{holder}", facts)
    except NoSuchBalance:
        raise
    except Refusal as no:
        return await _page(request, house, actor, holder, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"{_HERE}/{holder}")


@post("/balances/{holder:uuid}/pay-back", include_in_schema=False)
async def pay_back_balance(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    holder: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Pay back what is left, to the cards that paid it. ``key`` makes it once."""
    actor.must(Permission.MOVE_MONEY)
    once = OnceKey(f"pay-back:{holder}:{data.get('key', '')[:40] or uuid4().hex}")
    async with house.begin(actor.party) as work:
        await parties.audit(work, actor, "paid a balance back", f"driver:{holder}", {})
    try:
        await paying_back.pay_back(
            house.begin,
            house.provider,
            party=PartyId(actor.party),
            holder=holder,
            by=actor.name,
            once=once,
        )
    except Refusal as no:
        return await _page(request, house, actor, holder, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"{_HERE}/{holder}")
