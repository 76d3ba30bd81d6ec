"""Cars charge along their real curves, and meters only grow."""

import pytest

from voltway_world.stations.bays import Bay, EvseSpec, Session, Token
from voltway_world.stations.cars import car_models, some_car
from voltway_world.stations.mechanism import utc_now


@pytest.mark.parametrize(
    ("soc", "offered_w", "power_w"),
    [
        pytest.param(0, 300_000, 210_000, id="an empty battery starts below the peak"),
        pytest.param(46, 300_000, 233_000, id="the peak"),
        pytest.param(90, 300_000, 72_500, id="between two points, straight"),
        pytest.param(46, 50_000, 50_000, id="the station is the limit"),
        pytest.param(100, 300_000, 0, id="a full battery takes nothing"),
    ],
)
def test_a_fast_charger_gives_what_the_curve_takes(
    soc: float, offered_w: int, power_w: int
) -> None:
    assert some_car("hyundai-ioniq-5", soc=soc).power_w("DC", offered_w) == power_w


@pytest.mark.parametrize(
    ("car", "offered_w", "power_w"),
    [
        pytest.param("volkswagen-id3", 22_000, 11_000, id="the car's charger is the limit"),
        pytest.param("renault-zoe", 22_000, 22_000, id="the car takes all"),
        pytest.param("nissan-leaf", 11_000, 3_600, id="one phase alone"),
    ],
)
def test_ac_is_limited_by_the_cars_own_charger(car: str, offered_w: int, power_w: int) -> None:
    assert some_car(car, soc=50).power_w("AC", offered_w) == power_w


@pytest.mark.parametrize("model", sorted(car_models()))
@pytest.mark.parametrize("current", ["AC", "DC"])
def test_every_car_gets_full_and_the_meter_only_grows(model: str, current: str) -> None:
    bay = Bay(EvseSpec(1, power_w=150_000, current=current, register_wh=7))
    bay.car = some_car(model, soc=10)
    bay.session = Session(1, Token("CARD"), utc_now(), 7)

    before = bay.register_wh
    for _ in range(24 * 60):
        bay.charge(60)
        assert bay.register_wh >= before
        before = bay.register_wh

    assert bay.car.is_full
    needed_wh = car_models()[model].battery_wh * 0.9
    assert needed_wh <= bay.register_wh - 7 <= needed_wh * 1.12


def test_a_car_stops_at_what_its_driver_wants() -> None:
    car = some_car(soc=50, target=80)
    car.take("DC", 1_000_000)
    assert car.soc == pytest.approx(80)
    assert car.power_w("DC", 150_000) == 0
