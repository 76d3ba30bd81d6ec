"""What a charge would cost, as a driver reads it before the start: the amount and its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from voltway.billing import rules_amounts
from voltway.billing.rules_amounts import BillLine
from voltway.kernel.errors import Refusal
from voltway.kernel.units import PowerW
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions.actions import Leg
from voltway.stations import actions as stations
from voltway.tariffs.model import CostLine, DeductionLine, LimitLine
from voltway.tariffs.promotions import CodeRefused
from voltway.tariffs.rules_afir import FAST_W
from voltway.tariffs.rules_taxes import NoTaxRate
from voltway.web.console.form_fields import number_of
from voltway.web.driver.my_car import MineShown
from voltway.web.driver.views import Bay
from voltway.web.formats import Formats
from voltway.web.prices import WHAT

KWH_MAX: Final = Decimal(1000)
MINUTES_MAX: Final = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """The charge that somebody has in mind, as it was typed, and the code."""

    kwh: str
    minutes: str
    parked: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class EstimateShown:
    """What it comes to: the amount and its parts. ``wrong`` says what could not be read, and
    ``code_wrong`` why the code takes nothing off; the amount is then without it."""

    asked: Asked
    amount: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    off: tuple[tuple[str, str], ...] = ()
    wrong: str = ""
    code_wrong: str = ""

    @property
    def code(self) -> str:
        """The code that is to be used at the start."""
        return self.asked.code if self.off else ""


def asked_of(query: Mapping[str, str], power_w: PowerW, car: MineShown | None = None) -> Asked:
    """What was typed; where nothing was, that of the driver's car, else a charge that is usual at
    such a bay."""
    usual = Asked("30", "30") if power_w >= FAST_W else Asked("20", "120")
    usual = Asked(car.kwh, car.minutes) if car is not None else usual
    typed = {name: query.get(name, "").strip()[:40] for name in ("kwh", "minutes", "parked")}
    return replace(
        usual,
        code=query.get("code", "").replace("\x00", "").strip()[:40],
        **{name: value for name, value in typed.items() if value},
    )


async def estimated(work: Work, bay: Bay, asked: Asked, formats: Formats) -> EstimateShown | None:
    """The estimate of a guest's charge that begins now; none where no price is known."""
    if bay.price is None:
        return None
    try:
        legs = legs_of(asked)
    except Refusal as wrong:
        return EstimateShown(asked, wrong=formats.told(wrong))
    place = await stations.place_of(work, bay.evse)
    code_wrong = ""
    try:
        try:
            _, cost = await sessions.estimate(work, place, legs, work.now, code=asked.code)
        except CodeRefused as no:
            code_wrong = formats.told(no)
            _, cost = await sessions.estimate(work, place, legs, work.now)
    except NoTaxRate:
        return None
    bill = rules_amounts.bill(cost)
    told = [(each, formats.amount(each.gross_minor, bill.currency)) for each in bill.lines]
    return EstimateShown(
        asked,
        amount=formats.money(bill.total),
        parts=tuple(
            (formats.say(_word(line)), amount)
            for line, amount in told
            if line.gross_minor and not isinstance(line.of, DeductionLine)
        ),
        off=off(bill.lines, bill.currency, formats),
        code_wrong=code_wrong,
    )


def off(
    lines: tuple[BillLine, ...], currency: str, formats: Formats
) -> tuple[tuple[str, str], ...]:
    """What is taken off a cost: why, and how much."""
    return tuple(
        (line.of.why, formats.amount(line.gross_minor, currency))
        for line in lines
        if isinstance(line.of, DeductionLine)
    )


def _word(line: BillLine) -> str:
    match line.of:
        case CostLine(dimension=dimension):
            return WHAT[dimension]
        case LimitLine(bound="MIN_PRICE"):
            return "Up to the least price"
        case _:
            return "Down to the most price"


class NotAsked(Refusal):
    """Give 0.1 to 1000 kWh, and minutes from 1 to a week."""


def legs_of(asked: Asked) -> tuple[Leg, ...]:
    """The charge that is asked about, and the stay after it. Raises ``NotAsked``."""
    kwh, minutes = number_of(asked.kwh), number_of(asked.minutes)
    parked = number_of(asked.parked) or Decimal(0)
    if kwh is None or minutes is None:
        raise NotAsked
    if not Decimal("0.1") <= kwh <= KWH_MAX or not 1 <= minutes <= MINUTES_MAX:
        raise NotAsked
    if not 0 <= parked <= MINUTES_MAX:
        raise NotAsked
    return Leg(int(minutes * 60), int(kwh * 1000)), Leg(int(parked * 60), parks=True)
