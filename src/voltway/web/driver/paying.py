"""The page on which somebody pays what is owed, from the link in a mail or on a letter.

Its key is all that is needed, as on a paper bill; it shows what is owed and to whom, and no more.
"""

import asyncio
from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.billing import debts, dunning
from voltway.billing.model_debts import Debt
from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import OnceKey
from voltway.parties import actions as parties
from voltway.payments import collecting, methods
from voltway.payments.model_collections import Collection, Stage
from voltway.payments.model_methods import SavingStage
from voltway.runtime.work import Work
from voltway.web.driver import account, views
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import (
    HttpRequest,
    formats_of,
    page,
    public_url,
    reader,
    see_other,
    told,
)
from voltway.web.problems import STATUS

NOT_CHARGED: Final = "Nothing was charged."
WAITS: Final = "The payment is not confirmed yet. If you paid, this page says so in a minute."


@get("/p/{key:str}", include_in_schema=False)
async def owed(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    return await _page(request, house, key)


async def _page(
    request: HttpRequest, house: House, key: str, *, trouble: str = "", status: int = HTTPStatus.OK
) -> Response[str]:
    async with house.begin() as work:
        debt = await debts.by_key(work, key)
        seller = await parties.party(work, debt.party)
        card = await _card(work, debt)
        help_ = await views.help_of(work, debt.party, about=debt.number)
    name = f"{seller.country_code}*{seller.ident}"
    return page(
        request,
        house,
        "driver/pay.html",
        status=status,
        debt=debt,
        seller=seller,
        card=card,
        can_save=debt.customer is not None and methods.can_save(house.provider, name),
        help=help_,
        trouble=trouble,
    )


async def _card(work: Work, debt: Debt) -> str:
    """What pays the customer's bills by itself, if something does."""
    if debt.customer is None or not await debts.is_by_card(work, debt.customer):
        return ""
    card = await methods.default_of(work, debt.party, debt.customer)
    return card.name if card is not None and card.refused_at is None else ""


@post("/p/{key:str}/pay", include_in_schema=False)
async def pay(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """Send who owes to the provider's page. What is owed now is what is asked for."""
    base = public_url(request, house)
    try:
        async with house.begin() as work:
            debt = await debts.by_key(work, key)
            if debt.closed_at is not None:
                return see_other(f"/p/{key}")
            noted = await dunning.note_collection(
                work,
                house.provider,
                debt,
                once=OnceKey(f"link:{debt.invoice}:{work.now.isoformat(timespec='minutes')}"),
                return_url=f"{base}/p/{key}/paid/{{collection}}",
                cancel_url=f"{base}/p/{key}",
            )
        opened = await collecting.go_on(house.begin, house.provider, noted.id)
    except debts.NoSuchDebt:
        raise
    except (Refusal, Outage) as no:
        status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
        return await _page(request, house, key, trouble=told(request, no), status=status)
    return see_other(opened.hosted_url or f"/p/{key}/paid/{noted.id}")


@get("/p/{key:str}/paid/{collection:uuid}", include_in_schema=False)
async def paid(
    request: HttpRequest,
    house: NamedDependency[House],
    key: FromPath[str],
    collection: FromPath[UUID],
) -> Response[str] | Redirect:
    """Who owes is back from the provider's page: look what they did there."""
    try:
        seen = await collecting.go_on(house.begin, house.provider, collection)
    except Outage:
        return await _page(request, house, key, trouble=WAITS)
    if seen.stage is Stage.DONE:
        return see_other(f"/p/{key}")
    said = not_charged(seen, formats_of(request, house)) if seen.ended_at else WAITS
    return await _page(request, house, key, trouble=said)


@post("/p/{key:str}/card", include_in_schema=False)
async def save_card(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """Let a card pay this and what is billed from now on: saved on the provider's page."""
    base = public_url(request, house)
    try:
        async with house.begin() as work:
            debt = await debts.by_key(work, key)
        if debt.customer is None:
            return see_other(f"/p/{key}")
        saving = await methods.open_saving(
            house.begin,
            house.provider,
            party=debt.party,
            holder=debt.customer,
            return_url=f"{base}/p/{key}/saved/{{saving}}",
            cancel_url=f"{base}/p/{key}",
        )
    except debts.NoSuchDebt:
        raise
    except (Refusal, Outage) as no:
        status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
        return await _page(request, house, key, trouble=told(request, no), status=status)
    return see_other(saving.hosted_url or f"/p/{key}")


def not_charged(seen: Collection, formats: Formats) -> str:
    """Why a payment on a page came to nothing; what a bank says stands as the provider tells it."""
    if seen.stage is Stage.EXPIRED:
        return f"{formats.say(collecting.NOBODY_PAID)} {formats.say(NOT_CHARGED)}"
    if seen.why in ("", None, collecting.BANK_SAID_NO):
        return formats.say("Your bank said no. Nothing was charged.")
    return formats.say("Your bank said no: “%(why)s” Nothing was charged.", why=seen.why)


@get("/p/{key:str}/saved/{saving:uuid}", include_in_schema=False)
async def card_saved(
    request: HttpRequest,
    house: NamedDependency[House],
    key: FromPath[str],
    saving: FromPath[UUID],
) -> Response[str] | Redirect:
    """Back from saving a card: from now on it is charged."""
    try:
        seen = await methods.look_at_saving(house.begin, house.provider, saving)
    except Outage:
        return await _page(request, house, key, trouble=WAITS)
    if seen.stage is not SavingStage.SAVED:
        return await _page(request, house, key, trouble=account.NOT_SAVED)
    async with house.begin() as work:
        debt = await debts.by_key(work, key)
        if debt.customer == seen.holder:
            await debts.let_card_pay(work, seen.holder, by_card=True)
    return see_other(f"/p/{key}")


@post("/p/{key:str}/no-card", include_in_schema=False)
async def stop_card(house: NamedDependency[House], key: FromPath[str]) -> Redirect:
    """No card is charged by itself any more."""
    async with house.begin() as work:
        debt = await debts.by_key(work, key)
        if debt.customer is not None:
            await debts.let_card_pay(work, debt.customer, by_card=False)
    return see_other(f"/p/{key}")


@get("/p/{key:str}/bill.pdf", include_in_schema=False)
async def bill(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[bytes]:
    """The document of which it is owed."""
    async with house.begin() as work:
        debt = await debts.by_key(work, key)
        found = await billing.invoice(work, debt.invoice)
    draw = billing.receipt_pdf if found.is_receipt else billing.statement_pdf
    made = await asyncio.to_thread(draw, found.document, reader(request).papers)
    return Response(
        made,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{found.number}.pdf"',
            "Cache-Control": "no-store",
        },
    )
