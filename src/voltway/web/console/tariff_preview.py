"""A draft as it will be: prices as drivers read them, what sessions would cost, what forbids it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from voltway.kernel.money import Money
from voltway.tariffs import rules, rules_draft, rules_taxes, taxes
from voltway.tariffs.model import ChargingPeriod, Tariff
from voltway.tariffs.model_taxes import TaxDeclaration, TaxOverride, TaxRule
from voltway.tariffs.rules_draft import Draft
from voltway.web import prices
from voltway.web.formats import Formats
from voltway.web.prices import PriceShown

#: Sessions that people know: their name, minutes of charging, Wh, minutes plugged in after.
_SAMPLES: Final = (
    ("30 kWh in 25 min", 25, 30_000, 0),
    ("20 kWh in 2 h", 120, 20_000, 0),
    ("20 kWh in 2 h, then 1 h plugged in", 120, 20_000, 60),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a known session would cost if it began now."""

    words: str
    amount: str


@dataclass(frozen=True, slots=True)
class Preview:
    """``taxed`` says which tax was added where the draft leaves it to the place."""

    price: PriceShown | None
    samples: Sequence[Sample]
    law: Sequence[str]
    taxed: str


@dataclass(frozen=True, slots=True)
class TaxesOf:
    """By what a party's tax goes at home: its country, what it set, and what it declared."""

    country: str
    overrides: Sequence[TaxOverride] = ()
    declarations: Sequence[TaxDeclaration] = ()

    def rule(self, at: datetime, zone: str) -> TaxRule:
        """Raises ``NoTaxRate``."""
        return rules_taxes.rule(
            taxes.table(), self.country, at, ZoneInfo(zone), self.overrides, self.declarations
        )


def preview(draft: Draft, power: str, *, taxed_by: TaxesOf, zone: str, formats: Formats) -> Preview:
    """How the draft stands now; of one that cannot be read, nothing is shown."""
    tariff, taxed = draft.tariff, ""
    if tariff is None:
        return Preview(None, (), (), "")
    law = rules_draft.forbidden(tariff, power)
    if tariff.taxes_by_place:
        try:
            rule = taxed_by.rule(formats.now, zone)
        except rules_taxes.NoTaxRate as none:
            return Preview(None, (), law, str(none))
        tariff, taxed = rules_taxes.completed(tariff, rule), rule.why
    shown = prices.shown(tariff, at=formats.now, zone=zone, formats=formats)
    samples: list[Sample] = []
    with suppress(rules.NoMarketPrice):  # what a market asks is not known for a draft
        samples = [
            Sample(words, formats.money(_cost(tariff, formats.now, zone, *numbers)))
            for words, *numbers in _SAMPLES
        ]
    return Preview(shown, samples, law, taxed)


def _cost(tariff: Tariff, begins: datetime, zone: str, minutes: int, wh: int, idle: int) -> Money:
    ends = begins + timedelta(minutes=minutes)
    charging = ChargingPeriod(begins=begins, ends=ends, energy_wh=wh, charging_s=minutes * 60)
    periods = [charging]
    if idle:
        after = ends + timedelta(minutes=idle)
        periods.append(ChargingPeriod(begins=ends, ends=after, parking_s=idle * 60))
    return rules.price(tariff, periods, ZoneInfo(zone)).payable
