"""Bills from the console: a settlement tried again, a receipt as a PDF."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.kernel.ids import InvoiceId, SettlementId
from voltway.ocpp.own_frames import StationDoor
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.driver.proving import proof_file
from voltway.web.driver.visits import pdf_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, reader, see_other


@post("/settlements/{settlement:uuid}/again", include_in_schema=False)
async def try_again(
    house: NamedDependency[House], actor: NamedDependency[Actor], settlement: FromPath[UUID]
) -> Redirect:
    """Walk a resting settlement on now; one that is held is looked at again."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        tried = await billing.try_again(work, SettlementId(settlement))
        await parties.audit(work, actor, "tried a settlement again", f"settlement:{tried.id}")
    return see_other(f"/console/sessions/{tried.session}")


@get("/receipts/{invoice:uuid}/receipt.pdf", include_in_schema=False)
async def receipt_pdf(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    invoice: FromPath[UUID],
) -> Response[bytes]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        found = await billing.invoice(work, InvoiceId(invoice))
    return await pdf_of(found, reader(request).papers)


@get("/receipts/{invoice:uuid}/proof", include_in_schema=False)
async def receipt_proof(
    house: NamedDependency[House], actor: NamedDependency[Actor], invoice: FromPath[UUID]
) -> Response[bytes]:
    """All that a bill was made of, as one file."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        found = await billing.invoice(work, InvoiceId(invoice))
        made = await billing.prove(work, StationDoor(), found.id)
    return proof_file(made, found.number)
