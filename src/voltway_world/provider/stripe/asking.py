"""How Stripe is asked and answers: form-encoded questions, idempotency, expansion, lists."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from litestar import Response

from voltway_world import serving
from voltway_world.provider.books import Refused, new_id
from voltway_world.provider.faults import Fault, Place
from voltway_world.provider.silence import let_in, silence
from voltway_world.provider.stripe import shapes, transfers
from voltway_world.provider.stripe.desk import Form, StripeDesk
from voltway_world.provider.stripe.forms import parsed, whole
from voltway_world.provider.stripe.refusals import Refusing, body_of, status_of
from voltway_world.provider.stripe.shapes import Json
from voltway_world.web import Asking

Answer: TypeAlias = Response[Any]
PER_PAGE_MAX = 100


def in_this_shape(request: Asking) -> bool:
    """The SDK says with each request which version of Stripe's API it speaks."""
    return "Stripe-Version" in request.headers


def refused(trouble: Refused) -> Answer:
    return answered(status_of(trouble), body_of(trouble))


def answered(status: int, body: Any, *, replayed: bool = False) -> Answer:
    headers = {"Request-Id": new_id("req"), "Stripe-Version": shapes.API_VERSION}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(body, status_code=status, media_type="application/json", headers=headers)


async def deed(
    request: Asking, place: Place, do: Callable[[StripeDesk, Form], tuple[Any, Json]]
) -> Answer:
    """Answer, unless a fault strikes before the effect, or after it."""
    desk = StripeDesk(let_in(request))
    body = await request.body()
    form = parsed(body.decode(errors="replace"))
    wanted = form.pop("expand", [])
    asked = f"{request.method} {request.url.path}\n".encode() + body
    key = request.headers.get("Idempotency-Key")

    def done() -> tuple[Any, Json]:
        return do(desk, form)

    fault = desk.desk.faults.draw(place)
    if fault is not None and fault.kind.startswith("error_500"):
        breaks = "after" if fault.strikes_after else "before"
        status, answer, again = desk.once(key, asked, done, breaks=breaks)
        return answered(status, answer, replayed=again)
    if fault is not None and not fault.strikes_after:
        return await _lost(request, fault)
    status, answer, again = desk.once(key, asked, done)
    if fault is not None:
        return await _lost(request, fault)
    shown = _expanded(desk, answer, wanted) if status == 200 else answer
    return answered(status, shown, replayed=again)


async def _lost(request: Asking, fault: Fault) -> Answer:
    if fault.kind.startswith("timeout"):
        await silence(request, fault.seconds)
    if request.client is not None:
        serving.cut_line((request.client.host, request.client.port))
    return answered(503, {"error": {"type": "api_error", "message": "The line was cut."}})


async def look(request: Asking, read: Callable[[StripeDesk, Form], Json]) -> Answer:
    desk = StripeDesk(let_in(request))
    form = parsed(request.url.query)
    wanted = form.pop("expand", [])
    fault = desk.desk.faults.draw("get")
    if fault is not None and fault.kind.startswith("error_500"):
        return answered(500, {"error": {"type": "api_error", "message": "Something broke here."}})
    if fault is not None:
        return await _lost(request, fault)
    return answered(200, _expanded(desk, read(desk, form), wanted))


def _expanded(desk: StripeDesk, body: Json, paths: Sequence[str]) -> Json:
    """The answer with the named objects in it instead of their names."""
    for path in paths:
        _expand(desk, body, path.split("."))
    return body


def _expand(desk: StripeDesk, into: Json, path: list[str]) -> None:
    first, *rest = path
    if first not in into:
        raise Refusing("invalid_expand", f"This property cannot be expanded ({first}).", "expand")
    inner = into[first]
    if isinstance(inner, list):
        for each in inner:
            _expand(desk, each, rest)
        return
    if isinstance(inner, str):
        inner = into[first] = _object(desk, inner)
    if rest and inner is not None:
        _expand(desk, inner, rest)


def _object(desk: StripeDesk, name: str) -> Json:
    books = desk.books
    match name.partition("_")[0]:
        case "pi":
            return shapes.intent_of(desk.desk.hold(name))
        case "ch":
            return shapes.charge_of(desk.desk.hold(name))
        case "re":
            return shapes.refund_of(books.refunds[name])
        case "du":
            return shapes.dispute_of(desk.dispute(name))
        case "tr":
            return transfers.transfer_of(books.transfers[name])
        case "po":
            return shapes.payout_of(books.payouts[name])
        case "pm":
            return shapes.method_of(desk.method(name))
        case "seti":
            return shapes.setup_of(desk.saving(name))
        case _:
            raise Refusing("invalid_expand", "This property cannot be expanded.", "expand")


def listed(form: Form, rows: Sequence[Json], url: str) -> Json:
    """A page of a list, newest first."""
    limit = min(whole(form, "limit"), PER_PAGE_MAX) if "limit" in form else 10
    after = form.get("starting_after")
    found = list(reversed(rows))
    names = [row["id"] for row in found]
    if after is not None and after not in names:
        raise Refusing("resource_missing", f"No such object: '{after}'", "starting_after")
    start = names.index(after) + 1 if after is not None else 0
    more = len(found) > start + limit
    page = found[start : start + limit]
    return {"object": "list", "data": page, "has_more": more, "url": url}
