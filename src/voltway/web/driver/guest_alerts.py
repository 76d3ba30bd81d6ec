"""How the driver of one visit is told of it: by browser, mail and text, without an account.

Who has the visit's address may leave something there; what was left is never shown whole, for the
address may have been sent on. Where its driver has signed in, their own wishes count instead.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.alerts import guests, numbers, pushing
from voltway.alerts.model_events import Channel, visit_holder
from voltway.kernel.errors import Refusal
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.payments.whose import account_of
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.driver import account, alerting, views
from voltway.web.driver.own_number import (
    WrongNumberCode,
    ask_for_number,
    number_typed,
    offered,
    texts_shown,
)
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, see_other, told
from voltway.web.problems import STATUS

#: So many figures of a number are shown to whoever has the visit's address.
_END: Final = 3


@dataclass(frozen=True, slots=True)
class Told:
    """How somebody is told of a visit: by their own wishes, or where they asked; as it is shown."""

    own: bool
    mail: str
    number: str
    by_text: bool  # whether this house sends any


async def told_of(request: HttpRequest, work: Work, house: House, paid: Payment) -> Told:
    """How this browser's driver is told of their visit."""
    holder = visit_holder(paid.id)
    number = await numbers.number_of(work, holder)
    return Told(
        own=await _is_own(request, work, paid),
        mail=masked(await guests.mail_of(work, holder)),
        number=f"…{number.number[-_END:]}" if number else "",
        by_text=Channel.SMS in offered(house),
    )


def masked(email: str) -> str:
    """An address as who left it knows it again, and nobody else: ``a…@example.org``."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host}" if host else ""


async def _is_own(request: HttpRequest, work: Work, paid: Payment) -> bool:
    """Whether who has signed in here is whose visit it is."""
    email = await account.seated(request, work)
    owner = await account_of(work, paid) if email else None
    return email is not None and owner is not None and owner.lower() == email.lower()


async def readers(request: HttpRequest, work: Work, paid: Payment) -> list[str]:
    """As whom this browser reads what was told of a visit: as its guest, and as its driver where
    they have signed in here."""
    email = await account.seated(request, work)
    own = [email] if email is not None and await _is_own(request, work, paid) else []
    return [visit_holder(paid.id), *own]


@get("/v/{key:str}/alerts", include_in_schema=False)
async def visit_alerts(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """How to be told of this visit."""
    return await _shown(request, house, key)


async def _shown(
    request: HttpRequest,
    house: House,
    key: str,
    *,
    email: str = "",
    number: str = "",
    trouble: Refusal | None = None,
) -> Response[str] | Redirect:
    async with house.begin() as work:
        paid = await payments.visit(work, key)
        now = await told_of(request, work, house, paid)
        if now.own:
            return see_other("/me/alerts")
        texts = await texts_shown(work, house, visit_holder(paid.id), number)
        push_key = await pushing.public_key(work)
        help_ = await views.help_of(work, paid.party, about="")
    return page(
        request,
        house,
        "driver/visit_alerts.html",
        status=HTTPStatus.OK if trouble is None else STATUS[trouble.kind],
        trouble="" if trouble is None else told(request, trouble),
        key=key,
        told=now,
        texts=texts,
        email=email,
        for_receipt=masked(paid.email or ""),
        push_key=push_key,
        push_to=f"/v/{key}/alerts",
        push_then="",
        help=help_,
    )


@post("/v/{key:str}/alerts", include_in_schema=False)
async def add_device(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str]:
    """Let this browser show the alerts of a visit. Who has its key is its driver; who has signed in
    as its driver is told of all their visits there."""
    async with house.begin() as work:
        paid = await payments.visit(work, key)
        *_, holder = await readers(request, work, paid)
        await alerting.add(work, house, holder, data)
    return Response("", status_code=HTTPStatus.CREATED)


@post("/v/{key:str}/alerts/here", include_in_schema=False)
async def device_here(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str]:
    """Whether this browser shows the alerts of a visit, or not any more."""
    async with house.begin() as work:
        paid = await payments.visit(work, key)
        return await alerting.here(work, await readers(request, work, paid), data)


@post("/v/{key:str}/alerts/mail", include_in_schema=False)
async def leave_mail(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """Tell the driver of this visit by mail too: at an address that they typed, or that they left
    for the receipt; or not any more."""
    typed = data.get("email", "").strip()[:254]
    try:
        async with house.begin() as work:
            paid = await payments.visit(work, key)
            holder = guests.holder_of(paid)
            if data.get("remove"):
                await guests.take_mail_away(work, holder)
            else:
                use = paid.email if data.get("receipt") else typed
                await guests.leave_mail(work, holder, use or "")
    except Refusal as no:
        return await _shown(request, house, key, email=typed, trouble=no)
    return see_other(f"/v/{key}/alerts")


@post("/v/{key:str}/alerts/number", include_in_schema=False)
async def ask_number(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """Send a code to the number that somebody typed; it is theirs who types that."""
    try:
        async with house.begin() as work:
            paid = await payments.visit(work, key)
            holder = guests.holder_of(paid)
            await ask_for_number(request, work, house, holder, data, party=paid.party)
    except Refusal as no:
        return await _shown(request, house, key, number=number_typed(data), trouble=no)
    return see_other(f"/v/{key}/alerts#texts")


@post("/v/{key:str}/alerts/number/code", include_in_schema=False)
async def confirm_number(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """The number is theirs who have its code."""
    try:
        async with house.begin() as work:
            holder = guests.holder_of(await payments.visit(work, key))
            is_good = await numbers.confirm(work, holder, data.get("code", "")[:40])
    except Refusal as no:
        return await _shown(request, house, key, trouble=no)
    if not is_good:
        return await _shown(request, house, key, trouble=WrongNumberCode())
    return see_other(f"/v/{key}/alerts")


@post("/v/{key:str}/alerts/number/remove", include_in_schema=False)
async def remove_number(house: NamedDependency[House], key: FromPath[str]) -> Redirect:
    """Send no more texts of this visit."""
    async with house.begin() as work:
        paid = await payments.visit(work, key)
        await numbers.remove(work, visit_holder(paid.id))
    return see_other(f"/v/{key}/alerts")
