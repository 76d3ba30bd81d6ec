"""Alerts of a watch, a turn or a reservation, on this phone and by text, without an account.

Who has the page is its driver. The address that they gave is told as before, after the phone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.alerts import actions as alerts
from voltway.alerts import numbers, pushing, waits
from voltway.alerts.model_events import Channel, wait_holder
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import LocationId, PartyId
from voltway.runtime.work import Work
from voltway.waiting import actions as watches
from voltway.waiting import reservations, turns
from voltway.waiting.model import Watch, WatchState
from voltway.waiting.model_reservations import Reservation
from voltway.waiting.model_turns import Turn
from voltway.web.appearance import Form
from voltway.web.driver import account, alerting, views
from voltway.web.driver.own_number import (
    NoTexts,
    TextsShown,
    WrongNumberCode,
    ask_for_number,
    number_typed,
    offered,
    texts_shown,
)
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, see_other, told
from voltway.web.problems import STATUS


class WaitIsOver(Refusal):
    """You wait for nothing here any more, so there is nothing to be told."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What somebody waits for, as far as alerts go. ``path``: of its page."""

    holder: str
    party: PartyId
    location: LocationId
    email: str
    path: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """How the page of a wait offers alerts. ``phones``: how many were added here; ``number``: where
    texts go, in words; ``texts``: whether the house sends any."""

    push_key: str
    path: str
    phones: int
    texts: bool
    number: str


def of(it: Watch | Turn | Reservation, *, is_open: bool) -> Wait:
    kind, letter = _KINDS[type(it)]
    return Wait(
        holder=wait_holder(kind, it.id),
        party=it.party,
        location=it.location,
        email=it.email,
        path=f"/{letter}/{quote(it.key)}",
        is_open=is_open,
    )


_KINDS: Final[Mapping[type, tuple[str, str]]] = {
    Watch: ("watch", "w"),
    Turn: ("turn", "t"),
    Reservation: ("reservation", "r"),
}


async def read(house: House, it: Watch | Turn | Reservation) -> None:
    """Somebody looks at the page of a wait: what was pushed there and leads to it is read."""
    wait = of(it, is_open=True)
    async with house.begin() as work:
        await alerts.opened(work, wait.path, [wait.holder, wait.email.lower()])


async def offer(work: Work, house: House, wait: Wait) -> Shown | None:
    """What the page of a wait offers; ``None`` once it is over."""
    if not wait.is_open:
        return None
    has_texts = Channel.SMS in offered(house)
    number = await numbers.number_of(work, wait.holder) if has_texts else None
    return Shown(
        push_key=await pushing.public_key(work),
        path=wait.path,
        phones=len(await waits.devices_of(work, wait.holder)),
        texts=has_texts,
        number=number.shown if number is not None and number.gone_at is None else "",
    )


async def _wait(work: Work, request: HttpRequest, key: str) -> Wait:
    """The wait whose page this address belongs to. Raises what says that there is none."""
    key = key[:80]
    match request.url.path[1]:
        case "w":
            watch = await watches.by_key(work, key)
            is_open = watch.state is WatchState.WAITING and watch.until > work.now
            return of(watch, is_open=is_open)
        case "t":
            turn = await turns.by_key(work, key)
            return of(turn, is_open=turn.is_open)
        case _:
            it = await reservations.by_key(work, key)
            return of(it, is_open=it.is_open)


async def _open(work: Work, request: HttpRequest, key: str) -> Wait:
    """The same while it is open. Raises ``WaitIsOver``."""
    wait = await _wait(work, request, key)
    if not wait.is_open:
        raise WaitIsOver
    return wait


def _paths(after: str) -> list[str]:
    return [f"/{letter}/{{key:str}}/{after}" for _, letter in _KINDS.values()]


@post(_paths("alerts"), include_in_schema=False)
async def add_wait_device(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str]:
    """Let this browser show the alerts of a wait."""
    async with house.begin() as work:
        wait = await _open(work, request, key)
        if not await waits.is_account_told_there(work, wait.email, data.get("endpoint", "")):
            await alerting.add(work, house, wait.holder, data)
    return Response("", status_code=HTTPStatus.CREATED)


@post(_paths("alerts/here"), include_in_schema=False)
async def wait_device_here(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str]:
    """Whether this browser shows the alerts of a wait, or not any more."""
    async with house.begin() as work:
        wait = await _wait(work, request, key)
        return await alerting.here(work, [wait.holder, wait.email], data)


@get(_paths("texts"), include_in_schema=False)
async def wait_texts(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """To which number a text goes as well."""
    return await _shown(request, house, key)


async def _shown(
    request: HttpRequest,
    house: House,
    key: str,
    *,
    typed: str = "",
    trouble: Refusal | None = None,
) -> Response[str]:
    async with house.begin() as work:
        wait = await _wait(work, request, key)
        texts = await texts_shown(work, house, wait.holder, typed)
        knows: dict[str, Any] = {
            "wait": wait,
            "texts": texts if wait.is_open else None,
            "own": await _own(work, request, wait, texts),
            "help": await views.help_of(work, wait.party, about="", place=wait.location),
        }
    return page(
        request,
        house,
        "driver/wait_texts.html",
        status=HTTPStatus.OK if trouble is None else STATUS[trouble.kind],
        trouble="" if trouble is None else told(request, trouble),
        **knows,
    )


async def _own(work: Work, request: HttpRequest, wait: Wait, texts: TextsShown | None) -> str:
    """The number of the account that waits, where it has signed in here and proved one."""
    if texts is None or texts.number is not None:
        return ""
    if await account.seated(request, work) != wait.email:
        return ""
    number = await numbers.number_of(work, wait.email)
    return number.shown if number is not None and number.gone_at is None else ""


@post(_paths("texts"), include_in_schema=False)
async def ask_wait_number(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """Send a code to the number that somebody typed."""
    try:
        async with house.begin() as work:
            wait = await _open(work, request, key)
            await waits.must_not_be_many(work, house.settings.sms_per_day)
            await ask_for_number(request, work, house, wait.holder, data, party=wait.party)
    except (
        numbers.NotANumber,
        numbers.TakesNoTexts,
        numbers.TooManyTexts,
        waits.TooManyAsk,
        NoTexts,
        WaitIsOver,
    ) as no:
        return await _shown(request, house, key, typed=number_typed(data), trouble=no)
    return see_other(f"{wait.path}/texts")


@post(_paths("texts/code"), include_in_schema=False)
async def confirm_wait_number(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """The number is theirs who have its code."""
    async with house.begin() as work:
        wait = await _wait(work, request, key)
        is_good = wait.is_open and await numbers.confirm(
            work, wait.holder, data.get("code", "")[:40]
        )
    if not is_good:
        return await _shown(request, house, key, trouble=WrongNumberCode())
    return see_other(wait.path)


@post(_paths("texts/own"), include_in_schema=False)
async def use_own_number(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Redirect:
    """Text to the number of the account that waits."""
    async with house.begin() as work:
        wait = await _wait(work, request, key)
        if wait.is_open and await account.seated(request, work) == wait.email:
            await waits.use_own_number(work, wait.holder, wait.email)
    return see_other(wait.path)


@post(_paths("texts/remove"), include_in_schema=False)
async def remove_wait_number(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Redirect:
    async with house.begin() as work:
        wait = await _wait(work, request, key)
        await numbers.remove(work, wait.holder)
    return see_other(f"{wait.path}/texts")


WAIT_ALERTS: Final = (
    add_wait_device,
    wait_device_here,
    wait_texts,
    ask_wait_number,
    confirm_wait_number,
    use_own_number,
    remove_wait_number,
)
