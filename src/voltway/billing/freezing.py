"""What is frozen for a session: the CDR, and the receipt made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from voltway.billing import documents, rules, rules_amounts, rules_review
from voltway.billing.documents import (
    CdrDocument,
    Decided,
    Granted,
    Line,
    OfPlan,
    Paid,
    Place,
    Receipt,
    Seller,
    Signed,
    Tax,
    Taxed,
    Visit,
)
from voltway.billing.model import Cdr
from voltway.billing.rules_amounts import Bill, BillLine, BillTax
from voltway.parties.model import Party
from voltway.payments.model import Payment, PaymentState
from voltway.sessions import rules_owed
from voltway.sessions.model import SAYS, SessionRecord
from voltway.stations.model import EvsePlace, Location
from voltway.tariffs.exact import as_decimal
from voltway.tariffs.model import (
    ChargingPeriod,
    Cost,
    CostLine,
    DeductionLine,
    LimitLine,
    StateChange,
    Tariff,
)
from voltway.tariffs.model_promotions import Grant, GrantKind
from voltway.tariffs.model_subscriptions import Purse
from voltway.tariffs.model_taxes import TaxRule
from voltway.tariffs.rules_tax import with_tax
from voltway.tariffs.rules_taxes import completed

#: Why we asked a station to stop, by whose order it was; anybody else is an operator.
ASKED: Final = {"driver": "Driver", "limit": "Limit", "no energy": "NoEnergy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A session with all that its bill is made of."""

    record: SessionRecord
    where: EvsePlace | Location
    tariff: Tariff | None
    periods: Sequence[ChargingPeriod]
    cost: Cost
    bill: Bill
    charged: bool
    account: str
    token: str | None
    stopped_by: str | None = None
    signed: Signed | None = None
    decided: Decided | None = None
    taxed: TaxRule | None = None
    grants: Sequence[Grant] = ()


def priced(
    record: SessionRecord,
    tariff: Tariff | None,
    party: Party,
    *,
    where: EvsePlace | Location,
    account: str,
    token: str | None = None,
    stopped_by: str | None = None,
    decided: Decided | None = None,
    taxed: TaxRule | None = None,
    grants: Sequence[Grant] = (),
    purse: Purse | None = None,
) -> Priced:
    """The price of a session, and the amounts of its bill; as a person decided of it, where
    somebody did. What the session can use of a purse is taken off, and for the caller to note."""
    record, party = rules_review.decided(record, party, decided)
    cost, grants = rules_owed.with_allowance(record, tariff, party, grants, purse)
    return Priced(
        record=record,
        where=where,
        tariff=tariff,
        periods=rules_owed.periods(record),
        cost=cost,
        bill=rules_amounts.bill(cost),
        charged=rules_owed.is_charged(record.energy_wh, party.no_charge_below_wh),
        account=account,
        token=token,
        stopped_by=stopped_by,
        decided=decided,
        taxed=taxed,
        grants=grants,
    )


def cdr_document(priced: Priced) -> CdrDocument:
    """The CDR: everything that went into the price, and the price, exact."""
    record, cost = priced.record, priced.cost
    where = place(priced.where)
    return CdrDocument(
        session=str(record.session),
        party=str(record.party),
        evse=where.evse,
        place=where,
        visit=visit(priced),
        tariff=priced.tariff.id if priced.tariff else "",
        tariff_version=str(record.tariff_version_id or ""),
        account=priced.account,
        currency=cost.currency,
        total_before_taxes=f"{cost.before_taxes:f}",
        total_after_taxes=f"{cost.after_taxes:f}",
        total_minor=priced.bill.total.minor,
        charged=priced.charged,
        taxed=taxed(priced.taxed),
        granted=tuple(granted(each) for each in priced.grants),
        lines=tuple(line_of(line, priced.tariff) for line in priced.bill.lines),
        taxes=tuple(tax_of(tax) for tax in priced.bill.taxes),
        points=tuple((utc(point.at), int(point.energy_wh)) for point in record.points),
        decided=priced.decided,
        powers=tuple(point.power_w for point in record.points),
        changes=tuple((utc(change.at), _flow(change)) for change in record.changes),
        signed=priced.signed,
    )


def taxed(rule: TaxRule | None) -> Taxed | None:
    """Where the tax stems from that the tariff left open."""
    if rule is None:
        return None
    return Taxed(
        country=rule.country,
        rate=f"{rule.rate.normalize():f}",
        table=rule.table,
        table_sha256=rule.table_sha256,
        override=str(rule.override) if rule.override else None,
        declared=str(rule.declared) if rule.declared else None,
        basis=rule.basis,
        why=rule.why,
    )


def as_billed(tariff: Tariff, document: CdrDocument) -> Tariff:
    """The tariff with the tax that this bill found where the tariff left it to the place."""
    if document.taxed is None:
        return tariff
    told = document.taxed
    return completed(
        tariff,
        TaxRule(
            country=told.country,
            rate=Decimal(told.rate),
            table=told.table,
            table_sha256=told.table_sha256,
            why=told.why,
        ),
    )


def grants_of(document: CdrDocument) -> tuple[Grant, ...]:
    """What this bill had to take off."""
    return tuple(
        Grant(
            kind=GrantKind(each.kind),
            value=Decimal(each.value),
            name=each.name,
            source=UUID(each.source),
            plan=each.plan,
            rest=None if each.rest is None else Decimal(each.rest),
        )
        for each in document.granted
    )


def granted(grant: Grant) -> Granted:
    return Granted(
        kind=grant.kind,
        value=f"{grant.value.normalize():f}",
        name=grant.name,
        source=str(grant.source),
        plan=grant.plan,
        rest=_text(grant.rest),
    )


def receipt(
    cdr: Cdr, *, number: str, at: datetime, party: Party, payment: Payment | None
) -> Receipt:
    """The receipt of a frozen CDR: who sold it, and how it was paid."""
    made = documents.cdr(cdr.document)
    net = sum(tax.net_minor for tax in made.taxes)
    return Receipt(
        kind=rules.kind_of_receipt(
            made.total_minor,
            made.currency,
            has_vat_id=bool(party.vat_id),
            states_tax=all(tax.rate is not None for tax in made.taxes),
        ),
        number=number,
        issued_at=utc(at),
        currency=made.currency,
        seller=seller(party),
        place=made.place,
        visit=made.visit,
        lines=made.lines,
        taxes=made.taxes,
        total_minor=made.total_minor,
        net_minor=net,
        tax_minor=sum(tax.tax_minor for tax in made.taxes),
        paid=paid(made.total_minor, payment),
        tariff=made.tariff,
        tariff_version=made.tariff_version,
        cdr=str(cdr.id),
        cdr_sha256=cdr.sha256,
        signed=made.signed,
    )


def seller(party: Party) -> Seller:
    address = party.address
    town = " ".join(address[part] for part in ("postal_code", "city") if address.get(part))
    street = address.get("street") or address.get("address") or ""
    return Seller(
        name=party.name,
        legal_name=party.legal_name,
        vat_id=party.vat_id,
        address=tuple(line for line in (street, town) if line),
        country=party.country_code,
    )


def paid(total_minor: int, payment: Payment | None) -> Paid:
    """How much was paid and is still open, and what of the hold went back."""
    if payment is None or payment.held_at is None:
        how = "account" if total_minor else "nothing"
        return Paid(how=how, open_minor=total_minor)
    captured = payment.captured_minor if payment.state is PaymentState.CAPTURED else 0
    gone = not payment.hold_open
    return Paid(
        how="card" if total_minor else "nothing",
        provider=payment.provider,
        card_brand=payment.card.brand if payment.card else None,
        card_last4=payment.card.last4 if payment.card else None,
        wallet=payment.card.wallet if payment.card else None,
        hold_minor=payment.hold_minor,
        paid_minor=captured,
        released_minor=payment.hold_minor - captured if gone else 0,
        open_minor=total_minor - captured,
    )


def place(where: EvsePlace | Location) -> Place:
    if isinstance(where, Location):
        return Place(
            location=where.name,
            address=where.address,
            postal_code=where.postal_code,
            city=where.city,
            country=where.country,
            evse="",
            plate=0,
            zone=where.time_zone,
        )
    return Place(
        location=where.location_name,
        address=where.address,
        postal_code=where.postal_code,
        city=where.city,
        country=where.country,
        evse=where.public_id,
        plate=where.number,
        zone=where.time_zone,
    )


def visit(priced: Priced) -> Visit:
    record = priced.record
    idle_s = int(sum(period.parking_s for period in priced.periods))
    return Visit(
        session=str(record.session),
        begins=utc(record.begins),
        ends=utc(record.ends),
        duration_s=record.duration_s,
        charging_s=record.duration_s - idle_s,
        idle_s=idle_s,
        energy_wh=record.energy_wh,
        meter_begin_wh=record.start_register_wh,
        meter_end_wh=record.end_register_wh,
        ended_because=_ended_because(record.reason, priced.stopped_by),
        token=priced.token,
        doubtful=tuple(SAYS[doubt] for doubt in record.doubts),
    )


def _flow(change: StateChange) -> str:
    if change.charging:
        return "charging"
    return "idle" if change.by_vehicle else "withheld"


def _ended_because(reason: str | None, stopped_by: str | None) -> str | None:
    """The station's own word, but where we asked it to stop: then, who wanted it and why."""
    if stopped_by is None or not rules.is_remote(reason):
        return reason
    return ASKED.get(stopped_by, "Operator")


def line_of(line: BillLine, tariff: Tariff | None) -> Line:
    part = line.of
    if isinstance(part, CostLine):
        return Line(
            kind=part.dimension,
            reservation=part.reservation,
            volume=f"{part.volume:f}",
            billed_volume=f"{part.billed_volume:f}",
            price=f"{_with_tax(part, tariff):f}",
            rate=_text(part.vat),
            gross_minor=line.gross_minor,
            net_minor=line.net_minor,
            why=part.why,
            free_s=part.idle.grace_s if part.idle else 0,
            most=_most(part, tariff),
        )
    return Line(
        kind=_kind(part),
        reservation=None,
        volume="0",
        billed_volume="0",
        price=None,
        rate=None,
        gross_minor=line.gross_minor,
        net_minor=line.net_minor,
        why=part.why,
        name=part.name if isinstance(part, DeductionLine) else None,
        of_plan=_of_plan(part) if isinstance(part, DeductionLine) else None,
    )


def _kind(part: LimitLine | DeductionLine) -> str:
    if isinstance(part, LimitLine):
        return part.bound
    return "PROMOTION" if part.of_plan is None else "ALLOWANCE"


def _of_plan(part: DeductionLine) -> OfPlan | None:
    if part.of_plan is None or part.taken is None:
        return None
    return OfPlan(kind=part.of_plan, taken=f"{part.taken:f}", rest=_text(part.rest))


def _most(part: CostLine, tariff: Tariff | None) -> str | None:
    """The most that an idle fee costs, with its tax."""
    if part.idle is None or part.idle.cap is None or tariff is None:
        return None
    return f"{as_decimal(with_tax(part.idle.cap, part.vat, tariff.tax_included)):f}"


def tax_of(tax: BillTax) -> Tax:
    return Tax(
        rate=_text(tax.rate),
        gross_minor=tax.gross_minor,
        net_minor=tax.net_minor,
        tax_minor=tax.tax_minor,
    )


def _with_tax(line: CostLine, tariff: Tariff | None) -> Decimal:
    """The unit price with its tax, as the driver was shown it."""
    if tariff is None:
        return line.price
    return as_decimal(with_tax(line.price, line.vat, tariff.tax_included))


def _text(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate.normalize():f}"


def utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
