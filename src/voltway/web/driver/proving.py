"""The proof of a bill, for the driver who holds its receipt: one file, checked without us."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from voltway.billing import actions as billing
from voltway.ocpp.own_frames import StationDoor
from voltway.payments import actions as payments
from voltway.web.driver.visits import NoReceiptYet
from voltway.web.house import House


@get("/v/{key:str}/proof", include_in_schema=False)
async def proof(house: NamedDependency[House], key: FromPath[str]) -> Response[bytes]:
    """All that the bill was made of; ``voltway check`` makes the bill again from it."""
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        invoice = await billing.invoice_of(work, payment.session) if payment.session else None
        if invoice is None:
            raise NoReceiptYet
        made = await billing.prove(work, StationDoor(), invoice.id)
    return proof_file(made, invoice.number)


def proof_file(made: bytes, number: str) -> Response[bytes]:
    """A proof to be kept as a file."""
    return Response(
        made,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{number}.proof.json"',
            "Cache-Control": "no-store",
        },
    )
