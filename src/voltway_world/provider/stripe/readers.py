"""Card readers that are told what to do over the network, in Stripe's shape (Terminal, driven by a
server): what a merchant asks of them, and what a driver does in front of one."""

from collections.abc import Callable
from typing import get_args

import msgspec
from litestar import get, post
from litestar.params import FromPath

from voltway_world.provider import books as rules
from voltway_world.provider import cards
from voltway_world.provider.books import (
    Action,
    Hold,
    Mood,
    Page,
    Reader,
    Refused,
    Status,
    new_id,
)
from voltway_world.provider.desk import now, told
from voltway_world.provider.stripe import shapes
from voltway_world.provider.stripe.asking import Answer, answered, deed, listed, look
from voltway_world.provider.stripe.desk import Form, StripeDesk, currency_of
from voltway_world.provider.stripe.forms import known, whole
from voltway_world.provider.stripe.refusals import Refusing
from voltway_world.provider.stripe.shapes import Json, bare
from voltway_world.web import Asking

#: What is typed instead of the code on a reader's screen, for one that is simulated.
SIMULATED = "simulated-wpe"
_SENTENCES = {
    "offline": "Reader is currently offline.",
    "busy": "Reader is currently busy processing another request.",
    "slow": "There was a timeout when sending this command to the reader.",
}


def reader_of(reader: Reader) -> Json:
    return {
        "id": reader.id,
        "object": "terminal.reader",
        "action": _action_of(reader.action) if reader.action else None,
        "device_sw_version": "2.44.1.0",
        "device_type": "simulated_wisepos_e",
        "ip_address": "192.0.2.7",
        "label": reader.label,
        "last_seen_at": shapes.stamp(now()) * 1000,
        "livemode": False,
        "location": reader.location,
        "metadata": {},
        "serial_number": reader.serial,
        "status": "offline" if reader.mood == "offline" else "online",
    }


def _action_of(action: Action) -> Json:
    return {
        "type": "process_payment_intent",
        "status": action.status,
        "failure_code": action.failure_code,
        "failure_message": action.failure_message,
        "process_payment_intent": {"payment_intent": f"pi_{bare(action.hold)}"},
    }


def open_intent(desk: StripeDesk, form: Form) -> tuple[Page, Json]:
    """An intent for a card that will be held to a reader."""
    known(
        form,
        "amount",
        "currency",
        "allowed_payment_method_types",
        "capture_method",
        "description",
        "metadata",
    )
    if form.get("capture_method") != "manual":
        raise Refusing("parameter_missing", "Only holds are offered here.", "capture_method")
    metadata = form.get("metadata", {})
    hold = Hold(
        id=new_id("hold"),
        status=Status.REQUIRES_PAYMENT,
        amount_minor=whole(form, "amount"),
        currency=currency_of(form),
        reference=metadata.get("reference", ""),
        description=form.get("description", ""),
        return_url="",
        cancel_url="",
        metadata=metadata,
        hosted_url="",
        created_at=now(),
        expires_at=now() + rules.HELD_FOR,  # an intent itself is never too old
        shape="stripe",
        present=True,
    )
    return Page(hold=hold), shapes.intent_of(hold)


def register(desk: StripeDesk, form: Form) -> tuple[Page, Json]:
    known(form, "registration_code", "label", "location")
    if form.get("registration_code") != SIMULATED:
        raise Refusing("parameter_invalid", "No reader shows this code.", "registration_code")
    id = new_id("tmr")
    reader = Reader(
        id=id,
        label=form.get("label", ""),
        serial=f"SIM-{bare(id)[:8]}",
        location=form.get("location", ""),
    )
    return Page(reader=reader), reader_of(reader)


def reader_named(desk: StripeDesk, name: str) -> Reader:
    found = desk.books.readers.get(name)
    if found is None:
        raise Refused(404, "not_found", f"No such terminal.reader: '{name}'")
    return found


def process(desk: StripeDesk, name: str, form: Form) -> tuple[Page, Json]:
    """Show an intent. What a reader shows and nobody has begun to pay is replaced without a word,
    as Stripe does it."""
    known(form, "payment_intent", "process_config")
    reader = reader_named(desk, name)
    _must_hear(reader)
    hold = desk.desk.hold(form.get("payment_intent", ""))
    if not hold.present or hold.status is not Status.REQUIRES_PAYMENT:
        words = "Payment intent must be in the requires_payment_method state."
        raise Refused(400, "intent_invalid_state", words)
    shows = msgspec.structs.replace(reader, action=Action(hold=hold.id))
    if reader.mood == "slow_after":
        desk.desk.keep(Page(reader=shows))
        raise Refused(400, "terminal_reader_timeout", _SENTENCES["slow"])
    return Page(reader=shows), reader_of(shows)


def cancel(desk: StripeDesk, name: str) -> tuple[Page, Json]:
    reader = reader_named(desk, name)
    _must_hear(reader)
    clear = msgspec.structs.replace(reader, action=None)
    return Page(reader=clear), reader_of(clear)


def _must_hear(reader: Reader) -> None:
    match reader.mood:
        case "offline":
            raise Refused(400, "terminal_reader_offline", _SENTENCES["offline"])
        case "busy":
            raise Refused(400, "terminal_reader_busy", _SENTENCES["busy"])
        case "slow":
            raise Refused(400, "terminal_reader_timeout", _SENTENCES["slow"])
        case "online" | "slow_after":
            return


def present(desk: StripeDesk, name: str, number: str = "4242424242424242") -> Reader:
    """A driver holds a card to a reader. A bank that says no leaves the intent for another card."""
    reader, hold = _shown(desk, name)
    if cards.digits_of(number) == cards.DECLINES:
        hold = rules.decline(hold, cards.card_of(number))
        words, page = "Your card was declined.", Page(hold=hold)
        return _failed(desk, reader, "card_declined", words, page, "hold.declined")
    hold = rules.authorise(hold, cards.card_of(number), now())
    assert reader.action is not None
    done = msgspec.structs.replace(
        reader, action=msgspec.structs.replace(reader.action, status="succeeded")
    )
    news = shapes.event("terminal.reader.action_succeeded", reader_of(done), now())
    events = (*told("hold.authorised", hold), news)
    desk.desk.keep(Page(hold=hold, reader=done, events=events))
    return done


def cancel_there(desk: StripeDesk, name: str) -> Reader:
    """A driver presses cancel at the reader."""
    reader, _ = _shown(desk, name)
    return _failed(desk, reader, "customer_canceled", "This action could not be completed.", Page())


def lose_line(desk: StripeDesk, name: str) -> Reader:
    """A card is held, and the reader does not hear of it any more."""
    reader, hold = _shown(desk, name)
    hold = rules.authorise(hold, cards.card_of("4242424242424242"), now())
    words = "Could not connect to Stripe."
    return _failed(desk, reader, "connection_error", words, Page(hold=hold))


def _shown(desk: StripeDesk, name: str) -> tuple[Reader, Hold]:
    reader = reader_named(desk, name)
    if reader.action is None or reader.action.status != "in_progress":
        raise Refusing("reader_has_no_action", "This reader shows nothing to pay.")
    return reader, desk.desk.hold(reader.action.hold)


def _failed(
    desk: StripeDesk, reader: Reader, code: str, words: str, page: Page, kind: str = ""
) -> Reader:
    assert reader.action is not None
    action = msgspec.structs.replace(
        reader.action, status="failed", failure_code=code, failure_message=words
    )
    after = msgspec.structs.replace(reader, action=action)
    events = told(kind, page.hold) if kind and page.hold else ()
    news = shapes.event("terminal.reader.action_failed", reader_of(after), now())
    desk.desk.keep(msgspec.structs.replace(page, reader=after, events=(*events, news)))
    return after


#: What a driver may do in front of a reader.
_IN_FRONT: dict[str, Callable[[StripeDesk, str], Reader]] = {
    "tap": present,
    "tap_declined": lambda desk, name: present(desk, name, cards.DECLINES),
    "cancel": cancel_there,
    "lose_line": lose_line,
}
_MOODS: dict[str, Mood] = {mood: mood for mood in get_args(Mood)}


@post("/v1/terminal/readers", status_code=200)
async def register_reader(request: Asking) -> Answer:
    return await deed(request, "hold", register)


@get("/v1/terminal/readers")
async def readers(request: Asking) -> Answer:
    def read(desk: StripeDesk, form: Form) -> Json:
        known(form, "limit", "starting_after")
        rows = [reader_of(each) for each in desk.books.readers.values()]
        return listed(form, rows, "/v1/terminal/readers")

    return await look(request, read)


@get("/v1/terminal/readers/{name:str}")
async def reader(request: Asking, name: FromPath[str]) -> Answer:
    return await look(request, lambda desk, _: reader_of(reader_named(desk, name)))


@post("/v1/terminal/readers/{name:str}/process_payment_intent", status_code=200)
async def process_intent(request: Asking, name: FromPath[str]) -> Answer:
    return await deed(request, "show", lambda desk, form: process(desk, name, form))


@post("/v1/terminal/readers/{name:str}/cancel_action", status_code=200)
async def cancel_action(request: Asking, name: FromPath[str]) -> Answer:
    return await deed(request, "void", lambda desk, _: cancel(desk, name))


@post("/v1/test_helpers/terminal/readers/{name:str}/present_payment_method", status_code=200)
async def present_method(request: Asking, name: FromPath[str]) -> Answer:
    def do(desk: StripeDesk, form: Form) -> tuple[Page, Json]:
        known(form, "type", "card_present")
        number = form.get("card_present", {}).get("number", "4242424242424242")
        return Page(), reader_of(present(desk, name, number))

    return await deed(request, "get", do)


@post("/_world/readers/{name:str}/{what:str}", status_code=200, sync_to_thread=False)
def at_reader(request: Asking, name: FromPath[str], what: FromPath[str]) -> Answer:
    """What happens at a reader: its mood changes, or somebody does something in front of it."""
    desk = StripeDesk(request.app.state.desk)
    if what in _IN_FRONT:
        return answered(200, reader_of(_IN_FRONT[what](desk, name)))
    if what not in _MOODS:
        raise Refusing("parameter_invalid", f"Nothing is called {what}.")
    after = msgspec.structs.replace(reader_named(desk, name), mood=_MOODS[what])
    desk.desk.keep(Page(reader=after))
    return answered(200, reader_of(after))


DOORS = [
    register_reader,
    readers,
    reader,
    process_intent,
    cancel_action,
    present_method,
    at_reader,
]
