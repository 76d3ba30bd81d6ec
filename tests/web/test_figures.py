"""Figures, ages, states and charts: tables in the words of the look."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from babel import Locale

from voltway.web import series, states
from voltway.web.formats import Formats
from voltway.web.series import Day
from voltway.web.states import port_state

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EN = Formats(Locale.parse("en_GB"), NOW)
DE = Formats(Locale.parse("de"), NOW)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (EN.amount(1540, "EUR"), "€15.40"),
        (EN.amount(-500, "EUR"), "\u2212€5.00"),
        (EN.amount(1864200, "EUR"), "€18,642.00"),
        (EN.amount(1540, "JPY"), "JP¥1,540"),
        (EN.hold(5000, "EUR"), "€50"),
        (EN.hold(5050, "EUR"), "€50.50"),
        (EN.price(Decimal("0.49"), "EUR"), "€0.49"),
        (EN.price(Decimal("0.4925"), "EUR"), "€0.4925"),
        (EN.price(Decimal("0.1"), "EUR"), "€0.10"),
        (EN.price(Decimal("1.9"), "JPY"), "JP¥1.90"),
        (DE.amount(1540, "EUR"), "15,40 €"),
        (DE.price(Decimal("0.49"), "EUR"), "0,49 €"),
        (EN.energy(31_424), "31.42"),
        (EN.energy(31_425), "31.43"),
        (EN.power(118_400), "118"),
        (EN.power(7_400), "7.4"),
        (EN.power(0), "0"),
        (EN.percent(56), "56 %"),
        (EN.tax_rate(Decimal("25.50")), "25.5 %"),
        (EN.tax_rate(Decimal(19)), "19 %"),
        (EN.plain_amount(2467, "EUR"), "24.67"),
        (EN.age(NOW - timedelta(seconds=8)), "8 s ago"),
        (EN.age(NOW - timedelta(seconds=59)), "59 s ago"),
        (EN.age(NOW - timedelta(seconds=60)), "1 min ago"),
        (EN.age(NOW + timedelta(seconds=5)), "0 s ago"),
        (EN.span(3_900), "1 h 05"),
        (EN.span(200_000), "2 d"),
        (EN.clock(NOW, "Europe/Helsinki"), "14:00"),
        (EN.clock(NOW, "No/Where"), "12:00"),
        (EN.moment(NOW - timedelta(days=3), "UTC"), "27 Feb 12:00"),
        (EN.size(412), "412 B"),
        (EN.size(1_320), "1.3 kB"),
        (
            EN.account("driver:01a20920-d1a1-736e-91e5-c41f6422db6a:receivable"),
            "driver:\u20266422db6a:receivable",
        ),
    ],
)
def test_a_figure_is_written_as_the_look_says(shown: str, words: str) -> None:
    assert shown.replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("status", "connected", "silent_s", "glyph", "is_old", "may_start"),
    [
        ("available", True, 8, "available", False, True),
        ("available", True, 601, "available", True, True),
        ("available", True, 1_201, "unknown", True, False),
        ("available", False, 8, "offline", True, False),
        ("preparing", True, 8, "charging", False, True),
        ("charging", True, 8, "charging", False, False),
        ("idle", True, 8, "idle", False, False),
        ("unavailable", True, 8, "maintenance", False, False),
        ("faulted", True, 8, "faulted", False, False),
    ],
)
def test_a_port_s_state_is_what_it_said_and_how_long_ago(
    status: str, connected: bool, silent_s: int, glyph: str, is_old: bool, may_start: bool
) -> None:
    state = port_state(
        status,
        connected=connected,
        heard_at=NOW - timedelta(seconds=silent_s),
        now=NOW,
        expected_s=300,
    )

    assert (state.glyph, state.is_old, state.may_start) == (glyph, is_old, may_start)


def test_a_port_that_never_spoke_is_unknown_even_on_a_line() -> None:
    state = port_state("available", connected=True, heard_at=None, now=NOW, expected_s=300)

    assert state.glyph == "unknown"


def test_beads_say_in_words_what_they_show() -> None:
    assert states.in_words(["charging", "available", "charging"]) == "1 available, 2 charging"
    assert states.in_words([]) == "no ports"
    assert [bead.x for bead in states.beads(["idle", "idle"])] == [0.5, 11.5]


def test_the_bar_of_all_ports_is_filled_to_its_end() -> None:
    bars = states.bars({"available": 2, "charging": 1, "idle": 0, "unknown": 1}, 1000)

    assert [bar.glyph for bar in bars] == ["available", "charging", "unknown"]
    assert bars[-1].x + bars[-1].width == pytest.approx(1000, abs=0.5)
    assert states.bars({}, 1000) == ()


def test_a_chart_gets_kilowatts_its_zone_and_its_sentence() -> None:
    points = [(NOW, 0), (NOW + timedelta(minutes=1), 7_400)]

    chart = series.power(points, zone="Europe/Helsinki", words="peak 7.4 kW")

    assert chart is not None
    begins = round(NOW.timestamp())
    assert json.loads(chart.numbers) == {
        "t": [begins, begins + 60],
        "y": [0, 7.4],
        "zone": "Europe/Helsinki",
        "least": 1,
    }
    assert chart.words == "peak 7.4 kW"


@pytest.mark.parametrize("points", [[], [(NOW, 5)], [(NOW, 5), (NOW, 7)]])
def test_what_is_no_line_is_not_drawn(points: list[tuple[datetime, int]]) -> None:
    assert series.power(points, zone="UTC", words="") is None


def test_revenue_grows_until_now_over_the_whole_day_a_week_ago() -> None:
    hour, week = timedelta(hours=1), timedelta(days=7)
    today = Day(NOW, [(NOW + hour, 500), (NOW + 2 * hour, 20)])
    before = Day(NOW - week, [(NOW - week + hour, 300), (NOW - week + 9 * hour, 600)])

    chart = series.revenue(
        today,
        before,
        now=NOW + 3 * hour,
        zone="UTC",
        currency="EUR",
        words="",
        label="Mon 16 November",
    )

    assert chart is not None
    told = json.loads(chart.numbers)
    begins = round(NOW.timestamp())
    assert [(at - begins) // 3600 for at in told["t"]] == [0, 1, 2, 3, 9, 24]
    assert told["y"] == [0, 500, 520, 520, None, None]
    assert told["then"] == [0, 300, 300, 300, 900, 900]
    assert (told["currency"], told["digits"]) == ("EUR", 2)


def test_a_day_without_receipts_draws_nothing_and_one_without_a_past_draws_one_line() -> None:
    empty = Day(NOW, [])
    day = Day(NOW, [(NOW, 500)])
    draw = partial(series.revenue, now=NOW, zone="nowhere", currency="JPY", words="", label="")

    assert draw(empty, day) is None
    alone = draw(day, empty)
    assert alone is not None
    told = json.loads(alone.numbers)
    assert (told["then"], told["digits"], told["zone"]) == (None, 0, "UTC")


def test_a_long_session_stays_a_small_picture_and_keeps_its_peak() -> None:
    points = [(NOW + timedelta(seconds=n), 1_000) for n in range(20_000)]
    points[7_777] = (points[7_777][0], 99_000)

    thin = series.thinned(points)

    assert len(thin) <= series.POINTS_MAX + 2
    assert max(power for _, power in thin) == 99_000
    assert (thin[0], thin[-1]) == (points[0], points[-1])


def test_power_follows_from_registers_where_a_station_tells_none() -> None:
    registers = [(NOW, 0), (NOW + timedelta(minutes=6), 1_000), (NOW + timedelta(minutes=6), 1_000)]

    assert series.powers_of(registers) == [(NOW + timedelta(minutes=6), 10_000)]
