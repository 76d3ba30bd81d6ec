"""Who hears which facts: the watchers of the house."""

from voltway.alerts import disruptions as places_told
from voltway.alerts import (
    driver_events,
    hooks_telling,
    meter_events,
    model_hooks,
    operator_events,
    planned_work,
    troubles,
)
from voltway.alerts.account import hears_method_refused
from voltway.alerts.at_home import hears_home_paid
from voltway.alerts.budgets import hears_budget_reached
from voltway.alerts.cars import hears_car_spoofed
from voltway.alerts.dunning import hears_dunned
from voltway.alerts.own_companies import hears_own_company_refused
from voltway.alerts.owners_events import (
    hears_dispute_due,
    hears_dispute_opened,
    hears_refund_returned,
)
from voltway.alerts.queueing_up import hears_turns
from voltway.alerts.reports import hears_report
from voltway.alerts.reserving import hears_reservations
from voltway.alerts.waiting import hears_watches
from voltway.alerts.watchers import (
    hears_document_issued,
    hears_hold_released,
    hears_invoice_issued,
)
from voltway.billing import actions as billing
from voltway.billing import autocharge, debts, disputed_debts, homes, own_companies
from voltway.billing.actions import hears_cdrs_issued
from voltway.billing.autocharge import CarSpoofed
from voltway.billing.budget_news import BudgetReached
from voltway.billing.model import CdrIssued, DocumentIssued, InvoiceIssued, SettlementRested
from voltway.billing.model_checks import BooksFaultFound
from voltway.billing.model_debts import Dunned
from voltway.billing.model_homes import HomePaid
from voltway.billing.own_companies import OwnCompanyRefused
from voltway.billing.watchers import hears_session_ended as opens_settlement
from voltway.disruptions import actions as disruptions
from voltway.helpdesk.model import ProblemAnswered, ProblemReported
from voltway.partners import platforms, telling
from voltway.payments import actions as payments
from voltway.payments import disputing
from voltway.payments.model import (
    DisputeDue,
    DisputeOpened,
    HoldReleased,
    PaidAfterAll,
    PaymentDeclined,
    PaymentDisputed,
    PaymentRefunded,
)
from voltway.payments.model_alarms import PaymentAlarmRaised
from voltway.payments.model_collections import Collected
from voltway.payments.model_disputes import CameBack, CollectionDisputed, TakenBack
from voltway.payments.model_methods import MethodRefused, MethodsChanged
from voltway.payments.model_returned import RefundReturned
from voltway.payments.watchers import hears_session_ended, hears_session_started
from voltway.runtime.bus import Bus
from voltway.sessions import faults, time_to_done, whose_car
from voltway.sessions.model import SessionCorrected, SessionEnded, SessionStarted
from voltway.stations.model import OrderEnded, PortStatusChanged, ReservationLetGo
from voltway.waiting import keeping
from voltway.waiting.model import BayFree, BayTaken, PlaceClosed
from voltway.waiting.model_reservations import ReservationOver, ReservationSoonOver
from voltway.waiting.model_turns import TurnCame, TurnOver


def plug_watchers(bus: Bus) -> None:
    """Who hears which facts. A name keeps its watcher's place for ever: never give it away."""
    bus.watch_many("payments.session_started", [SessionStarted], hears_session_started)
    bus.watch_many("payments.session_ended", [SessionEnded], hears_session_ended)
    bus.watch_many("payments.declined", [PaymentDeclined], payments.hears_payment_declined)
    bus.watch_many("payments.disputed", [PaymentDisputed], disputing.hears_payment_disputed)
    bus.watch_many(
        "payments.collection_disputed", [CollectionDisputed], disputing.hears_collection_disputed
    )
    bus.watch_many("alerts.disputes", [DisputeOpened], hears_dispute_opened)
    bus.watch_many("alerts.disputes_due", [DisputeDue], hears_dispute_due)
    bus.watch_many("alerts.returned", [RefundReturned], hears_refund_returned)
    bus.watch_many("payments.methods", [MethodsChanged], payments.hears_methods_changed)
    bus.watch_many("billing.session_ended", [SessionEnded], opens_settlement)
    bus.watch_many("billing.cdr_issued", [CdrIssued], hears_cdrs_issued)
    bus.watch_many("billing.homes", [CdrIssued], homes.hears_cdrs_issued)
    bus.watch_many("billing.homes_corrected", [SessionCorrected], homes.hears_session_corrected)
    bus.watch_many("billing.session_corrected", [SessionCorrected], billing.hears_session_corrected)
    bus.watch("billing.refunded", [PaymentRefunded], billing.hears_payment_refunded)
    bus.watch_many("billing.ocpi_cdrs", [CdrIssued], billing.freezes_cdrs)
    bus.watch_many("alerts.invoice_issued", [InvoiceIssued], hears_invoice_issued)
    bus.watch_many("billing.own_company", [InvoiceIssued], own_companies.hears_invoice_issued)
    bus.watch_many("alerts.own_company", [OwnCompanyRefused], hears_own_company_refused)
    bus.watch_many("alerts.documents", [DocumentIssued], hears_document_issued)
    bus.watch_many("alerts.hold_released", [HoldReleased], hears_hold_released)
    bus.watch_many("alerts.methods", [MethodRefused], hears_method_refused)
    bus.watch_many("billing.cars", [SessionStarted], autocharge.hears_session_started)
    bus.watch_many("alerts.cars", [CarSpoofed], hears_car_spoofed)
    bus.watch_many("billing.collected", [Collected], debts.hears_collected)
    bus.watch_many("billing.taken_back", [TakenBack, CameBack], disputed_debts.hears_taken)
    bus.watch_many("billing.after_all", [PaidAfterAll], debts.hears_paid_after_all)
    bus.watch_many("alerts.dunning", [Dunned], hears_dunned)
    bus.watch_many("alerts.homes", [HomePaid], hears_home_paid)
    bus.watch_many("alerts.budgets", [BudgetReached], hears_budget_reached)
    bus.watch_many("alerts.books", [BooksFaultFound], troubles.hears_money)
    bus.watch_many("partners.sessions", telling.SESSION_FACTS, telling.hears_sessions)
    bus.watch_many("partners.cdrs", [CdrIssued], telling.hears_cdrs)
    bus.watch_many("partners.documents", [DocumentIssued], telling.hears_documents)
    bus.watch_many("platforms.sessions", telling.SESSION_FACTS, platforms.hears_sessions)
    bus.watch_many("platforms.cdrs", [CdrIssued], platforms.hears_cdrs)
    bus.watch_many("platforms.orders", [OrderEnded], platforms.hears_orders)
    bus.watch_many("alerts.payments", [PaymentAlarmRaised], troubles.hears_money)
    _plug_events(bus)
    bus.watch_many("sessions.faults", [SessionEnded, PortStatusChanged], faults.hears)
    bus.watch_many("sessions.cars", [SessionStarted], whose_car.hears_session_started)
    bus.watch_many("sessions.lessons", [SessionEnded], time_to_done.hears_session_ended)
    bus.watch_many("alerts.reports", [ProblemReported, ProblemAnswered], hears_report)
    # A fact may have a thousand watches, and each has a mail.
    of_watches = [BayFree, BayTaken, PlaceClosed]
    bus.watch_many("alerts.waiting", of_watches, hears_watches, at_most=10)
    bus.watch_many("alerts.turns", [TurnCame, TurnOver], hears_turns)
    over = [ReservationSoonOver, ReservationOver]
    bus.watch_many("alerts.reservations", over, hears_reservations)
    bus.watch_many("waiting.orders", [OrderEnded], keeping.hears_orders)
    bus.watch_many("waiting.let_go", [ReservationLetGo], keeping.hears_let_go)


def _plug_events(bus: Bus) -> None:
    """What people are told as it happens."""
    bus.watch_many("alerts.sessions", driver_events.SESSION_FACTS, driver_events.hears_session)
    bus.watch_many("alerts.money", driver_events.MONEY_FACTS, driver_events.hears_money)
    bus.watch_many("alerts.stations", operator_events.STATION_FACTS, operator_events.hears_station)
    bus.watch_many("alerts.meters", [SessionEnded], meter_events.hears_ended)
    bus.watch_many("alerts.hooks", model_hooks.FACTS, hooks_telling.hears)
    bus.watch_many("disruptions.troubles", disruptions.FACTS, disruptions.hears_troubles)
    bus.watch_many("alerts.disruptions", places_told.FACTS, places_told.hears_places)
    bus.watch_many("alerts.windows", planned_work.FACTS, planned_work.hears_windows)
    bus.watch_many("alerts.rested", [SettlementRested], operator_events.hears_rested)
