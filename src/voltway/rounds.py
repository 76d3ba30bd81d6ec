"""The rounds of the house: what is done again and again, whether or not anybody asks."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Final, TypeAlias

from voltway.alerts import actions as alerts
from voltway.alerts import calibration, expiring, hooks_telling, troubles, waits
from voltway.billing import (
    approving,
    budgets,
    card_refunds,
    checking,
    dunning,
    monthly,
    paying_hosts,
    runs,
    simulation_runs,
    subscription_fees,
)
from voltway.billing.sweeps import wake_resting
from voltway.disruptions import actions as disruptions
from voltway.drivers import entry, revocation
from voltway.evidence import actions as evidence
from voltway.helpdesk import actions as helpdesk
from voltway.ledger import sealing
from voltway.ocpp.hearing import heard_again
from voltway.parties import actions as parties
from voltway.partners import credit as partners_credit
from voltway.partners import delivering, platform_lines, platforms, telling
from voltway.payments import (
    actions_reader,
    collecting,
    disputing,
    methods,
    monitoring,
    paying_back,
    payouts,
    payouts_read,
    returning,
    topping_up,
    transfers,
    unreported,
    vouchers,
)
from voltway.payments import sweeps as payments
from voltway.payments.choosing import AnyProvider
from voltway.runtime import backlog
from voltway.runtime.bus import Bus
from voltway.runtime.jobs import Jobs
from voltway.runtime.periodic import Periodic
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork
from voltway.sessions import full, slowing, standing, targets
from voltway.sessions import sweeps as sessions
from voltway.stations import abilities, windows
from voltway.stations import actions as stations
from voltway.vehicles import actions as vehicles
from voltway.waiting import keeping, lining_up, looking
from voltway.web.api.once import forget_old_answers

#: How often the rounds go, in seconds.
SOON: Final = 2
MINDED: Final = 5
OFTEN: Final = 15
EVERY_MINUTE: Final = 60
SELDOM: Final = 600
HOURLY: Final = 3600

KEEP_JOBS: Final = timedelta(days=7)


#: Has something done every so many seconds, under a name.
Every: TypeAlias = Callable[[float, str, Callable[..., Awaitable[object]]], None]


def plug_rounds(
    rounds: Periodic,
    bus: Bus,
    jobs: Jobs,
    settings: Settings,
    provider: AnyProvider,
    begin: BeginWork,
) -> None:
    """What is done again and again, whether or not anybody asks."""

    def every(seconds: float, name: str, do: Callable[..., Awaitable[object]]) -> None:
        rounds.every(seconds, name, do)

    every(MINDED, "orders.overdue", partial(stations.end_overdue_orders, begin))
    every(MINDED, "stations.windows", partial(windows.move, begin))
    every(OFTEN, "sessions.forgotten", partial(sessions.end_forgotten, begin))
    every(OFTEN, "sessions.targets", partial(targets.look, begin))
    every(OFTEN, "sessions.standing", partial(standing.look, begin))
    every(OFTEN, "sessions.full", partial(full.look, begin))
    every(OFTEN, "sessions.slowing", partial(slowing.look, begin))
    every(OFTEN, "disruptions.look", partial(disruptions.look, begin))
    every(HOURLY, "disruptions.old", partial(disruptions.forget_old, begin))
    every(SOON, "waiting.free", partial(looking.look, begin, settings.heartbeat_s))
    every(SOON, "waiting.lines", partial(lining_up.move, begin, settings.heartbeat_s))
    every(SELDOM, "waiting.turns", partial(lining_up.forget_old, begin))
    every(SOON, "waiting.reservations", partial(keeping.move, begin))
    every(SELDOM, "waiting.reserved", partial(keeping.forget_old, begin))
    every(OFTEN, "stations.abilities", partial(abilities.ask, begin))
    every(OFTEN, "waiting.after", partial(looking.look_after, begin, settings.heartbeat_s))
    every(SELDOM, "waiting.old", partial(looking.forget_old, begin))
    every(SELDOM, "sessions.days", partial(sessions.make_days, begin))
    every(OFTEN, "alerts.waiting", partial(alerts.wake_waiting, begin))
    every(HOURLY, "alerts.guests", partial(alerts.forget_guests, begin))
    every(HOURLY, "alerts.waits", partial(waits.forget_over, begin))
    every(SOON, "hooks.tell", partial(hooks_telling.tell_due, begin, settings))
    every(HOURLY, "alerts.expiring", partial(expiring.look, begin))
    every(HOURLY, "alerts.calibration", partial(calibration.look, begin))
    every(EVERY_MINUTE, "alerts.troubles", partial(troubles.look, begin, troubles.EACH_MINUTE))
    every(HOURLY, "alerts.late_money", partial(troubles.look, begin, troubles.EACH_HOUR))
    every(HOURLY, "drivers.contracts", partial(_forget_contracts, begin))
    every(HOURLY, "hooks.old", partial(hooks_telling.forget_old, begin))
    every(OFTEN, "backlog", partial(backlog.measure, begin))
    every(SELDOM, "drivers.sign_ins", partial(_forget_sign_ins, begin))
    every(SELDOM, "vehicles.visits", partial(_forget_cars, begin))
    every(HOURLY, "helpdesk.addresses", partial(_forget_reporters, begin))
    every(SELDOM, "parties.sign_ins", partial(parties.forget_old_sign_ins, begin))
    every(SELDOM, "api.answers", partial(forget_old_answers, begin))
    every(SELDOM, "jobs.old", partial(jobs.trim, KEEP_JOBS))
    every(SELDOM, "outbox.old", partial(bus.trim, timedelta(hours=settings.keep_facts_h)))
    _plug_payments(every, settings, provider, begin)
    _plug_billing(every, provider, begin)
    _plug_partners(every, settings, begin)
    _plug_storage(every, settings, begin)


def _plug_payments(
    every: Every, settings: Settings, provider: AnyProvider, begin: BeginWork
) -> None:
    """What is asked of providers again, and told of what they do."""
    within_s = settings.start_within_s
    limits = monitoring.limits_of(settings)
    every(SOON, "payments.limit", partial(payments.stop_at_limit, begin, provider))
    every(
        MINDED,
        "payments.unstarted",
        partial(payments.release_unstarted, begin, provider, within_s=within_s),
    )
    every(MINDED, "payments.readers", partial(actions_reader.look_at_all, begin, provider))
    every(OFTEN, "payments.unknown", partial(payments.resolve_unknown, begin, provider))
    every(EVERY_MINUTE, "payments.alarms", partial(monitoring.look, begin, limits))
    every(SELDOM, "payments.disputes", partial(disputing.look_again, begin, provider))
    every(SELDOM, "payments.disputes_due", partial(disputing.warn_due, begin))
    every(SELDOM, "payments.returned", partial(returning.look_again, begin, provider))
    every(SELDOM, "payments.reconcile", partial(payouts.judge_again, begin))
    every(HOURLY, "payments.unreported", partial(unreported.move_on, begin))
    every(HOURLY, "payments.payouts", partial(payouts_read.fetch_own, begin, provider))
    every(EVERY_MINUTE, "payments.methods", partial(methods.tidy, begin, provider))
    every(OFTEN, "payments.transfers", partial(transfers.ask_again, begin, provider))
    every(OFTEN, "payments.collections", partial(collecting.ask_again, begin, provider))
    every(OFTEN, "payments.top_ups", partial(topping_up.top_up_low, begin, provider))
    every(SELDOM, "payments.vouchers", partial(vouchers.close_ended, begin))
    every(OFTEN, "payments.paybacks", partial(paying_back.ask_again, begin, provider))
    every(EVERY_MINUTE, "payments.pages", partial(payments.close_pages, begin, provider))
    every(SELDOM, "payments.leftovers", partial(payments.void_leftovers, begin, provider))


def _plug_billing(every: Every, provider: AnyProvider, begin: BeginWork) -> None:
    """Bills, books, and what is owed."""
    every(OFTEN, "billing.resting", partial(wake_resting, begin))
    every(EVERY_MINUTE, "billing.subscriptions", partial(subscription_fees.bill_due, begin))
    every(HOURLY, "billing.books", partial(checking.check_nightly, begin, heard_again))
    every(SELDOM, "billing.months", partial(monthly.write_due, begin))
    every(OFTEN, "billing.approved", partial(approving.finish_approved, begin, provider))
    every(OFTEN, "billing.card_refunds", partial(card_refunds.ask_again, begin, provider))
    every(MINDED, "billing.budgets", partial(budgets.keep_all, begin))
    every(SELDOM, "billing.debts", partial(dunning.go_round, begin, provider))
    every(SELDOM, "billing.hosts", partial(paying_hosts.pay_due, begin, provider))
    every(EVERY_MINUTE, "ledger.seal", partial(sealing.seal, begin))


def _plug_partners(every: Every, settings: Settings, begin: BeginWork) -> None:
    """The platforms of EV makers, of mobility providers, and of terminals."""
    own = settings.hook_hosts.split()
    every(SOON, "partners.tell", partial(delivering.deliver_due, begin))
    every(MINDED, "partners.limits", partial(telling.stop_at_limits, begin))
    every(OFTEN, "partners.running", partial(telling.tell_running, begin))
    every(EVERY_MINUTE, "partners.credit", partial(partners_credit.look_at_all, begin))
    every(HOURLY, "partners.old", partial(telling.forget_old, begin))
    every(SOON, "platforms.tell", partial(platform_lines.deliver_due, begin, own=own))
    every(OFTEN, "platforms.running", partial(platforms.tell_running, begin))
    every(HOURLY, "platforms.old", partial(platforms.forget_old, begin))


async def _forget_sign_ins(begin: BeginWork) -> int:
    async with begin() as work:
        return await entry.forget_old(work)


async def _forget_reporters(begin: BeginWork) -> int:
    async with begin() as work:
        return await helpdesk.forget_addresses(work)


async def _forget_contracts(begin: BeginWork) -> int:
    async with begin() as work:
        return await revocation.forget_old(work)


async def _forget_cars(begin: BeginWork) -> int:
    async with begin() as work:
        return await vehicles.forget_old(work)


def _plug_storage(every: Every, settings: Settings, begin: BeginWork) -> None:
    """What keeps the database small. See docs/operating/storage.md."""
    pack = partial(sessions.pack_readings, begin, after_h=settings.pack_readings_after_h)
    every(OFTEN, "sessions.pack", pack)
    every(OFTEN, "frames.pack", partial(stations.pack_frames, begin))
    every(SELDOM, "sessions.thin", sessions.Thinner(begin, settings.full_readings_days).thin)
    years = settings.keep_signed_years
    every(HOURLY, "evidence.old", partial(evidence.forget_old, begin, years=years))
    years, days = settings.keep_readings_years, settings.keep_frames_days
    every(HOURLY, "sessions.old", partial(sessions.forget_old_readings, begin, years=years))
    every(HOURLY, "frames.old", partial(stations.forget_old_frames, begin, days=days))
    days = settings.keep_events_days
    every(HOURLY, "stations.old", partial(stations.forget_old_events, begin, days=days))
    every(HOURLY, "orphans.old", partial(sessions.forget_old_orphans, begin, days=days))
    every(HOURLY, "alerts.old", partial(alerts.forget_old_alerts, begin, days=days))
    every(HOURLY, "alarms.old", partial(monitoring.forget_old, begin, days=days))
    every(HOURLY, "addresses.old", partial(payments.forget_addresses, begin, days=days))
    every(HOURLY, "webhooks.old", partial(payments.forget_old_webhooks, begin, days=days))
    every(HOURLY, "billing.runs", partial(runs.forget_old_runs, begin, days=days))
    every(HOURLY, "tariffs.simulated", partial(simulation_runs.forget_old, begin, days=days))
    days = settings.keep_unpaid_days
    every(HOURLY, "payments.unpaid", partial(payments.forget_unpaid, begin, days=days))
