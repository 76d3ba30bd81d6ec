"""Codes on hardware and displays: drawn, and scanned."""

from io import BytesIO

import segno
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.payments import codes
from voltway.web.driver import views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, public_url, see_other


@get("/e/{public_id:str}/qr.svg", include_in_schema=False)
async def evse_qr(
    request: HttpRequest, house: NamedDependency[House], public_id: FromPath[str]
) -> Response[bytes]:
    """The code for the hardware: the address of the bay's page."""
    async with house.begin() as work:
        bay = await views.bay(
            work, public_id, formats_of(request, house), house.settings.heartbeat_s
        )
    code = BytesIO()
    segno.make(f"{public_url(request, house)}/e/{bay.public_id}", error="m").save(
        code, kind="svg", scale=8, border=4, xmldecl=False, svgclass=None, lineclass=None
    )
    return Response(
        code.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"}
    )


@get("/q/{identity:str}/{number:str}/{code:str}/{version:str}", include_in_schema=False)
async def scanned(
    request: HttpRequest,
    house: NamedDependency[House],
    identity: FromPath[str],
    number: FromPath[str],
    code: FromPath[str],
    version: FromPath[str],
) -> Redirect:
    """The code of a display: who scanned it in time may begin to pay at its bay."""
    async with house.begin() as work:
        found = await codes.scanned(work, identity[:80], number[:8], code[:80], version[:8])
    return see_other(f"/e/{found.public_id}?k={found.grant}")
