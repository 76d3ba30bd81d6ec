"""Which readings made the energy, which were set aside, and why, in the words that people read."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.sessions.telling import minute
from tests.sessions.test_energy import told
from voltway.sessions.model import Row
from voltway.sessions.rules_energy import Told, Way, measure
from voltway.sessions.rules_evidence import Evidence, Part, evidence
from voltway.stations.reports import Context


def found(table: str, power_w_max: int = 22_000) -> Evidence:
    """The evidence for a session from a table, its start and stop kept as readings too."""
    known = told(table, power_w_max)
    rows = [
        Row(each.at, each.register_wh, each.power_w, Context.PERIODIC) for each in known.samples
    ]
    if known.begin_wh is not None:
        rows.append(Row(known.begins, known.begin_wh, None, Context.BEGIN))
    if known.end_wh is not None:
        rows.append(Row(known.ends, known.end_wh, None, Context.END))
    return evidence(known, measure(known), rows)


def parts(seen: Evidence) -> list[str]:
    return [each.part.value for each in seen.readings]


def test_a_plain_session_is_the_difference_of_two_registers_and_says_so() -> None:
    seen = found("start 0 50000\nread 10 51000\nread 20 - 11000W\nstop 60 61000")

    assert seen.way is Way.PAIR
    assert parts(seen) == ["begin", "shape", "power", "end"]
    assert seen.aside == ()
    assert seen.steps == (
        "It begins at the register 50 kWh, which the start told.",
        "It ends at the register 61 kWh, which the end told.",
        "The energy is their difference: 61 less 50 is 11 kWh."
        " The readings between say when it flowed.",
        "That makes 11 kWh.",
    )


@pytest.mark.parametrize(
    ("table", "aside", "why"),
    [
        pytest.param(
            "start 0 50000\nread 10 51000\nread 15 0\nread 20 52000\nstop 60 61000",
            0,
            "It is below the register of the start.",
            id="a reading that dipped to zero",
        ),
        pytest.param(
            "start 0 50000\nread 10 53000\nread 15 52000\nread 20 54000\nstop 60 61000",
            53_000,
            "It does not rise with the readings before and after it.",
            id="one that is out of its row",
        ),
        pytest.param(
            "start 0 50000\nread 10 51000\nread 20 9999999\nread 30 52000\nstop 60 61000",
            9_999_999,
            "It is more than the EVSE can give from 50 kWh on.",
            id="one that cannot be",
        ),
        pytest.param(
            "start 0 50000\nread 10 51000\nread 20 -5\nstop 60 61000",
            -5,
            "A register is never negative.",
            id="a negative register",
        ),
        pytest.param(
            "start 0 50000\nread 10 51000\nread 70 62000\nstop 60 61000",
            62_000,
            "It was taken after the end.",
            id="one after the end",
        ),
    ],
)
def test_a_reading_that_is_set_aside_says_why(table: str, aside: int, why: str) -> None:
    seen = found(table)

    assert [(each.register_wh, each.why) for each in seen.aside] == [(aside, why)]
    assert seen.energy_wh == 11_000


def test_what_stands_for_a_missing_end_is_named() -> None:
    seen = found("start 0 50000\nread 30 55000\nstop 31 -")

    assert seen.steps[1] == (
        "It ends at the register 55 kWh, the last reading, for the end told none."
    )


def test_a_meter_that_was_set_back_is_added_up_in_stretches() -> None:
    seen = found("start 0 50000\nread 10 53000\nread 20 1000\nread 30 3000\nstop 40 5000")

    assert seen.way is Way.STRETCHES
    assert "set back" in seen.steps[-2]
    assert seen.aside == ()


def test_what_is_cut_to_the_bound_says_so() -> None:
    seen = found("start 0 50000\nstop 60 90000", power_w_max=11_000)

    assert seen.steps[-2] == "The EVSE can give 11.55 kWh in that time, and no more is counted."
    assert seen.energy_wh == 11_550


def test_no_register_is_no_energy() -> None:
    seen = found("start 0 -\nread 5 - 3000W\nstop 60 -")

    assert seen.way is Way.NONE
    assert seen.steps == (
        "No register was told, so there is no energy to bill.",
        "That makes 0 kWh.",
    )


registers = some.none() | some.integers(-5, 120_000)


@given(
    registers,
    registers,
    some.lists(some.tuples(some.integers(-10, 80), registers), max_size=8),
)
def test_every_reading_has_one_part_and_the_energy_is_the_measured_one(
    begin: int | None, end: int | None, readings: list[tuple[int, int | None]]
) -> None:
    lines = [f"read {at} {'-' if wh is None else wh}" for at, wh in readings]
    table = "\n".join([f"start 0 {'-' if begin is None else begin}", *lines, f"stop 60 {end or 0}"])
    known: Told = told(table)
    rows = {Row(each.at, each.register_wh, None, Context.PERIODIC) for each in known.samples}

    seen = evidence(known, measure(known), list(rows))

    assert {(each.at, each.register_wh) for each in seen.readings} == {
        (row.at, row.register_wh) for row in rows
    }
    assert all(each.why for each in seen.readings)
    assert all(each.register_wh is None for each in seen.readings if each.part is Part.POWER)
    assert seen.energy_wh == measure(known).energy_wh
    assert all(each.at <= minute(60) for each in seen.readings if each.part is Part.SHAPE)
