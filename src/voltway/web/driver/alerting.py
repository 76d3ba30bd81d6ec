"""What a driver is told: their wishes and their browsers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.alerts import actions, bounces, devices, numbers, pushing, wishing
from voltway.alerts.model_events import RULES, Channel, Event, Wishes
from voltway.alerts.telling import wishes_of
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import AlertId
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.driver import account, views
from voltway.web.driver.own_number import (
    WrongNumberCode,
    ask_for_number,
    number_typed,
    offered,
    texts_shown,
)
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, see_other, told
from voltway.web.problems import STATUS

_HERE: Final = "/me/alerts"

#: What can be told, for a person.
NAMES: Final = {
    Event.SESSION_STARTED: "Charging has begun",
    Event.SOON_DONE: "Ten minutes before it is done",
    Event.DONE_MOVED: "It is done earlier or later",
    Event.COMPLETE: "Charging is complete",
    Event.STOPPED_EARLY: "It stopped early",
    Event.FEE_SOON: "Ten minutes before standing costs",
    Event.FEE_BEGAN: "Standing costs now",
    Event.PAYMENT_FAILED: "A payment did not work",
    Event.HOLD_RELEASED: "Nothing was charged",
    Event.RECEIPT: "The receipt is there",
    Event.HOME_PAID: "Charging at home was paid back",
    Event.BAY_FREE: "A bay that I wait for is free",
    Event.BAY_TAKEN: "Somebody was faster",
    Event.QUEUE_TURN: "It is my turn in a queue",
    Event.QUEUE_OVER: "I am out of a queue",
    Event.RESERVATION_SOON: "Five minutes before a reservation ends",
    Event.RESERVATION_OVER: "A reservation was cancelled",
    Event.POWER_REDUCED: "My car charges slowly",
    Event.DISRUPTION: "A place of mine does not work",
    Event.WORK_PLANNED: "Planned work at a place of mine, 48 and 2 hours before",
    Event.WORK_CHANGED: "Planned work is changed or cancelled",
    Event.BACK_IN_SERVICE: "A place of mine works again",
    Event.PLACE_UNCERTAIN: "A place of mine did not work, and nobody knows more",
    Event.STATION_OFFLINE: "A station is offline",
    Event.STATION_BACK: "A station is back",
    Event.PORT_FAULTED: "A bay has a fault",
    Event.PORT_CLEAR: "The fault of a bay is over",
    Event.MANY: "Many of one kind at once",
    Event.STARTS_FAIL: "Cars do not start at a station",
    Event.SECURITY: "A station reports a security event",
    Event.METER_DOUBTFUL: "A meter is doubtful",
    Event.BILL_RESTS: "A bill rests",
    Event.DISPUTE_OPENED: "A bank wants money back",
    Event.DISPUTE_DUE: "Evidence for a bank is due in 48 and 12 hours",
    Event.REFUND_RETURNED: "A refund came back",
    Event.PROBLEM_REPORTED: "A driver reports a problem",
    Event.CAR_SPOOFED: "A car was seen at two places at once",
    Event.CERTIFICATE_ENDS: "A certificate of Plug & Charge ends soon",
    Event.CALIBRATION_ENDS: "The calibration of a meter ends soon, or has ended",
    Event.PROVIDER_DOWN: "A payment provider is down",
    Event.PROVIDER_BACK: "A payment provider is back",
    Event.PAYMENTS_ODD: "Payments are not as usual",
    Event.PAYMENTS_USUAL: "Payments are as usual again",
    Event.MONEY_UNEXPLAINED: "Money is unexplained, in the books or in payouts",
    Event.MONEY_EXPLAINED: "Unexplained money is explained",
    Event.PUSH_REFUSED: "A push service refuses our key",
    Event.PUSH_TAKEN: "A push service takes our key again",
}
CHANNELS: Final = {
    Channel.PUSH: "on my phone",
    Channel.SMS: "by text",
    Channel.MAIL: "by mail",
}


@dataclass(frozen=True, slots=True)
class ChannelShown:
    key: str
    name: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class EventShown:
    key: str
    name: str
    channels: list[ChannelShown]


@dataclass(frozen=True, slots=True)
class Typed:
    """The quiet hours as they stand in the form."""

    begin: str
    until: str
    zone: str


def events_shown(wishes: Wishes, *, operators: bool, by: Collection[Channel]) -> list[EventShown]:
    return [
        EventShown(
            event,
            NAMES[event],
            [
                ChannelShown(channel, name, wishes.wants(event, channel))
                for channel, name in CHANNELS.items()
                if channel in RULES[event].by and channel in by
            ],
        )
        for event in wishing.events_for(operators=operators)
    ]


def typed_in(data: Form) -> Typed:
    return Typed(data.get("from", ""), data.get("until", ""), data.get("zone", "").strip())


def typed_of(wishes: Wishes) -> Typed:
    begin, until = wishes.quiet_from, wishes.quiet_until
    return Typed(
        f"{begin:%H:%M}" if begin else "", f"{until:%H:%M}" if until else "", wishes.time_zone
    )


async def keep(
    work: Work,
    holder: str,
    data: Form,
    *,
    operators: bool,
    by: Collection[Channel],
    owns: bool = True,
) -> None:
    """Keep what the form of a person says. Raises ``NotATime`` and ``NotAZone``."""
    typed = typed_in(data)
    await wishing.set_quiet(work, holder, typed.zone, typed.begin, typed.until)
    wanted = {
        (event, channel) for event in Event for channel in Channel if data.get(f"{event}.{channel}")
    }
    among = wishing.events_for(operators=operators)
    await wishing.choose(work, holder, wanted, among=among, by=by, owns=owns)


@get("/me/alerts", include_in_schema=False)
async def own_alerts(
    request: HttpRequest, house: NamedDependency[House], kept: FromQuery[str] = ""
) -> Response[str] | Redirect:
    """What this person is told, how, and when not."""
    return await _shown(request, house, kept=bool(kept))


async def _shown(
    request: HttpRequest,
    house: House,
    *,
    kept: bool = False,
    typed: Typed | None = None,
    number: str = "",
    trouble: Refusal | None = None,
) -> Response[str] | Redirect:
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(f"/me?back={_HERE}")
        wishes = await wishes_of(work, email, await _zone(work))
        knows: dict[str, Any] = {
            "events": events_shown(wishes, operators=False, by=offered(house)),
            "bounce": await bounces.bounce_of(work, email),
            "texts": await texts_shown(work, house, email, number),
            "devices": await wishing.devices_of(work, email),
            "push_key": await pushing.public_key(work),
            "help": await views.help_of(work, None, about=""),
            "typed": typed or typed_of(wishes),
        }
    return page(
        request,
        house,
        "driver/alerts.html",
        status=HTTPStatus.OK if trouble is None else STATUS[trouble.kind],
        trouble="" if trouble is None else told(request, trouble),
        kept=kept,
        push_to=f"{_HERE}/devices",
        push_then=_HERE,
        zone=wishes.time_zone,
        **knows,
    )


async def _zone(work: Work) -> str:
    party = await parties.first_party(work)
    return "UTC" if party is None else party.time_zone


@post("/me/alerts", include_in_schema=False)
async def keep_wishes(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Keep what was chosen. What cannot be kept is shown again as it was typed."""
    try:
        async with house.begin() as work:
            email = await account.seated(request, work)
            if email is None:
                return see_other(f"/me?back={_HERE}")
            await keep(work, email, data, operators=False, by=offered(house))
    except Refusal as no:
        return await _shown(request, house, typed=typed_in(data), trouble=no)
    return see_other(f"{_HERE}?kept=1")


@post("/me/alerts/mails", include_in_schema=False)
async def take_mails_again(request: HttpRequest, house: NamedDependency[House]) -> Redirect:
    """Mails came back, and their owner wishes them again."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is not None:
            await bounces.lift(work, email)
    return see_other(_HERE)


@post("/me/alerts/number", include_in_schema=False)
async def ask_number(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Send a code to the number that somebody typed."""
    try:
        async with house.begin() as work:
            email = await account.seated(request, work)
            if email is None:
                return see_other(f"/me?back={_HERE}")
            await ask_for_number(request, work, house, email, data)
    except Refusal as no:
        return await _shown(request, house, number=number_typed(data), trouble=no)
    return see_other(f"{_HERE}#texts")


@post("/me/alerts/number/code", include_in_schema=False)
async def confirm_number(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """The number is theirs who have its code."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(f"/me?back={_HERE}")
        is_good = await numbers.confirm(work, email, data.get("code", "")[:40])
    if not is_good:
        return await _shown(request, house, trouble=WrongNumberCode())
    return see_other(f"{_HERE}?kept=1")


@post("/me/alerts/number/remove", include_in_schema=False)
async def remove_number(request: HttpRequest, house: NamedDependency[House]) -> Redirect:
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is not None:
            await numbers.remove(work, email)
    return see_other(_HERE)


@post("/me/alerts/devices", include_in_schema=False)
async def add_own_device(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Let this browser show the alerts of who has signed in."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(f"/me?back={_HERE}")
        await add(work, house, email, data)
    return Response("", status_code=HTTPStatus.CREATED)


@post("/me/alerts/devices/{device:uuid}/remove", include_in_schema=False)
async def remove_device(
    request: HttpRequest, house: NamedDependency[House], device: FromPath[UUID]
) -> Redirect:
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is not None:
            await devices.remove(work, email, device)
    return see_other(_HERE)


async def add(work: Work, house: House, holder: str, data: Form) -> None:
    """Let the browser that sent this show the alerts of this holder. Raises ``NotADevice``."""
    await devices.add(
        work,
        holder,
        endpoint=data.get("endpoint", ""),
        p256dh=data.get("p256dh", ""),
        auth=data.get("auth", ""),
        label=data.get("label", ""),
        hosts=house.settings.push_hosts,
    )


@post("/me/alerts/devices/here", include_in_schema=False)
async def own_device_here(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str]:
    """Whether this browser shows the alerts of who has signed in, or not any more."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        return await here(work, [] if email is None else [email], data)


async def here(work: Work, holders: Sequence[str], data: Form) -> Response[str]:
    """``on``, ``off`` or ``again``: whether the browser that sent this shows the alerts of these
    holders, or does not hear us any more; with ``remove`` it is turned off first."""
    endpoint = data.get("endpoint", "")[: devices.ENDPOINT_LENGTH_MAX]
    so = await devices.here(work, holders, endpoint, remove=bool(data.get("remove")))
    return Response(
        so,
        status_code=HTTPStatus.OK,
        media_type="text/plain",
        headers={"Cache-Control": "no-store"},
    )


@post("/alerts/seen/{alert:uuid}", include_in_schema=False)
async def seen(house: NamedDependency[House], alert: FromPath[UUID]) -> Response[str]:
    """A browser has shown an alert. One that we do not know (any more) is nobody's trouble."""
    known = await actions.seen(house.begin, AlertId(alert))
    return Response("", status_code=HTTPStatus.CREATED if known else HTTPStatus.NOT_FOUND)


@post("/alerts/read/{alert:uuid}", include_in_schema=False)
async def was_read(house: NamedDependency[House], alert: FromPath[UUID]) -> Response[str]:
    """Somebody tapped an alert, put it away, or looks at what it is about."""
    known = await actions.read(house.begin, AlertId(alert))
    return Response("", status_code=HTTPStatus.CREATED if known else HTTPStatus.NOT_FOUND)


@post("/alerts/moved", include_in_schema=False)
async def moved(house: NamedDependency[House], data: Form) -> Response[str]:
    """A browser's push service has given it another address. Raises ``NotADevice``."""
    now = devices.Subscription(
        data.get("endpoint", ""), data.get("p256dh", ""), data.get("auth", "")
    )
    async with house.begin() as work:
        was, was_auth = data.get("was", ""), data.get("was_auth", "")
        known = await devices.move(work, was, was_auth, now, house.settings.push_hosts)
    return Response("", status_code=HTTPStatus.CREATED if known else HTTPStatus.NOT_FOUND)
