"""What 3,395 real sessions paid, against their payment rule written as an OCPI tariff.

The rule of the data set explains 3,333 of the amounts, 317 of the 379 that were not nothing. A
calculator that is off by a step, a second or a cent explains fewer.
"""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from voltway.tariffs import rules
from voltway.tariffs.model import MeterPoint
from voltway.tariffs.ocpi import read_tariff

DATA = Path(__file__).parent.parent.parent / "data"


def test_the_rule_of_the_workplace_gives_the_dollars_really_paid() -> None:
    tariff = read_tariff((DATA / "workplace_tariff.json").read_bytes())
    zone = ZoneInfo("America/New_York")
    agreed = paid_and_agreed = 0

    with (DATA / "sessions_workplace.csv").open() as file:
        for row in csv.DictReader(file):
            begins, ends = (_moment(row[name]) for name in ("created", "ended"))
            register = MeterPoint(ends, int(Decimal(row["kwhTotal"]) * 1000))
            periods = rules.periods_of([register], begins=begins, ends=ends)
            same = rules.price(tariff, periods, zone).payable.decimal == Decimal(row["dollars"])
            agreed += same
            paid_and_agreed += same and row["dollars"] != "0"

    assert agreed == 3333
    assert paid_and_agreed == 317


def _moment(text: str) -> datetime:
    """The file prints the year 2014 as 0014."""
    return datetime.fromisoformat("2" + text[1:]).replace(tzinfo=UTC)
