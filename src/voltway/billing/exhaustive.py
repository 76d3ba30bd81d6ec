"""Every gross amount from 0.01 to 1,000.00, at every rate of the union, in both rounding modes.

``python -m voltway.billing.exhaustive`` walks them all and says which do not come out as shown:
none may. Where gross leads, the invoice comes to the gross that was shown, and net, tax and the
cent of rounding make it. Where net leads, the total is the net and the tax on it.
"""

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final

from msgspec.structs import replace

from voltway.billing.documents import Line, Paid, Place, Receipt, Seller, Tax, Visit
from voltway.billing.rules_amounts import net_of
from voltway.billing.rules_invoice import Amounts, Sold, net_led, of_receipt
from voltway.kernel.money import EUR, Money

#: The rates of the 27 members, standard, reduced, and of their islands; and zero.
_RATES = (
    "0 0.9 2.1 3 4 4.8 5 5.5 6 7 8 8.5 9 9.5 10 11 12 13 13.5 14 16 17 18 19 20 21 22 23 24 25 "
    "25.5 27"
)
RATES: Final = tuple(_RATES.split())
ALL: Final = range(1, 100_001)


def walk(rate: str, amounts: Sequence[int] = ALL) -> list[int]:
    """The amounts that do not come out as shown at this rate."""
    return [minor for minor in amounts if not (gross_leads(rate, minor) and net_leads(rate, minor))]


def with_a_cent(rate: str, amounts: Sequence[int] = ALL) -> int:
    """How many of these gross amounts are no net plus its rounded tax."""
    return sum(1 for minor in amounts if invoiced(rate, minor).rounding_minor)


def gross_leads(rate: str, minor: int) -> bool:
    """Whether the invoice comes to the gross, from the right net, with the tax of BR-CO-17."""
    made = invoiced(rate, minor)
    tenths = _tenths(rate)
    net = _half_up(minor * 1000, 1000 + tenths)
    tax = _half_up(net * tenths, 1000)
    return (
        made.total_minor == minor
        and (made.net_minor, made.tax_minor) == (net, tax)
        and abs(made.rounding_minor) <= 1
        and sum(line.gross_minor or 0 for line in made.lines) == minor
        and sum(line.net_minor for line in made.lines) == net
    )


def net_leads(rate: str, minor: int) -> bool:
    """Whether so much net comes to itself and the tax on it, to the cent."""
    price = Money(minor, EUR).decimal
    sold = Sold(kind="FLAT", name="", quantity=Decimal(1), unit="C62", price=price, rate=rate)
    made = net_led([sold], EUR)
    tax = _half_up(minor * _tenths(rate), 1000)
    return (made.net_minor, made.tax_minor, made.total_minor) == (minor, tax, minor + tax)


def _half_up(over: int, under: int) -> int:
    """A division of whole numbers, rounded half-up, by nothing that the rules use."""
    return (2 * over + under) // (2 * under)


def invoiced(rate: str, minor: int) -> Amounts:
    """The figures of an invoice of one line with this gross."""
    gross = Money(minor, EUR)
    net = net_of(gross, Decimal(rate)).minor
    line = replace(_line(rate), price=f"{gross.decimal:f}", gross_minor=minor, net_minor=net)
    tax = Tax(rate=rate, gross_minor=minor, net_minor=net, tax_minor=minor - net)
    receipt = replace(_receipt(), lines=(line,), taxes=(tax,), total_minor=minor)
    return of_receipt(receipt, by_machine=True)


@lru_cache
def _tenths(rate: str) -> int:
    """A rate in tenths of a percent: none is finer."""
    return int(Decimal(rate) * 10)


@lru_cache
def _line(rate: str) -> Line:
    return Line(
        kind="FLAT",
        reservation=None,
        volume="1",
        billed_volume="1",
        price="0",
        rate=rate,
        gross_minor=0,
        net_minor=0,
        why="",
    )


@lru_cache
def _receipt() -> Receipt:
    return Receipt(
        number="",
        issued_at="",
        currency="EUR",
        seller=Seller(name="", legal_name="", vat_id=None, address=(), country=""),
        place=Place(
            location="",
            address="",
            postal_code=None,
            city="",
            country="",
            evse="",
            plate=0,
            zone="UTC",
        ),
        visit=Visit(
            session="",
            begins="",
            ends="",
            duration_s=0,
            charging_s=0,
            idle_s=0,
            energy_wh=0,
            meter_begin_wh=None,
            meter_end_wh=None,
            ended_because=None,
        ),
        lines=(),
        taxes=(),
        total_minor=0,
        net_minor=0,
        tax_minor=0,
        paid=Paid(how="nothing"),
        tariff="",
        tariff_version="",
        cdr="",
        cdr_sha256="",
    )


def main(processes: int = 2) -> int:
    """Walk all rates on some processes; how many amounts are wrong."""
    began = time.monotonic()
    with ProcessPoolExecutor(max_workers=processes) as pool:
        found = dict(zip(RATES, pool.map(partial(walk, amounts=ALL), RATES), strict=True))
    wrong = {rate: minors for rate, minors in found.items() if minors}
    for rate, minors in wrong.items():
        sys.stdout.write(f"at {rate} %: {len(minors)} wrong, the first {minors[0]}\n")
    walked = len(RATES) * len(ALL)
    sys.stdout.write(
        f"{walked:,} amounts at {len(RATES)} rates in both modes: "
        f"{sum(map(len, wrong.values()))} wrong, {time.monotonic() - began:.0f} s\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2))
