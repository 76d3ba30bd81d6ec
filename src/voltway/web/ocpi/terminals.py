"""OCPI 2.3.0 for platforms of payment terminals: the receiver's side of ``payments``, the commands
START_SESSION and STOP_SESSION, and the CDRs of what their terminals pay."""

from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import EvseId, PaymentId
from voltway.partners import platforms
from voltway.payments import actions as payments
from voltway.payments import kiosks
from voltway.payments.actions_visit import START_WITHIN_S
from voltway.payments.kiosks import Advice
from voltway.runtime.work import Row
from voltway.stations.actions_orders import EXPIRES_S
from voltway.web.house import House
from voltway.web.ocpi import shapes
from voltway.web.ocpi.envelope import INVALID, answer, moment, platform_of, refused, stranger
from voltway.web.pages import HttpRequest, public_url

ROOT: Final = "/ocpi/2.3.0"
MOST: Final = 100
BYTES_MAX: Final = 64 * 1024

_CDRS: Final = """
      FROM terminal_hold_view h
      JOIN payment_view p ON p.id = h.payment_id
      JOIN ocpi_cdr_view c ON c.session_id = p.session_id
     WHERE h.provider_id = $1
       AND ($2::timestamptz IS NULL OR c.made_at >= $2)
       AND ($3::timestamptz IS NULL OR c.made_at < $3)
"""


@get("/ocpi/versions", include_in_schema=False)
async def versions(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    if await platform_of(request, house) is None:
        return stranger(house)
    return answer(house, [{"version": "2.3.0", "url": f"{public_url(request, house)}{ROOT}"}])


@get(ROOT, include_in_schema=False)
async def endpoints(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    if await platform_of(request, house) is None:
        return stranger(house)
    base = f"{public_url(request, house)}{ROOT}"
    received = [(name, "RECEIVER") for name in ("payments", "commands")]
    sent = ("cdrs", "locations", "tariffs", "credentials")
    told = received + [(name, "SENDER") for name in sent]
    return answer(
        house,
        {
            "version": "2.3.0",
            "endpoints": [
                {"identifier": name, "role": role, "url": f"{base}/{name}"} for name, role in told
            ],
        },
    )


@post(f"{ROOT}/payments/terminals", include_in_schema=False, request_max_body_size=BYTES_MAX)
async def tell_terminal(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """A platform tells of a terminal; told again, it is the same terminal."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    try:
        told = shapes.read(shapes.Terminal, await request.body())
    except shapes.NotReadable as no:
        return answer(house, code=INVALID, says=str(no))
    async with house.begin() as work:
        document = msgspec.json.encode(told).decode()
        await kiosks.keep_terminal(work, platform, told.terminal_id, document)
        row = await kiosks.terminal(work, platform, told.terminal_id)
    assert row is not None, "it was kept in this work"
    return answer(house, _terminal(row, public_url(request, house)), http=HTTPStatus.CREATED)


@get(f"{ROOT}/payments/terminals/{{terminal:str}}", include_in_schema=False)
async def read_terminal(
    request: HttpRequest, house: NamedDependency[House], terminal: FromPath[str]
) -> Response[bytes]:
    """A terminal as we have it, with the bays that it serves."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    async with house.begin() as work:
        row = await kiosks.terminal(work, platform, terminal)
    if row is None:
        return refused(house, kiosks.NoSuchTerminal())
    return answer(house, _terminal(row, public_url(request, house)))


def _terminal(row: Row, url: str) -> dict[str, Any]:
    told = msgspec.json.decode(row["document"])
    return {
        **{name: value for name, value in told.items() if value is not None},
        # A bill is found under the invoice_reference_id of its CDR, which nobody can guess.
        "invoice_base_url": f"{url}/v/",
        "invoice_creator": "CPO",
        "location_ids": [],
        "evse_uids": [str(evse) for evse in row["evses"] or ()],
        "last_updated": moment(row["changed_at"]),
    }


@post(f"{ROOT}/commands/START_SESSION", include_in_schema=False, request_max_body_size=BYTES_MAX)
async def start_session(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """Start a bay for a card that a terminal holds. A no says why; nothing is started then."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    try:
        asked = shapes.read(shapes.StartSession, await request.body())
        async with house.begin() as work:
            begun = await platforms.start(
                work, platform, _evse(asked.evse_uid), asked.authorization_reference
            )
            if begun.order is not None:
                await platforms.answer_to(work, platform, begun.order, asked.response_url)
    except shapes.NotReadable as no:
        return answer(house, code=INVALID, says=str(no))
    except Refusal as no:
        said = {"result": "REJECTED", "timeout": 0, "message": [_text(str(no))]}
        return answer(house, said)
    return answer(house, {"result": "ACCEPTED", "timeout": START_WITHIN_S})


@post(f"{ROOT}/commands/STOP_SESSION", include_in_schema=False, request_max_body_size=BYTES_MAX)
async def stop_session(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """End a session that a terminal of the platform pays. It ends when its station says so."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    try:
        asked = shapes.read(shapes.StopSession, await request.body())
        async with house.begin() as work:
            order = await platforms.stop(work, platform, _uuid(asked.session_id))
            await platforms.answer_to(work, platform, order, asked.response_url)
    except shapes.NotReadable as no:
        return answer(house, code=INVALID, says=str(no))
    except platforms.NoSuchSession as no:
        said = {"result": "UNKNOWN_SESSION", "timeout": 0, "message": [_text(str(no))]}
        return answer(house, said)
    except Refusal as no:
        said = {"result": "REJECTED", "timeout": 0, "message": [_text(str(no))]}
        return answer(house, said)
    return answer(house, {"result": "ACCEPTED", "timeout": EXPIRES_S})


def _uuid(text: str | None) -> UUID | None:
    with suppress(ValueError):
        return UUID(text or "")
    return None


def _evse(uid: str | None) -> EvseId | None:
    found = _uuid(uid)
    return EvseId(found) if found else None


def _text(words: str) -> dict[str, str]:
    return {"language": "en", "text": words[:512]}


@post(
    f"{ROOT}/payments/financial-advice-confirmations",
    include_in_schema=False,
    request_max_body_size=BYTES_MAX,
)
async def confirm(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """A platform confirms what it took, or that it could not."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    raw = await request.body()
    try:
        told = shapes.read(shapes.AdviceConfirmation, raw)
    except shapes.NotReadable as no:
        return answer(house, code=INVALID, says=str(no))
    said = [told.capture_status_code, told.capture_status_message or "", *told.eft_data]
    advice = Advice(
        id=told.id,
        reference=told.authorization_reference,
        status=shapes.CAPTURED.get(told.capture_status_code, told.capture_status_code),
        amount=told.total_costs.gross,
        currency=told.currency,
        said=" · ".join(part for part in said if part)[:500],
    )
    async with house.begin() as work:
        await kiosks.advised(work, platform, advice, msgspec.json.encode(told).decode())
    return answer(house, http=HTTPStatus.CREATED)


@get(f"{ROOT}/payments/financial-advice-confirmations/{{id:str}}", include_in_schema=False)
async def read_confirmation(
    request: HttpRequest, house: NamedDependency[House], id: FromPath[str]
) -> Response[bytes]:
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    async with house.begin() as work:
        known = await kiosks.advice(work, platform, id)
    if known is None:
        return answer(house, code=2003, says="You have confirmed nothing under this id.")
    return answer(house, msgspec.json.decode(known))


@get(f"{ROOT}/cdrs", include_in_schema=False)
async def cdrs(
    request: HttpRequest,
    house: NamedDependency[House],
    date_from: FromQuery[datetime | None] = None,
    date_to: FromQuery[datetime | None] = None,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = MOST,
) -> Response[bytes]:
    """The CDRs of charges that this platform's terminals pay, the oldest first, page by page."""
    platform = await platform_of(request, house)
    if platform is None:
        return stranger(house)
    window = (_utc(date_from), _utc(date_to))
    offset, limit = min(max(offset, 0), 10**9), min(max(limit, 1), MOST)
    async with house.begin() as work:
        counted = await work.one(f"SELECT count(*) AS n {_CDRS}", platform.id, *window)
        rows = await work.all(
            f"SELECT c.*, h.psp_ref, h.payment_id {_CDRS}"
            " ORDER BY c.made_at, c.id OFFSET $4 LIMIT $5",
            platform.id,
            *window,
            offset,
            limit,
        )
        paid = await payments.payments(work, [PaymentId(row["payment_id"]) for row in rows])
    told = [platforms.cdr_said(row, paid[row["payment_id"]].visit_key) for row in rows]
    total = counted["n"] if counted else 0
    headers = {"X-Total-Count": str(total), "X-Limit": str(MOST)}
    if offset + len(rows) < total:
        url = f"{public_url(request, house)}{ROOT}/cdrs"
        headers["Link"] = f'<{url}?offset={offset + len(rows)}&limit={limit}>; rel="next"'
    return answer(house, told, headers=headers)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
