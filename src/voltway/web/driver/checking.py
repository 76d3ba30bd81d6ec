"""Where a driver checks a bill: the meter's signature, in the browser and by us.

The browser checks by itself what stands in the form, and sends nothing for that. What we found
stands beside it. Without scripts, our finding is there all the same.
"""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from voltway.billing import actions as billing
from voltway.billing import documents
from voltway.billing.documents import Receipt
from voltway.evidence import actions as evidence
from voltway.evidence import container, keys, rules
from voltway.evidence.model import Dossier, Finding, PublicKey, Verdict
from voltway.kernel.errors import Kind, Refusal
from voltway.payments import actions as payments
from voltway.web.appearance import Form
from voltway.web.driver import views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page

#: More than this nobody pastes; it keeps what a stranger can make us do small.
PASTED_MAX: Final = 200_000
RECORDS_MAX: Final = 50

PASTE_FIRST: Final = "Paste the signed data first."
TOO_LONG: Final = "This is more data than one charge can have."
TOO_MANY: Final = "These are more records than one charge has. Paste those of one bill."


class NothingSigned(Refusal):
    """The meter signed nothing of this visit, or the receipt is not written yet."""

    kind = Kind.ABSENT


@dataclass(frozen=True, slots=True)
class Checked:
    """What the page shows of our finding."""

    verdict: Verdict
    says: tuple[str, ...]
    energy: str
    meter: str
    sha256: str

    @property
    def is_good(self) -> bool:
        return self.verdict is Verdict.VALID


@dataclass(frozen=True, slots=True)
class Billed:
    """What the bill says, to compare the signed data with."""

    number: str
    energy_wh: int
    sha256: str
    file: str


@get("/check", include_in_schema=False)
async def check_page(request: HttpRequest, house: NamedDependency[House]) -> Response[str]:
    """An empty form: paste the data and the key, from wherever they come."""
    return page(request, house, "driver/check.html", **await _knows(house, "", "", None, None))


@post("/check", include_in_schema=False)
async def check_pasted(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str]:
    """Our finding of what was pasted. Nothing of it is kept."""
    # Forms write every line feed as two characters, and signed are bytes.
    pasted = data.get("data", "").replace("\r\n", "\n")[: PASTED_MAX + 1]
    written = data.get("key", "")[: keys.TEXT_MAX]
    trouble = ""
    found = None
    if not pasted.strip():
        trouble = PASTE_FIRST
    elif len(pasted) > PASTED_MAX:
        trouble = TOO_LONG
    else:
        found, trouble = await asyncio.to_thread(_find, pasted, written)
    knows = await _knows(house, pasted[:PASTED_MAX], written, found, None, trouble=trouble)
    return page(request, house, "driver/check.html", status=422 if trouble else 200, **knows)


@get("/v/{key:str}/check", include_in_schema=False)
async def check_visit(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """The form with what the meter of a visit signed, and the key that is registered for it."""
    receipt, dossier = await _signed(house, key)
    public = dossier.key.key if dossier.key else None
    written = keys.written(public) if public is not None else ""
    billed = Billed(
        number=receipt.number,
        energy_wh=receipt.visit.energy_wh,
        sha256=receipt.signed.sha256 if receipt.signed else "",
        file=f"/v/{key}/signed.xml",
    )
    pasted = "\n".join(piece.text for piece in dossier.pieces)
    knows = await _knows(house, pasted, written, _checked(dossier.finding), billed, back=key)
    return page(request, house, "driver/check.html", **knows)


@get("/v/{key:str}/signed.xml", include_in_schema=False)
async def signed_file(house: NamedDependency[House], key: FromPath[str]) -> Response[str]:
    """The file that the transparency software opens."""
    receipt, dossier = await _signed(house, key)
    return Response(
        evidence.transparency_file(dossier),
        media_type="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="{receipt.number}.xml"',
            "Cache-Control": "no-store",
        },
    )


async def _signed(house: House, key: str) -> tuple[Receipt, Dossier]:
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        if payment.session is None:
            raise NothingSigned
        invoice = await billing.invoice_of(work, payment.session)
        dossier = await evidence.dossier(work, payment.session)
    if invoice is None or dossier is None:
        raise NothingSigned
    return documents.receipt(invoice.document), dossier


def _find(pasted: str, written: str) -> tuple[Checked | None, str]:
    """Our finding, and what is wrong with the form."""
    public: PublicKey | None = None
    if written.strip():
        try:
            public = keys.read_key(written)
        except keys.NoKey as refusal:
            return None, str(refusal)
    pieces = container.unwrapped(pasted)
    if len(pieces) > RECORDS_MAX:
        return None, TOO_MANY
    return _checked(rules.judge(pieces, public)), ""


def _checked(finding: Finding) -> Checked:
    energy = "" if finding.energy_wh is None else f"{finding.energy_wh / Decimal(1000):f}"
    return Checked(finding.verdict, finding.says, energy, finding.meter, finding.sha256)


async def _knows(
    house: House,
    pasted: str,
    written: str,
    found: Checked | None,
    billed: Billed | None,
    *,
    trouble: str = "",
    back: str = "",
) -> dict[str, Any]:
    async with house.begin() as work:
        help_ = await views.help_of(work, None, about="")
    return {
        "pasted": pasted,
        "written": written,
        "found": found,
        "billed": billed,
        "trouble": trouble,
        "back": back,
        "help": help_,
        "data_max": PASTED_MAX,
        "key_max": keys.TEXT_MAX,
    }
