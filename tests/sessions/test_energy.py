"""How much energy was used: register algebra, in the words of the trade and of known quirks."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.sessions.telling import minute
from voltway.kernel.units import PowerW
from voltway.sessions.model import HOLDS, Doubt
from voltway.sessions.rules_energy import Measured, Sample, Told, bound_wh, measure


def told(table: str, power_w_max: int = 22_000) -> Told:
    """A session from a table: ``start 0 50000``, ``read 10 51000 [11000W]``, ``stop 30 55000``."""
    begins, ends = minute(0), None
    begin_wh: int | None = None
    end_wh: int | None = None
    samples: list[Sample] = []
    for line in table.strip().splitlines():
        kind, at, register, *power = line.split()
        wh = None if register == "-" else int(register)
        power_w = int(power[0].removesuffix("W")) if power else None
        if kind == "start":
            begins, begin_wh = minute(float(at)), wh
        elif kind == "stop":
            ends, end_wh = minute(float(at)), wh
        else:
            samples.append(Sample(minute(float(at)), wh, power_w))
    last = ends or max([begins, *(each.at for each in samples)])
    return Told(
        begins=begins,
        ends=last,
        begin_wh=begin_wh,
        end_wh=end_wh,
        samples=samples,
        power_w_max=PowerW(power_w_max),
        bound_s=(last - begins).total_seconds(),
        running=ends is None,
    )


@pytest.mark.parametrize(
    ("table", "energy_wh", "doubts"),
    [
        pytest.param("start 0 50000\nstop 60 61000", 11_000, "", id="start and stop alone"),
        pytest.param(
            "start 0 50000\nread 10 51000\nread 20 52000\nstop 60 61000",
            11_000,
            "",
            id="readings that stop before the stop",
        ),
        pytest.param("start 0 0\nstop 60 5400", 5_400, "", id="a register of each session (M-017)"),
        pytest.param("start 0 50000\nstop 60 50000", 0, "", id="no energy at all"),
        pytest.param(
            "start 0 4076000\nread 10 104\nread 20 228\nread 30 353\nstop 40 4076480",
            480,
            "register_of_session",
            id="readings from the session's start, start and stop of the meter's life (M-016)",
        ),
        pytest.param(
            "start 0 4076000\nread 10 4076\nread 20 4078\nread 30 4081\nstop 40 4081300",
            5_300,
            "register_in_kwh",
            id="readings in kWh labelled Wh, start and stop in Wh",
        ),
        pytest.param(
            "start 0 1000\nread 10 1400\nread 20 1900\nread 30 0\nread 40 300\nstop 50 700",
            1_600,
            "register_reset",
            id="a meter set back: the rising stretches (M-018)",
        ),
        pytest.param(
            "start 0 100\nread 10 500\nread 20 1900\nread 30 0\nread 40 300\nstop 50 700",
            2_500,
            "register_reset",
            id="a meter set back that ends above its start",
        ),
        pytest.param(
            "start 0 1000\nread 10 1200\nread 20 0\nread 30 1600\nstop 50 1900",
            900,
            "register_dipped",
            id="one reading of zero between others is no setting back",
        ),
        pytest.param(
            "start 0 1000\nread 10 1200\nread 20 999999\nread 30 1600\nstop 50 1900",
            900,
            "register_dipped",
            id="one reading that no EVSE can reach",
        ),
        pytest.param(
            "start 0 1000\nread 10 2500\nstop 50 1900",
            900,
            "register_reset",
            id="one reading above the stop: it may have been set back, a person looks",
        ),
        pytest.param(
            "start 0 1000\nread 10 1400\nread 50 1903\nstop 50 1900",
            900,
            "",
            id="a last reading a little above the stop (M-027)",
        ),
        pytest.param(
            "start 0 0\nread 10 6326700\nread 20 6326800\nstop 30 6326900",
            200,
            "start_register_off",
            id="zero outside of a session, a lifetime inside (M-019)",
        ),
        pytest.param(
            "start 0 1000\nread 10 1400 3000W\nread 20 1900 3000W\nstop 30 -",
            900,
            "end_register_missing end_unmeasured",
            id="a stop of -1: the last reading, and a person looks (T-005)",
        ),
        pytest.param(
            "start 0 1000\nread 10 1400 3000W\nread 20 1900 0W\nstop 30 -",
            900,
            "end_register_missing",
            id="a stop of -1 when no more flowed: the last reading is the end",
        ),
        pytest.param(
            "start 0 0\nread 59 10000 10000W\nread 119 20000 10000W\nstop 120 -",
            20_000,
            "end_register_missing",
            id="a stop of -1 a minute after the last of many readings",
        ),
        pytest.param(
            "start 0 1000\nread 10 1400\nread 20 1900\nstop 30 0",
            900,
            "end_register_zero end_unmeasured",
            id="a stop of 0: the last reading",
        ),
        pytest.param(
            "start 0 1000\nstop 30 100", 0, "register_reset", id="a stop below its start (T-006)"
        ),
        pytest.param(
            "start 0 -\nread 10 1400\nread 20 1900\nstop 30 2000",
            600,
            "start_register_missing",
            id="no register at the start: the first reading",
        ),
        pytest.param(
            "start 0 1000\nstop 30 -",
            0,
            "no_registers end_register_missing",
            id="only a start's register",
        ),
        pytest.param("start 0 -\nstop 30 9000", 0, "no_registers", id="only an end's register"),
        pytest.param(
            "start 0 0\nstop 60 6326700",
            23_100,
            "above_bound",
            id="more than the EVSE can give: no more than it can",
        ),
        pytest.param(
            "start 0 0\nstop 60 23150",
            23_100,
            "cut_to_bound",
            id="a little more than it can give: cut, nobody need look",
        ),
        pytest.param(
            "start 0 361\nread 1 361 9451W\nread 30 366 9451W\nread 60 371 9451W\nstop 61 371",
            10,
            "unit_suspect",
            id="all in kWh labelled Wh: power gives it away (M-009)",
        ),
        pytest.param(
            "start 0 1000\nread 57 9000 200W\nread 58 9003 200W\nread 59 9006 200W\nstop 60 9010",
            8_010,
            "",
            id="power told only in the last minutes, when the car was full",
        ),
        pytest.param(
            "start 0 1000\nread 10 1900 0W\nread 20 2800 0W\nstop 30 3700",
            2_700,
            "",
            id="a station that always tells a power of zero",
        ),
        pytest.param("start 0 1000\nread 10 1900", 900, "", id="running"),
        pytest.param("start 0 1000", 0, "", id="just begun"),
        pytest.param("start 0 -", 0, "no_registers", id="begun without a register"),
    ],
)
def test_energy(table: str, energy_wh: int, doubts: str) -> None:
    found = measure(told(table))

    assert found.energy_wh == energy_wh
    assert {doubt.value for doubt in found.doubts} == set(doubts.split())


def test_the_bound_is_what_the_evse_can_give_and_a_twentieth() -> None:
    assert bound_wh(PowerW(22_000), 3600) == 23_100
    assert bound_wh(PowerW(22_000), -5) == 0


def test_readings_from_zero_shape_the_energy_over_time() -> None:
    found = measure(told("start 0 4076000\nread 10 104\nread 20 228\nstop 40 4076480"))

    assert [(point.at, point.energy_wh) for point in found.points] == [
        (minute(10), 104),
        (minute(20), 228),
        (minute(40), 480),
    ]


registers = st.integers(min_value=-5, max_value=60_000)
moments = st.integers(min_value=-5, max_value=70)
samples = st.lists(
    st.builds(
        Sample,
        moments.map(minute),
        st.none() | registers,
        st.none() | st.integers(min_value=-100, max_value=30_000),
    ),
    max_size=12,
)
stories = st.builds(
    Told,
    begins=st.just(minute(0)),
    ends=st.integers(min_value=0, max_value=60).map(minute),
    begin_wh=st.none() | registers,
    end_wh=st.none() | registers,
    samples=samples,
    power_w_max=st.sampled_from([PowerW(3_700), PowerW(22_000), PowerW(150_000)]),
    bound_s=st.integers(min_value=0, max_value=3600).map(float),
    running=st.booleans(),
)


@given(stories)
def test_energy_is_never_negative_and_never_more_than_the_evse_can_give(story: Told) -> None:
    found = measure(story)

    assert 0 <= found.energy_wh <= bound_wh(story.power_w_max, story.bound_s)
    assert all(0 <= point.energy_wh <= found.energy_wh for point in found.points) or (
        Doubt.REGISTER_RESET in found.doubts
    )


@given(stories, st.randoms(use_true_random=False))
def test_the_order_and_the_doubling_of_readings_change_nothing(
    story: Told,
    chance: st.randoms,  # type: ignore[valid-type]
) -> None:
    shuffled = [*story.samples, *story.samples]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert measure(replace(story, samples=shuffled)) == measure(story)


@given(
    st.integers(min_value=0, max_value=10**9),
    st.lists(st.integers(min_value=0, max_value=300), min_size=1, max_size=20),
    st.integers(min_value=0, max_value=19),
    st.sampled_from(["zero", "huge", "twice", "missing"]),
)
def test_one_odd_reading_in_a_clean_session_changes_no_amount_unseen(
    begin: int, rises: list[int], place: int, oddity: str
) -> None:
    register = begin
    clean: list[Sample] = []
    for nth, rise in enumerate(rises, start=1):
        register += rise
        clean.append(Sample(minute(nth), register))
    ends = minute(len(rises) + 1)
    story = Told(minute(0), ends, begin, register, clean, PowerW(22_000), (len(rises) + 1) * 60.0)
    at = clean[place % len(clean)]
    odd = {
        "zero": [*clean, Sample(at.at + timedelta(seconds=1), 0)],
        "huge": [*clean, Sample(at.at + timedelta(seconds=1), register + 10**7)],
        "twice": [*clean, at],
        "missing": [each for each in clean if each is not at],
    }[oddity]

    expected: Measured = measure(story)
    found = measure(replace(story, samples=odd))

    assert expected.energy_wh == register - begin
    assert found.energy_wh == expected.energy_wh or found.doubts & HOLDS
