"""Webhooks: which programs are told what happens here, whether they hear, and their secrets."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.alerts import hooks, hooks_telling
from voltway.alerts.model_hooks import ALERTS, TEST, Hook, HookKind
from voltway.kernel.errors import Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.driver.alerting import NAMES as EVENT_NAMES
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/webhooks"
SHOWN: Final = 100

#: What can be told, for a person.
NAMES: Final = {
    HookKind.SESSION_STARTED: "A session began",
    HookKind.SESSION_ENDED: "A session is over",
    HookKind.SESSION_CORRECTED: "A session was changed after its end",
    HookKind.STATION_CONNECTED: "A station is online",
    HookKind.STATION_LOST: "A station is offline",
    HookKind.EVSE_STATUS: "A bay is in another state",
    HookKind.RECEIPT_ISSUED: "A receipt was issued",
    HookKind.DOCUMENT_ISSUED: "An invoice, credit note or statement was issued",
    HookKind.PAYMENT_DECLINED: "A bank said no",
    HookKind.PAYMENT_REFUNDED: "Money was given back",
    HookKind.PAYMENT_DISPUTED: "A bank wants money back",
    HookKind.PAYMENT_RETURNED: "A bank sent a refund back",
    HookKind.SETTLEMENT_RESTED: "A bill rests",
    HookKind.PROBLEM_REPORTED: "A driver reported a problem",
    HookKind.WATCH_TOLD: "Who watches was told that a bay is free",
    HookKind.TURN_OFFERED: "A bay is held for who is first in line",
    HookKind.RESERVATION_MADE: "A bay was reserved",
    HookKind.RESERVATION_EXPIRING: "A reservation is over soon",
    HookKind.RESERVATION_ENDED: "A reservation is over",
    HookKind.PLACE_DISRUPTED: "A place does not work",
    HookKind.PLACE_RESTORED: "A place works again",
    HookKind.PLACE_UNCERTAIN: "A place did not work, and nobody knows more",
    HookKind.WORK_PLANNED: "Work was planned",
    HookKind.WORK_MOVED: "Planned work has other times",
    HookKind.WORK_CANCELLED: "Planned work was cancelled",
    HookKind.WORK_BEGAN: "Planned work began",
    HookKind.WORK_ENDED: "Planned work is over",
}
#: What can be told of what operators are told, when they are told it.
ALERT_NAMES: Final = {kind: EVENT_NAMES[event] for event, kind in ALERTS.items()}
SECRET_SAYS: Final = (
    "What is sent is signed by it: Voltway-Signature is t=<seconds>,v1=<HMAC-SHA256 of"
    ' "<seconds>.<body>">. One that was before it signs too for a day.'
)


@get("/webhooks", include_in_schema=False)
async def list_hooks(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _hooks(request, house, actor)


async def _hooks(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: Refusal | None = None,
    given: Form | None = None,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        rows = await work.all("SELECT * FROM alert_hook_view ORDER BY name, id")
    return await console_page(
        request,
        house,
        actor,
        "console/hooks.html",
        status=HTTPStatus.OK if trouble is None else STATUS[trouble.kind],
        place="people",
        hooks=rows,
        names=NAMES,
        alert_names=ALERT_NAMES,
        may_change=actor.may(Permission.MANAGE_PEOPLE),
        trouble="" if trouble is None else str(trouble),
        given=given or {},
    )


@post("/webhooks", include_in_schema=False)
async def add_hook(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str]:
    """A new webhook; its secret is shown once."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            made = await hooks.add(
                work,
                actor.party,
                name=data.get("name", ""),
                url=data.get("url", ""),
                events=_events(data),
                own=house.settings.hook_hosts.split(),
            )
            await parties.audit(work, actor, "added a webhook", f"hook:{made.id}")
    except Refusal as no:
        return await _hooks(request, house, actor, trouble=no, given=data)
    return await _once(request, house, actor, made)


def _events(data: Form) -> list[HookKind]:
    return [each for each in HookKind if data.get(each)]


@get("/webhooks/{hook:uuid}", include_in_schema=False)
async def hook(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    hook: FromPath[UUID],
    tried: FromQuery[str] = "",
) -> Response[str]:
    return await _hook(request, house, actor, hook, tried=tried)


async def _hook(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    tried: str = "",
    trouble: Refusal | None = None,
    given: Form | None = None,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row = await work.one("SELECT * FROM alert_hook_view WHERE id = $1", id)
        if row is None:
            raise hooks.NoSuchHook(id)
        events = await work.all(
            """
            SELECT * FROM alert_hook_event_view
             WHERE hook_id = $1 ORDER BY state = 'heard', number DESC LIMIT $2
            """,
            id,
            SHOWN,
        )
        test = await work.one(
            "SELECT * FROM alert_hook_event_view WHERE hook_id = $1 AND id = $2", id, uuid_of(tried)
        )
    return await console_page(
        request,
        house,
        actor,
        "console/hook.html",
        status=HTTPStatus.OK if trouble is None else STATUS[trouble.kind],
        place="people",
        hook=row,
        events=events,
        lines_max=SHOWN,
        test=test,
        names={**NAMES, **ALERT_NAMES, TEST: "A test"},
        kinds=NAMES,
        alert_kinds=ALERT_NAMES,
        may_change=actor.may(Permission.MANAGE_PEOPLE),
        may_tell=actor.may(Permission.ORDER_STATION),
        trouble="" if trouble is None else str(trouble),
        given=given,
    )


@post("/webhooks/{hook:uuid}", include_in_schema=False)
async def change_hook(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    hook: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            await hooks.change(
                work,
                hook,
                name=data.get("name", ""),
                url=data.get("url", ""),
                events=_events(data),
                is_paused=bool(data.get("paused")),
                own=house.settings.hook_hosts.split(),
            )
            await parties.audit(work, actor, "changed a webhook", f"hook:{hook}")
    except hooks.NoSuchHook:
        raise
    except Refusal as no:
        return await _hook(request, house, actor, hook, trouble=no, given=data)
    return see_other(f"{_HERE}/{hook}")


@post("/webhooks/{hook:uuid}/secret", include_in_schema=False)
async def change_hook_secret(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    hook: FromPath[UUID],
) -> Response[str]:
    """A new secret, shown once; the one before signs beside it for a day."""
    actor.must(Permission.MANAGE_PEOPLE)
    async with house.begin(actor.party) as work:
        after = await hooks.change_secret(work, hook)
        await parties.audit(work, actor, "changed the secret of a webhook", f"hook:{hook}")
    return await _once(request, house, actor, after)


@post("/webhooks/{hook:uuid}/remove", include_in_schema=False)
async def remove_hook(
    house: NamedDependency[House], actor: NamedDependency[Actor], hook: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.MANAGE_PEOPLE)
    async with house.begin(actor.party) as work:
        await hooks.remove(work, hook)
        await parties.audit(work, actor, "removed a webhook", f"hook:{hook}")
    return see_other(_HERE)


@post("/webhooks/{hook:uuid}/test", include_in_schema=False)
async def test_hook(
    house: NamedDependency[House], actor: NamedDependency[Actor], hook: FromPath[UUID]
) -> Redirect:
    """Send it a test at once; the page says what came of it."""
    actor.must(Permission.ORDER_STATION)
    async with house.begin(actor.party) as work:
        id = await hooks.keep_test(work, hook)
    await hooks_telling.tell_now(house.begin, house.settings, id)
    return see_other(f"{_HERE}/{hook}?tried={id}")


@post("/webhooks/{hook:uuid}/again", include_in_schema=False)
async def tell_hook_again(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    hook: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Tell it once more what was not heard: one event, or all that are dead."""
    actor.must(Permission.ORDER_STATION)
    said = data.get("event", "")
    event = uuid_of(said)
    if said and event is None:
        raise hooks.NoSuchHookEvent
    async with house.begin(actor.party) as work:
        await hooks.tell_again(work, hook, event)
        await parties.audit(work, actor, "told a webhook again", f"hook:{hook}")
    return see_other(f"{_HERE}/{hook}")


async def _once(request: HttpRequest, house: House, actor: Actor, made: Hook) -> Response[str]:
    return await console_page(
        request,
        house,
        actor,
        "console/hook_once.html",
        status=HTTPStatus.CREATED,
        place="people",
        title=made.name,
        secret=made.secret,
        says=SECRET_SAYS,
        back=f"{_HERE}/{made.id}",
    )
