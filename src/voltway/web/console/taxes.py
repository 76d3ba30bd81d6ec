"""Taxes: the table by country and date, and what this party set over it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.tariffs import taxes
from voltway.tariffs.model_taxes import ChargingSince, RateSince, TaxOverride
from voltway.tariffs.rules_taxes import charging_at, declares, reduced_at, standard_at
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import moment_of, number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/tariffs/taxes"


@dataclass(frozen=True, slots=True)
class CountryLine:
    """A country on the page: the rates of today, what was before and what is to come."""

    code: str
    name: str
    standard: Decimal | None
    since: date | None
    reduced: tuple[Decimal, ...]
    others: tuple[RateSince, ...]
    note: str
    override: TaxOverride | None
    low: ChargingSince | None  # what may be declared today
    declared: bool
    is_ours: bool  # from no database


@get("/tariffs/taxes", include_in_schema=False)
async def list_taxes(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _page(request, house, actor)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    table = taxes.table()
    async with house.begin(actor.party) as work:
        party = await parties.party(work, actor.party)
        set_here = await taxes.overrides(work, actor.party)
        declared = await taxes.declarations(work, actor.party)
        now = work.now
    today = now.astimezone(ZoneInfo(party.time_zone)).date()
    holding = {each.country: each for each in set_here if each.holds_at(now)}
    lines = []
    for code, country in table.countries.items():
        begun = [each for each in country.standard if each.since <= today]
        override = holding.get(code)
        lines.append(
            CountryLine(
                code=code,
                name=country.name,
                standard=standard_at(country, today),
                since=begun[-1].since if begun else None,
                reduced=reduced_at(country, today),
                others=tuple(each for each in country.standard if each not in begun[-1:]),
                note=country.note,
                override=override if override and override.rate is not None else None,
                low=charging_at(country, today),
                declared=declares(declared, code, now),
                is_ours=bool(begun) and begun[-1].source == "ours",
            )
        )
    return await console_page(
        request,
        house,
        actor,
        "console/taxes.html",
        status=status,
        place="tariffs",
        tab="taxes",
        table=table,
        lines=sorted(lines, key=lambda line: (line.code != party.country_code, line.name)),
        overrides=list(reversed(set_here)),
        declarations=list(reversed(declared)),
        declarable=sorted(
            (country.name, code) for code, country in table.countries.items() if country.charging
        ),
        home=party.country_code,
        may_edit=actor.may(Permission.EDIT_TARIFFS),
        trouble=trouble,
        given=given or {},
    )


@post("/tariffs/taxes", include_in_schema=False)
async def set_rate(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Set a rate over the table, with the reason; empty gives it back to the table."""
    actor.must(Permission.EDIT_TARIFFS)
    try:
        async with house.begin(actor.party) as work:
            zone = (await parties.party(work, actor.party)).time_zone
            made = await taxes.override(
                work,
                actor.party,
                data.get("country", ""),
                number_of(data.get("rate", "")),
                reason=data.get("reason", ""),
                by=actor.name,
                since=moment_of(data.get("since", ""), zone),
                until=moment_of(data.get("until", ""), zone),
            )
            await parties.audit(
                work, actor, "set a tax rate", f"tax:{made.country}", {"reason": made.reason}
            )
    except Refusal as no:
        given = {name: value[:500] for name, value in data.items()}
        return await _page(
            request, house, actor, trouble=str(no), given=given, status=STATUS[no.kind]
        )
    return see_other(_HERE)


@post("/tariffs/taxes/declarations", include_in_schema=False)
async def declare(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """Declare electricity's reduced rate by a law, or withdraw it."""
    actor.must(Permission.EDIT_TARIFFS)
    try:
        async with house.begin(actor.party) as work:
            zone = (await parties.party(work, actor.party)).time_zone
            made = await taxes.declare(
                work,
                actor.party,
                data.get("declare-country", ""),
                applies=data.get("applies") != "no",
                legal_basis=data.get("legal_basis", ""),
                by=actor.name,
                since=moment_of(data.get("declare-since", ""), zone),
                until=moment_of(data.get("declare-until", ""), zone),
            )
            did = "declared a reduced tax rate" if made.applies else "withdrew a reduced tax rate"
            about = {"legal_basis": made.legal_basis}
            await parties.audit(work, actor, did, f"tax:{made.country}", about)
    except Refusal as no:
        given = {name: value[:500] for name, value in data.items()}
        return await _page(
            request, house, actor, trouble=str(no), given=given, status=STATUS[no.kind]
        )
    return see_other(_HERE)
