"""The console's addresses."""

from typing import Final

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from voltway.web.console import (
    bills,
    door,
    entry,
    finding,
    hosts,
    jobs,
    lobby,
    money,
    orders,
    people,
    review,
    sessions,
    spot,
    stations,
    tariff_exchange,
    tariff_simulator,
    tariffs,
    wall,
)

_SEATED: Final = Router(
    path="/console",
    route_handlers=[
        wall.wall,
        wall.wall_live,
        finding.find,
        stations.list_stations,
        stations.station,
        stations.station_live,
        stations.rotate_key,
        orders.ask,
        lobby.list_knocks,
        lobby.adopt,
        lobby.dismiss,
        review.list_aside,
        review.close_orphan,
        review.close_frame,
        jobs.list_jobs,
        jobs.try_again,
        jobs.try_all_again,
        jobs.tell_again,
        jobs.tell_all_again,
        sessions.list_sessions,
        sessions.session,
        sessions.session_live,
        sessions.stop,
        bills.try_again,
        bills.receipt_pdf,
        money.payments,
        money.books,
        hosts.list_hosts,
        hosts.add_host,
        hosts.host,
        hosts.agree,
        tariffs.list_tariffs,
        tariff_exchange.import_form,
        tariff_exchange.import_tariffs,
        tariff_exchange.export_tariffs,
        tariff_simulator.simulator,
        tariff_simulator.simulate,
        spot.markets,
        spot.add_prices,
        people.people,
        people.add_operator,
        people.change_operator,
        people.add_key,
        people.revoke_key,
    ],
    dependencies={"actor": Provide(door.sitting)},
    exception_handlers={door.NotSignedIn: door.to_sign_in},
)

CONSOLE: Final[tuple[ControllerRouterHandler, ...]] = (
    entry.sign_in_page,
    entry.sign_in,
    entry.sign_out,
    entry.first_run_page,
    entry.first_run,
    _SEATED,
)
