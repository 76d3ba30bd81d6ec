"""Samples as readings: the quick way gives what the choosing way gives, or declines."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltway.ocpp.metering import CURRENT, ENERGY, POWER, SOC, VOLTAGE, Sample, chosen, plain
from voltway.stations.reports import Context, Deviation

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)

texts = st.one_of(
    st.integers(0, 10**12).map(str),
    st.decimals(0, 10**6, places=2).map(str),
    st.sampled_from(
        ["", "-5", "1e3", " 7", "31.9", "0.0005", ".5", "5.", "NaN", "1_0", "٣", "9" * 30]
    ),
)
numbers = st.decimals(-10, 10**6, places=3) | st.just(Decimal("7400.0"))
samples = st.builds(
    Sample,
    texts | numbers,
    st.sampled_from([ENERGY, POWER, CURRENT, VOLTAGE, SOC, "Temperature"]),
    st.sampled_from([None, "Wh", "kWh", "W", "kW", "A", "V", "Percent", "Celsius"]),
    st.sampled_from([0, 0, 0, 3, -1]),
    st.sampled_from([None, None, "L1", "L2", "L3", "L1-N", "L2-N", "N"]),
    st.sampled_from([None, "Sample.Periodic", "Sample.Periodic", "Transaction.End"]),
    st.sampled_from([None, "Outlet", "Outlet", "Inlet", "EV"]),
    st.sampled_from([None, None, None, "SignedData"]),
)


@given(st.lists(samples, min_size=1, max_size=6))
@settings(max_examples=1_000, deadline=None)
def test_what_is_plain_is_what_would_be_chosen(told: list[Sample]) -> None:
    deviations: list[Deviation] = []
    slowly = chosen(AT, told, deviations)
    quick = plain(AT, told)

    assert quick is None or ([quick], []) == (slowly, deviations)


def phases(
    measurand: str, unit: str, *values: str, location: str | None = "Outlet"
) -> list[Sample]:
    return [
        Sample(value, measurand, unit, 0, f"L{nth}", "Sample.Periodic", location)
        for nth, value in enumerate(values, start=1)
    ]


@pytest.mark.parametrize(
    ("told", "field", "value"),
    [
        pytest.param(
            [Sample("51234", context="Sample.Periodic")], "register_wh", 51_234, id="total"
        ),
        pytest.param(
            phases(POWER, "kW", "3.6", "3.7", "3.5"), "power_w", 10_800, id="phases add up"
        ),
        pytest.param(phases(CURRENT, "A", "15.9", "16.1"), "current_ma", 16_100, id="the largest"),
        pytest.param(
            [Sample("55", SOC, "Percent", 0, None, "Sample.Periodic", "EV")],
            "soc_percent",
            55,
            id="of the car",
        ),
    ],
)
def test_what_three_phase_stations_send_is_plain(
    told: list[Sample], field: str, value: int
) -> None:
    quick = plain(AT, told)

    assert quick is not None
    assert getattr(quick, field) == value
    assert quick.context is Context.PERIODIC


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([Sample("1"), Sample("2", context="Transaction.End")], id="two contexts"),
        pytest.param([*phases(POWER, "W", "1"), Sample("3", POWER, "W")], id="a phase and a total"),
        pytest.param([Sample("1"), Sample("2")], id="two totals"),
        pytest.param([Sample("1", location="Inlet"), Sample("2")], id="two places"),
        pytest.param([Sample("-1")], id="a negative register"),
        pytest.param([Sample("1", ENERGY, "Celsius")], id="a unit that is none of its"),
        pytest.param([Sample("lots")], id="no number"),
    ],
)
def test_where_something_is_to_be_chosen_the_quick_way_declines(told: list[Sample]) -> None:
    assert plain(AT, told) is None
