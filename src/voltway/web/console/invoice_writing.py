"""A full invoice for a receipt, from the console: typed, looked at with what is known of the VAT
id, and confirmed."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.billing.actions import Prospect
from voltway.billing.model import Invoice
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import InvoiceId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web import words
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.driver.invoices import COUNTRIES, LENGTH_MAX, TICKS, TYPED, buyer_typed
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

#: What the form's buttons ask for.
LOOK: Final = "look"
WRITE: Final = "write"


@get("/receipts/{receipt:uuid}/invoice", include_in_schema=False)
async def ask(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    receipt: FromPath[UUID],
) -> Response[str] | Redirect:
    """The form; where there is an invoice already, that."""
    actor.must(Permission.MOVE_MONEY)
    found, invoice = await _found(house, actor, receipt)
    if invoice is not None:
        return see_other(f"/console/documents/{invoice.id}")
    return await _form(request, house, actor, found, {})


@post("/receipts/{receipt:uuid}/invoice", include_in_schema=False)
async def answer(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    receipt: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Look at what was typed, or write what was looked at. What was typed is kept."""
    actor.must(Permission.MOVE_MONEY)
    found, _ = await _found(house, actor, receipt)
    typed = {name: data.get(name, "")[:LENGTH_MAX] for name in (*TYPED, *TICKS)}
    party, given, step = PartyId(actor.party), buyer_typed(data), data.get("step", "")
    try:
        if step == WRITE:
            made = await billing.invoice_for_company(
                house.begin, house.register, found.id, given, party=party
            )
            async with house.begin(actor.party) as work:
                on = f"receipt:{found.id}"
                await parties.audit(work, actor, "wrote an invoice", on, {"number": made.number})
            return see_other(f"/console/documents/{made.id}")
        prospect = None
        if step == LOOK:
            prospect = await billing.invoice_prospect(
                house.begin, house.register, found.id, given, party=party
            )
    except (Refusal, Outage) as no:
        status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
        if isinstance(no, Refusal) and no.kind is Kind.FORBIDDEN:
            raise
        return await _form(request, house, actor, found, typed, trouble=str(no), status=status)
    return await _form(request, house, actor, found, typed, prospect=prospect)


async def _found(house: House, actor: Actor, id: UUID) -> tuple[Invoice, Invoice | None]:
    """The receipt, and the invoice that has its place already."""
    async with house.begin(actor.party) as work:
        found = await billing.invoice(work, InvoiceId(id))
        if not found.is_receipt:
            raise billing.NotAReceipt(found.number)
        beside = await billing.standing_for(work, found)
    return found, next((each for each in beside if each.kind == "invoice"), None)


async def _form(
    request: HttpRequest,
    house: House,
    actor: Actor,
    found: Invoice,
    typed: dict[str, str],
    *,
    prospect: Prospect | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    names = words.locale("en").territories
    return await console_page(
        request,
        house,
        actor,
        "console/invoice.html",
        status=status,
        place="money",
        found=found,
        typed={name: typed.get(name, "") for name in (*TYPED, *TICKS)},
        countries=sorted((names.get(code, code), code) for code in COUNTRIES),
        prospect=prospect,
        trouble=trouble,
    )
