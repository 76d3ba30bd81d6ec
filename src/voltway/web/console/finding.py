"""The command box: find a station, session, receipt or page by a few signs of it."""

from dataclasses import dataclass
from typing import Annotated, Final

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect, Response

from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Work
from voltway.web.console.door import console_page
from voltway.web.driver.views import like
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

#: Pages by the words that people would use for them.
PAGES: Final = (
    ("Live wall", "/console", "live wall start"),
    ("Stations", "/console/stations", "stations chargers bays ports"),
    (
        "Planned work",
        "/console/planned-work",
        "planned work maintenance windows calendar out of service",
    ),
    (
        "Calibration of meters",
        "/console/calibration",
        "calibration meters verification eichrecht expiry dates",
    ),
    ("Lobby", "/console/lobby", "lobby adopt new unknown"),
    ("Jobs", "/console/jobs", "jobs failed waiting try again"),
    ("My alerts", "/console/alerts", "alerts wishes quiet hours notifications phone"),
    ("Deliveries", "/console/deliveries", "deliveries alerts mails push phones dead letters"),
    ("Sessions", "/console/sessions", "sessions charging history"),
    ("Review", "/console/review", "review orphans held doubtful frames"),
    ("Money", "/console/money", "money payments holds revenue"),
    ("Alarms", "/console/troubles", "alarms provider down unexplained money looked after"),
    ("Payouts", "/console/payouts", "payouts reconciliation fees bank unexplained provider report"),
    ("Ledger", "/console/ledger", "ledger books accounts trial balance"),
    ("Statements", "/console/statements", "statements settlements months invoices zip export bulk"),
    ("Customers", "/console/customers", "customers fleets accounts cards"),
    ("Partners", "/console/partners", "partners ev makers mobility providers emsp contracts api"),
    ("Owed", "/console/debts", "owed debts dunning reminders unpaid receivables write off"),
    ("Balances", "/console/balances", "balances prepaid top up credit"),
    ("Vouchers", "/console/vouchers", "vouchers gift codes"),
    ("Terminals", "/console/terminals", "terminals card reader settlement acquirer"),
    ("Card readers", "/console/readers", "readers card terminal stripe"),
    ("Card limits", "/console/card-limits", "card limits fraud stolen"),
    ("Hosts", "/console/hosts", "hosts shares agreements settlements landlords"),
    ("Tariffs", "/console/tariffs", "tariffs prices"),
    ("Where tariffs hold", "/console/tariffs/where", "assign tariff group assignment"),
    ("Which tariff applies", "/console/tariffs/which", "which tariff why ladder price of"),
    ("Promotion codes", "/console/tariffs/codes", "promotion codes coupon"),
    ("Plans", "/console/tariffs/plans", "plans subscriptions monthly fee allowance members"),
    ("Taxes", "/console/tariffs/taxes", "taxes vat rates country"),
    ("Drivers and fleets", "/console/tariffs/drivers", "drivers fleets contracts"),
    ("Cars", "/console/tariffs/cars", "cars autocharge vehicles plug and charge"),
    ("Budgets", "/console/tariffs/budgets", "budgets limits hours places of cards drivers fleets"),
    ("People and keys", "/console/people", "people roles operators api keys audit"),
)


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    title: str
    detail: str
    at: str


@get("/find", include_in_schema=False)
async def find(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    words: Annotated[str, QueryParameter(name="q")] = "",
) -> Response[str] | Redirect:
    """One hit opens at once; several are listed."""
    actor.must(Permission.SEE_ALL)
    asked = words.strip()[:120]
    found: list[Found] = []
    if asked:
        async with house.begin(actor.party) as work:
            found = await _things(work, asked, sees_money=actor.may(Permission.SEE_MONEY))
        found += [
            Found("Page", title, "", at)
            for title, at, said in PAGES
            if asked.lower() in f"{title.lower()} {said}"
        ]
    if len(found) == 1:
        return see_other(found[0].at)
    return await console_page(
        request, house, actor, "console/found.html", place="", asked=asked, found=found
    )


async def _things(work: Work, asked: str, *, sees_money: bool) -> list[Found]:
    pattern = like(asked)
    stations = await work.all(
        """
        SELECT DISTINCT s.id, s.identity, s.location_name, s.city FROM station_view s
          LEFT JOIN evse_view e ON e.station_id = s.id
         WHERE concat_ws(' ', s.identity, s.location_name, s.city, s.serial, e.public_id)
               ILIKE '%' || $1 || '%'
         ORDER BY s.location_name LIMIT 15
        """,
        pattern,
    )
    found = [
        Found(
            "Station",
            f"{row['location_name']}, {row['identity']}",
            row["city"],
            f"/console/stations/{row['id']}",
        )
        for row in stations
    ]
    sessions = await work.all(
        """
        SELECT v.id, v.location_name, v.started_at, v.ref, i.number FROM session_view v
          LEFT JOIN invoice_view i ON i.session_id = v.id AND $2
         WHERE v.id::text ILIKE $1 || '%' OR v.ref ILIKE $1 || '%' OR v.token_uid ILIKE $1 || '%'
            OR i.number ILIKE '%' || $1 || '%'
         ORDER BY v.id DESC LIMIT 15
        """,
        pattern,
        sees_money,
    )
    return found + [
        Found(
            "Session",
            f"{row['location_name']}, {row['started_at']:%d.%m.%Y %H:%M} UTC",
            row["number"] or row["ref"],
            f"/console/sessions/{row['id']}",
        )
        for row in sessions
    ]
