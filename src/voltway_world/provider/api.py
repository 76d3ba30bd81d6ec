"""The provider's HTTP doors: the merchant's API, and the switches of the simulated world."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery

from voltway_world import serving
from voltway_world.provider import disputes, page, payouts, saving_page
from voltway_world.provider.books import Page, Refused, shown
from voltway_world.provider.desk import Desk, parsed, trouble
from voltway_world.provider.faults import Fault, Place
from voltway_world.provider.mollie import api as mollie
from voltway_world.provider.silence import let_in, silence
from voltway_world.provider.stripe import api as stripe
from voltway_world.web import Asking, icon, look, opened_to, quiet_site

PER_PAGE = 100


def _json(status: int, body: Any) -> Response[Any]:
    return Response(body, status_code=status, media_type="application/json")


async def _under_faults(
    request: Asking, place: Place, answer: Callable[[], tuple[int, Any]]
) -> Response[Any]:
    """Answer, unless a fault strikes before the effect, or after it."""
    desk: Desk = request.app.state.desk
    fault = desk.faults.draw(place)
    if fault is None:
        return _json(*answer())
    if fault.strikes_after:
        answer()
    if fault.kind.startswith("error_500"):
        return _json(500, {"error": {"code": "internal", "message": "Something broke here."}})
    if fault.kind.startswith("timeout"):
        await silence(request, fault.seconds)
    if request.client is not None:
        serving.cut_line((request.client.host, request.client.port))
    return _json(503, {"error": {"code": "gone", "message": "The line was cut."}})


async def _deed(
    request: Asking, place: Place, do: Callable[[Desk, bytes], tuple[int, Page, Any]]
) -> Response[Any]:
    desk = let_in(request)
    body = await request.body()
    asked = f"{request.method} {request.url.path}\n".encode() + body
    key = request.headers.get("Idempotency-Key")
    return await _under_faults(
        request, place, lambda: desk.once(key, asked, lambda: do(desk, body))
    )


@post("/v1/holds")
async def open_hold(request: Asking) -> Response[Any]:
    return await _deed(request, "hold", lambda desk, body: desk.open_hold(body))


@post("/v1/holds/{hold_id:str}/capture")
async def capture(request: Asking, hold_id: FromPath[str]) -> Response[Any]:
    return await _deed(request, "capture", lambda desk, body: desk.capture(hold_id, body))


@post("/v1/holds/{hold_id:str}/void")
async def void(request: Asking, hold_id: FromPath[str]) -> Response[Any]:
    return await _deed(request, "void", lambda desk, _: desk.void(hold_id))


@post("/v1/holds/{hold_id:str}/refunds")
async def refund(request: Asking, hold_id: FromPath[str]) -> Response[Any]:
    return await _deed(request, "refund", lambda desk, body: desk.refund(hold_id, body))


@get("/v1/holds/{hold_id:str}")
async def one_hold(request: Asking, hold_id: FromPath[str]) -> Response[Any]:
    desk = let_in(request)
    return await _under_faults(request, "get", lambda: (200, shown(desk.hold(hold_id))))


@get("/v1/holds")
async def list_holds(
    request: Asking, reference: FromQuery[str | None] = None, after: FromQuery[str | None] = None
) -> Response[Any]:
    desk = let_in(request)
    holds = [
        shown(hold)
        for hold in desk.books.holds.values()
        if reference is None or hold.reference == reference
    ]
    return await _under_faults(request, "get", lambda: (200, _slice(holds, after)))


@get("/v1/holds/{hold_id:str}/disputes")
async def list_disputes(request: Asking, hold_id: FromPath[str]) -> Response[Any]:
    desk = let_in(request)
    rows = [msgspec.to_builtins(each) for each in disputes.of_hold(desk, desk.hold(hold_id))]
    return await _under_faults(request, "get", lambda: (200, _slice(rows, None)))


@post("/v1/disputes/{name:str}/evidence")
async def send_evidence(request: Asking, name: FromPath[str]) -> Response[Any]:
    def do(desk: Desk, body: bytes) -> tuple[int, Page, Any]:
        given = parsed(body, dict[str, str])
        after = disputes.with_evidence(disputes.dispute(desk, name), given)
        return 200, Page(dispute=after), msgspec.to_builtins(after)

    return await _deed(request, "evidence", do)


@get("/v1/balance_transactions")
async def balance_transactions(
    request: Asking,
    after: FromQuery[str | None] = None,
    payout: FromQuery[str | None] = None,
    order: FromQuery[str | None] = None,
) -> Response[Any]:
    if stripe.in_this_shape(request):
        return await stripe.balance_transactions(request)
    desk = let_in(request)
    moves = payouts.moves(desk.books, payout, newest_first=order == "newest")
    return await _under_faults(request, "get", lambda: (200, _slice(moves, after)))


@get("/v1/payouts")
async def list_payouts(
    request: Asking, after: FromQuery[str | None] = None, order: FromQuery[str | None] = None
) -> Response[Any]:
    if stripe.in_this_shape(request):
        return await stripe.payouts(request)
    desk = let_in(request)
    rows = payouts.payouts(desk.books, newest_first=order == "newest")
    return await _under_faults(request, "get", lambda: (200, _slice(rows, after)))


@get("/v1/payouts/{payout:str}/report.csv")
async def payout_report(request: Asking, payout: FromPath[str]) -> Response[str]:
    desk = let_in(request)
    return Response(payouts.report(desk.books, payout), media_type="text/csv")


def _slice(rows: list[dict[str, Any]], after: str | None) -> dict[str, Any]:
    """One page of a list in the order of its making, from behind a row on."""
    start = 0
    if after is not None:
        start = next((n + 1 for n, row in enumerate(rows) if row["id"] == after), -1)
        if start < 0:
            raise Refused(400, "invalid_request", f"There is nothing called {after} to go on from.")
    return {"data": rows[start : start + PER_PAGE], "has_more": len(rows) > start + PER_PAGE}


@get("/v1/health", sync_to_thread=False)
def health() -> dict[str, str]:
    return {"status": "ok"}


@get("/_world/faults", sync_to_thread=False)
def faults(request: Asking) -> list[Any]:
    desk: Desk = request.app.state.desk
    rules: list[Any] = msgspec.to_builtins(desk.faults.rules)
    return rules


@put("/_world/faults")
async def set_faults(request: Asking) -> list[Any]:
    desk: Desk = request.app.state.desk
    desk.faults.set(parsed(await request.body(), list[Fault]))
    rules: list[Any] = msgspec.to_builtins(desk.faults.rules)
    return rules


@delete("/_world/faults", sync_to_thread=False)
def clear_faults(request: Asking) -> None:
    desk: Desk = request.app.state.desk
    desk.faults.set([])


@post("/_world/expire/{hold_id:str}", status_code=200, sync_to_thread=False)
def expire(request: Asking, hold_id: FromPath[str]) -> Response[Any]:
    desk: Desk = request.app.state.desk
    return _json(200, shown(desk.expire(hold_id)))


def _no(request: Asking, refused: Refused) -> Response[Any]:
    if request.url.path.startswith(("/pay/", "/save/")):
        return page.sorry(refused)
    if stripe.in_this_shape(request):
        return stripe.refused(refused)
    if mollie.in_this_shape(request):
        return mollie.refused(refused)
    return _json(refused.status, trouble(refused))


def make_api(desk: Desk, secret: str) -> Litestar:
    return opened_to(_doors(), desk=desk, secret=secret)


@cache
def _doors() -> Litestar:
    return quiet_site(
        [
            open_hold,
            one_hold,
            list_holds,
            capture,
            void,
            refund,
            list_disputes,
            send_evidence,
            balance_transactions,
            list_payouts,
            payout_report,
            health,
            faults,
            set_faults,
            clear_faults,
            expire,
            page.pay_page,
            page.pay,
            saving_page.save_page,
            saving_page.save,
            *stripe.DOORS,
            *mollie.DOORS,
            look,
            icon,
        ],
        exception_handlers={Refused: _no},
    )
