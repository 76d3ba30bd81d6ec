"""What cards, contracts, drivers and fleets may charge: how much, and when and where."""

from dataclasses import dataclass
from datetime import time
from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import budgets
from voltway.billing.rules_budgets import Period, Scope, share
from voltway.drivers import when_where
from voltway.drivers.rules_when_where import Allowed
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import minor_of, number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/tariffs/budgets"

FIELDS: Final = (
    "scope",
    "name",
    "period",
    "amount",
    "kwh",
    "days",
    "opens",
    "closes",
    "places",
)
SCOPES: Final = {"token": "Card", "contract": "Contract", "driver": "Driver", "fleet": "Fleet"}
#: 1 is Monday, as in ISO 8601.
DAYS: Final = {1: "Mon", 2: "Tue", 3: "Wed", 4: "Thu", 5: "Fri", 6: "Sat", 7: "Sun"}
PERIODS: Final = {"session": "A session", "day": "A day", "month": "A month"}


@get("/tariffs/budgets", include_in_schema=False)
async def list_budgets(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _page(request, house, actor)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: Form | None = None,
    about: str = "money",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all("SELECT * FROM budget_view ORDER BY scope, name, period LIMIT 500")
        rules = await work.all("SELECT * FROM charging_rule_view ORDER BY scope, name LIMIT 500")
        used = {
            budget.id: (spent, share(budget, spent))
            for budget in await budgets.of_party(work, PartyId(actor.party))
            for spent in [await budgets.used(work, budget)]
        }
    return await console_page(
        request,
        house,
        actor,
        "console/budgets.html",
        status=status,
        place="tariffs",
        tab="budgets",
        budgets=rows,
        used=used,
        rules=rules,
        days=DAYS,
        scopes=SCOPES,
        periods=PERIODS,
        may_edit=actor.may(Permission.EDIT_NETWORK),
        given={
            form: {field: typed.get(field, "")[:4000] for field in FIELDS}
            for form in ("money", "when")
            for typed in [given if given and form == about else {}]
        },
        chosen_days=[day for day in DAYS if (given or {}).get(f"day{day}")],
        trouble=trouble,
    )


@post("/tariffs/budgets", include_in_schema=False)
async def set_budget(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """What may be charged in a period; what was said of it before is replaced."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            party = await parties.party(work, PartyId(actor.party))
            scope, period = _chosen(data)
            subject = await budgets.subject_named(work, party.id, scope, data.get("name", ""))
            kwh = number_of(data.get("kwh", ""))
            await budgets.set_budget(
                work,
                party.id,
                scope,
                subject,
                period,
                amount_minor=minor_of(data.get("amount", ""), party.currency),
                energy_wh=None if kwh is None else int(kwh * 1000),
                by=actor.name,
            )
            await parties.audit(work, actor, "set a budget", f"{scope}:{subject}")
    except Refusal as no:
        return await _page(
            request, house, actor, trouble=str(no), given=data, status=STATUS[no.kind]
        )
    return see_other(_HERE)


def _chosen(data: Form) -> tuple[Scope, Period]:
    try:
        return Scope(data.get("scope", "")), Period(data.get("period", ""))
    except ValueError as error:
        raise budgets.LimitsNothing from error


@post("/tariffs/budgets/{id:uuid}/remove", include_in_schema=False)
async def remove_budget(
    house: NamedDependency[House], actor: NamedDependency[Actor], id: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        await budgets.take_away(work, PartyId(actor.party), id)
        await parties.audit(work, actor, "took a budget away", f"budget:{id}")
    return see_other(_HERE)


@dataclass(eq=False)
class NoHour(Refusal):
    """{text} is no time of day, such as 07:30."""

    kind = Kind.INVALID

    text: str


@post("/tariffs/budgets/when-where", include_in_schema=False)
async def keep_to(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """When and where something may charge; what was said of it before is replaced."""
    actor.must(Permission.EDIT_NETWORK)
    party = PartyId(actor.party)
    try:
        async with house.begin(actor.party) as work:
            scope = _scope(data)
            subject = await when_where.subject_named(work, party, scope, data.get("name", ""))
            places = data.get("places", "").splitlines()
            allowed = Allowed(
                days=frozenset(day for day in DAYS if data.get(f"day{day}")),
                opens=_hour(data.get("opens", "")),
                closes=_hour(data.get("closes", "")),
                places=frozenset(await when_where.places_named(work, party, places)),
            )
            await when_where.keep_to(work, party, scope, subject, allowed, by=actor.name)
            await parties.audit(work, actor, "said when and where", f"{scope}:{subject}")
    except Refusal as no:
        return await _page(
            request,
            house,
            actor,
            trouble=str(no),
            given=data,
            about="when",
            status=STATUS[no.kind],
        )
    return see_other(_HERE)


def _scope(data: Form) -> when_where.Scope:
    try:
        return when_where.Scope(data.get("scope", ""))
    except ValueError as error:
        raise when_where.NobodySo(data.get("name", "")[:80]) from error


def _hour(text: str) -> time | None:
    if not text.strip():
        return None
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError as error:
        raise NoHour(text.strip()[:20]) from error


@post("/tariffs/budgets/when-where/{id:uuid}/remove", include_in_schema=False)
async def let_go(
    house: NamedDependency[House], actor: NamedDependency[Actor], id: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        await when_where.let_go(work, PartyId(actor.party), id)
        await parties.audit(work, actor, "took hours and places away", f"charging_rule:{id}")
    return see_other(_HERE)
