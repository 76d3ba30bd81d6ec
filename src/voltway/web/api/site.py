"""The API as the site mounts it: its operations behind its doorkeeper, and its description."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Router
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.middleware import DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Tag
from litestar.response import Response
from litestar.types import ControllerRouterHandler

from voltway.web.api import (
    alarms,
    balances,
    books,
    bounces,
    budgets,
    calls,
    card_limits,
    card_readers,
    card_refunds,
    cars,
    cdrs,
    charging_rules,
    contracts,
    debts,
    disputes,
    estimates,
    evses,
    faults,
    fleets,
    homes,
    hooks,
    hosts,
    invoices,
    jobs,
    ledger,
    lobby,
    location_features,
    locations,
    maintenance,
    meter_keys,
    months,
    orders,
    orphans,
    parties,
    partner,
    partner_money,
    partners,
    payments,
    payouts,
    photos,
    promotions,
    receipts,
    reservations,
    returned,
    sessions,
    settlements,
    simulations,
    spot,
    statements,
    stations,
    subscriptions,
    tariff_exchange,
    tariff_places,
    tariffs,
    taxes,
    tokens,
    vouchers,
)
from voltway.web.api.caller import caller
from voltway.web.api.calls import StationSilent
from voltway.web.api.document import ROOT, Described, TryIt
from voltway.web.api.doorkeeper import Doorkeeper
from voltway.web.api.lists import window
from voltway.web.api.once import Once, StillUnderWay
from voltway.web.api.pace import Pace

RESOURCES: Final = (
    parties,
    location_features,
    locations,
    stations,
    evses,
    maintenance,
    estimates,
    lobby,
    tokens,
    contracts,
    fleets,
    homes,
    cars,
    budgets,
    charging_rules,
    tariffs,
    tariff_exchange,
    simulations,
    spot,
    tariff_places,
    taxes,
    promotions,
    subscriptions,
    sessions,
    meter_keys,
    orphans,
    reservations,
    orders,
    calls,
    payments,
    disputes,
    returned,
    card_refunds,
    card_limits,
    card_readers,
    alarms,
    balances,
    vouchers,
    debts,
    payouts,
    photos,
    settlements,
    jobs,
    receipts,
    hosts,
    months,
    statements,
    cdrs,
    invoices,
    ledger,
    books,
    partners,
    partner,
    partner_money,
    hooks,
    bounces,
)

TAGS: Final = {
    "parties": "Whoever operates, and what a key may do.",
    "locations": "Places with stations, one address, one time zone.",
    "stations": "One piece of hardware with one line to us each.",
    "evses": "The parts of stations that serve one car at a time.",
    "maintenance": "Planned work: windows in which bays are out of service.",
    "lobby": "Stations that knocked and were not let in.",
    "tokens": "What drivers show.",
    "homes": "Charging at home: what companies pay their drivers back.",
    "fleets": "Who pays for a fleet, and what its cards used.",
    "contracts": "For whom tokens stand: drivers, fleets, and what they agreed.",
    "cars": "Cars that show themselves: whose they may be, and what the guard found.",
    "budgets": "How much a token, a contract, a driver or a fleet may charge in a period.",
    "charging rules": "When and where they may charge.",
    "tariffs": "Prices, in versions that never change, and where they hold.",
    "spot prices": "What markets ask, for tariffs that follow them.",
    "promotions": "Codes that take something off a session.",
    "subscriptions": "Plans with a monthly fee and free allowances, and who has one.",
    "taxes": "Rates by country and date, and what a party set over them.",
    "sessions": "What charges now and has charged.",
    "meter keys": "The public keys of meters, and what meters signed of sessions.",
    "orphans": "What stations told of sessions that we do not know.",
    "reservations": "Bays that stations keep for drivers who are on the way.",
    "orders": "What we ask of stations, and whether it took effect.",
    "payments": "Holds, what was taken of them, and giving it back.",
    "disputes": "What drivers' banks want back, and our evidence that it was due.",
    "returned refunds": "Refunds that banks sent back, and paying drivers again.",
    "card refunds": "What of receipts went back to the cards that paid their statements.",
    "card limits": "How much one card may do, at a place or at all together.",
    "card readers": "Readers that drivers hold a card to, and the bays that each serves.",
    "alarms": "What about money is not as it should be, and who looks after it.",
    "debts": "What is owed, what came for it, and when who owes is told.",
    "balances": "What drivers pay before they charge: topped up, used, paid back.",
    "vouchers": "Codes of a value that drivers put on a balance, each once.",
    "payouts": "What providers paid out, line by line, and what nothing explains.",
    "settlements": "The walk of each session from its end to its receipt.",
    "jobs": "What we still do or could not do, and trying it again.",
    "receipts": "Numbered documents that never change.",
    "statements": "A customer's or host's month as one document, and much in one go.",
    "hosts": "Who has a part in what is charged at their places, and how much.",
    "cdrs": "What partners are given of sessions, in OCPI's words.",
    "documents": "All that was issued: receipts, full invoices, credit notes.",
    "partners": "EV makers and mobility providers who pay for their contracts, as we keep them.",
    "partner": "For their platforms: contracts, sessions, CDRs, statements; with their own keys.",
    "webhooks": "Your own programs, told what happens as it happens, signed.",
    "bounces": "Addresses whose mails come back.",
    "ledger": "The books: double entry, never changed.",
}


#: Answers with statuses of their own.
HANDLERS: Final[dict[Any, Any]] = {
    StationSilent: faults.on_silent,
    StillUnderWay: faults.on_busy,
}


def doors(pace: Pace) -> Sequence[ControllerRouterHandler]:
    """The operations, for callers of this pace."""
    return [
        Router(
            ROOT,
            route_handlers=[each.ROUTER for each in RESOURCES],
            dependencies={
                "caller": Provide(caller),
                "window": Provide(window, sync_to_thread=False),
            },
            middleware=[DefineMiddleware(Doorkeeper, pace=pace), DefineMiddleware(Once)],
            before_request=faults.readable,
            exception_handlers={**faults.HANDLERS, **HANDLERS},
        )
    ]


API: Final = doors(Pace())


def openapi_config() -> OpenAPIConfig:
    """Where the API is described: ``/api/openapi.json``, and a page to try it, ``/api/``."""
    return OpenAPIConfig(
        title="Voltway",
        version="1.0.0",
        description=(
            "A charging network for machines. Show a key as `Authorization: Bearer <key>`; make "
            "one with `voltway admin key add`. Lists are walked with `cursor`; times are UTC, "
            "energies whole watt-hours, amounts exact; every trouble is a problem (RFC 9457) "
            "whose `code` is stable."
        ),
        tags=[Tag(name=name, description=words) for name, words in TAGS.items()],
        openapi_router=Router(
            "/api", route_handlers=[], include_in_schema=False, after_request=_no_page
        ),
        render_plugins=[Described(), TryIt()],
        operation_id_creator=lambda handler, method, path: str(handler.handler_name),
    )


def _no_page(response: Response[Any]) -> Response[Any]:
    """What is not there is told as everywhere under ``/api``, not by Litestar's own page."""
    if response.status_code == NotFoundException.status_code:
        raise NotFoundException("There is nothing at this address.")
    return response
