"""A price series is kept once, whole, and only added to."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.tariffs.test_spot import QUARTER, told
from voltway.kernel.ids import PartyId
from voltway.kernel.money import EUR, Currency
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.tariffs import actions, actions_spot
from voltway.tariffs.actions_spot import SeriesCurrency
from voltway.tariffs.rules_series import BadPrices, PricesOverlap, read_csv
from voltway.tariffs.rules_spot import follows_market

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

GOOD = "begins,price\n2026-03-02T12:00:00Z,82.30\n2026-03-02T14:15:00+02:00,-5\n"


def test_a_file_says_its_moments_with_their_offset() -> None:
    first, second = read_csv(GOOD, minutes=15, unit="MWh")

    assert (first.begins, second.begins, second.ends) == (NOON, NOON + QUARTER, NOON + 2 * QUARTER)
    assert (f"{first.price:f}", f"{second.price:f}") == ("0.0823", "-0.005")


BAD = [
    ("", "line 1.*no column begins"),
    ("begins,price\n", "1 to 40000"),
    ("begins;price\n2026-03-02T12:00:00Z;1\n", "no column begins"),
    ("begins,price\n2026-03-02T12:00:00,1\n", "line 2.*no offset"),
    ("begins,price\nyesterday,1\n", "line 2.*no moment"),
    ("begins,price\n0001-01-01T00:00:00+14:00,1\n", "line 2.*calendar"),
    ("begins,price\n2026-03-02T12:07:00Z,1\n", "line 2.*not the beginning"),
    ('begins,price\n2026-03-02T12:00:00Z,"0,08"\n', "line 2.*no price"),
    ("begins,price\n2026-03-02T12:00:00Z,NaN\n", "line 2.*no price"),
    ("begins,price\n2026-03-02T12:00:00Z,99999\n", "line 2.*more than any market"),
    ("begins,price\n2026-03-02T12:00:00Z,1,2\n", "line 2.*3 columns"),
    (GOOD.replace("14:15", "14:30"), "12:15 UTC on, there is no price until 2026-03-02 12:30"),
    (GOOD.replace("14:15", "14:00"), "12:00 UTC on, there are two prices"),
    ("begins,price\n" + "x" * 5_000_000, "longer than"),
]


@pytest.mark.parametrize(("text", "why"), BAD)
def test_a_bad_file_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises((BadPrices, PricesOverlap), match=why):
        read_csv(text, minutes=15, unit="kWh")


async def test_the_same_prices_again_change_nothing(begin: BeginWork, party: PartyId) -> None:
    prices = told("0.05", "0.20")
    async with begin() as work:
        first = await actions_spot.import_prices(work, party, "FI", EUR, prices)
        again = await actions_spot.import_prices(work, party, "FI", EUR, told("0.05", "0.20", "1"))

    assert (first.added, first.known, again.added, again.known) == (2, 0, 1, 2)
    async with begin() as work:
        row = await work.one("SELECT * FROM spot_series_view")
    assert row is not None
    assert (row["prices"], row["ends"]) == (3, NOON + 3 * QUARTER)


async def test_another_price_is_refused_unless_it_corrects(
    begin: BeginWork, party: PartyId, clock: JumpingClock
) -> None:
    async with begin() as work:
        await actions_spot.import_prices(work, party, "FI", EUR, told("0.05"))
    clock.jump(timedelta(minutes=1))
    with pytest.raises(PricesOverlap, match=r"0\.05 a kWh is known and 0\.06 is given"):
        async with begin() as work:
            await actions_spot.import_prices(work, party, "FI", EUR, told("0.06"))
    async with begin() as work:
        came = await actions_spot.import_prices(work, party, "FI", EUR, told("0.06"), correct=True)
    assert (came.added, came.corrected) == (0, 1)
    assert "changes no price of a time that is over" in came.words


async def test_a_price_across_known_ones_is_refused(begin: BeginWork, party: PartyId) -> None:
    hour = read_csv("begins,price\n2026-03-02T12:00:00Z,1\n", minutes=60, unit="kWh")
    half = told("1", begins=NOON + 2 * QUARTER)
    async with begin() as work:
        await actions_spot.import_prices(work, party, "FI", EUR, half)
    with pytest.raises(PricesOverlap, match="12:30 UTC is known"):
        async with begin() as work:
            await actions_spot.import_prices(work, party, "FI", EUR, hour)


async def test_a_hole_before_an_import_is_told(begin: BeginWork, party: PartyId) -> None:
    async with begin() as work:
        await actions_spot.import_prices(work, party, "FI", EUR, told("1"))
        late = told("1", begins=NOON + 4 * QUARTER)
        came = await actions_spot.import_prices(work, party, "FI", EUR, late)

    assert came.hole == (NOON + QUARTER, NOON + 4 * QUARTER)
    assert "Nothing is known from 2026-03-02 12:15 to 2026-03-02 13:00" in came.words


async def test_a_series_keeps_its_currency(begin: BeginWork, party: PartyId) -> None:
    async with begin() as work:
        await actions_spot.import_prices(work, party, "FI", EUR, told("1"))
        with pytest.raises(SeriesCurrency):
            await actions_spot.import_prices(work, party, "FI", Currency("SEK"), told("1"))


async def test_the_database_refuses_to_change_a_price(begin: BeginWork, party: PartyId) -> None:
    async with begin() as work:
        await actions_spot.import_prices(work, party, "FI", EUR, told("1"))
    with pytest.raises(asyncpg.PostgresError):
        async with begin() as work:
            await work.run("UPDATE spot_price SET price = 0")


async def test_a_session_is_priced_by_what_was_known_when_it_began(
    begin: BeginWork, party: PartyId, clock: JumpingClock
) -> None:
    document = (
        '{"id": "SPOT", "currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", '
        '"price": 0.6, "step_size": 1, "voltway_spot": {"series": "FI", "mode": "frozen"}}]}]}'
    )
    async with begin() as work:
        added = await actions.add_version(work, party, document)
        await actions_spot.import_prices(work, party, "FI", EUR, told("0.05", "0.06"))
    clock.jump(timedelta(minutes=5))
    async with begin() as work:
        await actions_spot.import_prices(work, party, "FI", EUR, told("0.09"), correct=True)
    async with begin() as work:
        early = await actions_spot.version_for(work, added.id, NOON, NOON + 2 * QUARTER)
        late = await actions_spot.version_for(work, added.id, work.now, work.now)

    prices = [
        [f"{each.price:f}" for each in (follows_market(one)[0].curve or ())]
        for one in (early, late)
    ]
    assert prices == [["0.05", "0.06"], ["0.09"]]
