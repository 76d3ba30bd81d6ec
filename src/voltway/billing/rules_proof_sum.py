"""What a proof tells of a bill that was made again: its readings, and each step of the sum."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from voltway.billing import freezing
from voltway.billing.documents_proof import Line, Reading, Sum, Tax
from voltway.billing.freezing import utc
from voltway.billing.rules_amounts import Bill, BillLine, BillTax
from voltway.kernel.money import Currency, Money
from voltway.kernel.units import EnergyWh, kwh
from voltway.sessions.model import SessionRecord
from voltway.sessions.rules_evidence import Evidence
from voltway.tariffs.model import Cost, Tariff


@dataclass(frozen=True, slots=True)
class Made:
    """A bill, made again, and why its energy is what it is."""

    record: SessionRecord
    cost: Cost
    bill: Bill
    evidence: Evidence


def readings_of(evidence: Evidence) -> tuple[Reading, ...]:
    """The readings of a session as a proof tells them."""
    return tuple(
        Reading(
            at=utc(each.at),
            register_wh=each.register_wh,
            power_w=each.power_w,
            part=each.part,
            why=each.why,
        )
        for each in evidence.readings
    )


def sum_of(made: Made, tariff: Tariff | None) -> Sum:
    """Each step from the prices to the total."""
    bill, cost = made.bill, made.cost
    lines = tuple(_line(each, tariff) for each in bill.lines)
    taxes = tuple(_tax(each, bill.currency) for each in bill.taxes)
    return Sum(
        currency=bill.currency,
        lines=lines,
        exact=f"{cost.after_taxes:f}",
        total_minor=bill.total.minor,
        taxes=taxes,
        steps=tuple(_steps(bill, f"{cost.after_taxes:f}", lines, taxes)),
    )


def _steps(bill: Bill, exact: str, lines: Sequence[Line], taxes: Sequence[Tax]) -> Iterator[str]:
    for line in lines:
        yield f"{line.why}: {line.exact} {bill.currency}."
    if not lines:
        yield "Nothing is charged: no price applies, or less flowed than the least that is billed."
    else:
        yield f"Together that is {exact} {bill.currency}, rounded half-up to {bill.total}."
    for tax in taxes:
        yield tax.why


def _line(line: BillLine, tariff: Tariff | None) -> Line:
    told = freezing.line_of(line, tariff)
    part = line.of
    return Line(
        kind=told.kind,
        volume=told.volume,
        billed_volume=told.billed_volume,
        price=told.price,
        rate=told.rate,
        exact=f"{part.after_taxes:f}",
        gross_minor=told.gross_minor,
        net_minor=told.net_minor,
        why=part.why.rstrip("."),
    )


def _tax(tax: BillTax, currency: Currency) -> Tax:
    told = freezing.tax_of(tax)
    gross, net = money(tax.gross_minor, currency), money(tax.net_minor, currency)
    if told.rate is None:
        why = f"For {gross} no tax is stated."
    else:
        why = (
            f"{gross} are taxed at {told.rate} %: net {gross} times 100 / (100 + {told.rate}),"
            f" rounded half-up {net}; the tax is the rest, {money(tax.tax_minor, currency)}."
        )
    return Tax(
        rate=told.rate,
        gross_minor=tax.gross_minor,
        net_minor=tax.net_minor,
        tax_minor=tax.tax_minor,
        why=why,
    )


def money(minor: int, currency: str) -> str:
    return str(Money(minor, Currency(currency)))


def in_kwh(wh: int) -> str:
    return f"{kwh(EnergyWh(wh)):f}"
