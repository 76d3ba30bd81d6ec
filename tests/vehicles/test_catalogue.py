"""The models that a driver chooses from."""

from uuid import UUID

from voltway.vehicles.catalogue import found, model, models
from voltway.vehicles.model import Source
from voltway.vehicles.rules_curves import of_model
from voltway.vehicles.rules_time import Known, Station, time_to_done


def test_every_model_has_a_battery_and_a_curve_that_can_be_gone_through() -> None:
    assert len(models()) > 1_000
    for each in models().values():
        assert each.battery_wh > 0
        curve = of_model(each)
        assert (curve is None) == (not each.curve)


def test_no_model_takes_more_than_a_battery_can_and_what_is_not_believed_is_estimated() -> None:
    for each in models().values():
        assert each.dc_w <= 5.5 * each.battery_wh
        assert bool(each.curve) == (each.dc_w > 0)
    (smart,) = found("smart EQ forfour 2020")

    said = time_to_done(Known(model=smart), Station(is_dc=True, power_w=50_000), 20.0, 80.0)

    assert said is not None
    assert said.source is Source.TAPER
    assert 15 * 60 < said.seconds < 40 * 60


def test_a_model_is_found_by_any_of_its_words() -> None:
    titles = [each.title for each in found("ioniq 5 hyundai")]

    assert titles
    assert all("IONIQ 5" in title.upper() for title in titles)
    assert found("  ") == []
    assert found("a car that nobody makes") == []
    assert model(UUID(int=0)) is None
