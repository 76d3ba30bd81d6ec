"""What stands beside the receipt of a visit: a full invoice for a company, and credit notes.

The visit's key in the address is all that a driver needs, as for the receipt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response
from markupsafe import Markup

from voltway.billing import actions as billing
from voltway.billing.model import DocumentKind, Invoice
from voltway.billing.rules_buyer import OTHERS, GivenBuyer
from voltway.billing.rules_tax import EU
from voltway.billing.words import language
from voltway.drivers import details
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.ocpp.own_frames import StationDoor
from voltway.payments import actions as payments
from voltway.payments import terminals
from voltway.runtime.work import Work
from voltway.web import words
from voltway.web.appearance import Form
from voltway.web.driver import account, views
from voltway.web.driver.proving import proof_file
from voltway.web.driver.visits import NoReceiptYet, pdf_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, reader, see_other, told

#: Where a company may have its seat: elsewhere there are no VAT ids whose check digits we know.
COUNTRIES: Final = (*sorted(EU), *sorted(OTHERS), "IS", "LI")
TYPED: Final = ("name", "vat_id", "street", "postal_code", "city", "country", "email", "reference")
TICKS: Final = ("resells", "xrechnung")
LENGTH_MAX: Final = 300


@dataclass(eq=False)
class NoSuchDocument(Refusal):
    """This visit has no document {number}."""

    kind = Kind.ABSENT

    number: str


@get("/v/{key:str}/invoice", include_in_schema=False)
async def ask_for_invoice(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """The form for a company, with what its driver typed at a terminal, or else keeps in their
    account; once there is an invoice, that."""
    receipt, beside = await _documents(house, key)
    found = next((each for each in beside if each.kind == DocumentKind.INVOICE), None)
    if found is not None:
        return see_other(f"/v/{key}/documents/{found.number}")
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        typed = await terminals.company_typed(work, payment.id)
        typed = typed or await _company_kept(request, work)
    return await _form(request, house, key, receipt, typed)


@post("/v/{key:str}/invoice", include_in_schema=False)
async def write_invoice(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """Write the invoice, or say what is missing and keep what was typed."""
    receipt, _ = await _documents(house, key)
    typed = {name: data.get(name, "")[:LENGTH_MAX] for name in TYPED}
    given = buyer_typed(data)
    try:
        made = await billing.invoice_for_company(house.begin, house.register, receipt.id, given)
    except (Refusal, Outage) as trouble:
        return await _form(
            request,
            house,
            key,
            receipt,
            {**typed, **{tick: data.get(tick, "") for tick in TICKS}},
            trouble=told(request, trouble),
            status=HTTPStatus.CONFLICT
            if isinstance(trouble, Outage) or trouble.kind is not Kind.INVALID
            else HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    return see_other(f"/v/{key}/documents/{made.number}")


@get("/v/{key:str}/documents/{number:str}", include_in_schema=False)
async def document(
    request: HttpRequest,
    house: NamedDependency[House],
    key: FromPath[str],
    number: FromPath[str],
) -> Response[str]:
    """An invoice or a credit note as a page; the same view of the same document as the PDF."""
    found = await _document(house, key, number)
    asked = reader(request).papers
    return page(
        request,
        house,
        "driver/document.html",
        key=key,
        number=found.number,
        for_machines=found.buyer is not None,
        bill=Markup(billing.document_html(found, asked)),
        spoken=language(asked),
        papers=words.PAPERS,
        help=await _help(house, found),
    )


@get("/v/{key:str}/documents/{number:str}/pdf", include_in_schema=False)
async def document_pdf(
    request: HttpRequest,
    house: NamedDependency[House],
    key: FromPath[str],
    number: FromPath[str],
) -> Response[bytes]:
    found = await _document(house, key, number)
    return await pdf_of(found, reader(request).papers)


@get("/v/{key:str}/documents/{number:str}/xrechnung", include_in_schema=False)
async def document_xrechnung(
    house: NamedDependency[House], key: FromPath[str], number: FromPath[str]
) -> Response[bytes]:
    return xrechnung(await _document(house, key, number))


@get("/v/{key:str}/documents/{number:str}/proof", include_in_schema=False)
async def document_proof(
    house: NamedDependency[House], key: FromPath[str], number: FromPath[str]
) -> Response[bytes]:
    """All that an invoice or a credit note was made of, for ``voltway check``."""
    found = await _document(house, key, number)
    async with house.begin() as work:
        made = await billing.prove(work, StationDoor(), found.id)
    return proof_file(made, found.number)


def xrechnung(found: Invoice) -> Response[bytes]:
    """A document as XRechnung, to be kept."""
    return Response(
        billing.document_xrechnung(found),
        media_type="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="{found.number}.xml"',
            "Cache-Control": "no-store",
        },
    )


def buyer_typed(data: Form) -> GivenBuyer:
    """The buyer that somebody typed into a form."""
    said = {name: data.get(name, "")[:LENGTH_MAX] for name in TYPED}
    return GivenBuyer(
        name=said["name"],
        street=said["street"],
        postal_code=said["postal_code"],
        city=said["city"],
        country=said["country"],
        vat_id=said["vat_id"],
        email=said["email"],
        reference=said["reference"],
        resells=bool(data.get("resells")),
        xrechnung=bool(data.get("xrechnung")),
    )


async def _form(
    request: HttpRequest,
    house: House,
    key: str,
    receipt: Invoice,
    typed: dict[str, Any],
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    return page(
        request,
        house,
        "driver/invoice.html",
        status=status,
        key=key,
        number=receipt.number,
        countries=countries(words.locale(reader(request).language).territories),
        typed={name: typed.get(name, "") for name in (*TYPED, *TICKS)},
        trouble=trouble,
        help=await _help(house, receipt),
    )


async def _company_kept(request: HttpRequest, work: Work) -> dict[str, str]:
    """The company that who has signed in keeps in their account, as it was typed."""
    email = await account.seated(request, work)
    return {} if email is None else dict((await details.of_person(work, email)).company)


def countries(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Where a company may have its seat: by name, with its code."""
    return sorted((names.get(code, code), code) for code in COUNTRIES)


async def _help(house: House, about: Invoice) -> views.Help:
    async with house.begin() as work:
        return await views.help_of(work, about.party, about=about.number)


async def _documents(house: House, key: str) -> tuple[Invoice, list[Invoice]]:
    """The receipt of a visit, and what replaces or credits it."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        receipt = await billing.invoice_of(work, payment.session) if payment.session else None
        if receipt is None:
            raise NoReceiptYet
        return receipt, await billing.standing_for(work, receipt)


async def _document(house: House, key: str, number: str) -> Invoice:
    _, beside = await _documents(house, key)
    for found in beside:
        if found.number == number:
            return found
    raise NoSuchDocument(number[:40])
