"""``voltway price``: what a session costs under a tariff, both given as OCPI JSON."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from voltway.kernel.errors import Refusal
from voltway.kernel.money import minor_digits
from voltway.tariffs import rules
from voltway.tariffs.documents import BYTES_MAX
from voltway.tariffs.model import Cost, CostLine, LimitLine, TaxLine
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.ocpi_sessions import read_session
from voltway.tariffs.rules_trace import Step, traced


def price_command(
    tariff: Annotated[
        Path, typer.Option(help="A file with an OCPI tariff (2.1.1, 2.2.1 or 2.3.0).")
    ],
    session: Annotated[
        Path, typer.Option(help="A file with an OCPI session or CDR and its charging periods.")
    ],
    zone: Annotated[
        str, typer.Option(help="The time zone of the location, such as Europe/Helsinki.")
    ],
    trace: Annotated[
        bool, typer.Option("--trace", help="Tell which element priced what, when, and why.")
    ] = False,
) -> None:
    """Price a session under a tariff and print the cost as one JSON object."""
    known = _zone(zone)
    try:
        prices = read_tariff(_content(tariff))
    except Refusal as refusal:
        raise _stop(f"{tariff}: {refusal}") from refusal
    try:
        periods = read_session(_content(session))
    except Refusal as refusal:
        raise _stop(f"{session}: {refusal}") from refusal
    try:
        cost, steps = (
            traced(prices, periods, known) if trace else (rules.price(prices, periods, known), ())
        )
    except Refusal as refusal:
        raise _stop(f"{tariff}: {refusal}") from refusal
    said = told(cost)
    if trace:
        said["steps"] = [_step(step) for step in steps]
    typer.echo(json.dumps(said, ensure_ascii=False, indent=2))


def told(cost: Cost) -> dict[str, Any]:
    """The cost as JSON has it: every number as a decimal string, for JSON's own are floats."""
    digits = minor_digits(cost.currency)
    return {
        "currency": cost.currency,
        "total_cost": {
            "before_taxes": _money(cost.before_taxes, digits),
            "after_taxes": _money(cost.after_taxes, digits),
        },
        "payable": _money(cost.payable.decimal, digits),
        "lines": [_line(line, digits) for line in cost.lines],
        "limits": [_limit(limit, digits) for limit in cost.limits],
        "taxes": [_tax(tax, digits) for tax in cost.taxes],
    }


def _line(line: CostLine, digits: int) -> dict[str, Any]:
    return {
        "dimension": line.dimension.value,
        "element": line.element,
        "reservation": line.reservation.value if line.reservation else None,
        "volume": f"{line.volume:f}",
        "billed_volume": f"{line.billed_volume:f}",
        "price": f"{line.price:f}",
        "vat": None if line.vat is None else f"{line.vat:f}",
        "cost": _money(line.before_taxes, digits),
        "tax": _money(line.tax, digits),
        "cost_after_taxes": _money(line.after_taxes, digits),
        "why": line.why,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "begins": step.begins.isoformat(),
        "ends": step.ends.isoformat(),
        "dimension": step.dimension.value,
        "element": None if step.element is None else step.element - 1,
        "volume": f"{step.volume:f}",
        "price": None if step.price is None else f"{step.price:f}",
        "why": step.why,
        "passed_over": list(step.passed_over),
    }


def _limit(limit: LimitLine, digits: int) -> dict[str, Any]:
    return {
        "limit": limit.bound.value,
        "cost": _money(limit.before_taxes, digits),
        "tax": _money(limit.after_taxes - limit.before_taxes, digits),
        "why": limit.why,
    }


def _tax(tax: TaxLine, digits: int) -> dict[str, Any]:
    return {
        "rate": None if tax.rate is None else f"{tax.rate:f}",
        "cost": _money(tax.before_taxes, digits),
        "tax": _money(tax.tax, digits),
    }


def _money(amount: Decimal, digits: int) -> str:
    """All the digits there are, and no fewer than the currency has."""
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int), "an amount is a number"
    if -exponent < digits:
        amount = amount.quantize(Decimal(1).scaleb(-digits))
    return f"{amount:f}"


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        raise _stop(f"{file}: the file cannot be read: {why}.") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"--zone {name}: there is no time zone of this name, such as Europe/Helsinki."
        raise _stop(message) from error


def _stop(sentence: str) -> typer.Exit:
    """The sentence on the error stream, and the exit code of what the person must mend."""
    typer.echo(sentence, err=True)
    return typer.Exit(2)
