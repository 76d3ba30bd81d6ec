"""What drivers' banks want back: until when they wait, and our evidence, made of the bill."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.billing.receipts import receipt_text
from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import InvoiceId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import disputing
from voltway.runtime.work import Row, Work
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, public_url, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/disputes"
SHOWN: Final = 200
_SELECT: Final = """
    SELECT d.*, i.id AS invoice_id, i.number, s.location_name, s.public_id, s.energy_wh
      FROM dispute_view d
      JOIN payment_view p ON p.id = d.payment_id
      LEFT JOIN session_view s ON s.id = p.session_id
      LEFT JOIN document_view i
        ON i.payment_id = p.id AND i.kind IN ('receipt', 'simplified_invoice')
"""


@get("/disputes", include_in_schema=False)
async def list_disputes(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            f"{_SELECT} ORDER BY d.state <> 'asks', d.answer_by NULLS LAST, d.opened_at DESC"
            " LIMIT $1",
            SHOWN,
        )
    return await console_page(
        request, house, actor, "console/disputes.html", place="money", disputes=rows
    )


@get("/disputes/{dispute:uuid}", include_in_schema=False)
async def dispute(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    dispute: FromPath[UUID],
) -> Response[str]:
    return await _page(request, house, actor, dispute)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    given: Form | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row = await work.one(f"{_SELECT} WHERE d.id = $1", id)
        if row is None:
            raise disputing.NoSuchKeptDispute
        product, proof = await _evidence(work, row, public_url(request, house))
    typed = given or {}
    return await console_page(
        request,
        house,
        actor,
        "console/dispute.html",
        status=status,
        place="money",
        d=row,
        product=typed.get("product", product),
        proof=typed.get("proof", proof),
        proof_max=disputing.PROOF_MAX,
        may_send=actor.may(Permission.MOVE_MONEY) and row["state"] == "asks" and not row["sent_at"],
        trouble=trouble,
    )


async def _evidence(work: Work, row: Row, url: str) -> tuple[str, str]:
    """What we would say: what was sold, and the bill as the driver got it, with how to check it."""
    if row["invoice_id"] is None:
        return "", ""
    receipt = await billing.invoice(work, InvoiceId(row["invoice_id"]))
    product = (
        f"Electricity for a car, charged at {row['location_name']}, bay {row['public_id']},"
        " held and confirmed by the cardholder on the provider's page before the charge began."
    )
    checked = (
        f"The receipt {receipt.number} is frozen: SHA-256 {receipt.sha256}. Anybody can make it"
        f" again from what the station reported, with the file of its proof: {url}/check"
    )
    return product, f"{receipt_text(receipt.document, 'en').strip()}\n\n{checked}"


@post("/disputes/{dispute:uuid}/evidence", include_in_schema=False)
async def contest(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    dispute: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Send it: the bank reads it once."""
    actor.must(Permission.MOVE_MONEY)
    async with house.begin(actor.party) as work:
        if await work.one("SELECT id FROM dispute_view WHERE id = $1", dispute) is None:
            raise disputing.NoSuchKeptDispute
    try:
        await disputing.contest(
            house.begin,
            house.provider,
            dispute,
            product=data.get("product", ""),
            proof=data.get("proof", ""),
            by=actor.name,
        )
        async with house.begin(actor.party) as work:
            await parties.audit(work, actor, "contested a dispute", f"dispute:{dispute}")
    except (Refusal, Outage) as no:
        status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
        return await _page(
            request, house, actor, dispute, trouble=str(no), given=data, status=status
        )
    return see_other(f"{_HERE}/{dispute}")
